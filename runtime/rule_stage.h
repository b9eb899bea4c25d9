// The rules of one stage: finds for each turn of a slice those that it may matter to, and steps
// them, each key in the shard that owns it (ARCHITECTURE.md). Used by the Engine, one for each
// stage of its ruleset. Used by one thread at a time; shares its work out on the executor that it
// is handed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/executor.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"
#include "runtime/match_output.h"
#include "runtime/recorded_matches.h"
#include "runtime/router.h"
#include "runtime/shard.h"
#include "runtime/warm_up.h"

namespace weir::runtime {

class RuleStage {
 public:
  // Both must outlive it.
  RuleStage(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
            std::size_t shards);

  // Turns follow, of which step() or record() will speak.
  void begin(std::span<const Turn> turns);
  // With one shard: turns[begin..end), which follow those of the call before; what they complete
  // goes straight out. advance() completes the deadlines before clock_ms, behind them all.
  void step(std::span<const Turn> turns, std::size_t begin, std::size_t end, MatchReceiver& out);
  void advance(std::int64_t clock_ms, MatchReceiver& out) {
    shards_.front()->advance(clock_ms, out);
  }
  // When the next deadline may complete something; INT64_MAX if none is set.
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  // All turns, and the deadlines before clock_ms; what they complete is recorded, until begin().
  void record(std::span<const Turn> turns, std::int64_t clock_ms, base::Executor* executor);
  [[nodiscard]] std::span<const RecordedMatches* const> recorded() const { return all_recorded_; }

  // By how much the number of open partial matches changed with a turn; behind them all.
  [[nodiscard]] std::int64_t open_change(std::size_t turn) const;
  // What conditions counted, for each router and shard.
  template <typename Take>
  void take_counted(const Take& take) {
    for (Router& router : routers_) take(router.counted());
    for (const auto& shard : shards_) take(shard->counted());
  }
  void add_stats(EngineStats& stats) const;

 private:
  void prepare(std::size_t chunks);

  const LoadedImage& loaded_;
  std::size_t stage_;
  WarmUp warm_up_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Router> routers_;            // by chunk
  std::vector<RoutedChunk> routed_;        // by chunk
  std::vector<RecordedMatches> recorded_;  // by shard
  std::vector<const RecordedMatches*> all_recorded_;
};

}  // namespace weir::runtime
