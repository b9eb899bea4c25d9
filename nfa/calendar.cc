#include "nfa/calendar.h"

#include <cctz/civil_time.h>

#include <chrono>
#include <utility>

#include "nfa/builtins.h"
#include "nfa/zone.h"

namespace weir::nfa {
namespace {

// The first moment of a local day. A day whose midnight a clock change leaves out begins with the
// change; one that has two midnights with the first.
std::int64_t begin_ms(const cctz::time_zone& zone, const cctz::civil_day& day) {
  const cctz::time_zone::civil_lookup found = zone.lookup(cctz::civil_second(day));
  const bool skipped = found.kind == cctz::time_zone::civil_lookup::SKIPPED;
  const auto at = skipped ? found.trans : found.pre;
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

cctz::civil_day first_day(const cctz::civil_day& day, CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kWeek:
      return cctz::prev_weekday(day + 1, cctz::weekday::monday);
    case CalendarUnit::kMonth:
      return cctz::civil_day(cctz::civil_month(day));
    case CalendarUnit::kDay:
      break;
  }
  return day;
}

cctz::civil_day next_first(const cctz::civil_day& first, CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kWeek:
      return first + 7;
    case CalendarUnit::kMonth:
      return cctz::civil_day(cctz::civil_month(first) + 1);
    case CalendarUnit::kDay:
      break;
  }
  return first + 1;
}

}  // namespace

ZoneCalendar::ZoneCalendar(std::unique_ptr<Zone> zone, CalendarUnit unit)
    : zone_(std::move(zone)), unit_(unit) {}
ZoneCalendar::~ZoneCalendar() = default;

base::Result<std::shared_ptr<const ZoneCalendar>> ZoneCalendar::create(const std::string& zone,
                                                                       CalendarUnit unit) {
  auto loaded = std::make_unique<Zone>();
  if (!zone_exists(zone) || !cctz::load_time_zone(zone, &loaded->zone)) {
    return base::fail(base::ErrorCode::kInvalidArgument, "there is no time zone \"" + zone + "\"");
  }
  return std::shared_ptr<const ZoneCalendar>(new ZoneCalendar(std::move(loaded), unit));
}

// By moments, not by dates: where a clock goes back over midnight, the day that had begun goes on.
ZoneCalendar::Span ZoneCalendar::unit_of(std::int64_t time_ms) const {
  const cctz::time_zone& zone = zone_->zone;
  const std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds> at{
      std::chrono::milliseconds(time_ms)};
  cctz::civil_day first = first_day(cctz::civil_day(cctz::convert(at, zone)), unit_);
  Span span{begin_ms(zone, first), begin_ms(zone, next_first(first, unit_))};
  while (time_ms >= span.end_ms) {
    first = next_first(first, unit_);
    span = {span.end_ms, begin_ms(zone, next_first(first, unit_))};
  }
  return span;
}

}  // namespace weir::nfa
