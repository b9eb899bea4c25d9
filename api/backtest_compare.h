// What another version of the rules makes different, purchase by purchase. Plain data in, plain
// data out; thread-safe; deterministic.
#pragma once

#include <cstddef>

#include "api/backtest_facts.h"
#include "api/purchase_ledger.h"
#include "weir/backtest.h"

namespace weir::api {

// What one version did. Both are of the same input, but maybe of two passes over it.
struct ComparedRun {
  const PurchaseLedger* ledger;
  const RunFacts* run;
};

// All but `before`. `examples` of each kind at most.
[[nodiscard]] BacktestComparison compare(const ComparedRun& newer, const ComparedRun& older,
                                         std::size_t examples);

}  // namespace weir::api
