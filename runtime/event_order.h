// Puts events in the order in which they are to be matched, and keeps the clock (product.md P1):
// event-time order up to the lateness, or arrival order. Refuses what is late or too far ahead.
//
// Used by the Engine. turns() are the events whose turn has come and that nobody has taken yet,
// with the time that event time has reached behind them, clock_ms(). Rows given to add() have to
// live until clear(); those that have to wait for their turn are copied. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/engine.h"
#include "runtime/reorder_buffer.h"
#include "runtime/turn.h"

namespace weir::runtime {

class EventOrder {
 public:
  EventOrder(const event::Schema& schema, const EngineOptions& options)
      : options_(options), waiting_(schema) {}
  ~EventOrder() { clear(); }
  EventOrder(const EventOrder&) = delete;
  EventOrder& operator=(const EventOrder&) = delete;

  // Whether add() would take the event now.
  [[nodiscard]] bool takes(const event::Row& row) const;
  // What is refused goes to the sink, and moves no time.
  void add(const event::Row& row, Sink& sink);
  // No event before now_ms will come any more.
  void advance(std::int64_t now_ms);
  // What waits for its turn gets it now.
  void flush();
  // With the input, time has ended.
  void finish();

  // To be changed only in what they point to.
  [[nodiscard]] std::span<Turn> turns() { return turns_; }
  // Deadlines before it are to complete, behind those of all turns.
  [[nodiscard]] std::int64_t clock_ms() const { return clock_ms_; }
  // The turns have been taken.
  void clear();

  void add_stats(EngineStats& stats) const;

 private:
  [[nodiscard]] bool too_far_ahead(const event::Row& row) const;
  [[nodiscard]] bool is_late(const event::Row& row) const;
  void take(const event::Row& row, std::int64_t clock_ms, bool clamp);
  void release(std::int64_t watermark_ms);

  const EngineOptions& options_;
  ReorderBuffer waiting_;
  std::vector<const event::Row*> released_;  // of turns_: those that have waited
  std::vector<Turn> turns_;
  std::int64_t clock_ms_ = INT64_MIN;
  std::int64_t newest_ms_ = INT64_MIN;
  std::uint64_t accepted_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t future_ = 0;
};

}  // namespace weir::runtime
