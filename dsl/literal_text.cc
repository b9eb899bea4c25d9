#include "dsl/literal_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::dsl {
namespace {

struct UnitRow {
  std::string_view text;
  std::int64_t ms;
};
constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::array kUnits = {UnitRow{"d", kDay}, UnitRow{"h", kHour}, UnitRow{"m", kMinute},
                               UnitRow{"s", kSecond}, UnitRow{"ms", 1}};
// What people write who do not know the five.
constexpr std::array kForeignUnits = {
    UnitRow{"w", 7 * kDay},      UnitRow{"week", 7 * kDay},
    UnitRow{"weeks", 7 * kDay},  UnitRow{"day", kDay},
    UnitRow{"days", kDay},       UnitRow{"D", kDay},
    UnitRow{"hr", kHour},        UnitRow{"hrs", kHour},
    UnitRow{"hour", kHour},      UnitRow{"hours", kHour},
    UnitRow{"H", kHour},         UnitRow{"min", kMinute},
    UnitRow{"mins", kMinute},    UnitRow{"minute", kMinute},
    UnitRow{"minutes", kMinute}, UnitRow{"M", kMinute},
    UnitRow{"sec", kSecond},     UnitRow{"secs", kSecond},
    UnitRow{"second", kSecond},  UnitRow{"seconds", kSecond},
    UnitRow{"S", kSecond},       UnitRow{"msec", 1},
    UnitRow{"millis", 1},        UnitRow{"millisecond", 1},
    UnitRow{"milliseconds", 1},  UnitRow{"MS", 1},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_while(std::string_view& text, auto keep) {
  std::size_t count = 0;
  while (count < text.size() && keep(text[count])) ++count;
  const std::string_view taken = text.substr(0, count);
  text.remove_prefix(count);
  return taken;
}

// `10min`, `1.5h`, `30m1h`: a sum of number and unit pairs in any order and with any unit name.
std::int64_t loose_duration(std::string_view text) {
  double total = 0;
  while (!text.empty()) {
    const std::string_view amount =
        take_while(text, [](char c) { return is_digit(c) || c == '.'; });
    const std::string_view unit = take_while(text, [](char c) { return !is_digit(c); });
    double value = 0;
    const auto parsed = std::from_chars(amount.data(), amount.data() + amount.size(), value);
    const std::int64_t ms = unit_ms(unit);
    if (parsed.ec != std::errc() || parsed.ptr != amount.data() + amount.size() || ms == 0)
      return -1;
    total += value * static_cast<double>(ms);
  }
  constexpr double kLongest = 1e15;  // 30,000 years
  return total <= kLongest ? static_cast<std::int64_t>(total + 0.5) : -1;
}

// Four hexadecimal digits, or -1.
std::int32_t hex4(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return -1;
  const auto parsed = std::from_chars(text.data(), text.data() + 4, value, 16);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + 4
             ? static_cast<std::int32_t>(value)
             : -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The code point of `uXXXX` or of two of them that make one; sets how many bytes it took, 0 if bad.
std::uint32_t unicode_escape(std::string_view text, std::size_t& taken) {
  taken = 0;
  const std::int32_t first = hex4(text.substr(1));
  if (first < 0) return 0;
  const auto code = static_cast<std::uint32_t>(first);
  if (code < 0xD800 || code > 0xDFFF) {
    taken = 5;
    return code;
  }
  const bool pair = code < 0xDC00 && text.size() >= 11 && text[5] == '\\' && text[6] == 'u';
  const std::int32_t second = pair ? hex4(text.substr(7)) : -1;
  if (second < 0xDC00 || second > 0xDFFF) return 0;
  taken = 11;
  return 0x10000 + ((code - 0xD800) << 10U) + (static_cast<std::uint32_t>(second) - 0xDC00);
}

struct EscapeRow {
  char letter;
  char value;
};
constexpr std::array kEscapes = {EscapeRow{'"', '"'},  EscapeRow{'\\', '\\'}, EscapeRow{'/', '/'},
                                 EscapeRow{'b', '\b'}, EscapeRow{'f', '\f'},  EscapeRow{'n', '\n'},
                                 EscapeRow{'r', '\r'}, EscapeRow{'t', '\t'}};

}  // namespace

std::string unescape(std::string_view body, Span at, Diagnostics& diagnostics) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\' || i + 1 == body.size()) {
      out += body[i];
      continue;
    }
    const std::string_view rest = body.substr(i + 1);
    const auto row = std::ranges::find(kEscapes, rest[0], &EscapeRow::letter);
    std::size_t taken = 0;
    if (row != kEscapes.end()) {
      out += row->value;
      ++i;
      continue;
    }
    const std::uint32_t code = rest[0] == 'u' ? unicode_escape(rest, taken) : 0;
    if (taken > 0) {
      append_utf8(out, code);
      i += taken;
      continue;
    }
    const auto begin = at.begin + static_cast<std::uint32_t>(i);
    diagnostics
        .add(DiagnosticCode::kBadEscape, Span{at.source, begin, begin + 2},
             "no such escape in a string")
        .help = "escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a backslash is `\\\\`";
    out += body[i];
  }
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto row = std::ranges::find(kEscapes, c, &EscapeRow::value);
    if (row != kEscapes.end() && c != '/') {
      out += '\\';
      out += row->letter;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      out += c;
    }
  }
  return out;
}

