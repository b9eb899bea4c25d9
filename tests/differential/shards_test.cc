// The output depends on the input alone: not on how many shards own the keys, how many threads run
// them, or how many events are handed over at a time. One ruleset with keys of every kind, random
// streams, and every alert, decision and figure compared with those of one shard fed one by one;
// but for the most that was open at a time, which tells when memory was given back.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "event/decimal.h"
#include "event/test_threads.h"
#include "nfa/value_text.h"
#include "runtime/engine.h"
#include "tests/differential/engine_runner.h"

namespace weir::differential {
namespace {

constexpr const char* kRules = R"(
ruleset s { decide decline when score >= 90  decide review when score >= 40 }
event a { c string  m int  to_m int?  v int }
event b { c string  m int  to_m int?  v int }
rule pairs { by c when a as x then b as y where v > x.v within 40s decide review score 30 }
rule every_pair { by c when a as x then every b as y where v >= x.v within 20s skip none score 5 }
rule strict { by m when a as x then next b as y within 30s skip none decide decline }
rule runs { by c when 3+ a as x in a row where count(x) == 0 or v >= prev(x).v within 1m score 20 }
rule absent { by m when a as x then b as y without a where v == 3 for 9s within 30s score 1 }
rule open { by c when a as x where v > 4 then b as y where v < 2 within 25s cooldown 1m
            timeout as over { score 2 } }
rule first { by c when without b for 15s then a as x where v < 5 score 3 }
rule across { when a as x by to_m then b as y by m where v == x.v within 30s score 40 }
rule wide { by c, m when a as x then a as y where v + x.v == 7 within 1m reason "{x.v} and {y.v}" }
rule everyone { by all when 2 b as x where v == 6 within 10s score 10 }
rule single { when b as x where v * 4000000000000000000 > 3 or v == 5 score 60 }
rule keyed { by c when a as x where v == 2 cooldown 20s decide review }

# Features on three levels, by keys that are others than those of the rules.
feature often = count(a by c over 5s)
feature calm = count(b where often < 2 by m over 20s every 3s)
feature mood = sum(a.v where calm > 1 by c, m session 4s)
feature others = distinct(b.v by m over 8s) excluding current
feature lately = avg(a.v where v > 1 by c over last 4)
feature today = max(a.v by to_m each 15s)
rule busy { by c when a as x where often > 1 and mood > 5
            then b as y where calm[m] >= x.often within 30s score 4
            emit o = often, d = x.mood, l = lately, s = x.often }
rule named { when b as x where mood[c, 1] > 3 or today[m] == 7 or zscore(v, lately[c]) > 1.1
             score x.others }
# Alerts of alerts, under other keys, of deadlines, over features, and in any order of the file.
rule late_chain { by m when quiet_b as q then pairs_m as p within 30s skip none score 2 emit v = q.v }
rule pairs_m { by m when everyone_b as x then b as y within 15s skip none score 1 emit c = y.c, v = y.v }
rule everyone_b { by c when b as x where v > 3 score 1 emit m = x.m, v = x.v }
rule quiet_b { by c when everyone_b as x without a for 3s within 20s score 1 emit m = x.m, v = x.v
               cooldown 7s timeout as gone { score 2 } }
rule deepest { by m when 2 late_chain as x within 1m skip none score x.v emit v = count(x) }
rule over_alerts { by c when quiet_b as q where many_quiet > 1 and often > 0 then a as y within 20s
                   score 1 emit n = q.many_quiet, o = y.often }
rule in_shadow { by c when quiet_b or everyone_b as x mode shadow emit m = x.m }
rule of_shadow { by m when in_shadow as x then next pairs_m as y within 1m mode shadow score 3 }
rule alerts_of_all { by all when 3 everyone_b as x within 5s decide review }
# Streams of events, of alerts and of streams.
stream per_c by c each 3s { n = count(b)  v = sum(a.v where v < 6)  m = last(b.m)  d = distinct(a.m) }
stream of_alerts by m each 7s { n = count(everyone_b)  v = max(everyone_b.v)  w = count(per_m) }
stream per_m by m each 5s { n = count(per_c where n > 1)  v = avg(per_c.v) }
rule steady { by c when per_c as x then next per_c as y where n >= x.n within 20s
              score 1 emit n = x.n, d = y.d, v = y.v }
rule waves { by m when of_alerts as x where w > 0 then b as y within 10s skip none emit v = x.v }
rule per_alert { by m when per_m as x where v > 2 without of_alerts for 6s within 30s score x.n }
feature many_quiet = count(quiet_b where v > 4 by c over 50s)
rule shown { by m when b as x where v == 3 then a as y where x.others > 3 within 10s
             emit a = x.calm, b = first(x).others, c = y.today }
)";

// More rules of one shape, so that types are indexed.
std::string rules(bool many) {
  std::string text = kRules;
  for (int i = 0; many && i < 12; ++i) {
    const std::string n = std::to_string(i);
    text += "rule many_" + n + " { by " + (i % 2 == 0 ? "c" : "m") +
            " when a as x where v == " + std::to_string(i % 8) +
            " then b as y where v != x.v and v / (v - 1) < 9 within " + std::to_string(5 + i) +
            "s skip none score 1 }\n";
  }
  return text;
}

class Writer final : public runtime::Sink {
 public:
  void on_alert(const runtime::Alert& alert) override {
    text += alert.id.hex() + " " + std::to_string(alert.rule) + " " + std::to_string(alert.ts_ms);
    text += alert.has_seq ? " @" + std::to_string(alert.seq) : " -";
    text += alert.truncated ? " truncated" : "";
    for (const auto& key : alert.key) text += " " + std::string(key.name);
    text += " " + std::string(alert.key_bytes) + " " + std::string(alert.reason);
    text += alert.completed_by.empty() ? "" : " by " + std::string(alert.completed_by);
    text += alert.of_deadline ? " of a deadline" : "";
    if (alert.has_score) text += " " + event::print_decimal(alert.score.decimal);
    for (const auto& emit : alert.emits) {
      text += " " + std::string(emit.name) + "=";
      text += emit.present ? nfa::value_text(*emit.type, emit.value) : "";
    }
    for (const auto& part : alert.match) {
      text += " " + std::string(part.name);
      for (const auto& event : part.events) {
        text += ":" + std::to_string(event.seq) + std::string(event.identity);
      }
    }
    text += "\n";
  }
  void on_decision(const runtime::Decision& decision) override {
    text +=
        "decision " + std::to_string(decision.event->seq) + " " + std::to_string(decision.decision);
    for (const auto& fired : decision.rules) text += " " + std::to_string(fired.rule);
    text += "\n";
  }
  void on_refused(const event::Row& row, Refusal) override {
    refused += std::to_string(row.seq) + " ";
  }
  std::string text;
  std::string refused;
};

struct Row {
  Row(const event::Schema& schema, std::mt19937_64& random, std::int64_t ts_ms, std::uint64_t seq) {
    const bool is_a = random() % 2 == 0;
    row.type = schema.find(is_a ? "a" : "b");
    row.ts_ms = ts_ms;
    row.seq = seq;
    const auto& fields = schema.types[row.type.index()].fields;
    slots.resize(fields.size());
    present.assign(event::presence_words(fields.size()), 0);
    for (std::size_t i = 0; i < fields.size() && !fields[i].derived; ++i) {
      if (fields[i].name == "c") {
        card = "card number " + std::to_string(random() % 6);
        slots[i] = event::Value::of_string(card);
      } else if (fields[i].name == "v") {
        slots[i] = event::Value::of_int(static_cast<std::int64_t>(random() % 8));
      } else {
        if (fields[i].name == "to_m" && random() % 3 == 0) continue;
        slots[i] = event::Value::of_int(static_cast<std::int64_t>(random() % 4));
      }
      event::set_present(present.data(), i);
    }
    row.slots = slots.data();
    row.present = present.data();
  }
  Row(const Row&) = delete;

