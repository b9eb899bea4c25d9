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
  if (!any() || first == last) return;
  const std::size_t count = (last - first + kChunk - 1) / kChunk;
  const std::size_t from = used_;
  used_ += count;
  prepare(used_);
  const auto enrich = [&](std::size_t c) {
    const std::size_t at = first + c * kChunk;
    routers_[from + c].enrich(turns, at, std::min(at + kChunk, last), chunks_[from + c]);
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
  const std::size_t levels = loaded_.features.levels.size();
  for (std::size_t i = 0; i < levels; ++i) {
    const bool turned = base::mutant(base::Mutant::kFeatureLevelsTurned);
    const std::size_t level = turned ? levels - 1 - i : i;
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