std::string quote(std::string_view text) { return "\"" + escape(text) + "\""; }

std::int64_t unit_ms(std::string_view word) {
  for (const UnitRow& row : kUnits) {
    if (row.text == word) return row.ms;
  }
  for (const UnitRow& row : kForeignUnits) {
    if (row.text == word) return row.ms;
  }
  return 0;
}

std::int64_t duration_ms(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units go from large to small, each once
  if (text.empty()) return -1;
  while (!text.empty()) {
    const std::string_view amount = take_while(text, is_digit);
    const std::string_view unit = take_while(text, [](char c) { return !is_digit(c); });
    std::int64_t value = 0;
    const auto parsed = std::from_chars(amount.data(), amount.data() + amount.size(), value);
    if (amount.empty() || parsed.ec != std::errc()) return -1;
    std::size_t row = next_unit;
    while (row < kUnits.size() && kUnits[row].text != unit) ++row;
    if (row == kUnits.size()) return -1;
    next_unit = row + 1;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(value, kUnits[row].ms, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return -1;
    }
  }
  return total;
}

std::string duration_text(std::int64_t ms) {
  if (ms <= 0) return "0s";
  std::string text;
  for (const UnitRow& row : kUnits) {
    if (ms < row.ms) continue;
    text += std::to_string(ms / row.ms) + std::string(row.text);
    ms %= row.ms;
  }
  return text;
}

NumberGuess guess_number(std::string_view text) {
  const std::string shown = "`" + std::string(text) + "`";
  if (std::ranges::count(text, '.') > 1) {
    return {NumberGuess::Kind::kText, shown + " is no number", "\"" + std::string(text) + "\""};
  }
  std::string digits(text);
  std::erase(digits, '_');
  if (digits.size() < text.size() && std::ranges::all_of(digits, is_digit)) {
    return {NumberGuess::Kind::kNumber, "a number has no `_` in it", digits};
  }
  const std::int64_t ms = loose_duration(text);
  if (ms >= 0) {
    std::string_view rest = text;
    take_while(rest, [](char c) { return is_digit(c) || c == '.'; });
    const bool known = std::ranges::find(kUnits, rest, &UnitRow::text) != kUnits.end();
    std::string message = known || std::ranges::any_of(rest, is_digit)
                              ? shown + " is no duration: whole numbers, large units first"
                              : "`" + std::string(rest) + "` is no unit of time";
    return {NumberGuess::Kind::kDuration, message, duration_text(ms)};
  }
  std::string_view rest = text;
  take_while(rest, is_digit);
  const bool like_duration = !rest.empty() && rest.size() <= 12 && rest[0] != '.' && rest[0] != 'x';
  if (like_duration) {
    const bool known = std::ranges::find(kUnits, rest, &UnitRow::text) != kUnits.end();
    return {
        NumberGuess::Kind::kDuration,
        known ? shown + " is too long a time" : "`" + std::string(rest) + "` is no unit of time",
        ""};
  }
  return {NumberGuess::Kind::kNumber, shown + " is no number", ""};
}

}  // namespace weir::dsl
