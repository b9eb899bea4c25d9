#include "tests/reference/naive_aggregate.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir::reference {
namespace {

// A sum that is exact: of ints as they are, of decimals scaled, of durations in milliseconds.
std::optional<Int128> whole(const RefValue& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) return Int128{*i};
  if (const auto* d = std::get_if<RefDecimal>(&v)) return d->scaled;
  if (const auto* t = std::get_if<RefDuration>(&v)) return Int128{t->ms};
  return std::nullopt;
}

std::optional<Int128> exact_sum(const std::vector<RefValue>& values) {
  Int128 out = 0;
  for (const RefValue& v : values) {
    const auto w = whole(v);
    if (!w || __builtin_add_overflow(out, *w, &out)) return std::nullopt;
  }
  return out;
}

bool are_floats(const std::vector<RefValue>& values) {
  return std::holds_alternative<double>(values.front());
}

bool are_decimals(const std::vector<RefValue>& values) {
  return std::holds_alternative<RefDecimal>(values.front());
}

long double float_sum(const std::vector<RefValue>& values) {
  long double out = 0;
  for (const RefValue& v : values) out += std::get<double>(v);
  return out;
}

RefValue finite(long double v) {
  const auto out = static_cast<double>(v);
  return std::isfinite(out) ? RefValue{out} : RefValue{};
}

bool fits_int64(Int128 v) {
  return v >= std::numeric_limits<std::int64_t>::min() &&
         v <= std::numeric_limits<std::int64_t>::max();
}

// R25: absent where the sum does not fit its type. Only the sum counts, not what lies on the way.
RefValue sum(const AggregateCall& call, const std::vector<RefValue>& values) {
  if (values.empty()) return call.zero;
  if (are_floats(values)) return finite(float_sum(values));
  const auto total = exact_sum(values);
  if (!total) return {};
  if (are_decimals(values)) return RefDecimal{*total};
  if (!fits_int64(*total)) return {};
  const auto narrow = static_cast<std::int64_t>(*total);
  if (std::holds_alternative<RefDuration>(values.front())) return RefDuration{narrow};
  return narrow;
}

// Of ints and decimals a decimal, rounded half to even at 4 digits; of durations whole
// milliseconds, rounded so too.
RefValue average(const std::vector<RefValue>& values) {
  if (values.empty()) return {};
  const auto n = static_cast<std::int64_t>(values.size());
  if (are_floats(values)) return finite(float_sum(values) / static_cast<long double>(n));
  const auto total = exact_sum(values);
  if (!total) return {};
  Int128 scaled = *total;
  const bool scale = !are_decimals(values);
  if (scale && __builtin_mul_overflow(scaled, Int128{event::kDecimalScale}, &scaled)) return {};
  const RefValue mean = arithmetic(Arithmetic::kDiv, RefDecimal{scaled}, n);
  if (!std::holds_alternative<RefDuration>(values.front()) || is_absent(mean)) return mean;
  const Int128 tie_free = *total;  // half to even of total / n, not of its 4 digits
  Int128 quotient = tie_free / n;
  const Int128 twice = 2 * (tie_free % n);
  const Int128 size = twice < 0 ? -twice : twice;
  if (size > n || (size == n && quotient % 2 != 0)) quotient += tie_free < 0 ? -1 : 1;
  return RefDuration{static_cast<std::int64_t>(quotient)};
}

RefValue extreme(const std::vector<RefValue>& values, bool smallest) {
  RefValue best;
  for (const RefValue& v : values) {
    const auto order = compare(v, best);
    if (is_absent(best) || (order && (smallest ? *order < 0 : *order > 0))) best = v;
  }
  return best;
}

std::int64_t distinct(const std::vector<RefValue>& values) {
  std::int64_t out = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto same = [&](const RefValue& v) {
      const auto order = compare(v, values[i]);
      return order && *order == 0;
    };
    out += std::none_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), same);
  }
  return out;
}

// ceil(p * n), exact where p is an int or a decimal.
std::int64_t rank_of(const RefValue& p, std::int64_t n) {
  const RefValue scaled =
      std::holds_alternative<std::int64_t>(p) ? RefValue{to_decimal(std::get<std::int64_t>(p))} : p;
  std::int64_t rank = 0;
  if (const auto* d = std::get_if<RefDecimal>(&scaled)) {
    rank = static_cast<std::int64_t>((d->scaled * n + event::kDecimalScale - 1) /
                                     event::kDecimalScale);
  } else {
    rank = static_cast<std::int64_t>(std::ceil(std::get<double>(p) * static_cast<double>(n)));
  }
  return std::clamp<std::int64_t>(rank, 1, n);
}

