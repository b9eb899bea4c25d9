#include "state/exact_sum.h"

#include <algorithm>

#include "base/mutants.h"

namespace weir::state {
namespace {

// |value| = mantissa * 2^shift in units of 2^-kFloatBits, shift >= 0.
struct Fixed {
  std::uint64_t mantissa = 0;
  unsigned shift = 0;
};

Fixed fixed_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int biased = static_cast<int>((bits >> 52) & 0x7FF);
  std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
  if (biased != 0) mantissa |= std::uint64_t{1} << 52;
  const int exponent = std::max(biased, 1) - 1075 + static_cast<int>(kFloatBits);
  if (exponent >= 0) return {mantissa, static_cast<unsigned>(exponent)};
  const auto drop = static_cast<unsigned>(-exponent);
  if (drop > 54) return {};
  const std::uint64_t kept = mantissa >> drop;
  const std::uint64_t rest = mantissa & ((std::uint64_t{1} << drop) - 1);
  const std::uint64_t half = std::uint64_t{1} << (drop - 1);
  return {kept + (rest > half || (rest == half && (kept & 1) != 0) ? 1 : 0), 0};
}

// value << shift into `words` words.
void place(UInt128 value, unsigned shift, std::uint64_t* out, unsigned words) {
  std::fill_n(out, words, 0);
  const unsigned word = shift / 64, bit = shift % 64;
  const auto low = static_cast<std::uint64_t>(value);
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto above = [bit](std::uint64_t x) { return bit == 0 ? 0 : x >> (64 - bit); };
  out[word] = low << bit;
  if (word + 1 < words) out[word + 1] = (high << bit) | above(low);
  if (word + 2 < words) out[word + 2] = above(high);
}

void negate(std::uint64_t* value, unsigned words) {
  std::uint64_t carry = 1;
  for (unsigned i = 0; i < words; ++i) {
    value[i] = ~value[i] + carry;
    carry = carry != 0 && value[i] == 0 ? 1 : 0;
  }
}

bool is_negative(const std::uint64_t* value, unsigned words) {
  return (value[words - 1] >> 63) != 0;
}

// out += a * b << 64 * at
void multiply_add(std::uint64_t* out, unsigned out_words, const std::uint64_t* a, unsigned words,
                  std::uint64_t b, unsigned at) {
  std::uint64_t carry = 0;
  for (unsigned i = 0; at + i < out_words; ++i) {
    const UInt128 term = UInt128{i < words ? a[i] : 0} * b + out[at + i] + carry;
    out[at + i] = static_cast<std::uint64_t>(term);
    carry = static_cast<std::uint64_t>(term >> 64);
  }
}

}  // namespace

void float_words(double value, std::uint64_t* four) {
  const Fixed fixed = fixed_of(value);
  place(fixed.mantissa, fixed.shift, four, 4);
  if (value < 0) negate(four, 4);
}

void float_square(double value, std::uint64_t* eight) {
  const Fixed fixed = fixed_of(value);
  place(UInt128{fixed.mantissa} * fixed.mantissa, 2 * fixed.shift, eight, 8);
}

double to_double(const std::uint64_t* value, unsigned words, int exponent) {
  std::uint64_t magnitude[2 * kMaxWords + 2];
  std::copy_n(value, words, magnitude);
  const bool negative = is_negative(value, words);
  if (negative) negate(magnitude, words);
  unsigned top = words;
  while (top > 0 && magnitude[top - 1] == 0) --top;
  if (top == 0) return 0;
  // The 64 highest bits, the lowest of them sticky: more than a double has, so this rounds once.
  const auto zeros = static_cast<unsigned>(std::countl_zero(magnitude[top - 1]));
  std::uint64_t high = magnitude[top - 1] << zeros;
  bool sticky = false;
  if (top > 1) {
    if (zeros > 0) high |= magnitude[top - 2] >> (64 - zeros);
    sticky = (magnitude[top - 2] << zeros) != 0;
    for (unsigned i = 0; i + 2 < top; ++i) sticky = sticky || magnitude[i] != 0;
  }
  if (sticky) high |= 1;
  const int scale = static_cast<int>(64 * (top - 1)) - static_cast<int>(zeros) + exponent;
  const double rounded = std::ldexp(static_cast<double>(high), scale);
  return negative ? -rounded : rounded;
}

double spread(std::uint64_t n, const std::uint64_t* squares, unsigned square_words,
              const std::uint64_t* sum, unsigned sum_words, int exponent) {
  if (square_words == 3 && squares[2] == 0 && squares[1] < (std::uint64_t{1} << 32) &&
      n >> 32 == 0) {
    // n * squares is below 2^128, so the square of the sum, which is not greater, is too.
    const UInt128 total = ((UInt128{squares[1]} << 64) | squares[0]) * n;
    const auto half = static_cast<std::int64_t>(sum[0]);
    const std::uint64_t magnitude = half < 0 ? -static_cast<std::uint64_t>(half) : sum[0];
    const bool whole = sum[1] == static_cast<std::uint64_t>(half >> 63);
    if (whole && (sum_words == 2 || sum[2] == sum[1])) {
      return std::ldexp(static_cast<double>(total - UInt128{magnitude} * magnitude), exponent);
    }
  }
  constexpr unsigned kWords = kMaxWords + 2;
  std::uint64_t total[kWords] = {}, squared[kWords] = {}, magnitude[kMaxWords];
  std::copy_n(sum, sum_words, magnitude);
  if (is_negative(sum, sum_words)) negate(magnitude, sum_words);
  multiply_add(total, kWords, squares, square_words, n, 0);
  for (unsigned i = 0; i < sum_words; ++i) {
    multiply_add(squared, kWords, magnitude, sum_words, magnitude[i], i);
  }
  subtract_words(total, squared, kWords);
  return to_double(total, kWords, exponent);
}

bool mean_half_even(Int128 value, std::int64_t multiplier, std::uint64_t n, Int128* out) {
  Int128 scaled;
  if (__builtin_mul_overflow(value, Int128{multiplier}, &scaled)) return false;
  const bool negative = scaled < 0;
  const UInt128 magnitude =
      negative ? UInt128{0} - static_cast<UInt128>(scaled) : static_cast<UInt128>(scaled);
  UInt128 quotient = magnitude / n;
  const UInt128 rest = magnitude % n, above = n - rest;
  const bool up = rest > above || (rest == above && (quotient & 1) != 0);
  if (up && !base::mutant(base::Mutant::kAvgTruncated)) ++quotient;
  *out = static_cast<Int128>(negative ? UInt128{0} - quotient : quotient);
  return true;
}

}  // namespace weir::state
