// Times and durations as Weir writes them. Pure; thread-safe; no locale, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// 250ms, 10s, 1h30m, 7d: in milliseconds. Nothing if it is no duration, or negative.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(std::int64_t ms);

// RFC 3339 (2026-01-01T12:00:00Z), a date alone (midnight, UTC), or milliseconds since the epoch.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);
[[nodiscard]] std::string format_time(std::int64_t ms);  // RFC 3339, UTC

// The candidate nearest to `name`, if near enough to be a slip; else empty.
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string>& candidates);

}  // namespace weir
