// All features of a ruleset: puts their values into events before any rule looks at them (language
// L4.2, nfa/feature.h). Used by the Engine, and by whoever shows what rules do with one event at a
// time. Used by one thread at a time; with an executor it shares its work out as the Engine does,
// level by level: events are routed in parallel, then each shard deals with its keys in order.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/feature_router.h"
#include "runtime/feature_shard.h"
#include "runtime/loaded_image.h"
#include "runtime/turn.h"

namespace weir::runtime {

class FeatureStage {
 public:
  FeatureStage(const LoadedImage& loaded, const EngineOptions& options, std::size_t shards);

  // Whether there is anything to do.
  [[nodiscard]] bool any() const { return loaded_.features.any(); }
  // Other turns follow. What the rows of the last ones point to has been used.
  void begin();
  // From now on the rows of turns[first..last), which follow those of the call before, carry the
  // values; until begin().
  void run(std::span<Turn> turns, std::size_t first, std::size_t last);
  // The same for the features of one stage, all lower stages having been run over these turns and
  // over what of them was there then. Rows of turns that came since are written where they are.
  void run_stage(std::span<Turn> turns, std::size_t first, std::size_t last, std::size_t stage);
  // The value of a feature (of Image::features) for a key, as runtime/key_codec.h writes it, after
  // the turns that were run and as of a time that is no earlier; no event is at hand. Nothing: it
  // is absent. Good until begin().
  [[nodiscard]] std::optional<event::Value> value(std::uint32_t feature, std::string_view key_bytes,
                                                  std::int64_t time_ms);
  // Gives back what is over before now_ms.
  void advance(std::int64_t now_ms);

  // What conditions counted, for each router.
  template <typename Take>
  void take_counted(const Take& take) {
    for (FeatureRouter& router : routers_) take(router.counted());
  }
  void add_stats(EngineStats& stats) const;

 private:
  struct Levels {
    std::size_t first = 0;
    std::size_t last = 0;
    bool enrich = true;  // rows are made that can be written
  };
  void run_levels(std::span<Turn> turns, std::size_t first, std::size_t last, const Levels& levels);
  void prepare(std::size_t chunks);

  const LoadedImage& loaded_;
  base::Executor* executor_;
  std::vector<std::unique_ptr<FeatureShard>> shards_;
  std::vector<FeatureRouter> routers_;  // by chunk
  std::vector<FeatureChunk> chunks_;
  // Of the rows of chunks: one for each where tasks fill them, else one for all.
  std::deque<event::Arena> arenas_;
  std::size_t used_ = 0;  // chunks since begin()
};

}  // namespace weir::runtime
