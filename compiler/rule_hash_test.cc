#include "compiler/rule_hash.h"

#include <gtest/gtest.h>

#include "compiler/test_rules.h"

namespace weir::compiler {
namespace {

using testing::compile_text;
using testing::compile_texts;
using testing::with_events;

struct Pair {
  std::string version;
  std::string state;
  friend bool operator==(const Pair&, const Pair&) = default;
};

Pair hashes(const std::string& rules, CompileOptions options = {}) {
  const auto compiled = compile_text(with_events(rules), std::move(options));
  if (!compiled->result.image) {
    ADD_FAILURE() << compiled->text();
    return {};
  }
  return {compiled->rule().version, compiled->rule().state_identity};
}

constexpr const char* kBase = R"(
param few = 3
define small(x) = x < 2
rule testing { by card
  when few+ auth_result as probe where small(amount) and not approved
  then auth as hit where amount > 20 * avg(probe.amount)
  within 10m decide decline score 80 reason "{count(probe)} at {hit.merchant}" skip to last probe }
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(RuleHash, NamesLayoutAndCommentsAreNotCovered) {
  const Pair base = hashes(kBase);
  EXPECT_EQ(base.version.size(), 32U);
  EXPECT_NE(base.version, base.state);
  EXPECT_EQ(base, hashes(replaced(kBase, "probe", "little_one"))) << "a binding";
  EXPECT_EQ(base, hashes(replaced(kBase, "hit", "h"))) << "a binding";
  EXPECT_EQ(base, hashes(replaced(kBase, "testing", "renamed"))) << "the rule";
  EXPECT_EQ(base, hashes(replaced(kBase, "few", "many"))) << "a param";
  EXPECT_EQ(base, hashes(replaced(kBase, "small", "tiny"))) << "a define";
  EXPECT_EQ(base,
            hashes(replaced(kBase, "define small(x) = x < 2", "define small(amt) = (amt < 2)")));
  EXPECT_EQ(base, hashes(replaced(kBase, "small(amount) and", "(amount < 2) and")))
      << "a define put in";
  EXPECT_EQ(base, hashes(std::string("# comment\n") + replaced(kBase, "\n  ", "   # c\n ")));
  EXPECT_EQ(base, hashes(replaced(kBase, "10m", "600s")));
}

TEST(RuleHash, FilesAndTheirOrderAreNotCovered) {
  const std::string rule =
      "rule r { by card when login as a then auth as b where amount > 5 within 1m }";
  const auto one = compile_text(with_events(rule));
  const auto two = compile_texts({rule, std::string("event other { z int }\n") + testing::kEvents});
  ASSERT_TRUE(one->result.image && two->result.image) << one->text() << two->text();
  EXPECT_EQ(one->rule().version, two->rule().version);
  EXPECT_EQ(one->rule().state_identity, two->rule().state_identity);
}

TEST(RuleHash, ConditionsKeysAndWindowsChangeBoth) {
  const Pair base = hashes(kBase);
  const std::pair<const char*, const char*> changes[] = {
      {"amount > 20", "amount > 21"},
      {"x < 2", "x <= 2"},
      {"10m", "11m"},
      {"few = 3", "few = 4"},
      {"as hit", "as hit by merchant"},
      {"avg(", "max("},
      {"few+ auth_result", "few..9 auth_result"},
      {"then auth", "then next auth"},
      {"not approved", "approved"},
      {"probe where", "probe greedy where"},
  };
  for (const auto& [from, to] : changes) {
    if (std::string(to).find("by merchant") != std::string::npos) continue;  // keys: below
    const Pair other = hashes(replaced(kBase, from, to));
    EXPECT_NE(base.version, other.version) << to;
    EXPECT_NE(base.state, other.state) << to;
  }
  const Pair by_card = hashes("rule r { by card when login then auth within 1m }");
  const Pair by_all = hashes("rule r { by all when login then auth within 1m }");
  EXPECT_NE(by_card.state, by_all.state);
}

TEST(RuleHash, SetParamsAreCovered) {
  CompileOptions options;
  options.params["few"] = "5";
  EXPECT_NE(hashes(kBase).state, hashes(kBase, options).state);
  options.params["few"] = "3";
  EXPECT_EQ(hashes(kBase), hashes(kBase, options));
}

TEST(RuleHash, OutcomesChangeTheVersionOnly) {
  const Pair base = hashes(kBase);
  const std::pair<const char*, const char*> changes[] = {
      {"score 80", "score 81"},
      {"decide decline", "decide review"},
      {"skip to last", "skip to first"},
      {" at {hit", " near {hit"},
      {"score 80", "score 80 cooldown 5m"},
      {"score 80", "score 80 owner \"me\""},
      {"score 80", "score 80 meta { a: 1 }"},
      {"score 80", "score 80 emit m = hit.merchant"},
      {"score 80", "score 80 mode shadow"},
      {"score 80", "score 80 limit 500"},
      {"rule testing", "rule testing \"described\""},
  };
  for (const auto& [from, to] : changes) {
    const Pair other = hashes(replaced(kBase, from, to));
    EXPECT_NE(base.version, other.version) << to;
    EXPECT_EQ(base.state, other.state) << to;
  }
}

TEST(RuleHash, AnUnnamedPartMayBeNamed) {
  EXPECT_EQ(hashes("rule r { by card when login then auth where amount > 1 within 1m }"),
            hashes("rule r { by card when login as l then auth as a where amount > 1 within 1m }"));
}

TEST(RuleHash, TypesOfWhatIsReadAreCovered) {
  const std::string rule = "rule r { when e where x > 1 }";
  const Pair base = hashes("event e { x int y int }" + rule);
  EXPECT_NE(base.state, hashes("event e { x float y int }" + rule).state);
  EXPECT_EQ(base, hashes("event e { y float x int }" + rule)) << "what is not read may change";
}

TEST(RuleHash, DefinesThatCallEachOtherManyTimes) {
  std::string text = "define d0(x) = x + x\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "d" + std::to_string(i - 1);
    text += "define d" + std::to_string(i) + "(x) = " + last + "(x) + " + last + "(x)\n";
  }
  const Pair base = hashes(text + "rule r { when transfer where d11(number) > 5 }");
  EXPECT_EQ(base, hashes(replaced(text, "(x)", "(y)") == text
                             ? text
                             : replaced(replaced(text, "(x)", "(y)"), "x + x", "y + y") +
                                   "rule r { when transfer where d11(number) > 5 }"));
}

constexpr const char* kFeatures = R"(
param large = 5
feature spent = sum(auth.amount where amount > large by card over 1h)
feature seen = count(auth by card over 2h)
feature shown = count(auth by card over 3h)
rule r { by card when auth as a where spent > 1 and seen > 2
  then auth as b where amount > a.spent and amount > a.seen and zscore(amount, spent) > 3
    and count(auth by merchant over 4h) > 7 and spent["x"] > 2
  within 1h score shown }
)";

