#include "runtime/feature_stage.h"

#include <algorithm>

#include "base/mutants.h"
#include "runtime/key_map.h"

namespace weir::runtime {
namespace {

constexpr std::size_t kChunk = 256;  // turns that a task routes

}  // namespace

FeatureStage::FeatureStage(const LoadedImage& loaded, const EngineOptions& options,
                           std::size_t shards)
    : loaded_(loaded), executor_(shards > 1 ? options.executor : nullptr) {
  if (!any()) return;
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<FeatureShard>(loaded, options, shards > 1));
  }
}

void FeatureStage::begin() {
  used_ = 0;
  for (event::Arena& arena : arenas_) arena.reset();
  for (const auto& shard : shards_) shard->begin();
}

void FeatureStage::prepare(std::size_t chunks) {
  while (chunks_.size() < chunks) {
    chunks_.emplace_back(shards_.size());
    if (arenas_.empty() || executor_ != nullptr) arenas_.emplace_back();
    chunks_.back().arena = &arenas_.back();
    routers_.emplace_back(loaded_);
  }
}

void FeatureStage::run(std::span<Turn> turns, std::size_t first, std::size_t last) {
  run_levels(turns, first, last, {0, loaded_.features.levels.size(), true});
}

void FeatureStage::run_stage(std::span<Turn> turns, std::size_t first, std::size_t last,
                             std::size_t stage) {
  const auto& before = loaded_.features.levels_before;
  const auto at = [&](std::size_t s) { return before[std::min(s, before.size() - 1)]; };
  run_levels(turns, first, last, {at(stage), at(stage + 1), stage == 0});
}

void FeatureStage::run_levels(std::span<Turn> turns, std::size_t first, std::size_t last,
                              const Levels& levels) {
  if (!any() || first == last || (levels.first == levels.last && !levels.enrich)) return;
  const std::size_t count = (last - first + kChunk - 1) / kChunk;
  const std::size_t from = used_;
  used_ += count;
  prepare(used_);
  const auto enrich = [&](std::size_t c) {
    const std::size_t at = first + c * kChunk;
    const std::size_t end = std::min(at + kChunk, last);
    if (levels.enrich) {
      routers_[from + c].enrich(turns, at, end, chunks_[from + c]);
    } else {
      routers_[from + c].adopt(turns, at, end, chunks_[from + c]);
    }
  };
  const auto route = [&](std::size_t level, std::size_t c) {
    const std::size_t at = first + c * kChunk;
    const std::size_t end = std::min(at + kChunk, last);
    routers_[from + c].route(turns, at, end, level, chunks_[from + c]);
  };
  const auto apply = [&](std::size_t level, std::size_t s) {
    for (std::size_t c = 0; c < count; ++c) {
      shards_[s]->apply(turns, level, s, chunks_[from + c]);
    }
  };
  const std::size_t of_stage = levels.last - levels.first;
  if (of_stage == 0) base::for_each(executor_, count, enrich);
  for (std::size_t i = 0; i < of_stage; ++i) {
    const bool turned = base::mutant(base::Mutant::kFeatureLevelsTurned);
    const std::size_t level = levels.first + (turned ? of_stage - 1 - i : i);
    base::for_each(executor_, count, [&](std::size_t c) {
      if (i == 0) enrich(c);
      route(level, c);
    });
    base::for_each(executor_, shards_.size(), [&](std::size_t s) { apply(level, s); });
  }
}

std::optional<event::Value> FeatureStage::value(std::uint32_t feature, std::string_view key_bytes,
                                                std::int64_t time_ms) {
  const std::size_t shard = shard_of(hash_key(key_bytes), shards_.size());
  return shards_[shard]->value(feature, key_bytes, time_ms);
}

void FeatureStage::advance(std::int64_t now_ms) {
  for (const auto& shard : shards_) shard->advance(now_ms);
}

void FeatureStage::add_stats(EngineStats& stats) const {
  for (const auto& shard : shards_) shard->add_stats(stats);
  for (const FeatureRouter& router : routers_) {
    stats.overflow += router.counters().overflow;
    stats.division_by_zero += router.counters().division_by_zero;
  }
}

}  // namespace weir::runtime
