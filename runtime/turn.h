// One event in its turn: what the order of events (runtime/event_order.h) hands on to be matched.
#pragma once

#include <cstdint>

#include "event/row.h"

namespace weir::runtime {

struct Turn {
  const event::Row* row = nullptr;
  // Deadlines before it complete before the event; never less than that of the turn before.
  std::int64_t clock_ms = 0;
  // An event older than what its key has seen is matched at that time (arrival order).
  bool clamp = false;
  // Turns of one number, but 0, that follow each other are an event and the alerts that it led to
  // (runtime/alert_chain.h): no deadline lies between them.
  std::uint32_t family = 0;
};

}  // namespace weir::runtime
