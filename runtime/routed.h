// What the router has found out about some events for one shard: which rules each may matter to,
// and under which keys. Filled by a Router, read by a Shard; filled again and again. Four arrays
// rather than one structure an event, so that nothing is allocated once they have grown.
//
// Invariants
// 1. events are in the order of turns, at most one for each turn.
// 2. The keys of one event differ; its rules are in ascending order, and for one rule by key bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nfa/automaton.h"

namespace weir::runtime {

struct RoutedKey {
  std::uint64_t hash = 0;
  std::uint32_t dimension = 0;
  std::uint32_t bytes_at = 0;  // of RoutedChunk::key_bytes
  std::uint32_t bytes_size = 0;
  bool stateful = false;  // some rule may hold something for it
  bool ask_held = false;  // rules that hold something for it are to be asked, routed or not
};

struct RoutedRule {
  nfa::SymbolMask symbols = 0;
  std::uint32_t place = 0;                     // of LoadedImage::by_type, of the event's type
  std::uint32_t key = 0;                       // of the event's keys
  std::uint32_t key_mask = ~std::uint32_t{0};  // see nfa::Seen
};

struct RoutedEvent {
  std::uint32_t turn = 0;
  std::uint32_t first_key = 0;
  std::uint32_t first_rule = 0;
  std::uint32_t rules = 0;
  std::uint16_t keys = 0;
};

// The part of one shard.
struct RoutedEvents {
  std::vector<RoutedEvent> events;
  std::vector<RoutedKey> keys;
  std::vector<RoutedRule> rules;
};

struct RoutedChunk {
  explicit RoutedChunk(std::size_t shards) : of_shard(shards) {}

  std::vector<RoutedEvents> of_shard;
  std::string key_bytes;

  void clear() {
    for (RoutedEvents& each : of_shard) {
      each.events.clear();
      each.keys.clear();
      each.rules.clear();
    }
    key_bytes.clear();
  }
  [[nodiscard]] std::string_view bytes(const RoutedKey& key) const {
    return {key_bytes.data() + key.bytes_at, key.bytes_size};
  }
};

}  // namespace weir::runtime
