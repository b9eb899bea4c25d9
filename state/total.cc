#include "state/total.h"

namespace weir::state {
namespace {

// The exponent of a float's sum, 2^-kFloatBits.
constexpr int kUnit = -static_cast<int>(kFloatBits);

Reading finite(double value) {
  return std::isfinite(value) ? Reading::of_float(value) : Reading::overflow();
}

Reading sum_or_mean(const AggregateSpec& spec, ColumnKind kind, const Totals& totals) {
  const bool mean = spec.kind == Aggregate::kAvg;
  if (mean && totals.count == 0) return Reading::absent();
  if (kind == ColumnKind::kFloat) {
    const double sum = to_double(totals.sum, 4, kUnit);
    return finite(mean ? sum / static_cast<double>(totals.count) : sum);
  }
  Int128 sum;
  std::uint64_t three[3] = {totals.sum[0], totals.sum[1], totals.sum[2]};
  if (kind == ColumnKind::kInt64) three[2] = (three[1] >> 63) != 0 ? ~std::uint64_t{0} : 0;
  if (!narrow(three, &sum)) return Reading::overflow();
  if (!mean) return Reading::of(sum);
  Int128 average;
  return mean_half_even(sum, spec.multiplier, totals.count, &average) ? Reading::of(average)
                                                                      : Reading::overflow();
}

Reading deviation(const AggregateSpec& spec, ColumnKind kind, const Totals& totals) {
  const std::uint64_t n = totals.count;
  const bool is_float = kind == ColumnKind::kFloat;
  const double spread_of_n =
      is_float ? spread(n, totals.squares, 8, totals.sum, 4, 2 * kUnit)
               : spread(n, totals.squares, 3, totals.sum, kind == ColumnKind::kInt128 ? 3 : 2, 0);
  const double variance = spread_of_n / (static_cast<double>(n) * static_cast<double>(n - 1));
  return finite(std::sqrt(variance) / spec.unit);
}

}  // namespace

void add_other(FieldOp op, std::uint64_t* total, Int128 value) {
  std::uint64_t term[kMaxWords];
  const auto low = static_cast<std::int64_t>(value);
  switch (op) {
    case FieldOp::kPresent:
    case FieldOp::kSumInt:
      return add_value(op, total, value);
    case FieldOp::kSumWide:
      widen(value, term);
      return add_words(total, term, 3);
    case FieldOp::kSquaresWide:
      if (low != value) return;
      [[fallthrough]];
    case FieldOp::kSquaresInt:
      square(low, term);
      return add_words(total, term, 3);
    case FieldOp::kBeyondSquares:
      *total += low != value ? 1 : 0;
      return;
    case FieldOp::kBeyondFloat:
      *total += fits_float(from_ordered_bits(low)) ? 0 : 1;
      return;
    case FieldOp::kSumFloat:
      if (!fits_float(from_ordered_bits(low))) return;
      float_words(from_ordered_bits(low), term);
      return add_words(total, term, 4);
    case FieldOp::kSquaresFloat:
      if (!fits_float(from_ordered_bits(low))) return;
      float_square(from_ordered_bits(low), term);
      return add_words(total, term, 8);
  }
}

Reading reading_of(const AggregateSpec& spec, ColumnKind kind, const Totals& totals,
                   std::int64_t length_ms) {
  switch (spec.kind) {
    case Aggregate::kCount:
      return Reading::of(totals.count);
    case Aggregate::kRate:
      if (totals.count == 0 || length_ms == 0) return Reading::absent();
      return Reading::of_float(static_cast<double>(totals.count) * 1000 /
                               static_cast<double>(length_ms));
    case Aggregate::kStddev:
      if (totals.count < 2) return Reading::absent();
      return totals.beyond != 0 ? Reading::overflow() : deviation(spec, kind, totals);
    default:
      return totals.beyond != 0 ? Reading::overflow() : sum_or_mean(spec, kind, totals);
  }
}

}  // namespace weir::state
