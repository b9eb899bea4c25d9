// The figures of a backtest, from what was gathered: plain data in, plain data out.
// docs/backtest.md has the definitions. Free functions; thread-safe; deterministic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/backtest_facts.h"
#include "weir/backtest.h"

namespace weir::api {

// The part that a sweep needs of each set of rules. `days` as in BacktestReport.
[[nodiscard]] BacktestFigures figures_of(const PurchaseFacts& purchases, const RunFacts& run,
                                         double days);

[[nodiscard]] BacktestKeys keys_of(const PurchaseFacts& purchases, const RunFacts& run,
                                   std::vector<std::string> fields);

// By rule: hits, delays, what each adds. `days` as above.
[[nodiscard]] std::vector<BacktestRule> rules_of(const PurchaseFacts& purchases,
                                                 const RunFacts& run, double days);

// Of the `most` rules with the most hits, the pairs that met on a labelled or unlabelled purchase.
[[nodiscard]] std::vector<BacktestOverlap> overlap_of(const RunFacts& run, std::size_t most = 60);

// Every threshold, from the highest score down; the point at 0 has all purchases on which nothing
// fired. Empty if there is no fraud.
[[nodiscard]] std::vector<BacktestPoint> curve_of(const PurchaseFacts& purchases,
                                                  const RunFacts& run, double days);
// The sum of precision times the recall that each point gains.
[[nodiscard]] double average_precision(const std::vector<BacktestPoint>& curve);
// The highest threshold that reaches the recall; the lowest that keeps the precision.
[[nodiscard]] BacktestAsked at_recall(const std::vector<BacktestPoint>& curve, double recall);
[[nodiscard]] BacktestAsked at_precision(const std::vector<BacktestPoint>& curve, double precision);
// At most `most` of the points, the first and the last among them, evenly over the recall.
[[nodiscard]] std::vector<BacktestPoint> thinned(const std::vector<BacktestPoint>& curve,
                                                 std::size_t most);

[[nodiscard]] std::vector<BacktestDay> timeline_of(const PurchaseFacts& purchases,
                                                   const RunFacts& run);

// Marks the frontier and the best result (BacktestSweep).
void judge_sweep(BacktestSweep& sweep, const std::vector<BacktestTarget>& targets);

}  // namespace weir::api
