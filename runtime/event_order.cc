#include "runtime/event_order.h"

#include <algorithm>

#include "nfa/automaton.h"

namespace weir::runtime {

bool EventOrder::takes(const event::Row& row) const {
  const bool drops = options_.order == Order::kWatermark && options_.late == LatePolicy::kDrop;
  return !too_far_ahead(row) && !(drops && is_late(row));
}

bool EventOrder::too_far_ahead(const event::Row& row) const {
  return options_.max_future_ms >= 0 && newest_ms_ != INT64_MIN && row.ts_ms > newest_ms_ &&
         row.ts_ms - newest_ms_ > options_.max_future_ms;
}

bool EventOrder::is_late(const event::Row& row) const {
  return newest_ms_ != INT64_MIN && row.ts_ms < newest_ms_ - options_.lateness_ms;
}

void EventOrder::add(const event::Row& row, Sink& sink) {
  if (too_far_ahead(row)) {
    ++future_;
    sink.on_refused(row, Sink::Refusal::kFuture);
    return;
  }
  if (options_.order == Order::kArrival) {
    newest_ms_ = std::max(newest_ms_, row.ts_ms);
    return take(row, newest_ms_, true);
  }
  if (is_late(row)) {
    ++late_;
    if (options_.late == LatePolicy::kProcess) return take(row, clock_ms_, true);
    sink.on_refused(row, Sink::Refusal::kLate);
    return;
  }
  newest_ms_ = std::max(newest_ms_, row.ts_ms);
  if (options_.lateness_ms == 0) return take(row, row.ts_ms, false);  // nothing has to wait
  ++accepted_;
  waiting_.add(row);
  release(newest_ms_ - options_.lateness_ms);
}

void EventOrder::take(const event::Row& row, std::int64_t clock_ms, bool clamp) {
  ++accepted_;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  turns_.push_back(Turn{&row, clock_ms_, clamp});
}

// Everything up to the watermark gets its turn: nothing earlier will be accepted.
void EventOrder::release(std::int64_t watermark_ms) {
  while (!waiting_.empty() && waiting_.next_ms() <= watermark_ms) {
    const event::Row* row = released_.emplace_back(waiting_.pop());
    clock_ms_ = std::max(clock_ms_, row->ts_ms);
    turns_.push_back(Turn{row, clock_ms_, false});
  }
  if (watermark_ms != nfa::kNoLimit) clock_ms_ = std::max(clock_ms_, watermark_ms);
}

void EventOrder::advance(std::int64_t now_ms) {
  if (options_.order == Order::kWatermark) release(now_ms);
  newest_ms_ = std::max(newest_ms_, now_ms);
  clock_ms_ = std::max(clock_ms_, now_ms);
}

void EventOrder::flush() { release(nfa::kNoLimit); }

void EventOrder::finish() {
  flush();
  clock_ms_ = nfa::kNoLimit;
}

void EventOrder::clear() {
  turns_.clear();
  for (const event::Row* row : released_) waiting_.give_back(row);
  released_.clear();
}

void EventOrder::add_stats(EngineStats& stats) const {
  stats.accepted += accepted_;
  stats.late += late_;
  stats.future += future_;
  stats.has_watermark = newest_ms_ != INT64_MIN;
  stats.watermark_ms =
      options_.order == Order::kWatermark ? newest_ms_ - options_.lateness_ms : newest_ms_;
}

}  // namespace weir::runtime
