// The printed bounds against what a store holds: never more, on streams made at random, and at
// least half, on streams made to be as bad as can be.
#include "compiler/cost.h"

#include <gtest/gtest.h>

#include "base/pool.h"
#include "base/random.h"
#include "compiler/test_rules.h"
#include "nfa/event_context.h"
#include "nfa/run_store.h"
#include "nfa/stepper.h"

namespace weir::compiler {
namespace {

using testing::compile_text;

constexpr const char* kTwoTypes =
    "event a { k string  x int }\nevent b { k string  x int }\n"
    "event c { k string  x int }\n";

// The most that one key's store held.
struct Held {
  std::uint64_t events = 0;
  std::uint64_t nodes = 0;
  std::uint64_t runs = 0;
  std::uint64_t bytes = 0;
};

// One rule over events of one key, a millisecond apart.
class Runner {
 public:
  explicit Runner(const std::string& rule) : compiled_(compile_text(kTwoTypes + rule)) {
    if (!compiled_->result.image) {
      ADD_FAILURE() << compiled_->text();
      return;
    }
    const auto& image = *compiled_->result.image;
    nfa::VerifyContext context;
    context.schema = &image.schema;
    loader_ = std::make_unique<nfa::ProgramLoader>(context);
    for (std::size_t i = 0; i < image.programs.size(); ++i) {
      const bool own = image.program_rule[i] == 0;
      if (own)
        loader_->set_registers(image.rules[0].automaton.registers);
      else
        loader_->set_registers({});
      auto program = loader_->load(image.programs[i]);
      EXPECT_TRUE(program) << program.error().message;
      if (program) conditions_.programs.push_back(std::move(*program));
    }
    conditions_.set_predicates(image.predicates, image.programs);
    context_ = std::make_unique<nfa::EventContext>(conditions_);
    stepper_ = std::make_unique<nfa::Stepper>(image.rules[0].automaton, *context_);
  }
  ~Runner() { store_.release(pool_); }

  [[nodiscard]] const RuleCost& cost() const { return compiled_->result.rules[0].cost; }
  [[nodiscard]] const Held& held() const { return held_; }

  void feed(std::size_t type, std::int64_t x) {
    const auto& automaton = stepper_->automaton();
    const event::Value slots[2] = {event::Value::of_string("k"), event::Value::of_int(x)};
    const std::uint64_t present = 3;
    event::Row row;
    row.type = event::EventTypeId(type);
    row.ts_ms = ++now_ms_;
    row.seq = static_cast<std::uint64_t>(now_ms_);
    row.slots = slots;
    row.present = &present;
    const auto local = automaton.local_type[type];
    if (local < 0) return;
    context_->begin(row);
    nfa::Seen seen;
    seen.row = &row;
    seen.ts_ms = row.ts_ms;
    seen.local_type = static_cast<std::uint16_t>(local);
    seen.symbols = context_->symbols(automaton, seen.local_type);
    stepper_->step(store_, pool_, seen);
    stepper_->commit(store_, pool_);
    held_.events = std::max<std::uint64_t>(held_.events, store_.event_count(stepper_->layout()));
    held_.nodes = std::max<std::uint64_t>(held_.nodes, store_.node_count());
    held_.runs = std::max<std::uint64_t>(held_.runs, store_.cohorts_live());
    held_.bytes = std::max<std::uint64_t>(held_.bytes, store_.bytes());
  }

