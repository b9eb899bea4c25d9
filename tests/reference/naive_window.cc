#include "tests/reference/naive_window.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <chrono>

namespace weir::reference {
namespace {

using dsl::WindowKind;

bool load(const std::string& zone, cctz::time_zone* out) {
  return !zone.empty() && cctz::load_time_zone(zone, out);
}

cctz::time_point<std::chrono::milliseconds> instant(std::int64_t ms) {
  return cctz::time_point<std::chrono::milliseconds>(std::chrono::milliseconds(ms));
}

// The first day of the local day, week or month that the time falls into: the window's name.
cctz::civil_day calendar_start(const NaiveWindow& window, std::int64_t time_ms) {
  cctz::time_zone zone;
  (void)load(window.zone, &zone);  // window_problem() has refused what does not load
  const cctz::civil_day day(cctz::convert(instant(time_ms), zone));
  if (window.unit == "month") return cctz::civil_day(cctz::civil_month(day));
  if (window.unit == "week") return cctz::prev_weekday(day + 1, cctz::weekday::monday);
  return day;
}

std::int64_t begins_ms(const cctz::civil_day& day, const NaiveWindow& window) {
  cctz::time_zone zone;
  (void)load(window.zone, &zone);
  const auto begin = cctz::convert(cctz::civil_second(day), zone);
  return std::chrono::duration_cast<std::chrono::milliseconds>(begin.time_since_epoch()).count();
}

bool holds(const NaiveWindow& window, std::int64_t time_ms, std::int64_t now_ms) {
  switch (window.kind) {
    case WindowKind::kSliding:  // from e.ts - D, included, to e
      return time_ms >= now_ms - window.length_ms;
    case WindowKind::kHopping: {  // [end - D, end), end the next multiple of S after e
      const std::int64_t end = aligned_start(now_ms, window.every_ms) + window.every_ms;
      return time_ms >= end - window.length_ms && time_ms < end;
    }
    case WindowKind::kTumbling:  // [start, start + D)
      return aligned_start(time_ms, window.length_ms) == aligned_start(now_ms, window.length_ms);
    case WindowKind::kCalendar:
      return calendar_start(window, time_ms) == calendar_start(window, now_ms);
    case WindowKind::kSession:
    case WindowKind::kLastN:
    case WindowKind::kNone:
      break;
  }
  return true;
}

// Where the session under way begins: walking back, until a gap longer than D.
std::size_t session_start(const std::vector<std::int64_t>& times, std::int64_t now_ms,
                          std::int64_t gap_ms) {
  std::size_t first = times.size();
  std::int64_t after = now_ms;
  while (first > 0 && after - times[first - 1] <= gap_ms) after = times[--first];
  return first;
}

}  // namespace

std::int64_t aligned_start(std::int64_t time_ms, std::int64_t length_ms) {
  std::int64_t past = time_ms % length_ms;
  if (past < 0) past += length_ms;
  return time_ms - past;
}

std::vector<std::size_t> in_window(const NaiveWindow& window,
                                   const std::vector<std::int64_t>& times, std::int64_t now_ms) {
  std::size_t first = 0;
  if (window.kind == WindowKind::kSession) first = session_start(times, now_ms, window.length_ms);
  if (window.kind == WindowKind::kLastN) {
    const auto last = static_cast<std::size_t>(window.last);
    if (times.size() > last) first = times.size() - last;
  }
  std::vector<std::size_t> out;
  for (std::size_t i = first; i < times.size(); ++i) {
    if (holds(window, times[i], now_ms)) out.push_back(i);
  }
  return out;
}

std::optional<std::int64_t> length_at(const NaiveWindow& window, std::int64_t now_ms) {
  if (window.kind == WindowKind::kSession || window.kind == WindowKind::kLastN) return std::nullopt;
  if (window.kind != WindowKind::kCalendar) return window.length_ms;
  const cctz::civil_day begin = calendar_start(window, now_ms);
  cctz::civil_day end = begin + 1;
  if (window.unit == "week") end = begin + 7;
  if (window.unit == "month") end = cctz::civil_day(cctz::civil_month(begin) + 1);
  return begins_ms(end, window) - begins_ms(begin, window);
}

std::string window_problem(const NaiveWindow& window) {
  const bool has_length =
      window.kind == WindowKind::kSliding || window.kind == WindowKind::kHopping ||
      window.kind == WindowKind::kTumbling || window.kind == WindowKind::kSession;
  if (has_length && window.length_ms <= 0) return "a window without length";  // R73
  if (window.kind == WindowKind::kHopping) {
    if (window.every_ms <= 0) return "a hop without length";
    if (window.every_ms > window.length_ms) return "a window shorter than its step";  // R72
  }
  if (window.kind == WindowKind::kLastN && window.last < 1) return "a window without events";
  if (window.kind != WindowKind::kCalendar) return "";
  cctz::time_zone zone;
  if (!load(window.zone, &zone)) return "the zone " + window.zone;
  const bool known = window.unit == "day" || window.unit == "week" || window.unit == "month";
  return known ? "" : "the calendar unit " + window.unit;
}

}  // namespace weir::reference
