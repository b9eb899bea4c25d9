#include "weir/values.h"

#include <charconv>

#include "dsl/diagnostic.h"
#include "event/time.h"

namespace weir {

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const auto ms = event::parse_duration(text);
  if (!ms || *ms < 0) return std::nullopt;
  return ms;
}

std::string format_duration(std::int64_t ms) {
  std::string out;
  event::append_duration(out, ms);
  return out;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::size_t kDateLength = 10;
  if (text.size() == kDateLength && text[4] == '-') {
    return event::parse_rfc3339(std::string(text) + "T00:00:00Z");
  }
  if (const auto ms = event::parse_rfc3339(text)) return ms;
  std::int64_t ms = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!event::is_time_in_range(ms)) return std::nullopt;
  return ms;
}

std::string format_time(std::int64_t ms) {
  std::string out;
  event::append_rfc3339(out, ms);
  return out;
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return std::string(dsl::nearest_name(name, views));
}

}  // namespace weir
