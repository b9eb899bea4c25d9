// A number's text is cut into its parts (digits before and after the point, exponent) without
// looking at their value; then sum(digit_i * 10^k) is formed in integers, for decimals with the
// point moved by four places. Digits that fall off the end decide the rounding: the first of them
// and whether any other is not zero. Example: 0.00005 has the digits 5 and the exponent -5, moved
// by four -1: one digit falls off, nothing is kept, and the tie goes to the even neighbour, 0.
#include "event/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::event {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

struct NumberParts {
  bool negative = false;
  std::string_view whole;     // without leading zeros, unless it is one
  std::string_view fraction;  // after the point
  std::int64_t exponent = 0;  // clamped far beyond any text's length

  [[nodiscard]] std::size_t digits() const { return whole.size() + fraction.size(); }
  [[nodiscard]] unsigned digit(std::size_t i) const {
    const char c = i < whole.size() ? whole[i] : fraction[i - whole.size()];
    return static_cast<unsigned>(c - '0');
  }
};

std::size_t count_digits(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - from;
}

// Reads [eE][+-]digits at `at`, if it stands there; false if it is broken.
bool read_exponent(std::string_view text, std::size_t& at, std::int64_t& exponent) {
  if (at >= text.size() || (text[at] | 0x20) != 'e') return true;
  ++at;
  bool negative = false;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
  const std::size_t count = count_digits(text, at);
  if (count == 0) return false;
  constexpr std::int64_t kClamp = std::int64_t{1} << 40;
  std::int64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = std::min(kClamp, value * 10 + (text[at + i] - '0'));
  }
  at += count;
  exponent = negative ? -value : value;
  return true;
}

bool split_number(std::string_view text, NumberParts& parts) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    parts.negative = true;
    ++at;
  }
  const std::size_t whole = count_digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  parts.whole = text.substr(at, whole);
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = count_digits(text, at + 1);
    if (fraction == 0) return false;
    parts.fraction = text.substr(at + 1, fraction);
    at += 1 + fraction;
  }
  return read_exponent(text, at, parts.exponent) && at == text.size();
}

struct Scaled {
  std::uint64_t magnitude = 0;  // at most 2^63
  bool inexact = false;
  bool overflow = false;
};

// |number| * 10^places, rounded half to even.
Scaled scale(const NumberParts& parts, std::int64_t places) {
  Scaled result;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  const auto digits = static_cast<std::int64_t>(parts.digits());
  const std::int64_t shift =
      parts.exponent - static_cast<std::int64_t>(parts.fraction.size()) + places;
  const std::int64_t kept = shift < 0 ? std::max<std::int64_t>(0, digits + shift) : digits;
  unsigned __int128 value = 0;
  for (std::int64_t i = 0; i < kept; ++i) {
    value = value * 10 + parts.digit(static_cast<std::size_t>(i));
    if (value > kLimit) return {0, false, true};
  }
  for (std::int64_t i = 0; i < shift && value != 0; ++i) {
    value *= 10;
    if (value > kLimit) return {0, false, true};
  }
  // With shift < -digits the first digit that falls off is a zero before all of them.
  const bool half_digit_known = shift < 0 && digits + shift >= 0;
  const unsigned first = half_digit_known ? parts.digit(static_cast<std::size_t>(kept)) : 0;
  bool rest = false;
  for (std::int64_t i = kept + (half_digit_known ? 1 : 0); i < digits && !rest; ++i) {
    rest = parts.digit(static_cast<std::size_t>(i)) != 0;
  }
  result.inexact = first != 0 || rest;
  if (first > 5 || (first == 5 && (rest || (value & 1) != 0))) ++value;
  if (value > kLimit) return {0, result.inexact, true};
  result.magnitude = static_cast<std::uint64_t>(value);
  return result;
}

