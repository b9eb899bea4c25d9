// Holds a replay to the pace of its events (`--speed 60x`): event time runs `speed` times as fast
// as the clock, from the first event on. Header only; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace weir::api {

class ReplayPacer {
 public:
  ReplayPacer(base::Clock& clock, double speed) : clock_(clock), speed_(speed) {}

  // Nanoseconds until an event of this time is due; at most 0: it is.
  [[nodiscard]] std::int64_t wait_ns(std::int64_t ts_ms) {
    const std::int64_t now = clock_.steady_ns();
    if (!first_ms_) {
      first_ms_ = ts_ms;
      start_ns_ = now;
    }
    const double due_ns = static_cast<double>(ts_ms - *first_ms_) * 1e6 / speed_;
    return static_cast<std::int64_t>(due_ns) - (now - start_ns_);
  }

 private:
  base::Clock& clock_;
  double speed_;
  std::optional<std::int64_t> first_ms_;
  std::int64_t start_ns_ = 0;
};

}  // namespace weir::api
