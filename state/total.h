// The additive part of aggregates: what one value adds to a total, and what a difference of two
// totals says. Values come as cells do (window_spec.h) once they are numbers: integers as they are,
// floats as ordered_bits(), so that every column of up to 64 bits is an int64.
#pragma once

#include "state/exact_sum.h"
#include "state/window_layout.h"

namespace weir::state {

inline void add_int(std::uint64_t* two, std::int64_t value) {
  UInt128 sum;
  std::memcpy(&sum, two, sizeof sum);
  sum += static_cast<UInt128>(Int128{value});
  std::memcpy(two, &sum, sizeof sum);
}

void add_other(FieldOp op, std::uint64_t* total, Int128 value);

// total += what `value` counts for.
inline void add_value(FieldOp op, std::uint64_t* total, Int128 value) {
  switch (op) {
    case FieldOp::kPresent:
      ++*total;
      return;
    case FieldOp::kSumInt:
      add_int(total, static_cast<std::int64_t>(value));
      return;
    default:
      add_other(op, total, value);
  }
}

// What a window's values come to.
struct Totals {
  std::uint64_t count = 0;  // of the values that are there
  std::uint64_t sum[4] = {};
  std::uint64_t squares[kMaxWords] = {};
  std::uint64_t beyond = 0;
};

// Of count, sum, avg, stddev and rate; `length_ms` is D.
[[nodiscard]] Reading reading_of(const AggregateSpec& spec, ColumnKind kind, const Totals& totals,
                                 std::int64_t length_ms);

// The same for an aggregate that is quick, of so many values with this sum.
[[nodiscard]] inline Reading quick_reading(const AggregatePlan& plan, std::uint64_t count,
                                           Int128 sum) {
  using Quick = AggregatePlan::Quick;
  if (plan.quick == Quick::kCount) return Reading::of(count);
  if (plan.quick == Quick::kSumInt) return Reading::of(sum);
  Int128 mean;
  if (count == 0) return Reading::absent();
  return mean_half_even(sum, plan.spec.multiplier, count, &mean) ? Reading::of(mean)
                                                                 : Reading::overflow();
}

// Of a value of a column: min, max, quantile, first, last.
[[nodiscard]] inline Reading value_reading(ColumnKind kind, Int128 value) {
  if (kind == ColumnKind::kFloat) {
    return Reading::of_float(from_ordered_bits(static_cast<std::int64_t>(value)));
  }
  return kind == ColumnKind::kText ? Reading::of_text(value) : Reading::of(value);
}

// The rank, from 0, of the quantile among n > 0 values: ceil(p * n), counted from 1.
[[nodiscard]] inline std::uint64_t nearest_rank(std::uint16_t ten_thousandths, std::uint64_t n) {
  const std::uint64_t rank = (std::uint64_t{ten_thousandths} * n + 9'999) / 10'000;
  return rank == 0 ? 0 : rank - 1;
}

}  // namespace weir::state
