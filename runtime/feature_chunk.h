// Some events on their way through the features: their rows with room for what features say of
// them, and for each shard what they do with its keys. Filled by a FeatureRouter, worked off by the
// FeatureShards; used again and again.
//
// Invariant: ops are in the order of turns; those of one turn differ in key or access.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/arena.h"
#include "event/row.h"

namespace weir::runtime {

// An access (runtime/loaded_features.h) of an event.
struct FeatureOp {
  std::uint64_t hash = 0;
  std::uint64_t counts = 0;  // bit i: the event counts in the i-th group of the access's updates
  std::uint32_t turn = 0;
  std::uint32_t access = 0;     // of LoadedFeatures::levels, of the level and the event's type
  std::uint32_t dimension = 0;  // of the access
  std::uint32_t bytes_at = 0;   // of FeatureChunk::key_bytes
  std::uint32_t bytes_size = 0;
};

struct FeatureChunk {
  explicit FeatureChunk(std::size_t shards) : of_shard(shards) {}

  // A copy of an event's row, whose derived slots can be written. Those of events whose types have
  // none are left as they were.
  struct Enriched {
    event::Row row;
    event::Value* slots = nullptr;
    std::uint64_t* present = nullptr;
  };

  std::size_t begin = 0;          // the first turn
  std::vector<Enriched> rows;     // by turn; there may be more
  event::Arena* arena = nullptr;  // of rows
  std::vector<std::vector<FeatureOp>> of_shard;
  std::string key_bytes;

  void clear_ops() {
    for (auto& ops : of_shard) ops.clear();
    key_bytes.clear();
  }
  [[nodiscard]] std::string_view bytes(const FeatureOp& op) const {
    return {key_bytes.data() + op.bytes_at, op.bytes_size};
  }
};

}  // namespace weir::runtime
