// Days and dates by the era method: years begin in March, so that the leap day is the last of its
// year, and 400 years (146,097 days) repeat for ever.
#include "event/time.h"

#include <array>
#include <charconv>

namespace weir::event {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kDaysAnEra = 146'097;
constexpr std::int64_t kDaysToEpoch = 719'468;  // from 0000-03-01 to 1970-01-01

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

unsigned days_in_month(std::int64_t year, unsigned month) {
  static constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30,
                                                     31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

// `count` digits at `at`; false if one of them is none.
bool read_digits(std::string_view text, std::size_t at, std::size_t count, unsigned& value) {
  if (at + count > text.size()) return false;
  value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const auto digit = static_cast<unsigned>(text[i] - '0');
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  return true;
}

bool read_date(std::string_view text, std::int64_t& days) {
  unsigned year;
  unsigned month;
  unsigned day;
  if (!read_digits(text, 0, 4, year) || !read_digits(text, 5, 2, month) ||
      !read_digits(text, 8, 2, day) || text[4] != '-' || text[7] != '-') {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  days = days_from_civil({year, month, day});
  return true;
}

bool read_clock(std::string_view text, std::int64_t& ms) {
  unsigned hour;
  unsigned minute;
  unsigned second;
  if (!read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) ||
      !read_digits(text, 17, 2, second) || text[13] != ':' || text[16] != ':') {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 60) return false;
  ms = ((hour * 60 + minute) * 60 + second) * std::int64_t{1000};
  return true;
}

// .digits, if it stands at `at`; leaves `at` behind it.
bool read_fraction(std::string_view text, std::size_t& at, std::int64_t& ms) {
  ms = 0;
  if (at >= text.size() || text[at] != '.') return true;
  const std::size_t start = ++at;
  int unit = 100;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
    ms += (text[at] - '0') * unit;
  }
  return at > start;
}

bool read_zone(std::string_view text, std::size_t at, std::int64_t& offset_ms) {
  offset_ms = 0;
  if (at + 1 == text.size() && (text[at] | 0x20) == 'z') return true;
  if (at + 6 != text.size() || text[at + 3] != ':') return false;
  if (text[at] != '+' && text[at] != '-') return false;
  unsigned hours;
  unsigned minutes;
  if (!read_digits(text, at + 1, 2, hours) || !read_digits(text, at + 4, 2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  offset_ms = (hours * 60 + minutes) * std::int64_t{60'000};
  if (text[at] == '-') offset_ms = -offset_ms;
  return true;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<DurationUnit, 5> kUnits = {
    {{"d", kDayMs}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

void append_padded(std::string& out, unsigned value, unsigned width) {
  char digits[12];
  std::size_t at = sizeof digits;
  for (unsigned i = 0; i < width || value != 0; ++i, value /= 10) {
    digits[--at] = static_cast<char>('0' + value % 10);
  }
  out.append(digits + at, sizeof digits - at);
}

}  // namespace

std::int64_t days_from_civil(CivilDate date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysAnEra + day_of_era - kDaysToEpoch;
}

CivilDate civil_from_days(std::int64_t days) {
  days += kDaysToEpoch;
  const std::int64_t era = floor_div(days, kDaysAnEra);
  const std::int64_t day_of_era = days - era * kDaysAnEra;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<unsigned>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const auto month =
      static_cast<unsigned>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  std::int64_t days;
  std::int64_t clock_ms;
  if (!read_date(text, days) || !read_clock(text, clock_ms)) return std::nullopt;
  if ((text[10] | 0x20) != 't' && text[10] != ' ') return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction_ms;
  std::int64_t offset_ms;
  if (!read_fraction(text, at, fraction_ms) || !read_zone(text, at, offset_ms)) {
    return std::nullopt;
  }
  const std::int64_t ms = days * kDayMs + clock_ms + fraction_ms - offset_ms;
  if (!is_time_in_range(ms)) return std::nullopt;
  return ms;
}

void append_rfc3339(std::string& out, std::int64_t ms) {
  const std::int64_t days = floor_div(ms, kDayMs);
  auto left = static_cast<unsigned>(ms - days * kDayMs);
  const CivilDate date = civil_from_days(days);
  if (date.year < 0 || date.year > 9999) out += date.year < 0 ? '-' : '+';
  append_padded(out, static_cast<unsigned>(date.year < 0 ? -date.year : date.year), 4);
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
  out += 'T';
  append_padded(out, left / 3'600'000, 2);
  left %= 3'600'000;
  out += ':';
  append_padded(out, left / 60'000, 2);
  left %= 60'000;
  out += ':';
  append_padded(out, left / 1000, 2);
  if (left % 1000 != 0) {
    out += '.';
    append_padded(out, left % 1000, 3);
  }
  out += 'Z';
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (code != std::errc() || text[0] == '-' || count > kMaxDurationMs) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t name_size = 0;
    while (name_size < text.size() && text[name_size] >= 'a' && text[name_size] <= 'z') ++name_size;
    std::size_t unit = next_unit;
    while (unit < kUnits.size() && kUnits[unit].name != text.substr(0, name_size)) ++unit;
    if (unit == kUnits.size() || count > kMaxDurationMs / kUnits[unit].ms) return std::nullopt;
    sum += count * kUnits[unit].ms;
    if (sum > kMaxDurationMs) return std::nullopt;
    next_unit = unit + 1;
    text.remove_prefix(name_size);
  }
  return negative ? -sum : sum;
}

void append_duration(std::string& out, std::int64_t ms) {
  if (ms == 0) {
    out += "0s";
    return;
  }
  // Negated as unsigned: the magnitude of the least value does not fit a signed one.
  auto left = static_cast<std::uint64_t>(ms);
  if (ms < 0) {
    out += '-';
    left = 0 - left;
  }
  for (const DurationUnit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.ms);
    if (left < size) continue;
    char digits[24];
    const auto [end, code] = std::to_chars(digits, digits + sizeof digits, left / size);
    out.append(digits, end);
    out += unit.name;
    left %= size;
  }
}

}  // namespace weir::event
