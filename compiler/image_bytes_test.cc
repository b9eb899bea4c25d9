// The image's bytes (nfa/image_bytes.cc), tested from here because the compiler makes images.
#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/random.h"
#include "compiler/test_rules.h"
#include "nfa/image.h"

namespace weir::compiler {
namespace {

using testing::compile_text;
using testing::with_events;

std::string rich_rules() {
  return with_events(R"(
ruleset cards {
  decisions decline > challenge > review > allow
  decide decline when score >= 90
  decide review when score >= 50 and score < 90
}
list hot string from "hot.csv"
list nets ip from "nets.csv"
table merchants { id string key  tier int? } from "merchants.csv"
param few = 2
rule testing "Small, then large" { by card
  when without login where not ok and card == probe.card for 1h
  then few+ auth_result as probe greedy where amount < 2 and not approved until approved
  without login as l
  then within 1h auth as hit where amount > 20 * avg(probe.amount) and merchant matches /^m[0-9]+$/
      and channel in ["web", "pos"]
  within 10m even when warming
  having count(probe) + 1 > few
  decide decline score 1.5 * count(probe) tag "t" tag "u"
  reason "{count(probe)} then {hit.amount} at {hit.merchant}"
  emit large = hit.amount, at = hit.ts
  owner "team" severity high meta { runbook: "x\"y", level: 3 }
  cooldown 1h skip to last probe report 5 limit 200 }
rule mule { when transfer as inflow by to_account where amount > 500
  then transfer as outflow by from_account where amount > 0.8 * inflow.amount
  without login by account for 5m within 20m decide review
  timeout as gave_up { score 1 reason "{inflow.amount}" } }
feature spent = sum(auth_result.amount where approved by card over 1h)
feature shops = distinct(auth.merchant where spent > few * 10 by card, merchant over 1d every 1h)
feature median = quantile(0.5)(auth.amount by card each week in "Europe/London" excluding current)
rule hot_card { when auth where card in hot or ip in nets or merchants[merchant].tier > 3 decide review mode shadow }
rule velocity { by card when auth as first where shops >= 3 and median["c1"] < 5
    and last(auth.device by merchant session 30m)[lower(merchant)] is present
  then auth where zscore(amount, spent) > 3 and amount > first.spent within 1h score spent }
rule chained { by card when velocity as v then minutes as n where total > 5 and v.score > 1
  without testing then count_up within 1h score n.total emit card_again = card, m = n.least }
rule count_up { by card when auth where amount > 5 and often > 2 score 3 emit big = amount }
stream minutes by card each 1m { total = sum(auth.amount)  least = min(testing.large where large > 2) }
feature often = count(testing where large > 10 by card over 1d)
rule loops { by all when any of (3 login as a in a row, 2 of (auth as b, transfer as c))
  then optional some login as d in any combination then every login as e within 1d skip none }
)");
}

std::string rich_image() {
  testing::MemoryFiles files;
  files.files["hot.csv"] = "c1\nc2\na rather long card number\n";
  files.files["nets.csv"] = "10.0.0.0/8\n2001:db8::1\n";
  files.files["merchants.csv"] = "id,tier\nm1,3\nm2,\n";
  const auto compiled = compile_text(rich_rules(), {}, files);
  EXPECT_TRUE(compiled->result.image) << compiled->text();
  return compiled->result.image ? nfa::write_image(*compiled->result.image) : "";
}

TEST(ImageBytes, ReadAndWrittenAgainTheyAreTheSame) {
  const std::string bytes = rich_image();
  const auto image = nfa::read_image(bytes);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(nfa::write_image(*image), bytes);
  EXPECT_EQ(image->rules.size(), 7U);
  EXPECT_EQ(image->features.size(), 7U);
  EXPECT_EQ(image->feature_reads.size(), 7U);
  ASSERT_EQ(image->streams.size(), 1U);
  EXPECT_EQ(image->streams[0].columns.size(), 2U);
  EXPECT_EQ(image->streams[0].stage, 1U);
  EXPECT_EQ(image->rules[4].name, "chained");
  EXPECT_EQ(image->rules[4].stage, 2U);
  EXPECT_FALSE(image->rules[4].alert_type.valid());
  EXPECT_EQ(image->rules[5].alert_fields.size(), 3U);
  EXPECT_EQ(image->lists[1].values.size(), 2U);
  EXPECT_EQ(image->tables[0].rows.rows(), 2U);
  EXPECT_EQ(image->rules[0].meta, R"({"runbook":"x\"y","level":3})");
}

TEST(ImageBytes, CompilingAgainGivesTheSameBytes) { EXPECT_EQ(rich_image(), rich_image()); }

TEST(ImageBytes, OtherBytesAreRefused) {
  EXPECT_EQ(nfa::read_image("").error().code, base::ErrorCode::kCorrupt);
  EXPECT_EQ(nfa::read_image("not an image, but long enough to hold a header").error().code,
            base::ErrorCode::kCorrupt);
  std::string bytes = rich_image();
  bytes[8] = 99;
  EXPECT_EQ(nfa::read_image(bytes).error().code, base::ErrorCode::kVersion);
}

TEST(ImageBytes, ADamagedByteIsSeen) {
  const std::string bytes = rich_image();
  for (std::size_t at = 12; at < bytes.size(); at += 97) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(nfa::read_image(damaged)) << at;
  }
  for (std::size_t size = 0; size < bytes.size(); size += 211) {
    EXPECT_FALSE(nfa::read_image(bytes.substr(0, size))) << size;
  }
}

