#include "tests/reference/case_generator.h"

#include <gtest/gtest.h>

#include <map>

#include "dsl/parser.h"
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

std::string problems(const Parsed& parsed) {
  std::string out;
  for (const auto& d : parsed.diagnostics.list()) out += d.message + "\n";
  return out;
}

// Every generated rule parses and is accepted; a good share of the cases has alerts; every
// construct is met, most of them in cases that match.
TEST(CaseGenerator, CasesAreRulesAndManyMatch) {
  constexpr std::uint64_t kCases = 3000;
  std::size_t with_alerts = 0;
  std::map<std::string, std::size_t> used;
  std::map<std::string, std::size_t> matched;
  for (std::uint64_t seed = 0; seed < kCases; ++seed) {
    const Case c = generate_case(seed);
    const std::string text = to_weir(c);
    const Parsed parsed = parse_text(text);
    ASSERT_FALSE(parsed.diagnostics.has_errors()) << seed << "\n" << problems(parsed) << text;
    const auto alerts = reference_run(parsed.ast, "r", c.events);
    if (!alerts && alerts.error().code == base::ErrorCode::kLimit) continue;
    ASSERT_TRUE(alerts) << seed << "\n" << alerts.error().message << "\n" << text;
    with_alerts += !alerts->empty();
    for (const auto& tag : c.tags) {
      ++used[tag];
      matched[tag] += !alerts->empty();
    }
  }
  EXPECT_GT(with_alerts, kCases * 2 / 5);
  for (const auto& name : case_constructs()) {
    EXPECT_GT(used[name], 30u) << name;
    EXPECT_GT(matched[name], 10u) << name;
  }
}

TEST(CaseGenerator, TheSameSeedGivesTheSameCase) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(to_weir_test(generate_case(seed), {}), to_weir_test(generate_case(seed), {}));
  }
}

// A case printed as a test block says the same as the case.
TEST(CaseGenerator, PrintedTestBlocksPass) {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const Case c = generate_case(seed);
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

void expect_all_match_something(const std::vector<ExhaustiveShape>& shapes) {
  for (const ExhaustiveShape& shape : shapes) {
    const std::string text = to_weir(shape);
    const Parsed parsed = parse_text(text);
    ASSERT_FALSE(parsed.diagnostics.has_errors()) << problems(parsed) << text;
    std::size_t streams = 0;
    std::size_t matching = 0;
    for_each_stream(shape, 4, StreamTiming::kOneSecondApart,
                    [&](const std::vector<RefEvent>& events) {
                      const auto alerts = reference_run(parsed.ast, "r", events);
                      ASSERT_TRUE(alerts) << alerts.error().message << "\n" << text;
                      ++streams;
                      matching += !alerts->empty();
                    });
    EXPECT_GT(matching, 0u) << text;
    EXPECT_LT(matching, streams) << text;
  }
}

TEST(ExhaustiveShapes, AllParseAndMatchSomething) {
  EXPECT_GE(exhaustive_shapes().size(), 60u);
  expect_all_match_something(exhaustive_shapes());
}

TEST(ExhaustiveShapes, ThoseOfFeaturesToo) {
  EXPECT_GE(feature_shapes().size(), 40u);
  expect_all_match_something(feature_shapes());
}

TEST(Shrink, KeepsWhatFailsAndDropsTheRest) {
  // "Fails" when the rule has a greedy part and the stream an event of value 3.
  const auto fails = [](const Case& c) {
    const bool three = std::any_of(c.events.begin(), c.events.end(), [](const RefEvent& e) {
      return e.fields.at("v") == RefValue{std::int64_t{3}};
    });
    return three && rule_text(c.rule).find("greedy") != std::string::npos;
  };
  for (std::uint64_t seed = 0;; ++seed) {
    const Case c = generate_case_of(seed, "greedy", "some");
    if (!fails(c)) continue;
    const Case small = shrink(c, fails);
    EXPECT_TRUE(fails(small));
    EXPECT_EQ(small.events.size(), 1u);
    EXPECT_EQ(small.rule.pattern.items.size(), 1u);
    EXPECT_TRUE(small.rule.having.empty());
    break;
  }
}

}  // namespace
}  // namespace weir::reference
