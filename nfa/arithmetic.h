// Exact arithmetic of the language (L2.5): decimals are scaled by 10^4 in 128 bit, exact inside
// each operation and rounded half to even at 4 digits once, at its end. Shared by the evaluator,
// the aggregates and the compiler's constants. Re-entrant; each function returns false when the
// result has no value that fits, and then leaves *out alone.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "event/value.h"

namespace weir::nfa {

using event::Int128;
using event::kDecimalScale;
__extension__ typedef unsigned __int128 UInt128;

[[nodiscard]] inline UInt128 magnitude(Int128 v) {
  return v < 0 ? UInt128{0} - static_cast<UInt128>(v) : static_cast<UInt128>(v);
}

// quotient, or the next away from zero: to the nearest, ties to even. remainder < divisor.
[[nodiscard]] inline bool rounds_up(UInt128 quotient, UInt128 remainder, UInt128 divisor) {
  const UInt128 rest = divisor - remainder;
  return remainder > rest || (remainder == rest && (quotient & 1) != 0);
}

// n / d to the nearest integer, ties to even; d != 0. Only the least integer over -1 overflows.
[[nodiscard]] bool divide_half_even(Int128 n, Int128 d, Int128* out);

[[nodiscard]] inline bool add_decimal(Int128 a, Int128 b, Int128* out) {
  Int128 sum;
  if (__builtin_add_overflow(a, b, &sum)) return false;
  *out = sum;
  return true;
}
[[nodiscard]] inline bool subtract_decimal(Int128 a, Int128 b, Int128* out) {
  Int128 difference;
  if (__builtin_sub_overflow(a, b, &difference)) return false;
  *out = difference;
  return true;
}
[[nodiscard]] bool multiply_decimal(Int128 a, Int128 b, Int128* out);
[[nodiscard]] bool divide_decimal(Int128 a, Int128 b, Int128* out);  // b != 0

[[nodiscard]] inline Int128 int_to_decimal(std::int64_t v) { return Int128{v} * kDecimalScale; }
[[nodiscard]] bool decimal_to_int(Int128 v, std::int64_t* out);  // half to even
[[nodiscard]] double decimal_to_float(Int128 v);
// The decimal nearest to a finite float, half to even.
[[nodiscard]] bool float_to_decimal(double v, Int128* out);

}  // namespace weir::nfa
