#include <gtest/gtest.h>

#include <map>

#include "dsl/parser.h"
#include "tests/reference/case_generator.h"
#include "tests/reference/reference.h"
#include "tests/reference/shrink.h"
#include "tests/reference/test_blocks.h"

namespace weir::reference {
namespace {

struct Parsed {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  dsl::Ast ast;
};

Parsed parse_text(const std::string& text) {
  Parsed out;
  const auto id = out.sources.add("case.weir", text);
  out.ast = dsl::parse(out.sources, id, out.diagnostics);
  return out;
}

void drop_features(Case& c) {
  c.features.clear();
  drop_dangling(c);
}

// Every case parses and is accepted; a good share has alerts, and in a good share the features
// decide; every construct is met, in cases that match too.
TEST(FeatureCases, CasesAreRulesAndFeaturesDecide) {
  constexpr std::uint64_t kCases = 3000;
  std::size_t with_alerts = 0;
  std::size_t decided = 0;
  std::map<std::string, std::size_t> used;
  std::map<std::string, std::size_t> matched;
  for (std::uint64_t seed = 0; seed < kCases; ++seed) {
    const Case c = generate_feature_case(seed);
    const std::string text = to_weir(c);
    const Parsed parsed = parse_text(text);
    ASSERT_FALSE(parsed.diagnostics.has_errors()) << seed << "\n"
                                                  << parsed.diagnostics.list()[0].message << "\n"
                                                  << text;
    const auto alerts = reference_run(parsed.ast, "r", c.events);
    if (!alerts && alerts.error().code == base::ErrorCode::kLimit) continue;
    ASSERT_TRUE(alerts) << seed << "\n" << alerts.error().message << "\n" << text;
    with_alerts += !alerts->empty();
    for (const auto& tag : c.tags) {
      ++used[tag];
      matched[tag] += !alerts->empty();
    }
    Case without = c;
    drop_features(without);
    const auto others = reference_run(parse_text(to_weir(without)).ast, "r", c.events);
    decided += others && to_text(*others) != to_text(*alerts);
  }
  EXPECT_GT(with_alerts, kCases * 3 / 10);
  EXPECT_GT(decided, kCases / 3);
  for (const auto& name : feature_constructs()) {
    EXPECT_GT(used[name], 60u) << name;
    EXPECT_GT(matched[name], 20u) << name;
  }
}

TEST(FeatureCases, TheSameSeedGivesTheSameCase) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(to_weir_test(generate_feature_case(seed), {}),
              to_weir_test(generate_feature_case(seed), {}));
  }
}

// A case printed as a test block says the same as the case: windows keep their alignment.
TEST(FeatureCases, PrintedTestBlocksPass) {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const Case c = generate_feature_case(seed);
    const Parsed parsed = parse_text(to_weir(c));
    const auto alerts = reference_run(parsed.ast, "r", c.events);
    if (!alerts) continue;
    const std::string text = to_weir_test(c, *alerts);
    for (const TestOutcome& outcome : run_test_text("case.weir", text)) {
      EXPECT_TRUE(outcome.passed) << seed << "\n"
                                  << (outcome.problems.empty() ? "" : outcome.problems[0]) << "\n"
                                  << text << to_text(*alerts);
    }
  }
}

TEST(FeatureCases, ShrinkingKeepsWhatFailsAndDropsOtherFeatures) {
  // "Fails" when the rule still reads a session.
  const auto fails = [](const Case& c) {
    const Parsed parsed = parse_text(to_weir(c));
    const bool reads = rule_text(c.rule).find("f1") != std::string::npos;
    return !parsed.diagnostics.has_errors() && reads && !c.features.empty() &&
           c.features[0].window.kind == CaseWindowKind::kSession;
  };
  for (std::uint64_t seed = 0;; ++seed) {
    const Case c = generate_feature_case_of(seed, "session", "nested");
    if (!fails(c) || c.features.size() < 3 || c.tags.contains("two features")) continue;
    const Case small = shrink(c, fails);
    EXPECT_TRUE(fails(small));
    EXPECT_EQ(small.features.size(), 1u);
    EXPECT_TRUE(small.events.empty());
    EXPECT_TRUE(small.features[0].where.empty());
    break;
  }
}

}  // namespace
}  // namespace weir::reference
