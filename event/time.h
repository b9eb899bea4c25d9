// Times and durations as text (language L2.1, L2.2): RFC 3339, epoch milliseconds, `1h30m`. Used by
// the codecs, the compiler and the writers of alerts. Calendar arithmetic is proleptic Gregorian,
// UTC; nothing here asks the system for the time, a zone or a locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::event {

// Times of events lie in the years 0000 to 9999, so that a time plus any duration fits 64 bits.
inline constexpr std::int64_t kMinTimeMs = -62'167'219'200'000;
inline constexpr std::int64_t kMaxTimeMs = 253'402'300'799'999;
// Durations are at most ten thousand years, either way.
inline constexpr std::int64_t kMaxDurationMs = 315'569'520'000'000;

[[nodiscard]] constexpr bool is_time_in_range(std::int64_t ms) {
  return ms >= kMinTimeMs && ms <= kMaxTimeMs;
}
[[nodiscard]] constexpr bool is_duration_in_range(std::int64_t ms) {
  return ms >= -kMaxDurationMs && ms <= kMaxDurationMs;
}

// 2026-01-01T12:00:00Z, 2026-01-01t12:00:00.25+01:00, or with a space for the T. The zone is
// required. Digits of the fraction beyond milliseconds are cut off; second 60 is the next
// minute's first. Nothing if the text is another or the time out of range.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text);
// 2026-01-01T12:00:00Z, with .250 when there are milliseconds; years beyond four digits signed.
void append_rfc3339(std::string& out, std::int64_t ms);

// 250ms, 10s, 1h30m, -5m: units d h m s ms, each at most once, the greatest first.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);
void append_duration(std::string& out, std::int64_t ms);  // 0 is 0s

struct CivilDate {
  std::int64_t year;
  unsigned month;  // 1..12
  unsigned day;    // 1..31
};
[[nodiscard]] std::int64_t days_from_civil(CivilDate date);  // since 1970-01-01
[[nodiscard]] CivilDate civil_from_days(std::int64_t days);

}  // namespace weir::event
