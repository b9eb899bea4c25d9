#include "api/backtest_metrics.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

constexpr std::int64_t kMinute = 60'000;

// Two rules that decide and one in shadow; frauds of key 0 at minutes 0, 10 and 20, of key 1 at 0.
// Rule 0 completes on the second and third fraud of key 0, rule 1 on the third alone, the shadow
// rule on the fraud of key 1; rule 0 on an honest purchase too.
struct Case {
  PurchaseFacts purchases;
  RunFacts run;

  Case() {
    purchases.keys = {"{\"card\":\"a\"}", "{\"card\":\"b\"}"};
    purchases.frauds = {
        {0, 0, 100, 0}, {1, 0, 1000, 1}, {2, 10 * kMinute, 200, 0}, {3, 20 * kMinute, 300, 0}};
    purchases.fraud = {4, 1600};
    purchases.honest = {6, 6000};
    for (const char* name : {"first", "second", "ghost"}) {
      RuleFacts& rule = run.rules.emplace_back();
      rule.name = name;
      rule.flags = true;
    }
    run.rules[2].mode = RuleMode::shadow;
    run.alerts.resize(3);
    run.live_alerts = 4;
    run.patterns = {pattern({{0, 100}}, true, {0}, {}), pattern({{0, 100}, {1, 50}}, true, {}, {}),
                    pattern({{2, 70}}, false, {}, {2})};
    run.fired = {{1, 0, 1000, 1, 2},
                 {2, 10 * kMinute, 200, 2, 0},
                 {3, 20 * kMinute, 300, 3, 1},
                 {4, 30 * kMinute, 50, kFiredHonest, 0},
                 {5, 40 * kMinute, 50, kFiredUnlabelled, 0}};
  }

  static FiredPattern pattern(std::vector<FiredPattern::Fired> fired, bool flagged,
                              std::vector<std::uint32_t> needed, std::vector<std::uint32_t> would) {
    FiredPattern out;
    for (const auto& each : fired) out.score_e4 += each.rule == 2 ? 0 : each.score_e4;
    out.fired = std::move(fired);
    out.flagged = flagged;
    out.needed = std::move(needed);
    out.would = std::move(would);
    return out;
  }
};

TEST(BacktestMetrics, FiguresOfTheSet) {
  const Case c;
  const BacktestFigures figures = figures_of(c.purchases, c.run, 2);
  EXPECT_EQ(figures.confusion.caught.events, 2U);
  EXPECT_EQ(figures.confusion.caught.money_e4, 500);
  EXPECT_EQ(figures.confusion.missed.money_e4, 1100);
  EXPECT_EQ(figures.confusion.falsely.events, 1U);
  EXPECT_EQ(figures.confusion.passed.events, 5U);
  EXPECT_EQ(figures.of(BacktestMeasure::recall), 0.5);
  EXPECT_DOUBLE_EQ(*figures.of(BacktestMeasure::precision), 2.0 / 3);
  EXPECT_EQ(figures.alerts_per_day, 2);
  EXPECT_EQ(figures.flagged_per_day, 2);  // the unlabelled one too
  EXPECT_EQ(figures.keys_flagged, 0.5);
}

TEST(BacktestMetrics, NothingFlaggedHasNoPrecision) {
  Case c;
  c.run.fired.clear();
  const BacktestFigures figures = figures_of(c.purchases, c.run, 1);
  EXPECT_FALSE(figures.confusion.precision());
  EXPECT_EQ(figures.confusion.recall(), 0);
  c.purchases = {};
  EXPECT_FALSE(figures_of(c.purchases, c.run, 1).confusion.recall());
  EXPECT_TRUE(curve_of(c.purchases, c.run, 1).empty());
}

