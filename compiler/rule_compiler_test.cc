#include "compiler/rule_compiler.h"

#include <gtest/gtest.h>

#include "compiler/test_rules.h"

namespace weir::compiler {
namespace {

using testing::compile_text;
using testing::with_events;

const nfa::RuleImage* only_rule(const testing::Compiled& compiled) {
  if (compiled.result.image) return &compiled.rule();
  ADD_FAILURE() << compiled.text();
  return nullptr;
}

TEST(RuleCompiler, ASequenceWithItsOutcomes) {
  const auto compiled = compile_text(with_events(R"(
rule testing "Small, then large" {
  by card
  when 3+ auth_result as probe where amount < 2 and not approved
  then auth as hit where amount > 20 * avg(probe.amount)
  within 10m
  decide decline final  score 80  tag "b"  tag "a"  tag "b"
  reason "{count(probe)} declines, then {hit.amount}"
  emit amount = hit.amount, card_number = card
  owner "fraud"  severity high  meta { a: [1, 2.5], b: "x", c: 1h, d: true }
  mode shadow  cooldown 1h  report 7  limit 50  skip to first hit
})"));
  const auto* rule = only_rule(*compiled);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->description, "Small, then large");
  EXPECT_EQ(rule->outcomes.decision, 0);
  EXPECT_TRUE(rule->outcomes.final);
  EXPECT_EQ(rule->outcomes.tags, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(rule->outcomes.score.size(), 1U);
  EXPECT_EQ(rule->outcomes.reason_values.size(), 2U);
  EXPECT_EQ(rule->outcomes.emits[1].name, "card_number");
  EXPECT_EQ(rule->meta, R"({"a":[1,2.5],"b":"x","c":"1h","d":true})");
  EXPECT_EQ(rule->mode, nfa::RuleMode::kShadow);
  EXPECT_EQ(rule->cooldown_ms, 3'600'000);
  EXPECT_EQ(rule->report, 7U);
  EXPECT_EQ(rule->automaton.limit, 50U);
  EXPECT_EQ(rule->skip, nfa::SkipKind::kToFirst);
  EXPECT_EQ(rule->automaton.names[rule->skip_name], "hit");
  EXPECT_TRUE(rule->keyed);
  EXPECT_FALSE(rule->keys_by_part);
}

TEST(RuleCompiler, OneUnnamedEventMayUseItsFields) {
  const auto compiled = compile_text(
      with_events("rule r { when auth where amount > 5 score amount reason \"at {merchant}\" }"));
  EXPECT_NE(only_rule(*compiled), nullptr);
  EXPECT_FALSE(compile_text(with_events("rule r { when auth as a score amount }"))->result.image);
}

TEST(RuleCompiler, KeysOfTheRuleAndOfItsParts) {
  const auto mule = compile_text(with_events(
      "rule r { when transfer as inflow by to_account then transfer as outflow by from_account "
      "without login by account for 5m within 1h reason \"{to_account}\" }"));
  const auto* rule = only_rule(*mule);
  ASSERT_NE(rule, nullptr);
  EXPECT_TRUE(rule->keys_by_part);
  ASSERT_EQ(rule->keys.size(), 3U);
  EXPECT_EQ(rule->keys[0].fields, std::vector<std::string>{"to_account"});
  EXPECT_EQ(rule->automaton.acceptors.size(), 3U);

  // R19: a `without` takes the key of the parts that name its type.
  const auto borrowed = compile_text(
      with_events("rule r { when transfer as a by to_account without transfer where number > 5 "
                  "then login by account within 1h }"));
  EXPECT_NE(only_rule(*borrowed), nullptr);
  EXPECT_TRUE(compile_text(with_events("rule r { when transfer as a by to_account without transfer "
                                       "then transfer by from_account within 1h }"))
                  ->has("W2013"));
}

TEST(RuleCompiler, WhatBoundsARule) {
  const auto refused = [](const std::string& body) {
    return compile_text(with_events("rule r { by card when " + body + " }"))->has("W2010");
  };
  EXPECT_TRUE(refused("login then auth"));
  EXPECT_TRUE(refused("login without auth_result then auth"));
  EXPECT_TRUE(refused("2+ login then next auth"));
  EXPECT_TRUE(refused("login then within 5m auth then every auth"));
  EXPECT_FALSE(refused("login then auth within 1h"));
  EXPECT_FALSE(refused("login then next auth"));
  EXPECT_FALSE(refused("2+ login in a row then next auth"));
  EXPECT_FALSE(refused("login then within 5m auth"));
  EXPECT_FALSE(refused("login then auth unbounded"));
  EXPECT_FALSE(refused("login"));
  EXPECT_FALSE(refused("login without auth for 5m"));
}

TEST(RuleCompiler, HavingIsSplitAtItsAnds) {
  const auto compiled =
      compile_text(with_events("rule r { by card when 2+ login as l then auth as a within 1h "
                               "having count(l) > 3 and a.amount > 5 and card != \"x\" }"));
  const auto* rule = only_rule(*compiled);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->having.size(), 3U);
}

TEST(RuleCompiler, TimeoutsSeePartsThatMayBeMissing) {
  const auto compiled = compile_text(with_events(
      "rule r { by card when login as l then auth as a within 1h score 5 "
      "timeout as late { score 1 reason \"{a.amount otherwise 0} after {l.account}\" } }"));
  const auto* rule = only_rule(*compiled);
  ASSERT_NE(rule, nullptr);
  ASSERT_EQ(rule->timeout.size(), 1U);
  EXPECT_EQ(rule->timeout[0].name, "late");
  EXPECT_TRUE(rule->automaton.keeps_timeouts);
}

TEST(RuleCompiler, EqualConditionsAreKeptOnce) {
  const auto compiled =
      compile_text(with_events("rule a { when auth where amount > 5 and merchant == \"m\" } rule b "
                               "{ when auth where amount > 5 }"));
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  EXPECT_EQ(compiled->result.image->predicates.size(), 2U);
}

TEST(RuleCompiler, NothingIsSilentlyIgnored) {
  const std::pair<const char*, const char*> cases[] = {
      {"feature f = count(auth by card over 1h) rule r { by card when auth as a then login where "
       "f[a.card] > 1 within 1h }",
       "W9011"},
      {"feature f = count(auth by card over 1h) rule r { by card when auth without login for 1m "
       "score f }",
       "W9012"},
      {"list l string rule r { when auth as a add a.card to l }", "W9005"},
      {"rule r { when auth send \"x\" }", "W9006"},
      {"rule r { when auth active until \"2030-01-01T00:00:00Z\" }", "W9007"},
      {"rule r { when auth mode canary 5% }", "W9008"},
  };
  for (const auto& [text, code] : cases) {
    const auto compiled = compile_text(with_events(text));
    EXPECT_TRUE(compiled->has(code)) << text << "\n" << compiled->text();
    EXPECT_FALSE(compiled->result.image) << text;
  }
}

}  // namespace
}  // namespace weir::compiler
