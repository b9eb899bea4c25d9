// Products and dividends may need 256 bit before they are cut back to 4 digits. Nearly all money
// fits 64 bit, and takes the first branch of each function; the wide ones are plain schoolbook.
#include "nfa/arithmetic.h"

#include <array>

namespace weir::nfa {
namespace {

struct UInt256 {
  UInt128 high = 0;
  UInt128 low = 0;
};

UInt256 multiply_wide(UInt128 a, UInt128 b) {
  const auto a0 = static_cast<std::uint64_t>(a), a1 = static_cast<std::uint64_t>(a >> 64);
  const auto b0 = static_cast<std::uint64_t>(b), b1 = static_cast<std::uint64_t>(b >> 64);
  const UInt128 p00 = UInt128{a0} * b0, p01 = UInt128{a0} * b1;
  const UInt128 p10 = UInt128{a1} * b0, p11 = UInt128{a1} * b1;
  const UInt128 middle =
      (p00 >> 64) + static_cast<std::uint64_t>(p01) + static_cast<std::uint64_t>(p10);
  return {p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64),
          (middle << 64) | static_cast<std::uint64_t>(p00)};
}

// n / d, rounded half to even, if it fits 128 bit. Bit by bit: 256 steps, on the rare path only.
bool divide_wide(UInt256 n, UInt128 d, UInt128* out) {
  if (n.high >= d) return false;
  UInt128 remainder = n.high, quotient = 0;
  for (int bit = 127; bit >= 0; --bit) {
    const bool carry = (remainder >> 127) != 0;
    remainder = (remainder << 1) | ((n.low >> bit) & 1);
    if (carry || remainder >= d) {
      remainder -= d;
      quotient |= UInt128{1} << bit;
    }
  }
  if (rounds_up(quotient, remainder, d) && ++quotient == 0) return false;
  *out = quotient;
  return true;
}

bool with_sign(UInt128 value, bool negative, Int128* out) {
  const UInt128 limit = (UInt128{1} << 127) - (negative ? 0 : 1);
  if (value > limit) return false;
  *out = negative ? static_cast<Int128>(UInt128{0} - value) : static_cast<Int128>(value);
  return true;
}

bool fits_64(Int128 v) {
  return v >= std::numeric_limits<std::int64_t>::min() &&
         v <= std::numeric_limits<std::int64_t>::max();
}

}  // namespace

bool divide_half_even(Int128 n, Int128 d, Int128* out) {
  const UInt128 un = magnitude(n), ud = magnitude(d);
  UInt128 quotient = un / ud;
  if (rounds_up(quotient, un % ud, ud)) ++quotient;
  return with_sign(quotient, (n < 0) != (d < 0), out);
}

bool multiply_decimal(Int128 a, Int128 b, Int128* out) {
  if (fits_64(a) && fits_64(b)) return divide_half_even(a * b, kDecimalScale, out);
  UInt128 product;
  if (!divide_wide(multiply_wide(magnitude(a), magnitude(b)), kDecimalScale, &product))
    return false;
  return with_sign(product, (a < 0) != (b < 0), out);
}

bool divide_decimal(Int128 a, Int128 b, Int128* out) {
  if (fits_64(a)) return divide_half_even(a * kDecimalScale, b, out);
  UInt128 quotient;
  if (!divide_wide(multiply_wide(magnitude(a), kDecimalScale), magnitude(b), &quotient))
    return false;
  return with_sign(quotient, (a < 0) != (b < 0), out);
}

bool decimal_to_int(Int128 v, std::int64_t* out) {
  Int128 rounded;
  if (!divide_half_even(v, kDecimalScale, &rounded) || !fits_64(rounded)) return false;
  *out = static_cast<std::int64_t>(rounded);
  return true;
}

double decimal_to_float(Int128 v) {
  // Up to 2^53 both are exact and the division rounds once; beyond it the long double's 64 bit
  // mantissa keeps what a double can hold.
  return static_cast<double>(static_cast<long double>(v) / static_cast<long double>(kDecimalScale));
}

bool float_to_decimal(double v, Int128* out) {
  const long double scaled = static_cast<long double>(v) * static_cast<long double>(kDecimalScale);
  constexpr long double kLimit = 1.7e38L;  // 2^127 is 1.701e38
  if (!(scaled > -kLimit && scaled < kLimit)) return false;
  *out = static_cast<Int128>(std::nearbyint(scaled));
  return true;
}

}  // namespace weir::nfa