TEST(BacktestMetrics, KeysBeforeTheirFirstFlag) {
  const Case c;
  const BacktestKeys keys = keys_of(c.purchases, c.run, {"card"});
  EXPECT_EQ(keys.frauded, 2U);
  EXPECT_EQ(keys.flagged, 1U);
  EXPECT_EQ(keys.flagged_by, (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(keys.before_first_flag.money_e4, 100);
  EXPECT_EQ(keys.never_flagged.money_e4, 1000);
  EXPECT_EQ(keys.delay.keys, 1U);
  EXPECT_EQ(keys.delay.median_ms, 10 * kMinute);
}

TEST(BacktestMetrics, KeysFlaggedAfterTheTenthFraudAreCountedInTheLast) {
  PurchaseFacts purchases;
  RunFacts run;
  purchases.keys = {"{}"};
  for (std::uint64_t i = 0; i < 12; ++i) {
    purchases.frauds.push_back({i, static_cast<std::int64_t>(i), 1, 0});
  }
  purchases.fraud = {12, 12};
  run.rules.resize(1);
  run.patterns = {Case::pattern({{0, 0}}, true, {0}, {})};
  run.fired = {{11, 11, 1, 11, 0}};
  const BacktestKeys keys = keys_of(purchases, run, {});
  ASSERT_EQ(keys.flagged_by.size(), 11U);
  EXPECT_EQ(keys.flagged_by[9], 0U);
  EXPECT_EQ(keys.flagged_by[10], 1U);
}

TEST(BacktestMetrics, WhatARuleAdds) {
  const Case c;
  const std::vector<BacktestRule> rules = rules_of(c.purchases, c.run, 1);
  EXPECT_EQ(rules[0].hits.caught.events, 2U);
  EXPECT_EQ(rules[0].unlabelled, 1U);
  EXPECT_EQ(rules[0].adds_caught.events, 1U);
  EXPECT_EQ(rules[0].adds_falsely.events, 1U);
  EXPECT_EQ(rules[0].adds_keys, 0U);  // the third fraud would still flag the key
  EXPECT_EQ(rules[1].adds_caught.events, 0U);
  EXPECT_EQ(rules[1].delay.median_ms, 20 * kMinute);
  EXPECT_EQ(rules[2].adds_caught.money_e4, 1000);
  EXPECT_EQ(rules[2].adds_keys, 1U);
}

TEST(BacktestMetrics, CurveHasWhatDidNotFireAtZero) {
  const Case c;
  const auto curve = curve_of(c.purchases, c.run, 1);
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_EQ(curve[0].score_e4, 150);
  EXPECT_EQ(curve[1].caught, 2U);
  EXPECT_EQ(curve[1].falsely, 1U);
  EXPECT_EQ(curve[2].score_e4, 0);
  EXPECT_EQ(curve[2].recall, 1);
  EXPECT_EQ(curve[2].falsely, 6U);
  EXPECT_DOUBLE_EQ(average_precision(curve), 1 * 0.25 + (2.0 / 3) * 0.25 + 0.4 * 0.5);
  EXPECT_EQ(at_recall(curve, 0.3).point->score_e4, 100);
  EXPECT_EQ(at_precision(curve, 0.5).point->score_e4, 100);
  EXPECT_FALSE(at_precision(curve, 1.1).point);
}

TEST(BacktestMetrics, NegativeScoresComeBehindZero) {
  Case c;
  c.run.patterns[0].score_e4 = -100;
  const auto curve = curve_of(c.purchases, c.run, 1);
  EXPECT_EQ(curve.back().score_e4, -100);
  EXPECT_EQ(curve.back().recall, 1);
  EXPECT_LT(curve[curve.size() - 2].recall, 1);
}

TEST(BacktestMetrics, ThinnedKeepsBothEndsAndIsShort) {
  std::vector<BacktestPoint> curve(1000);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    curve[i].score_e4 = static_cast<std::int64_t>(1000 - i);
    curve[i].recall = static_cast<double>(i + 1) / 1000;
  }
  const auto few = thinned(curve, 50);
  EXPECT_LE(few.size(), 50U);
  EXPECT_GE(few.size(), 40U);
  EXPECT_EQ(few.front().score_e4, 1000);
  EXPECT_EQ(few.back().score_e4, 1);
  EXPECT_EQ(thinned(curve, 5000).size(), 1000U);
}

TEST(BacktestMetrics, OverlapIsOfPairsThatMet) {
  const Case c;
  const auto overlap = overlap_of(c.run);
  ASSERT_EQ(overlap.size(), 1U);
  EXPECT_EQ(overlap[0].a, 0U);
  EXPECT_EQ(overlap[0].b, 1U);
  EXPECT_EQ(overlap[0].fraud, 1U);
  EXPECT_TRUE(overlap_of(c.run, 1).empty());
}

BacktestSweep::Result result(std::uint64_t caught, double alerts_per_day, std::uint64_t falsely) {
  BacktestSweep::Result out;
  out.figures.confusion.caught.events = caught;
  out.figures.confusion.missed.events = 10 - caught;
  out.figures.confusion.falsely.events = falsely;
  out.figures.alerts_per_day = alerts_per_day;
  return out;
}

TEST(BacktestMetrics, FrontierIsWhatNothingBeats) {
  BacktestSweep sweep;
  sweep.results = {result(5, 3, 5), result(4, 3, 0), result(5, 4, 0),
                   result(8, 9, 8), result(5, 3, 1), result(1, 1, 0)};
  judge_sweep(sweep, {});
  std::vector<bool> on;
  for (const auto& each : sweep.results) on.push_back(each.on_frontier);
  EXPECT_EQ(on, (std::vector<bool>{true, false, false, true, true, true}));
  EXPECT_FALSE(sweep.best);
  judge_sweep(sweep, {*parse_backtest_target("precision>=0.8")});
  EXPECT_EQ(sweep.best, 4U);  // recall as of 2, at less
  sweep.best.reset();
  judge_sweep(sweep, {*parse_backtest_target("recall>=0.5")});
  EXPECT_EQ(sweep.best, 2U);  // the most precise
}

TEST(BacktestMetrics, MoneyIsExactBeyond64Bits) {
  BacktestTally sum;
  tally(sum, INT64_MAX);
  tally(sum, 5);
  EXPECT_TRUE(sum.money_e4 == BacktestMoney{INT64_MAX} + 5);
  EXPECT_EQ(sum.events, 2U);
}

TEST(BacktestMetrics, DaysBeforeTheEpoch) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kDayMs - 1), 0);
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(-kDayMs), -1);
  EXPECT_EQ(day_of(-kDayMs - 1), -2);
}

