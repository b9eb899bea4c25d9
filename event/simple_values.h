// Values as they are mostly spelled in JSON, each found and typed in one go: whole numbers of at
// most 15 digits, decimals of at most eight digits and four behind the point, true and false,
// strings without escapes. The inner part of LineShapes. Free functions, for SSE2 only; all of them
// expect text as json_scan.h has it, and read at most 16 bytes beyond a value.
//
// What is spelled otherwise is not wrong: they say so by null, and whoever called them asks the
// scanners and converters that know everything. A number's last digit is the last one there, but
// what follows is for the caller to look at: 12 is found in 12e5 and, by take_int, in 12.5.
#pragma once

#if defined(__SSE2__)

#include <cstdint>
#include <cstring>

#include "event/json_scan.h"
#include "event/value.h"

// Part of a hot loop, whatever the compiler thinks of its size.
#define WEIR_HOT [[gnu::always_inline]] inline

namespace weir::event::simple {

// What the vector comparisons compare with.
struct Patterns : StringStops {
  __m128i zero = opaque(_mm_set1_epi8('0'));
  __m128i nine = opaque(_mm_set1_epi8(9));
};

// Bit i: p[i] is a digit. Of 16 bytes.
WEIR_HOT unsigned digits_at(const char* p, const Patterns& patterns) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i values = _mm_sub_epi8(bytes, patterns.zero);
  const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, patterns.nine), values);
  return static_cast<unsigned>(_mm_movemask_epi8(digits));
}

// How many of the low bits are set before the first that is not.
WEIR_HOT unsigned count_ones(unsigned bits) { return static_cast<unsigned>(__builtin_ctz(~bits)); }

template <typename Word>
WEIR_HOT Word load(const char* p) {
  Word bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

// The number that `count` digits at p say, 1 to 8: pairs are joined, then pairs of pairs, then the
// halves. Missing digits in front are zero bytes, which count as zeros.
WEIR_HOT std::uint64_t read_8_digits(const char* p, unsigned count) {
  auto bytes = load<std::uint64_t>(p) << (64 - 8 * count);
  bytes = ((bytes & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8;
  bytes = ((bytes & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((bytes & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

// 1 to 15 digits.
WEIR_HOT std::int64_t read_digits(const char* p, unsigned count) {
  if (count <= 8) return static_cast<std::int64_t>(read_8_digits(p, count));
  const std::uint64_t high = read_8_digits(p, count - 8);
  return static_cast<std::int64_t>(high * 100'000'000 + read_8_digits(p + count - 8, 8));
}

// `count` digits at p, 1 to 4, in ten thousandths.
WEIR_HOT std::int64_t read_fraction(const char* p, unsigned count) {
  auto bytes = load<std::uint32_t>(p) & (~std::uint32_t{0} >> (32 - 8 * count)) & 0x0f0f0f0f;
  bytes = (bytes * 10 + (bytes >> 8)) & 0x00ff00ff;
  return (bytes & 0xff) * 100 + (bytes >> 16);
}

struct Number {
  unsigned whole = 0;     // digits; 0 if it is no simple number
  unsigned fraction = 0;  // digits
  unsigned size = 0;
};

// A number without sign and exponent that ends within 16 bytes.
WEIR_HOT Number number_at(const char* p, const Patterns& patterns) {
  const unsigned digits = digits_at(p, patterns);
  Number number;
  number.whole = count_ones(digits);
  if (number.whole > 15 || (*p == '0' && number.whole > 1)) return {};
  number.size = number.whole;
  if (p[number.whole] != '.') return number;
  number.fraction = count_ones(digits >> (number.whole + 1));
  number.size += 1 + number.fraction;
  if (number.fraction == 0 || number.size > 15) return {};
  return number;
}

// Each of these takes the value at p and returns what is behind it, or null.

WEIR_HOT const char* skip_number(const char* p, const Patterns& patterns) {
  const Number number = number_at(p, patterns);
  return number.whole == 0 ? nullptr : p + number.size;
}

WEIR_HOT const char* take_int(const char* p, const Patterns& patterns, std::int64_t& integer) {
  const unsigned count = count_ones(digits_at(p, patterns));
  if (count - 1 > 14 || (*p == '0' && count > 1)) return nullptr;
  integer = read_digits(p, count);
  return p + count;
}

WEIR_HOT const char* take_decimal(const char* p, const Patterns& patterns, Value& slot) {
  const Number number = number_at(p, patterns);
  if (number.whole - 1 > 7 || number.fraction > 4) return nullptr;
  auto scaled = static_cast<std::int64_t>(read_8_digits(p, number.whole)) * kDecimalScale;
  if (number.fraction != 0) scaled += read_fraction(p + number.whole + 1, number.fraction);
  slot.decimal = scaled;
  return p + number.size;
}

// Without a branch on which of the two it is, which nobody could guess: 1 if the word is zero is
// the borrow of taking 1 from it.
WEIR_HOT const char* take_bool(const char* p, std::int64_t& truth) {
  constexpr std::uint32_t kTrue = 0x65757274;  // `true`, its first byte the lowest
  constexpr std::uint32_t kFals = 0x736c6166;
  const auto word = load<std::uint32_t>(p);
  const auto is_zero = [](std::uint64_t bits) { return (bits - 1) >> 63; };
  const std::uint64_t yes = is_zero(word ^ kTrue);
  const std::uint64_t no = is_zero((word ^ kFals) | static_cast<std::uint32_t>(p[4] ^ 'e'));
  if ((yes | no) == 0) return nullptr;
  truth = static_cast<std::int64_t>(yes);
  return p + 5 - yes;
}

// What Value::string is for `size` bytes at p (value.h, invariant 4), without a copy of a length
// that is not known beforehand.
WEIR_HOT void put_string(Value& slot, const char* p, std::size_t size) {
  static_assert(sizeof(StringRef) == 16 && StringRef::kInlineBytes == 12);
  if (size > StringRef::kInlineBytes) {
    slot.string = StringRef({p, size});
    return;
  }
  alignas(16) static constexpr char kMask[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                 -1, -1, -1, -1, -1, -1, -1, -1};
  const __m128i mask = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kMask + 16 - size));
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i behind_size = _mm_slli_si128(_mm_and_si128(text, mask), 4);
  const __m128i whole = _mm_or_si128(behind_size, _mm_cvtsi32_si128(static_cast<int>(size)));
  _mm_store_si128(reinterpret_cast<__m128i*>(&slot), whole);
}

// From behind the opening quote to what ends the string or breaks it off.
WEIR_HOT const char* take_string(const char* p, const Patterns& patterns, Value& slot) {
  const char* const stop = find_string_stop(p, patterns);
  put_string(slot, p, static_cast<std::size_t>(stop - p));
  return stop;
}

}  // namespace weir::event::simple

#endif
