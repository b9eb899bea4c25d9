// Where windows begin at a time, for those whose beginnings are the same for all keys: hopping,
// tumbling and calendar windows. The answer holds for a while and is kept, since the keys of a
// shard are seen at about the same time: a division or a look at the calendar once a unit.
//
// One a group and shard; not thread-safe. Results depend on the layout and the time alone.
#pragma once

#include <vector>

#include "state/window_layout.h"

namespace weir::state {

class WindowClock {
 public:
  explicit WindowClock(const WindowLayout& layout) : plans_(&layout.windows) {
    units_.resize(layout.windows.size());
  }

  // The first time that the window includes, if it is looked at at `time`. Of sliding, hopping,
  // tumbling and calendar windows.
  [[nodiscard]] std::int64_t floor(std::uint16_t window, std::int64_t time) {
    const WindowSpec& spec = (*plans_)[window].spec;
    if (spec.kind == WindowKind::kSliding) return time - spec.length_ms;
    Unit& unit = units_[window];
    if (time < unit.begin || time >= unit.end) refresh(spec, time, &unit);
    return unit.floor;
  }
  // The beginning of the pane that an event at `time` falls into: the panes of a hopping window are
  // cut where windows begin. Of hopping, tumbling and calendar windows.
  [[nodiscard]] std::int64_t pane(std::uint16_t window, std::int64_t time) {
    const WindowSpec& spec = (*plans_)[window].spec;
    if (spec.kind != WindowKind::kHopping) return floor(window, time);
    Unit& unit = units_[window];
    if (time < unit.pane || time >= unit.pane + spec.every_ms) {
      unit.pane = down_to_multiple(time + spec.length_ms, spec.every_ms) - spec.length_ms;
    }
    return unit.pane;
  }
  // The time from which a window no longer includes what came at `time`.
  [[nodiscard]] std::int64_t expiry(std::uint16_t window, std::int64_t time);
  // D of a calendar window at `time`.
  [[nodiscard]] std::int64_t length(std::uint16_t window, std::int64_t time) {
    const WindowSpec& spec = (*plans_)[window].spec;
    if (spec.kind != WindowKind::kCalendar) return spec.length_ms;
    static_cast<void>(floor(window, time));
    return units_[window].end - units_[window].begin;
  }

 private:
  struct Unit {
    std::int64_t begin = 0;  // times in [begin, end) have this floor
    std::int64_t end = 0;
    std::int64_t floor = 0;
    std::int64_t pane = INT64_MAX / 2;
  };

  static std::int64_t down_to_multiple(std::int64_t time, std::int64_t step) {
    const std::int64_t rest = time % step;
    return time - (rest < 0 ? rest + step : rest);
  }
  static void refresh(const WindowSpec& spec, std::int64_t time, Unit* unit);

  const std::vector<WindowPlan>* plans_;
  std::vector<Unit> units_;
};

}  // namespace weir::state