// Nearest rank: the smallest value whose rank is at least ceil(p * n).
RefValue quantile(const RefValue& p, std::vector<RefValue> values) {
  if (values.empty()) return {};
  std::stable_sort(values.begin(), values.end(), [](const RefValue& a, const RefValue& b) {
    const auto order = compare(a, b);
    return order && *order < 0;
  });
  const auto n = static_cast<std::int64_t>(values.size());
  return values[static_cast<std::size_t>(rank_of(p, n) - 1)];
}

std::optional<long double> as_real(const RefValue& v) {
  const RefValue f = arithmetic(Arithmetic::kAdd, v, 0.0);
  if (is_absent(f)) return std::nullopt;
  return std::get<double>(f);
}

// The sum of the squares of n * x - sum, so that nothing is rounded before it is squared.
std::optional<long double> squares(const std::vector<RefValue>& values) {
  const auto n = static_cast<Int128>(values.size());
  const auto total = exact_sum(values);
  long double out = 0;
  for (const RefValue& v : values) {
    long double apart = 0;
    if (const auto w = whole(v); w && total) {
      Int128 product = 0;
      if (__builtin_mul_overflow(n, *w, &product)) return std::nullopt;
      apart = static_cast<long double>(product - *total);
    } else {
      const auto x = as_real(v);
      if (!x) return std::nullopt;
      apart = static_cast<long double>(n) * *x - float_sum(values);
    }
    out += apart * apart;
  }
  return out;
}

}  // namespace

std::optional<double> exact_mean(const std::vector<RefValue>& values) {
  if (values.empty()) return std::nullopt;
  const auto n = static_cast<long double>(values.size());
  if (are_floats(values)) return static_cast<double>(float_sum(values) / n);
  const auto total = exact_sum(values);
  if (!total || std::holds_alternative<RefDuration>(values.front())) return std::nullopt;
  const long double unit = are_decimals(values) ? event::kDecimalScale : 1;
  return static_cast<double>(static_cast<long double>(*total) / (unit * n));
}

std::optional<double> deviation(const std::vector<RefValue>& values) {
  if (values.size() < 2 || !as_real(values.front())) return std::nullopt;
  const auto sum_of_squares = squares(values);
  if (!sum_of_squares) return std::nullopt;
  const auto n = static_cast<long double>(values.size());
  const long double unit = are_decimals(values) ? event::kDecimalScale : 1;
  return static_cast<double>(std::sqrt(*sum_of_squares / (n - 1)) / (n * unit));
}

RefValue zscore(const RefValue& x, const std::vector<RefValue>& values) {
  const auto at = as_real(x);
  const auto mean = exact_mean(values);
  const auto spread = deviation(values);
  if (is_absent(x) || !at || !mean || !spread || *spread == 0) return {};
  return finite((*at - static_cast<long double>(*mean)) / static_cast<long double>(*spread));
}

RefValue aggregate(const AggregateCall& call, const std::vector<RefValue>& values) {
  const std::string_view f = call.function;
  if (f == "count") return static_cast<std::int64_t>(values.size());
  if (f == "sum") return sum(call, values);
  if (f == "avg") return average(values);
  if (f == "min" || f == "max") return extreme(values, f == "min");
  if (f == "distinct" || f == "approx_distinct") {
    return values.empty() ? RefValue{} : RefValue{distinct(values)};
  }
  if (f == "quantile") return quantile(call.p, values);
  if (f == "stddev") {
    const auto spread = deviation(values);
    return spread ? RefValue{*spread} : RefValue{};
  }
  if (values.empty()) return {};
  if (f == "first") return values.front();
  if (f == "last") return values.back();
  return {};
}

RefValue rate(std::size_t count, std::int64_t length_ms) {
  return static_cast<double>(count) / (static_cast<double>(length_ms) / 1000.0);
}

bool figures_agree(std::string_view function, const RefValue& exact, const RefValue& found) {
  if (is_absent(exact) || is_absent(found)) return is_absent(exact) && is_absent(found);
  if (function == "approx_distinct") {
    const auto* n = std::get_if<std::int64_t>(&exact);
    const auto* m = std::get_if<std::int64_t>(&found);
    if (n == nullptr || m == nullptr) return false;
    if (*n <= kApproxExactUpTo) return *n == *m;
    return std::abs(static_cast<double>(*m - *n)) <= kApproxTolerance * static_cast<double>(*n);
  }
  const auto* a = std::get_if<double>(&exact);
  const auto* b = std::get_if<double>(&found);
  if (a == nullptr && b == nullptr) {
    const auto order = compare(exact, found);
    return order && *order == 0;
  }
  const auto x = as_real(exact);
  const auto y = as_real(found);
  if (!x || !y) return false;
  const long double largest = std::max(std::abs(*x), std::abs(*y));
  return std::abs(*x - *y) <= kFloatTolerance * largest;
}

}  // namespace weir::reference