void seal(std::string& bytes) {
  const auto checksum = base::hash128(std::string_view(bytes).substr(32));
  bytes.replace(16, 8, reinterpret_cast<const char*>(&checksum.high), 8);
  bytes.replace(24, 8, reinterpret_cast<const char*>(&checksum.low), 8);
}

// Of types that a part does not take, and of conditions that nobody lists.
TEST(ImageBytes, ConditionsThatNobodyEvaluates) {
  const std::string rule =
      "rule r { by card when 2+ auth as a then login as b where card != a.card within 1h }";
  const auto with = [&](const auto& damage) {
    const auto compiled = compile_text(with_events(rule));
    EXPECT_TRUE(compiled->result.image) << compiled->text();
    damage(compiled->result.image->rules.front().automaton);
    return nfa::verify_image(*compiled->result.image).has_value();
  };
  EXPECT_TRUE(with([](nfa::Automaton&) {}));
  EXPECT_FALSE(with([](nfa::Automaton& automaton) {
    for (auto& test : automaton.type_acceptors) {
      if (test.symbol == nfa::kNeverAccepts) test.conditions.end = test.conditions.begin + 1;
    }
  }));
  EXPECT_FALSE(with([](nfa::Automaton& automaton) {
    automaton.conditions.emplace_back().program = nfa::ProgramId(9'999u);
  }));
}

// With a checksum that agrees, the verifier is what stands between damage and the engine. What it
// lets through must be whole: it prints and writes as it was read.
TEST(ImageBytes, DamageUnderAGoodChecksum) {
  const std::string bytes = rich_image();
  base::SeededRandom random(7);
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = bytes;
    const int changes = static_cast<int>(random.between(1, 3));
    for (int c = 0; c < changes; ++c) {
      const auto at = 32 + random.below(bytes.size() - 32);
      damaged[at] = static_cast<char>(
          random.chance(1, 2) ? random.below(256) : static_cast<std::uint64_t>(damaged[at] + 1));
    }
    seal(damaged);
    const auto image = nfa::read_image(damaged);
    if (!image) continue;
    ++accepted;
    for (const auto& rule : image->rules) EXPECT_FALSE(nfa::print_automaton(*image, rule).empty());
    EXPECT_FALSE(nfa::print_features(*image, nullptr).empty());
    const auto again = nfa::read_image(nfa::write_image(*image));
    EXPECT_TRUE(again) << again.error().message;
  }
  EXPECT_GT(accepted, 0) << "text may be changed";
}

// FROZEN: the layout of version 4. If this fails, the bytes have changed and need a new version.
TEST(ImageBytes, Pinned) {
  const auto compiled = compile_text(
      "event e { k string x int }\n"
      "rule r { by k when e as a then e as b where x > a.x within 1m score 1 }");
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  const std::string bytes = nfa::write_image(*compiled->result.image);
  EXPECT_EQ(bytes.substr(0, 8), std::string("WEIRIMG\0", 8));
  EXPECT_EQ(base::hash128(bytes).hex(), "43efc15937cb0ce4d87201f2aa2b68bc");
}

TEST(ImagePrint, AnAutomaton) {
  const auto compiled = compile_text(
      with_events("rule r { by card when 2+ auth_result as p greedy where amount < 2 "
                  "without login then within 5m auth as h where amount > p.amount within 10m }"));
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  EXPECT_EQ(nfa::print_automaton(*compiled->result.image, compiled->rule()),
            R"(rule r
types    t0 auth_result, t1 login, t2 auth
keys     k0 card
plan     exact: every partial match is kept
r0       p.amount: decimal, from event 0
keeps    of t0: amount
a0       part 0, taken as p; t0 s0 [amount < 2]
a1       part 0, taken as p; t0 s0 [amount < 2]
a2       part 2, taken as h; t2 s0 [amount > p.amount]
a3       part 1, not taken; t1 s0
p0       a0, taken as p
p1       a1, taken as p
p2       a2, taken as h, ends
e0       start -> p0, then
e1       p0 -> p1, then
e2       p1 -> p1, then
e3       p1 -> p2, then, within 5m, without a3, greedy e4, live v0
e4       p1 -> p1, then, shadow
within   10m
limit    10000
)");
}

}  // namespace
}  // namespace weir::compiler