// The common shapes, 250, -3.5 and 12.34, of at most 14 characters and `places` behind the
// point, in one pass; false for any other.
bool parse_short(std::string_view text, int places, std::int64_t& scaled) {
  static constexpr std::array<std::int64_t, 5> kPowers = {1, 10, 100, 1000, 10'000};
  if (text.empty()) return false;
  std::size_t at = text[0] == '-' ? 1 : 0;
  const std::size_t start = at;
  if (text.size() - start > 14) return false;  // so that times 10^4 fits 64 bits
  std::int64_t value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
  if (at == start || (at > start + 1 && text[start] == '0')) return false;
  int behind = 0;
  if (at < text.size()) {
    if (text[at] != '.') return false;
    const std::size_t point = at++;
    for (; at < text.size() && is_digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
    behind = static_cast<int>(at - point - 1);
    if (at != text.size() || behind == 0 || behind > places) return false;
  }
  value *= kPowers[static_cast<std::size_t>(places - behind)];
  scaled = start == 1 ? -value : value;
  return true;
}

}  // namespace

ParsedDecimal parse_decimal(std::string_view text) {
  ParsedDecimal result;
  if (parse_short(text, 4, result.scaled)) {
    result.status = DecimalStatus::kExact;
    return result;
  }
  NumberParts parts;
  if (!split_number(text, parts)) return result;
  const Scaled scaled = scale(parts, 4);
  if (scaled.overflow || scaled.magnitude > static_cast<std::uint64_t>(kDecimalMax)) {
    result.status = DecimalStatus::kOutOfRange;
    return result;
  }
  const auto magnitude = static_cast<std::int64_t>(scaled.magnitude);
  result.scaled = parts.negative ? -magnitude : magnitude;
  result.status = scaled.inexact ? DecimalStatus::kRounded : DecimalStatus::kExact;
  return result;
}

ParsedInt parse_int(std::string_view text) {
  ParsedInt result;
  if (parse_short(text, 0, result.value)) {
    result.status = IntStatus::kOk;
    return result;
  }
  NumberParts parts;
  if (!split_number(text, parts)) return result;
  const Scaled scaled = scale(parts, 0);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (scaled.inexact) {
    result.status = IntStatus::kNotWhole;
  } else if (scaled.overflow || scaled.magnitude > kMax + (parts.negative ? 1 : 0)) {
    result.status = IntStatus::kOutOfRange;
  } else {
    // Negated as unsigned: the magnitude of the least int does not fit an int.
    const std::uint64_t bits = parts.negative ? 0 - scaled.magnitude : scaled.magnitude;
    result.value = static_cast<std::int64_t>(bits);
    result.status = IntStatus::kOk;
  }
  return result;
}

ParsedFloat parse_float(std::string_view text) {
  ParsedFloat result;
  NumberParts parts;
  if (!split_number(text, parts)) return result;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), result.value);
  result.status = FloatStatus::kOk;
  if (code == std::errc()) return result;
  // from_chars says the same of what is too great and too small; the place of the first digit
  // that is not zero tells them apart.
  std::size_t first = 0;
  while (first < parts.digits() && parts.digit(first) == 0) ++first;
  const std::int64_t power = parts.exponent + static_cast<std::int64_t>(parts.whole.size()) -
                             static_cast<std::int64_t>(first);
  result.value = parts.negative ? -0.0 : 0.0;
  if (power > 0) result.status = FloatStatus::kOutOfRange;
  return result;
}

void append_decimal(std::string& out, Int128 scaled) {
  // Negated as unsigned, for the one value whose magnitude does not fit.
  auto left = static_cast<unsigned __int128>(scaled);
  if (scaled < 0) {
    out += '-';
    left = 0 - left;
  }
  char digits[48];
  std::size_t at = sizeof digits;
  bool significant = false;
  for (int place = 0; place < 4; ++place) {
    const auto digit = static_cast<unsigned>(left % 10);
    left /= 10;
    significant |= digit != 0;
    if (significant) digits[--at] = static_cast<char>('0' + digit);
  }
  if (significant) digits[--at] = '.';
  do {
    digits[--at] = static_cast<char>('0' + static_cast<unsigned>(left % 10));
    left /= 10;
  } while (left != 0);
  out.append(digits + at, sizeof digits - at);
}

std::string print_decimal(Int128 scaled) {
  std::string text;
  append_decimal(text, scaled);
  return text;
}

}  // namespace weir::event