// ---- what is asked, from text ------------------------------------------------------------------

TEST(BacktestSweepText, EveryCombinationInOrder) {
  const auto all = expand_sweep({"a=1,2", "b=10..30/10"});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 6U);
  EXPECT_EQ((*all)[1], (BacktestParams{{"a", "1"}, {"b", "20"}}));
  EXPECT_EQ((*all)[5], (BacktestParams{{"a", "2"}, {"b", "30"}}));
}

TEST(BacktestSweepText, Ranges) {
  const auto values = [](const std::string& text) {
    std::vector<std::string> out;
    const auto all = expand_sweep({text});
    for (const auto& params : *all) out.push_back(params[0].second);
    return out;
  };
  EXPECT_EQ(values("x=0.1..0.3/0.1"), (std::vector<std::string>{"0.1", "0.2", "0.3"}));
  EXPECT_EQ(values("x=1..3"), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(values("x=-1..1/2,7"), (std::vector<std::string>{"-1", "1", "7"}));
  EXPECT_EQ(values("x=30m..2h/45m"), (std::vector<std::string>{"30m", "1h15m", "2h"}));
  EXPECT_EQ(values("x=5..5/1"), (std::vector<std::string>{"5"}));
  EXPECT_EQ(values("x=web,pos"), (std::vector<std::string>{"web", "pos"}));
}

TEST(BacktestSweepText, Wrong) {
  for (const char* text :
       {"x", "=1", "x=", "x=1,,2", "x=1..", "x=..5", "x=2..1", "x=1..5/0", "x=1..5/-1", "x=a..b"}) {
    EXPECT_FALSE(expand_sweep({text})) << text;
  }
  EXPECT_FALSE(expand_sweep({"x=1,2", "x=3"}));
  EXPECT_EQ(expand_sweep({"x=1..1000"})->size(), kMostVariants);
  EXPECT_EQ(expand_sweep({"x=1..1001"}).error().code, ErrorCode::limit);
  EXPECT_EQ(expand_sweep({"x=1..100", "y=1..11"}).error().code, ErrorCode::limit);
  EXPECT_EQ(expand_sweep({"x=0..922337203685477/0.0001"}).error().code, ErrorCode::limit);
}

TEST(BacktestSweepText, Targets) {
  const auto target = parse_backtest_target("alerts_per_day<=20.5");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->measure, BacktestMeasure::alerts_per_day);
  EXPECT_FALSE(target->at_least);
  EXPECT_EQ(target->value, 20.5);
  for (const char* text : {"precision", "precision>0.9", "precision>=", "precision>=x", ">=1",
                           "precision>=nan", "speed>=1"}) {
    EXPECT_FALSE(parse_backtest_target(text)) << text;
  }
}

}  // namespace
}  // namespace weir::api
