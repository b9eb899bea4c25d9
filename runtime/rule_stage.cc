#include "runtime/rule_stage.h"

#include <algorithm>

namespace weir::runtime {
namespace {

constexpr std::size_t kChunk = 256;  // turns that a task routes

}  // namespace

RuleStage::RuleStage(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
                     std::size_t shards)
    : loaded_(loaded), stage_(stage), warm_up_(loaded, stage) {
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(loaded, stage, options, warm_up_));
  }
  recorded_.resize(shards);
  for (const RecordedMatches& each : recorded_) all_recorded_.push_back(&each);
}

void RuleStage::begin(std::span<const Turn> turns) {
  warm_up_.see(turns);
  for (const auto& shard : shards_) shard->begin(turns);
}

void RuleStage::prepare(std::size_t chunks) {
  while (routers_.size() < chunks) {
    routers_.emplace_back(loaded_, stage_);
    routed_.emplace_back(shards_.size());
  }
}

void RuleStage::step(std::span<const Turn> turns, std::size_t begin, std::size_t end,
                     MatchReceiver& out) {
  prepare(1);
  routers_.front().route(turns, begin, end, routed_.front());
  shards_.front()->process(routed_.front(), 0, out);
}

std::int64_t RuleStage::next_deadline_ms() const {
  std::int64_t next = INT64_MAX;
  for (const auto& shard : shards_) next = std::min(next, shard->next_deadline_ms());
  return next;
}

void RuleStage::record(std::span<const Turn> turns, std::int64_t clock_ms,
                       base::Executor* executor) {
  const std::size_t chunks = (turns.size() + kChunk - 1) / kChunk;
  prepare(chunks);
  base::for_each(executor, chunks, [&](std::size_t c) {
    const std::size_t at = c * kChunk;
    routers_[c].route(turns, at, std::min(at + kChunk, turns.size()), routed_[c]);
  });
  base::for_each(executor, shards_.size(), [&](std::size_t s) {
    recorded_[s].clear();
    for (std::size_t c = 0; c < chunks; ++c) shards_[s]->process(routed_[c], s, recorded_[s]);
    shards_[s]->advance(clock_ms, recorded_[s]);
  });
}

std::int64_t RuleStage::open_change(std::size_t turn) const {
  std::int64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->open_changes()[turn];
  return sum;
}

void RuleStage::add_stats(EngineStats& stats) const {
  for (const auto& shard : shards_) shard->add_stats(stats);
}

}  // namespace weir::runtime
