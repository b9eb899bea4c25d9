#include "apps/schema/scalar_kind.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace weir::apps {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Takes `count` digits off the front of text; -1, and text unspecified, if they are not there.
int TakeNumber(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// As TakeNumber, and at most `most`.
bool TakeField(std::string_view& text, size_t count, int least, int most) {
  const int value = TakeNumber(text, count);
  return value >= least && value <= most;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
  });
}

// The grammar of a JSON number.
bool IsNumber(std::string_view text) {
  TakeChar(text, "-");
  const auto take_digits = [&text] {
    size_t count = 0;
    while (count < text.size() && IsDigit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  const bool zero = text.starts_with('0');
  const size_t digits = take_digits();
  if (digits == 0 || (zero && digits > 1)) return false;
  if (TakeChar(text, ".") && take_digits() == 0) return false;
  if (TakeChar(text, "eE")) {
    TakeChar(text, "+-");
    if (take_digits() == 0) return false;
  }
  return text.empty();
}

bool IsIpv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !TakeChar(text, ".")) return false;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto length = static_cast<size_t>(end - text.data());
    if (error != std::errc() || !IsDigit(text.front()) || value > 255) return false;
    if (length > 1 && text.front() == '0') return false;
    text.remove_prefix(length);
  }
  return text.empty();
}

bool IsIpv6(std::string_view text) {
  if (text.size() < 2 || text.find(':') == std::string_view::npos) return false;
  int groups = 0;
  bool gap = false;  // the one `::`
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    size_t digits = 0;
    while (digits < text.size() && IsHexDigit(text[digits])) ++digits;
    if (digits < text.size() && text[digits] == '.') {  // ends in an IPv4 address
      groups += 2;
      if (!IsIpv4(text)) return false;
      text = {};
      break;
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(2);
    } else if (!TakeChar(text, ":") || text.empty()) {
      return false;
    }
  }
  return gap ? groups <= 7 : groups == 8;
}

}  // namespace

ScalarKind ClassifyNumber(std::string_view literal) {
  if (literal.find_first_of(".eE") == std::string_view::npos) {
    int64_t value = 0;
    const auto result = std::from_chars(literal.data(), literal.data() + literal.size(), value);
    return result.ec == std::errc() ? ScalarKind::kInt : ScalarKind::kFloat;
  }
  constexpr size_t kFractionDigits = 4;
  constexpr int64_t kMostUnits = INT64_MAX / 10'000;  // of a 64-bit number of ten-thousandths
  if (literal.find_first_of("eE") != std::string_view::npos) return ScalarKind::kFloat;
  const size_t point = literal.find('.');
  if (literal.size() - point - 1 > kFractionDigits) return ScalarKind::kFloat;
  int64_t units = 0;
  const auto result = std::from_chars(literal.data(), literal.data() + point, units);
  const bool in_range = result.ec == std::errc() && units < kMostUnits && units > -kMostUnits;
  return in_range ? ScalarKind::kDecimal : ScalarKind::kFloat;
}

ScalarKind ClassifyText(std::string_view text) {
  if (IsRfc3339(text)) return ScalarKind::kTime;
  if (IsIpAddress(text)) return ScalarKind::kIp;
  return ScalarKind::kString;
}

ScalarKind ClassifyCell(std::string_view cell) {
  if (cell.empty()) return ScalarKind::kNull;
  if (EqualsIgnoringCase(cell, "true") || EqualsIgnoringCase(cell, "false")) {
    return ScalarKind::kBool;
  }
  if (IsNumber(cell)) return ClassifyNumber(cell);
  return ClassifyText(cell);
}

bool IsRfc3339(std::string_view text) {
  if (!TakeField(text, 4, 0, 9999) || !TakeChar(text, "-")) return false;
  if (!TakeField(text, 2, 1, 12) || !TakeChar(text, "-")) return false;
  if (!TakeField(text, 2, 1, 31) || !TakeChar(text, "Tt ")) return false;
  if (!TakeField(text, 2, 0, 23) || !TakeChar(text, ":")) return false;
  if (!TakeField(text, 2, 0, 59) || !TakeChar(text, ":")) return false;
  if (!TakeField(text, 2, 0, 60)) return false;
  if (TakeChar(text, ".")) {
    if (TakeNumber(text, 1) < 0) return false;
    while (!text.empty() && IsDigit(text.front())) text.remove_prefix(1);
  }
  if (TakeChar(text, "Zz")) return text.empty();
  return TakeChar(text, "+-") && TakeField(text, 2, 0, 23) && TakeChar(text, ":") &&
         TakeField(text, 2, 0, 59) && text.empty();
}

bool IsIpAddress(std::string_view text) { return IsIpv4(text) || IsIpv6(text); }

}  // namespace weir::apps
