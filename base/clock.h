// Where time and chance come in from outside, so that tests can put their own in their place.
#pragma once

#include <cstdint>

namespace weir::base {

// Wall and steady time. Implementations are thread-safe. The engine itself lives by event time
// and asks a clock only for what is about the process: speeds, and --max-future.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t wall_ms() = 0;    // since the epoch, UTC
  [[nodiscard]] virtual std::int64_t steady_ns() = 0;  // monotonic, from an arbitrary start
  virtual void sleep_ns(std::int64_t duration_ns) = 0;
};

[[nodiscard]] Clock& system_clock();

// A clock that stands still until told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 0) : now_ns_(wall_ms * 1'000'000) {}
  std::int64_t wall_ms() override { return now_ns_ / 1'000'000; }
  std::int64_t steady_ns() override { return now_ns_; }
  void sleep_ns(std::int64_t duration_ns) override { now_ns_ += duration_ns; }
  void set_wall_ms(std::int64_t wall_ms) { now_ns_ = wall_ms * 1'000'000; }

 private:
  std::int64_t now_ns_;
};

}  // namespace weir::base
