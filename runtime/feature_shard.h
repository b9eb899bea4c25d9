// The windows of features over the keys that one shard owns: events are counted in, values read out
// and put into the events (engine.md E2.5). Single-threaded; owns all its mutable state.
//
// Invariants
// 1. Of one event, values that leave it out are read before it counts anywhere, all others after it
//    counts everywhere.
// 2. A key has an entry only while some window of it is not empty, give or take what expires first
//    in, first out.
// 3. What is read depends on the events of the key and on the clock alone: not on which other keys
//    the shard owns, nor on when memory is given back.
//
// Cost: a look-up an access; a step of a cursor for each window (state/window_group.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "event/arena.h"
#include "runtime/engine.h"
#include "runtime/expiry_queue.h"
#include "runtime/feature_chunk.h"
#include "runtime/loaded_image.h"
#include "runtime/turn.h"
#include "runtime/window_table.h"

namespace weir::runtime {

class FeatureShard {
 public:
  // Both must outlive it. `shared`: other shards write slots of the same events at the same time.
  FeatureShard(const LoadedImage& loaded, const EngineOptions& options, bool shared);
  ~FeatureShard();

  // The values given out so far have been used.
  void begin() { texts_.reset(); }
  // What was routed here, to the shard with this number, of a level.
  void apply(std::span<const Turn> turns, std::size_t level, std::size_t shard,
             FeatureChunk& chunk);
  // The value of a feature for a key, all that was applied being before it and no event at hand;
  // good until begin(). Absent: the same as nothing.
  [[nodiscard]] std::optional<event::Value> value(std::uint32_t feature, std::string_view key_bytes,
                                                  std::int64_t time_ms);
  // Gives back what is over before now_ms.
  void advance(std::int64_t now_ms);

  void add_stats(EngineStats& stats) const;

 private:
  // One access of the event under way.
  struct Open {
    const FeatureOp* op = nullptr;
    const FeatureAccess* access = nullptr;
    WindowEntry* entry = nullptr;
  };

  void prefetch(std::span<const FeatureOp> ops, std::size_t at) const;
  void apply_event(const event::Row& row);
  void apply_alone(Open open, const event::Row& row);
  void look_up(Open& open);
  void count_in(Open& open, const event::Row& row);
  void read(Open& open, std::span<const FeatureReads> reads, const event::Row& row);
  void put(const FeatureValue& value, const state::Reading& reading);
  // False: absent.
  [[nodiscard]] bool take(event::TypeKind kind, const state::Reading& reading, event::Value& out);
  [[nodiscard]] HeldWindows* held_of(const Open& open, std::uint32_t group);
  [[nodiscard]] bool is_over(const HeldWindows& held) const;
  void expire(const WindowExpiry& expiry);
  [[nodiscard]] std::int64_t expiry_of(const HeldWindows& held) const;
  [[nodiscard]] std::int64_t expiry_of(const WindowEntry& entry) const;

  const LoadedImage& loaded_;
  const bool out_of_order_;  // an event may be older than what its key has seen
  const bool shared_;
  base::Pool pool_;
  std::vector<std::unique_ptr<state::WindowGroup>> groups_;
  std::vector<std::unique_ptr<WindowTable>> tables_;  // by dimension
  ExpiryQueues<WindowExpiry> expiries_;
  std::vector<std::uint32_t> queue_;  // by dimension
  std::int64_t clock_ms_ = INT64_MIN;
  std::uint64_t overflow_ = 0;

  event::Arena texts_;  // of values given out

  // Of the event under way.
  FeatureChunk* chunk_ = nullptr;
  FeatureChunk::Enriched* to_ = nullptr;
  std::vector<Open> open_;
  std::vector<state::Cell> cells_;        // as many as any group has columns
  std::vector<state::Reading> readings_;  // as many as any group has aggregates
};

}  // namespace weir::runtime
