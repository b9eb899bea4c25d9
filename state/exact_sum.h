// Sums and sums of squares as whole numbers of fixed width, little-endian words in two's
// complement. They are exact, so what a window holds can be had as a difference of two totals, and
// the value depends on nothing but the window's contents: not on their order, nor on what has been
// there.
//
// Floats are summed as multiples of 2^-kFloatBits: in 256 bits, their squares in 512. A finite
// float of less than 2^kFloatRange (1.6e32) is exact if it is 0 or at least 1.1e-19, and otherwise
// rounded once to a multiple of 2^-116 (1.2e-35), half to even. A larger one does not fit
// (fits_float).
//
// Nothing here wraps for fewer than 2^32 terms; with more, floats near the limit could.
// Thread-safe: no state. Cost: a few instructions a word.
#pragma once

#include <cmath>
#include <cstdint>

#include "state/narrow_int.h"

namespace weir::state {

inline constexpr unsigned kFloatBits = 116;
inline constexpr int kFloatRange = 107;
inline constexpr unsigned kMaxWords = 8;  // of a sum

// a += b, a -= b; modulo 2^(64 * words).
inline void add_words(std::uint64_t* a, const std::uint64_t* b, unsigned words) {
  UInt128 carry = 0;
  for (unsigned i = 0; i < words; ++i) {
    carry += UInt128{a[i]} + b[i];
    a[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
}
inline void subtract_words(std::uint64_t* a, const std::uint64_t* b, unsigned words) {
  std::uint64_t borrow = 0;
  for (unsigned i = 0; i < words; ++i) {
    const UInt128 difference = UInt128{a[i]} - b[i] - borrow;
    a[i] = static_cast<std::uint64_t>(difference);
    borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  }
}

// Into three words.
inline void widen(Int128 value, std::uint64_t* out) {
  out[0] = static_cast<std::uint64_t>(value);
  out[1] = static_cast<std::uint64_t>(value >> 64);
  out[2] = value < 0 ? ~std::uint64_t{0} : 0;
}
// False: it does not fit.
[[nodiscard]] inline bool narrow(const std::uint64_t* three, Int128* out) {
  *out = static_cast<Int128>((UInt128{three[1]} << 64) | three[0]);
  return three[2] == (*out < 0 ? ~std::uint64_t{0} : 0);
}
inline void square(std::int64_t value, std::uint64_t* three) {
  const auto magnitude = value < 0 ? -static_cast<std::uint64_t>(value) : std::uint64_t(value);
  const UInt128 product = UInt128{magnitude} * magnitude;
  three[0] = static_cast<std::uint64_t>(product);
  three[1] = static_cast<std::uint64_t>(product >> 64);
  three[2] = 0;
}

// A float as an integer that orders and compares as it does: -0 is 0.
[[nodiscard]] inline std::int64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value == 0 ? 0.0 : value);
  return bits ^ ((bits >> 63) & INT64_MAX);
}
[[nodiscard]] inline double from_ordered_bits(std::int64_t bits) {
  return std::bit_cast<double>(bits ^ ((bits >> 63) & INT64_MAX));
}

[[nodiscard]] inline bool fits_float(double value) { return std::fabs(value) < 0x1p107; }
// The value must fit.
void float_words(double value, std::uint64_t* four);
void float_square(double value, std::uint64_t* eight);

// The double nearest to a signed number, ties to even, times 2^exponent.
[[nodiscard]] double to_double(const std::uint64_t* value, unsigned words, int exponent);

// n * squares - sum * sum: never negative if these are the sums of n numbers. The double nearest
// to it, times 2^exponent. At most 8 words each; the sum is signed.
[[nodiscard]] double spread(std::uint64_t n, const std::uint64_t* squares, unsigned square_words,
                            const std::uint64_t* sum, unsigned sum_words, int exponent);

// value * multiplier / n to the nearest, ties to even; n > 0. False: beyond 128 bits.
[[nodiscard]] bool mean_half_even(Int128 value, std::int64_t multiplier, std::uint64_t n,
                                  Int128* out);

}  // namespace weir::state
