#include "runtime/engine.h"

#include <algorithm>

#include "runtime/loaded_image.h"
#include "runtime/reorder_buffer.h"
#include "runtime/shard.h"

namespace weir::runtime {
namespace {

class SingleShardEngine final : public Engine {
 public:
  SingleShardEngine(LoadedImage loaded, const EngineOptions& options)
      : options_(options),
        loaded_(std::move(loaded)),
        waiting_(loaded_.image->schema),
        shard_(loaded_, options_) {}

  bool takes(const event::Row& row) const override {
    const bool drops = options_.order == Order::kWatermark && options_.late == LatePolicy::kDrop;
    return !too_far_ahead(row) && !(drops && is_late(row));
  }

  void process(const event::Row& row, Sink& sink) override {
    if (too_far_ahead(row)) {
      ++stats_.future;
      sink.on_refused(row, Sink::Refusal::kFuture);
      return;
    }
    if (options_.order == Order::kArrival) return arrive(row, sink);
    if (is_late(row)) {
      ++stats_.late;
      if (options_.late == LatePolicy::kDrop) {
        sink.on_refused(row, Sink::Refusal::kLate);
        return;
      }
      ++stats_.accepted;
      event::Row now = row;
      shard_.process(now, true, sink);
      return;
    }
    ++stats_.accepted;
    newest_ms_ = std::max(newest_ms_, row.ts_ms);
    if (options_.lateness_ms == 0) {  // in order already: nothing has to wait
      shard_.advance(row.ts_ms, sink);
      shard_.process(row, false, sink);
      return;
    }
    waiting_.add(row);
    release(newest_ms_ - options_.lateness_ms, sink);
  }

  void advance_time(std::int64_t now_ms, Sink& sink) override {
    if (options_.order == Order::kWatermark) release(now_ms, sink);
    newest_ms_ = std::max(newest_ms_, now_ms);
    shard_.advance(now_ms, sink);
  }

  void flush(Sink& sink) override { release(nfa::kNoLimit, sink); }

  void finish(Sink& sink) override {
    flush(sink);
    shard_.advance(nfa::kNoLimit, sink);
  }

  EngineStats stats() const override {
    EngineStats stats = stats_;
    stats.alerts_by_rule.assign(loaded_.image->rules.size(), 0);
    stats.decisions.assign(loaded_.image->decisions.size(), 0);
    shard_.add_stats(stats);
    stats.has_watermark = newest_ms_ != INT64_MIN;
    stats.watermark_ms =
        options_.order == Order::kWatermark ? newest_ms_ - options_.lateness_ms : newest_ms_;
    return stats;
  }

 private:
  [[nodiscard]] bool too_far_ahead(const event::Row& row) const {
    return options_.max_future_ms >= 0 && newest_ms_ != INT64_MIN && row.ts_ms > newest_ms_ &&
           row.ts_ms - newest_ms_ > options_.max_future_ms;
  }
  [[nodiscard]] bool is_late(const event::Row& row) const {
    return newest_ms_ != INT64_MIN && row.ts_ms < newest_ms_ - options_.lateness_ms;
  }

  void arrive(const event::Row& row, Sink& sink) {
    ++stats_.accepted;
    newest_ms_ = std::max(newest_ms_, row.ts_ms);
    shard_.advance(newest_ms_, sink);
    shard_.process(row, true, sink);
  }

  // Everything up to the watermark can be processed: nothing earlier will be accepted.
  void release(std::int64_t watermark_ms, Sink& sink) {
    while (!waiting_.empty() && waiting_.next_ms() <= watermark_ms) {
      const OwnedRow owned = waiting_.pop();
      const event::Row row = owned.view();
      shard_.advance(row.ts_ms, sink);
      shard_.process(row, false, sink);
    }
    if (watermark_ms != nfa::kNoLimit) shard_.advance(watermark_ms, sink);
  }

  EngineOptions options_;
  LoadedImage loaded_;
  ReorderBuffer waiting_;
  Shard shard_;
  std::int64_t newest_ms_ = INT64_MIN;
  EngineStats stats_;
};

}  // namespace

base::Result<std::unique_ptr<Engine>> Engine::create(const nfa::Image& image,
                                                     const EngineOptions& options) {
  auto loaded = load_image(image);
  if (!loaded) return std::unexpected(loaded.error());
  return std::make_unique<SingleShardEngine>(std::move(*loaded), options);
}

}  // namespace weir::runtime
