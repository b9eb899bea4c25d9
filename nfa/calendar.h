// Days, weeks and months of a time zone, daylight saving included (language L4.1: `each day in
// "Europe/London"`). Immutable; shared between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "nfa/feature.h"

namespace weir::nfa {

struct Zone;

class ZoneCalendar {
 public:
  struct Span {
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;  // not included
  };

  // kInvalidArgument: there is no such zone.
  [[nodiscard]] static base::Result<std::shared_ptr<const ZoneCalendar>> create(
      const std::string& zone, CalendarUnit unit);
  ~ZoneCalendar();

  // The day, week (from Monday on) or month around time_ms, milliseconds since the epoch, UTC. Both
  // ends of a unit move with it: it is the same for all times in it.
  [[nodiscard]] Span unit_of(std::int64_t time_ms) const;

 private:
  ZoneCalendar(std::unique_ptr<Zone> zone, CalendarUnit unit);

  std::unique_ptr<Zone> zone_;
  CalendarUnit unit_;
};

}  // namespace weir::nfa
