#include "state/window_clock.h"

#include "base/mutants.h"

namespace weir::state {

void WindowClock::refresh(const WindowSpec& spec, std::int64_t time, Unit* unit) {
  switch (spec.kind) {
    case WindowKind::kHopping:
      unit->begin = down_to_multiple(time, spec.every_ms);
      unit->end = unit->begin + spec.every_ms;
      unit->floor = unit->end - spec.length_ms;
      if (base::mutant(base::Mutant::kHoppingEndsLate)) unit->floor -= spec.every_ms;
      return;
    case WindowKind::kTumbling:
      unit->begin = unit->floor = down_to_multiple(time, spec.length_ms);
      if (base::mutant(base::Mutant::kTumblingUnaligned)) unit->begin = unit->floor = time;
      unit->end = unit->begin + spec.length_ms;
      return;
    default: {
      const TimeSpan span = spec.calendar->unit_of(time);
      unit->begin = unit->floor = span.begin;
      unit->end = span.end;
      return;
    }
  }
}

std::int64_t WindowClock::expiry(std::uint16_t window, std::int64_t time) {
  const WindowSpec& spec = (*plans_)[window].spec;
  switch (spec.kind) {
    case WindowKind::kSliding:
    case WindowKind::kSession:
      return time + spec.length_ms + 1;
    case WindowKind::kHopping:
      return down_to_multiple(time + spec.length_ms, spec.every_ms);
    case WindowKind::kLastEvents:
      return INT64_MAX;
    default:
      static_cast<void>(floor(window, time));
      return units_[window].end;
  }
}

}  // namespace weir::state
