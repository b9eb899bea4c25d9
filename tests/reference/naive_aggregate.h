// The aggregates of L4.1 over the values of a window, by definition, and when two figures of one
// count as the same. Used by eval_feature.cc and by comparisons with another engine. Pure;
// thread-safe.
//
// Exact: everything over ints, decimals and durations is summed in 128 bits, whatever the order.
// Floats are summed in long double, in the order of the events: another order may differ in the
// last digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/reference/ref_value.h"

namespace weir::reference {

// An aggregate over values of one type, in the order of their events, none of them absent.
struct AggregateCall {
  std::string_view function;        // count sum avg ... last; not rate
  RefValue zero = std::int64_t{0};  // the 0 of the field's type: the sum of nothing
  RefValue p;                       // of quantile
};

[[nodiscard]] RefValue aggregate(const AggregateCall& call, const std::vector<RefValue>& values);

// `rate`: so many a second of the window's length. A float.
[[nodiscard]] RefValue rate(std::size_t count, std::int64_t length_ms);

// The mean as zscore compares with it: not rounded. Absent of nothing, or of what is no number.
[[nodiscard]] std::optional<double> exact_mean(const std::vector<RefValue>& values);
// The sample's deviation; absent of fewer than two values, or of what is no number.
[[nodiscard]] std::optional<double> deviation(const std::vector<RefValue>& values);
// How many deviations x lies above the mean. Absent where the deviation is absent or 0.
[[nodiscard]] RefValue zscore(const RefValue& x, const std::vector<RefValue>& values);

// ---- comparison --------------------------------------------------------------------------------

// Floats depend on the order of sums in their last digits.
inline constexpr double kFloatTolerance = 1e-9;  // relative
// approx_distinct is exact up to so many, and past that off by at most this share.
inline constexpr std::int64_t kApproxExactUpTo = 100;
inline constexpr double kApproxTolerance = 0.05;

// Whether `found` is as good as the reference's `exact` figure of this aggregate: the same value,
// with the tolerances above for floats and for approx_distinct.
[[nodiscard]] bool figures_agree(std::string_view function, const RefValue& exact,
                                 const RefValue& found);

}  // namespace weir::reference