 private:
  std::unique_ptr<testing::Compiled> compiled_;
  std::unique_ptr<nfa::ProgramLoader> loader_;
  nfa::LoadedConditions conditions_;
  std::unique_ptr<nfa::EventContext> context_;
  std::unique_ptr<nfa::Stepper> stepper_;
  base::Pool pool_;
  nfa::RunStore store_;
  std::int64_t now_ms_ = 0;
  Held held_;
};

constexpr const char* kRules[] = {
    "rule r { by k when a as p then b as q within 1d limit 30 skip none }",
    "rule r { by k when a as p then b as q where x > p.x within 1d limit 30 skip none }",
    "rule r { by k when a as p then every b as q where x > p.x then c where x > q.x within 1d "
    "limit 25 skip none }",
    "rule r { by k when 2+ a as p then b as q where x > avg(p.x) within 1d limit 20 skip none }",
    "rule r { by k when a as p then some b as q where x > p.x then c as s where x > q.x within 1d "
    "limit 20 }",
    "rule r { by k when a as p then optional b as q then c as s where x > p.x within 1d limit 30 "
    "skip none }",
    "rule r { by k when a as p then within 5s b as q then next c within 1d limit 30 }",
    "rule r { by k when a as p then b as q greedy then c within 1d limit 12 skip none }",
    "rule r { by k when some a as p in any combination then b where x > 3 within 1d limit 40 }",
    "rule r { by k when any of (a as p, b as q) then c as s where x > p.x otherwise true within 1d "
    "limit 30 }",
    "rule r { by k when without b for 5s then a as p then c as s where x > p.x within 1d limit 30 "
    "}",
};

TEST(RuleCost, IsNeverExceeded) {
  for (const char* text : kRules) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      Runner runner(text);
      base::SeededRandom random(seed);
      const auto weight = static_cast<std::uint64_t>(seed % 3) + 1;
      for (int i = 0; i < 600; ++i) {
        const auto pick = random.below(2 + weight);
        runner.feed(pick < weight ? 0 : pick - weight + 1, random.between(0, 9));
      }
      const auto& cost = runner.cost();
      EXPECT_LE(runner.held().events, cost.held_events) << text << " seed " << seed;
      EXPECT_LE(runner.held().nodes, cost.held_nodes) << text << " seed " << seed;
      EXPECT_LE(runner.held().runs, cost.held_runs) << text << " seed " << seed;
      EXPECT_LE(runner.held().bytes, cost.bytes) << text << " seed " << seed;
    }
  }
}

// First events, more and less of them before one that moves them all on: some round meets the
// store just before it clears away what has died.
void expect_tight(const std::string& rule) {
  Runner runner(rule);
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 40 + round * 37 % 170; ++i) runner.feed(0, i);
    runner.feed(1, 1'000'000);
    if (round % 7 == 6) runner.feed(2, 1'000'000);
  }
  const auto& cost = runner.cost();
  EXPECT_GE(2 * runner.held().events, cost.held_events) << rule << cost.text();
  EXPECT_GE(2 * runner.held().nodes, cost.held_nodes) << rule << cost.text();
  EXPECT_GE(2 * runner.held().runs, cost.held_runs) << rule << cost.text();
  EXPECT_GE(2 * runner.held().bytes, cost.bytes) << rule << cost.text();
}

TEST(RuleCost, IsReachedWithinHalf) {
  expect_tight("rule r { by k when a as p then b as q within 1d limit 100 skip none }");
  expect_tight("rule r { by k when a as p then b where x > p.x within 1d limit 100 skip none }");
  expect_tight(
      "rule r { by k when a as p then b as q where x > p.x then c as s where x > p.x "
      "within 1d limit 100 skip none }");
}

TEST(RuleCost, SaysWhatNothingBounds) {
  const auto text = [](const std::string& rule) {
    const auto compiled = compile_text(kTwoTypes + rule);
    return compiled->result.image ? compiled->result.rules[0].cost.text() : compiled->text();
  };
  EXPECT_EQ(text("rule r { when a }"), "keeps nothing: one event is the whole match");
  EXPECT_NE(text("rule r { by k when a without b for 5m }").find("until its deadline"),
            std::string::npos);
  EXPECT_NE(text("rule r { by k when a then b within 5m }")
                .find("at most 20001 events (10000 in use), at most 1 group"),
            std::string::npos)
      << text("rule r { by k when a then b within 5m }");
  EXPECT_NE(
      text("rule r { by k when 3+ a as p in any combination then b where x > avg(p.x) within 5m }")
          .find("every combination"),
      std::string::npos);
}

}  // namespace
}  // namespace weir::compiler
