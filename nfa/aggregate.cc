#include "nfa/aggregate.h"

#include <cmath>
#include <cstring>

#include "nfa/arithmetic.h"
#include "nfa/dataset.h"
#include "nfa/vm.h"

namespace weir::nfa {
namespace {

using event::TypeKind;

bool is_number(TypeKind kind) {
  return kind == TypeKind::kInt || kind == TypeKind::kDecimal || kind == TypeKind::kFloat;
}

double as_float(TypeKind kind, const event::Value& value) {
  if (kind == TypeKind::kFloat) return value.real;
  return kind == TypeKind::kDecimal ? decimal_to_float(value.decimal)
                                    : static_cast<double>(value.integer);
}

bool less(TypeKind kind, const event::Value& a, const event::Value& b) {
  switch (value_class(kind)) {
    case ValueClass::kDecimal:
      return a.decimal < b.decimal;
    case ValueClass::kFloat:
      return a.real < b.real;
    case ValueClass::kString:
      return a.string.view() < b.string.view();
    default:
      return a.integer < b.integer;
  }
}

// Bytes that are equal for equal values of one type only.
std::string key_bytes(TypeKind kind, const event::Value& value) {
  const auto bytes = [](const auto& plain) {
    return std::string(reinterpret_cast<const char*>(&plain), sizeof plain);
  };
  switch (value_class(kind)) {
    case ValueClass::kDecimal:
      return bytes(value.decimal);
    case ValueClass::kFloat:
      return bytes(value.real == 0 ? 0.0 : value.real);
    case ValueClass::kString:
      return std::string(value.string.view());
    case ValueClass::kIp:
      return bytes(value.ip);
    case ValueClass::kGeo:
      return bytes(value.geo.lat == 0 ? 0.0 : value.geo.lat) +
             bytes(value.geo.lon == 0 ? 0.0 : value.geo.lon);
    default:
      return bytes(value.integer);
  }
}

}  // namespace

std::optional<event::Type> aggregate_type(RegisterKind kind, const event::Type& field) {
  const auto of = [](TypeKind result) {
    event::Type type;
    type.kind = result;
    return type;
  };
  const bool duration = field.kind == TypeKind::kDuration;
  const bool summable = is_number(field.kind) || duration;
  switch (kind) {
    case RegisterKind::kCount:
      return of(TypeKind::kInt);
    case RegisterKind::kSum:
      return summable ? std::optional(field) : std::nullopt;
    case RegisterKind::kAvg:
      if (!summable) return std::nullopt;
      return field.kind == TypeKind::kInt ? of(TypeKind::kDecimal) : field;
    case RegisterKind::kMin:
    case RegisterKind::kMax:
      if (!summable && field.kind != TypeKind::kTime && field.kind != TypeKind::kString) {
        return std::nullopt;
      }
      return field;
    case RegisterKind::kStddev:
      return is_number(field.kind) ? std::optional(of(TypeKind::kFloat)) : std::nullopt;
    case RegisterKind::kDistinct:
      return field.is_list() ? std::nullopt : std::optional(of(TypeKind::kInt));
    default:
      return std::nullopt;
  }
}

Accumulator::Accumulator(RegisterKind kind, const event::Type& field)
    : kind_(kind), field_(field.kind) {}

void Accumulator::add(const event::Value& value) {
  ++count_;
  switch (kind_) {
    case RegisterKind::kSum:
    case RegisterKind::kAvg:
      if (field_ == TypeKind::kFloat) {
        float_sum_ += value.real;
      } else {
        const Int128 term = field_ == TypeKind::kDecimal ? value.decimal : Int128{value.integer};
        overflowed_ = overflowed_ || __builtin_add_overflow(exact_sum_, term, &exact_sum_);
      }
      return;
    case RegisterKind::kStddev: {
      const double x = as_float(field_, value);
      const double delta = x - mean_;
      mean_ += delta / static_cast<double>(count_);
      m2_ += delta * (x - mean_);
      return;
    }
    case RegisterKind::kMin:
    case RegisterKind::kMax:
      add_extreme(value);
      return;
    case RegisterKind::kDistinct:
      distinct_.insert(key_bytes(field_, value));
      return;
    default:
      return;
  }
}

void Accumulator::add_extreme(const event::Value& value) {
  event::Value held;
  if (count_ > 1) {
    if (!result(&held, nullptr)) return;
    const bool better =
        kind_ == RegisterKind::kMin ? less(field_, value, held) : less(field_, held, value);
    if (!better) return;
  }
  if (field_ == TypeKind::kString) {
    extreme_text_ = value.string.view();
  } else {
    extreme_ = value;
  }
}

bool Accumulator::result(event::Value* out, EvalCounters* counters) const {
  const auto overflow = [counters] {
    if (counters != nullptr) ++counters->overflow;
    return false;
  };
  const auto give_float = [&](double v) {
    if (!std::isfinite(v)) return overflow();
    *out = event::Value::of_float(v);
    return true;
  };
  const auto give_exact = [&](Int128 v) {
    if (field_ == TypeKind::kDecimal || (kind_ == RegisterKind::kAvg && field_ == TypeKind::kInt)) {
      *out = event::Value::of_decimal(v);
      return true;
    }
    if (v > INT64_MAX || v < INT64_MIN) return overflow();
    *out = event::Value::of_int(static_cast<std::int64_t>(v));
    return true;
  };
  switch (kind_) {
    case RegisterKind::kSum:
      if (overflowed_) return overflow();
      return field_ == TypeKind::kFloat ? give_float(float_sum_) : give_exact(exact_sum_);
    case RegisterKind::kAvg: {
      if (count_ == 0) return false;
      if (field_ == TypeKind::kFloat) return give_float(float_sum_ / static_cast<double>(count_));
      Int128 sum = exact_sum_, average;
      if (field_ == TypeKind::kInt && __builtin_mul_overflow(sum, Int128{kDecimalScale}, &sum)) {
        return overflow();
      }
      if (overflowed_ || !divide_half_even(sum, static_cast<Int128>(count_), &average))
        return overflow();
      return give_exact(average);
    }
    case RegisterKind::kStddev:
      if (count_ < 2) return false;
      return give_float(std::sqrt(m2_ / static_cast<double>(count_ - 1)));
    case RegisterKind::kMin:
    case RegisterKind::kMax:
      if (count_ == 0) return false;
      *out = field_ == TypeKind::kString ? event::Value::of_string(extreme_text_) : extreme_;
      return true;
    case RegisterKind::kDistinct:
      if (count_ == 0) return false;
      *out = event::Value::of_int(static_cast<std::int64_t>(distinct_.size()));
      return true;
    case RegisterKind::kCount:
      *out = event::Value::of_int(static_cast<std::int64_t>(count_));
      return true;
    default:
      return false;
  }
}

}  // namespace weir::nfa
