// What the golden cases of features cannot see: values in outcomes, params, refusals, retention.
#include <gtest/gtest.h>

#include "dsl/parser.h"
#include "tests/reference/case_generator.h"
#include "tests/reference/reference.h"

namespace weir::reference {
namespace {

dsl::Ast parse(const std::string& text) {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  const auto id = sources.add("case.weir", case_declarations() + text);
  dsl::Ast ast = dsl::parse(sources, id, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.list()[0].message << "\n" << text;
  return ast;
}

RefEvent at(std::int64_t second, const char* type, std::int64_t v = 0, const char* key = "k1") {
  return {type, second * 1000, {{"k", key}, {"v", v}}};
}

std::string fired(const std::string& text, const std::vector<RefEvent>& events,
                  RefOptions options = {}) {
  options.with_outcomes = true;
  const auto alerts = reference_run(parse(text), "r", events, options);
  return alerts ? to_text(*alerts) : "refused: " + alerts.error().message;
}

constexpr const char* kFeatures =
    "feature n = count(a by k over 2s)\n"
    "feature before = count(a by k over 2s) excluding current\n";

// At 2s the window [0s, 2s] holds three a; p.n is as of p.
TEST(Features, OutcomesHaveTheValueAtCompletion) {
  EXPECT_EQ(fired(std::string(kFeatures) +
                      "rule r { by k when a as p then b within 9s score n emit then_n = p.n,"
                      " inline = sum(a.v by k over 9s), other = n[\"k2\"] skip none }",
                  {at(0, "a", 1), at(1, "a", 2), at(2, "a", 4), at(2, "b")}),
            "r [\"k1\"] at 2000 by #3: b=3 p=0 score:3 emit.then_n:1 emit.inline:7 emit.other:0\n"
            "r [\"k1\"] at 2000 by #3: b=3 p=1 score:3 emit.then_n:2 emit.inline:7 emit.other:0\n"
            "r [\"k1\"] at 2000 by #3: b=3 p=2 score:3 emit.then_n:3 emit.inline:7 emit.other:0\n");
}

// As of the first a, at 0s, k2 has none; as of the second, at 2s, it has the one of 1s. With a b of
// k1 between, sums as of the first and of the second are 1 and 1 + 4: zscore(3, ...) of one value
// is absent, of 1 and 4 it is (3 - 2.5) / sqrt(4.5) = 0.2357.
TEST(Features, OfAPartForAnotherKeyAndInZscore) {
  const std::vector<RefEvent> events = {at(0, "a", 1), at(1, "a", 7, "k2"), at(2, "a", 4),
                                        at(3, "b", 3)};
  EXPECT_EQ(fired(std::string(kFeatures) +
                      "feature s = sum(a.v by k over 9s)\n"
                      "rule r { by k when 2 a as p then b as q within 9s"
                      " emit was = first(p).n[\"k2\"], is_now = p.n[\"k2\"],"
                      " one = zscore(3, first(p).s) is missing,"
                      " two = zscore(3, p.s) * 4 > 0.9428 and zscore(3, p.s) * 4 < 0.9429,"
                      " most = max(p.s), sums = sum(p.s) }",
                  events),
            "r [\"k1\"] at 3000 by #3: p=0,2 q=3 emit.was:0 emit.is_now:1 emit.one:true"
            " emit.two:true emit.most:5 emit.sums:6\n");
}

// Arguments of a define stand for what was written, a key or a feature.
TEST(Features, AsArgumentsAndByArgumentsOfDefines) {
  EXPECT_EQ(fired(std::string(kFeatures) +
                      "define hot(who) = n[who] >= 2\ndefine more(f, least) = f >= least\n"
                      "define once(low) = count(a where v >= low by k over 9s) == 1\n"
                      "rule r { by k when b where hot(\"k2\") and more(n, 1) and once(2)"
                      " within 1s score 1 }",
                  {at(0, "a", 1), at(1, "b"), at(1, "a", 0, "k2"), at(2, "a", 2), at(2, "b"),
                   at(2, "a", 0, "k2"), at(2, "b"), at(3, "a", 3), at(3, "b")}),
            "r [\"k1\"] at 2000 by #6: b=6 score:1\n");
}

// The completing event is the one at hand; at a deadline none is: 2s and 3s lie in [1s, 3s].
TEST(Features, ExcludingCurrentInOutcomes) {
  EXPECT_EQ(fired(std::string(kFeatures) + "rule r { by k when a within 9s score before }",
                  {at(0, "a"), at(1, "a")}),
            "r [\"k1\"] at 0 by #0: a=0 score:0\nr [\"k1\"] at 1000 by #1: a=1 score:1\n");
  EXPECT_EQ(fired(std::string(kFeatures) +
                      "rule r { by k when a as p where v == 1 without b for 3s within 9s"
                      " score before }",
                  {at(0, "a", 1), at(2, "a"), at(3, "a")}),
            "r [\"k1\"] at 3000: p=0 score:2\n");
}

TEST(Features, OutcomesOfATimeoutHaveTheValueAtItsLimit) {
  EXPECT_EQ(fired(std::string(kFeatures) +
                      "rule r { by k when a as p where v == 1 then b within 3s score 1"
                      " timeout as late { score n } }",
                  {at(0, "a", 1), at(2, "a")}),
            "r.late [\"k1\"] at 3000: p=0 score:1\n");
}

TEST(Features, ParamsMayBeOverridden) {
  const std::string text =
      "param length = 1s\nparam least = 0\nparam newest = 1\nparam rank = 0.5\n"
      "feature s = sum(a.v where v >= least by k over length)\n"
      "feature l = count(a by k over last newest)\n"
      "feature q = quantile(rank)(a.v by k over 9s)\n"
      "rule r { by k when b within 1s emit s = s, l = l, q = q }";
  const std::vector<RefEvent> events = {at(0, "a", 1), at(1, "a", 2), at(2, "a", 4), at(2, "b")};
  EXPECT_EQ(fired(text, events), "r [\"k1\"] at 2000 by #3: b=3 emit.s:6 emit.l:1 emit.q:2\n");
  RefOptions options;
  options.params = {{"length", RefDuration{9000}},
                    {"least", std::int64_t{2}},
                    {"newest", std::int64_t{2}},
                    {"rank", RefDecimal{9000}}};
  EXPECT_EQ(fired(text, events, options),
            "r [\"k1\"] at 2000 by #3: b=3 emit.s:6 emit.l:2 emit.q:4\n");
  options.params["least"] = std::int64_t{3};
  EXPECT_EQ(fired(text, events, options),
            "r [\"k1\"] at 2000 by #3: b=3 emit.s:4 emit.l:2 emit.q:4\n");
}

// R88: a condition on a feature alone is one of the event alone: only the a of which n is 1 are
// retained, so the a of 1s does not push that of 0s out.
TEST(Features, ConditionsOnFeaturesCountForLimit) {
  const std::string rule = "rule r { by k when a as p where n == 1 then b within 9s limit 1 }";
  EXPECT_EQ(fired(kFeatures + rule, {at(0, "a"), at(1, "a"), at(2, "b")}),
            "r [\"k1\"] at 2000 by #2: b=2 p=0\n");
  EXPECT_EQ(fired(kFeatures + rule, {at(0, "a"), at(3, "a"), at(4, "b")}),
            "r [\"k1\"] at 4000 by #2: b=2 p=1\n");
}

TEST(Features, RefusesWhatTheLanguageRefuses) {
  const std::string rule = "rule r { by k when a where F > 1 within 1s score 1 }";
  for (const char* feature : {
           "feature F = rate(a by k over last 3)",            // no length
           "feature F = rate(a by k session 3s)",             // no length
           "feature F = sum(a by k over 3s)",                 // of what?
           "feature F = sum(a.k by k over 3s)",               // of strings
           "feature F = stddev(a.k by k over 3s)",            // of strings
           "feature F = quantile(1.5)(a.v by k over 3s)",     // past 1
           "feature F = quantile(a.v by k over 3s)",          // which?
           "feature F = median(a.v by k over 3s)",            // no such function
           "feature F = count(a by nobody over 3s)",          // no such field
           "feature F = count(nobody by k over 3s)",          // no such type
           "feature F = count(a.nobody by k over 3s)",        // no such field
           "feature F = quantile(0)(a.v by k over 3s)",       // of none
           "feature F = count(a by k each 0s)",               // no length
           "feature F = count(a by k over 0s)",               // no length
           "feature F = count(a by k over 2s every 3s)",      // shorter than its step
           "feature F = count(a by k over 3s every 0s)",      // no length
           "feature F = count(a by k over last 0)",           // no events
           "feature F = count(a by k each day in \"Mars\")",  // no such zone
           "feature F = count(a by k each year in \"UTC\")",  // no such unit
           "feature F = count(a where F > 0 by k over 3s)",   // of itself
           "feature F = count(a where G > 0 by k over 3s)\n"
           "feature G = count(a where F > 0 by k over 3s)",  // in a circle
       }) {
    dsl::SourceSet sources;
    dsl::Diagnostics diagnostics;
    const auto id = sources.add("case.weir", case_declarations() + feature + "\n" + rule);
    const dsl::Ast ast = dsl::parse(sources, id, diagnostics);
    const bool refused = diagnostics.has_errors() || !reference_run(ast, "r", {at(0, "a")});
    EXPECT_TRUE(refused) << feature;
  }
  // In `having` a feature is for the rule's key, which has no j.
  EXPECT_EQ(fired("feature F = count(a by j over 3s)\n"
                  "rule r { by k when a then b within 9s having F > 0 score 1 }",
                  {at(0, "a"), at(1, "b")}),
            "refused: the reference leaves out a feature by j of a rule's key");
  EXPECT_EQ(fired("rule r { by k when a as p then b where zscore(v, count(a by k over 3s)) > 0"
                  " within 9s score 1 }",
                  {at(0, "a"), at(1, "b")}),
            "refused: the reference leaves out zscore with a feature that has no numbers");
}

}  // namespace
}  // namespace weir::reference