TEST(RuleHash, FeaturesAreWhatTheyMean) {
  const Pair base = hashes(kFeatures);
  for (const char* name : {"spent", "seen", "shown"}) {
    EXPECT_EQ(base, hashes(replaced(kFeatures, name, "renamed"))) << name;
  }
  EXPECT_EQ(base, hashes(replaced(kFeatures, "> large", "> 5"))) << "a param put in";
  EXPECT_EQ(base, hashes(std::string(kFeatures) + "feature more = count(login by card over 1h)"))
      << "another one";
  EXPECT_EQ(base,
            hashes(replaced(kFeatures, "and seen > 2", "and count(auth by card over 2h) > 2")))
      << "put in where it is named";
  const std::pair<const char*, const char*> changes[] = {
      {"amount > large", "amount > 6"},
      {"large = 5", "large = 6"},
      {"over 1h)", "over 61m)"},
      {"over 2h)", "over 2h excluding current)"},
      {"over 4h)", "over 5h)"},
      {"sum(auth.amount", "max(auth.amount"},
      {"spent > 1 and seen > 2", "seen > 1 and spent > 2"},
      {"a.spent and amount > a.seen", "a.seen and amount >= a.spent"},
      {"a.spent and", "b.spent and"},
      {"[\"x\"]", "[\"y\"]"},
      {"zscore(amount, spent)", "zscore(amount, spent[\"x\"])"},
  };
  for (const auto& [from, to] : changes) {
    const std::string text = replaced(kFeatures, from, to);
    ASSERT_NE(text, kFeatures) << from;
    const Pair other = hashes(text);
    EXPECT_NE(base.version, other.version) << to;
    EXPECT_NE(base.state, other.state) << to;
  }
}

TEST(RuleHash, AFeatureOfAnOutcomeIsInTheVersionOnly) {
  const Pair base = hashes(kFeatures);
  const Pair other = hashes(replaced(kFeatures, "over 3h)", "over 4h)"));
  EXPECT_NE(base.version, other.version);
  EXPECT_EQ(base.state, other.state);
}

// One rule's arguments of a define say nothing of another rule.
TEST(RuleHash, AggregatesInADefineAreThoseOfTheRule) {
  const std::string define = "define often(n) = count(auth where amount > n by card over 1h) > 5\n";
  const std::string rule = "rule r { when auth where often(3) }\n";
  const Pair base = hashes(define + rule);
  EXPECT_EQ(base, hashes(define + rule + "rule s { when auth where often(4) }"));
  EXPECT_NE(base, hashes(define + "rule r { when auth where often(4) }"));
}

// FROZEN: alert ids are made of the version, and a reload keeps state by the identity.
TEST(RuleHash, Pinned) {
  const Pair pinned = hashes(kBase);
  EXPECT_EQ(pinned.version, "5b41de501650ce3418f199b386cdb581");
  EXPECT_EQ(pinned.state, "ec7f966e80743e00789dc341505d943c");
  const Pair features = hashes(kFeatures);
  EXPECT_EQ(features.version, "a9ba51758a092fe48bc77a7a6250bdcc");
  EXPECT_EQ(features.state, "42c79d216f120016f297cc1d61169582");
}

}  // namespace
}  // namespace weir::compiler
