// Values as the reference matcher computes with them: language L2.1, L2.4 and L2.5 spelled out with
// no regard to speed. Used by tests/reference alone; shares nothing with the engine's evaluator.
// Values are plain data; every function here is pure and thread-safe.
//
// Invariants
// 1. std::monostate is absence. As the outcome of a condition it is *unknown* (L2.4).
// 2. An enum is its constant's text. An int never turns into a decimal unless an operation says so.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "event/value.h"

namespace weir::reference {

using event::Int128;

struct RefDecimal {
  Int128 scaled = 0;  // by event::kDecimalScale
  friend auto operator<=>(const RefDecimal&, const RefDecimal&) = default;
};
struct RefTime {
  std::int64_t ms = 0;  // since the epoch, UTC
  friend auto operator<=>(const RefTime&, const RefTime&) = default;
};
struct RefDuration {
  std::int64_t ms = 0;
  friend auto operator<=>(const RefDuration&, const RefDuration&) = default;
};

using RefValue = std::variant<std::monostate, bool, std::int64_t, RefDecimal, double, std::string,
                              RefTime, RefDuration>;

[[nodiscard]] inline bool is_absent(const RefValue& v) {
  return std::holds_alternative<std::monostate>(v);
}

enum class Arithmetic : std::uint8_t { kAdd, kSub, kMul, kDiv, kMod };

// L2.5. Absent if an operand is, on overflow, on division by zero, and for types that do not mix.
[[nodiscard]] RefValue arithmetic(Arithmetic op, const RefValue& a, const RefValue& b);
[[nodiscard]] RefValue negate(const RefValue& a);

// The order of two present values; nullopt: an operand is absent, or they do not compare.
[[nodiscard]] std::optional<std::partial_ordering> compare(const RefValue& a, const RefValue& b);

// "12.34567" to 4 digits, half to even (L2.3); nullopt if it is no number or out of range.
[[nodiscard]] std::optional<RefDecimal> parse_decimal(std::string_view text);

// To `digits` (0..4) fractional digits, half to even.
[[nodiscard]] RefDecimal round_decimal(RefDecimal v, int digits);
[[nodiscard]] RefDecimal floor_decimal(RefDecimal v);
[[nodiscard]] double to_double(RefDecimal v);
[[nodiscard]] RefDecimal to_decimal(std::int64_t v);

// For people: `absent`, `true`, `42`, `1.5`, `"text"`, `1500ms`, `@1500`.
[[nodiscard]] std::string to_text(const RefValue& v);

}  // namespace weir::reference
