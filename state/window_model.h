// For tests: windows and aggregates by their definition. All events are kept, and each reading goes
// over them from the first, as language L4.1 says it and as slowly. Shares nothing with the
// windows under test but the specification and the form of a reading.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "state/window_spec.h"

namespace weir::state {

// A value of any kind of column.
struct ModelValue {
  bool there = false;
  Int128 exact = 0;
  double real = 0;
  std::string text;
};

struct ModelEvent {
  std::int64_t time = 0;
  std::vector<ModelValue> values;  // one a column
};

// What a reading should be. Floats within `tolerance` of `real`.
struct ModelReading {
  Reading::Kind kind = Reading::Kind::kAbsent;
  Int128 exact = 0;
  double real = 0;
  double tolerance = 0;
  std::string text;
};

class WindowModel {
 public:
  explicit WindowModel(WindowGroupSpec spec) : spec_(std::move(spec)) {}

  void add(ModelEvent event) { events_.push_back(std::move(event)); }
  [[nodiscard]] ModelReading read(std::int64_t time, const AggregateSpec& aggregate) const;
  [[nodiscard]] std::vector<ModelEvent> window(std::int64_t time, const WindowSpec& window) const;
  [[nodiscard]] const std::vector<ModelEvent>& events() const { return events_; }

 private:
  WindowGroupSpec spec_;
  std::vector<ModelEvent> events_;
};

inline std::vector<ModelEvent> WindowModel::window(std::int64_t time,
                                                   const WindowSpec& window) const {
  const auto floor_to = [](std::int64_t t, std::int64_t step) {
    std::int64_t multiple = t / step * step;
    while (multiple > t) multiple -= step;
    return multiple;
  };
  std::int64_t begin = 0, end = INT64_MAX;
  std::size_t skip = 0;
  switch (window.kind) {
    case WindowKind::kSliding:
      begin = time - window.length_ms;
      break;
    case WindowKind::kHopping:
      end = floor_to(time, window.every_ms) + window.every_ms;
      begin = end - window.length_ms;
      break;
    case WindowKind::kTumbling:
      begin = floor_to(time, window.length_ms);
      end = begin + window.length_ms;
      break;
    case WindowKind::kCalendar:
      begin = window.calendar->unit_of(time).begin;
      end = window.calendar->unit_of(time).end;
      break;
    case WindowKind::kSession: {
      begin = INT64_MIN;
      std::int64_t before = INT64_MIN / 2;
      for (const ModelEvent& event : events_) {
        if (event.time - before > window.length_ms) begin = event.time;
        before = event.time;
      }
      if (time - before > window.length_ms) begin = INT64_MAX;
      break;
    }
    case WindowKind::kLastEvents:
      begin = INT64_MIN;
      if (events_.size() > window.events) skip = events_.size() - window.events;
      break;
  }
  std::vector<ModelEvent> inside;
  for (std::size_t i = skip; i < events_.size(); ++i) {
    if (events_[i].time >= begin && events_[i].time < end) inside.push_back(events_[i]);
  }
  return inside;
}

namespace model {

inline ModelReading exact(Int128 v) { return {.kind = Reading::Kind::kExact, .exact = v}; }
inline ModelReading real(double v, double tolerance) {
  return {.kind = Reading::Kind::kFloat, .real = v, .tolerance = tolerance};
}
inline ModelReading overflow() { return {.kind = Reading::Kind::kOverflow}; }

inline ModelReading value(ColumnKind kind, const ModelValue& v) {
  if (kind == ColumnKind::kFloat) return real(v.real, 0);
  if (kind == ColumnKind::kText) return {.kind = Reading::Kind::kText, .text = v.text};
  return exact(v.exact);
}

inline bool less(ColumnKind kind, const ModelValue& a, const ModelValue& b) {
  if (kind == ColumnKind::kFloat) return a.real < b.real;
  return kind == ColumnKind::kText ? a.text < b.text : a.exact < b.exact;
}

// A sum of exact numbers that may pass 128 bits on the way, but not by much: high and low halves.
struct WideSum {
  Int128 high = 0, low = 0;
  void add(Int128 v) {
    const Int128 part = v >> 64;
    high += part;
    low += v - part * (Int128{1} << 64);
    high += low >> 64;
    low &= (Int128{1} << 64) - 1;
  }
  [[nodiscard]] bool fits() const { return high <= INT64_MAX && high >= INT64_MIN; }
  [[nodiscard]] Int128 value() const { return high * (Int128{1} << 64) + low; }
};

inline Int128 round_half_even(Int128 n, Int128 d) {
  Int128 quotient = n / d, rest = n % d;
  if (rest < 0) {
    rest += d;
    --quotient;
  }
  if (rest * 2 > d || (rest * 2 == d && quotient % 2 != 0)) ++quotient;
  return quotient;
}

inline ModelReading mean_or_sum(const AggregateSpec& spec, ColumnKind kind,
                                const std::vector<ModelValue>& values) {
  const bool mean = spec.kind == Aggregate::kAvg;
  if (mean && values.empty()) return {};
  if (kind == ColumnKind::kFloat) {
    long double sum = 0, scale = 0;
    for (const ModelValue& v : values) {
      if (std::fabs(v.real) >= 0x1p107) return overflow();
      sum += v.real;
      scale += std::fabs(v.real);
    }
    const long double n = mean ? static_cast<long double>(values.size()) : 1;
    return real(static_cast<double>(sum / n), static_cast<double>(scale / n * 1e-15L) + 1e-30);
  }
  WideSum sum;
  for (const ModelValue& v : values) sum.add(v.exact);
  if (!sum.fits()) return overflow();
  if (!mean) return exact(sum.value());
  Int128 scaled;
  if (__builtin_mul_overflow(sum.value(), Int128{spec.multiplier}, &scaled)) return overflow();
  return exact(round_half_even(scaled, static_cast<Int128>(values.size())));
}

// In two passes, in long double.
inline ModelReading deviation(const AggregateSpec& spec, ColumnKind kind,
                              const std::vector<ModelValue>& values) {
  if (values.size() < 2) return {};
  std::vector<long double> numbers;
  for (const ModelValue& v : values) {
    if (kind == ColumnKind::kFloat && std::fabs(v.real) >= 0x1p107) return overflow();
    if (kind == ColumnKind::kInt128 && (v.exact > INT64_MAX || v.exact < INT64_MIN)) {
      return overflow();
    }
    numbers.push_back(kind == ColumnKind::kFloat ? v.real : static_cast<long double>(v.exact));
  }
  long double mean = 0, squares = 0, greatest = 0;
  for (const long double x : numbers) mean += x / static_cast<long double>(numbers.size());
  for (const long double x : numbers) {
    squares += (x - mean) * (x - mean);
    greatest = std::max(greatest, std::fabs(x));
  }
  const long double result =
      std::sqrt(squares / static_cast<long double>(numbers.size() - 1)) / spec.unit;
  return real(static_cast<double>(result),
              static_cast<double>(result * 1e-13L + greatest / spec.unit * 1e-15L));
}

// How many different values; texts and floats never come here as such.
inline std::size_t different(ColumnKind kind, const std::vector<ModelValue>& values) {
  std::set<Int128> exact;
  std::set<double> real;
  for (const ModelValue& v : values) {
    if (kind == ColumnKind::kFloat) {
      real.insert(v.real);
    } else {
      exact.insert(v.exact);
    }
  }
  return exact.size() + real.size();
}

}  // namespace model

inline ModelReading WindowModel::read(std::int64_t time, const AggregateSpec& aggregate) const {
  const WindowSpec& spec = spec_.windows[aggregate.window];
  const std::vector<ModelEvent> inside = window(time, spec);
  const bool has_column = aggregate.column != AggregateSpec::kNoColumn;
  const ColumnKind kind = has_column ? spec_.columns[aggregate.column].kind : ColumnKind::kInt64;
  std::vector<ModelValue> values;
  for (const ModelEvent& event : inside) {
    if (!has_column) {
      values.emplace_back();
      continue;
    }
    if (event.values[aggregate.column].there) values.push_back(event.values[aggregate.column]);
  }
  const auto less = [kind](const ModelValue& a, const ModelValue& b) {
    return model::less(kind, a, b);
  };
  switch (aggregate.kind) {
    case Aggregate::kCount:
      return model::exact(static_cast<Int128>(values.size()));
    case Aggregate::kRate: {
      std::int64_t length = spec.length_ms;
      if (spec.kind == WindowKind::kLastEvents || values.empty()) return {};
      if (spec.kind == WindowKind::kCalendar) {
        length = spec.calendar->unit_of(time).end - spec.calendar->unit_of(time).begin;
      }
      return model::real(static_cast<double>(values.size()) / (static_cast<double>(length) / 1000),
                         1e-9);
    }
    case Aggregate::kSum:
    case Aggregate::kAvg:
      return model::mean_or_sum(aggregate, kind, values);
    case Aggregate::kStddev:
      return model::deviation(aggregate, kind, values);
    default:
      break;
  }
  if (values.empty()) return {};
  switch (aggregate.kind) {
    case Aggregate::kMin:
      return model::value(kind, *std::min_element(values.begin(), values.end(), less));
    case Aggregate::kMax:
      return model::value(kind, *std::max_element(values.begin(), values.end(), less));
    case Aggregate::kFirst:
      return model::value(kind, values.front());
    case Aggregate::kLast:
      return model::value(kind, values.back());
    case Aggregate::kQuantile: {
      std::stable_sort(values.begin(), values.end(), less);
      const double rank =
          std::ceil(aggregate.quantile / 10'000.0 * static_cast<double>(values.size()) - 1e-9);
      return model::value(kind, values[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1]);
    }
    default:
      return model::exact(static_cast<Int128>(model::different(kind, values)));
  }
}

}  // namespace weir::state