  event::Row row;
  std::string card;
  std::vector<event::Value> slots;
  std::vector<std::uint64_t> present;
};

struct Feed {
  std::size_t shards = 1;
  std::size_t batch = 1;
  base::Executor* executor = nullptr;
};

class Shards : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    auto compiled = compile_case(rules(GetParam()));
    ASSERT_TRUE(compiled) << compiled.error().message;
    case_ = std::move(*compiled);
  }

  // Times wander back by up to `disorder_ms`, ahead in jumps.
  void make_rows(std::uint64_t seed, std::size_t count, std::int64_t disorder_ms) {
    std::mt19937_64 random(seed);
    rows_.clear();
    std::int64_t now_ms = 1'000'000;
    for (std::size_t i = 0; i < count; ++i) {
      now_ms += static_cast<std::int64_t>(random() % 1500);
      if (random() % 97 == 0) now_ms += 45'000;
      const auto back = static_cast<std::int64_t>(
          disorder_ms > 0 ? random() % static_cast<std::uint64_t>(disorder_ms) : 0);
      rows_.emplace_back(case_->image.schema, random, now_ms - back / 500 * 500, i);
    }
  }

  std::string run(runtime::EngineOptions options, const Feed& feed) {
    options.shards = feed.shards;
    options.executor = feed.executor;
    auto engine = runtime::Engine::create(case_->image, options);
    EXPECT_TRUE(engine);
    Writer writer;
    std::size_t added = 0;
    for (const Row& row : rows_) {
      (*engine)->add(row.row, writer);
      if (++added % feed.batch == 0) (*engine)->run(writer);
    }
    (*engine)->finish(writer);
    const runtime::EngineStats stats = (*engine)->stats();
    EXPECT_EQ(stats.partial_matches, 0U);
    for (const std::uint64_t figure : {stats.accepted, stats.late, stats.clamped, stats.alerts,
                                       stats.withheld, stats.overflow, stats.division_by_zero}) {
      writer.text += std::to_string(figure) + " ";
    }
    return writer.text + writer.refused;
  }

  void expect_same(const runtime::EngineOptions& options) {
    const std::string one = run(options, {});
    EXPECT_GT(one.size(), 10'000U);
    for (std::size_t shards = 1; shards <= 16; shards = shards * 2 + shards % 2) {
      for (const std::size_t batch : {std::size_t{1}, std::size_t{7}, rows_.size()}) {
        ASSERT_EQ(run(options, {shards, batch}), one) << shards << " shards, " << batch;
      }
    }
    event::testing::TestThreads threads(3);
    ASSERT_EQ(run(options, {0, rows_.size(), &threads}), one);
    ASSERT_EQ(run(options, {5, 100, &threads}), one);
  }

  std::unique_ptr<CompiledCase> case_;
  std::deque<Row> rows_;
};

TEST_P(Shards, InOrder) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    make_rows(seed, 1500, 0);
    expect_same({});
  }
}

TEST_P(Shards, WithinTheLateness) {
  make_rows(5, 1500, 4000);
  runtime::EngineOptions options;
  options.lateness_ms = 5000;
  options.all_decisions = true;
  expect_same(options);
}

TEST_P(Shards, LateEventsProcessed) {
  for (std::uint64_t seed = 6; seed <= 9; ++seed) {
    make_rows(seed, 1500, 20'000);
    runtime::EngineOptions options;
    options.lateness_ms = 5000;
    options.late = runtime::LatePolicy::kProcess;
    expect_same(options);
  }
}

TEST_P(Shards, LateEventsDropped) {
  make_rows(10, 1500, 9000);
  runtime::EngineOptions options;
  options.lateness_ms = 5000;
  expect_same(options);
}

TEST_P(Shards, InTheOrderOfArrival) {
  for (std::uint64_t seed = 11; seed <= 14; ++seed) {
    make_rows(seed, 1500, 70'000);
    runtime::EngineOptions options;
    options.order = runtime::Order::kArrival;
    expect_same(options);
  }
}

INSTANTIATE_TEST_SUITE_P(FewAndMany, Shards, testing::Bool());

}  // namespace
}  // namespace weir::differential
