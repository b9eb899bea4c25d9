// The keys of one shard that have something under way, and for each the stores of its rules.
//
// Open addressing over 16-byte slots; entries stand in slabs of the table and never move. An erased
// entry's place is given to the next key, under another serial: who holds a pointer to an entry
// compares the serial before it trusts it. Single-threaded.
//
// Invariants
// 1. An entry's rules are in ascending order, each with a store or a seed.
// 2. Erasing shifts back what follows (no tombstones), so a probe ends at the first free slot.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/pool.h"
#include "nfa/run_seed.h"
#include "nfa/run_store.h"

namespace weir::runtime {

// What a rule holds for a key: a store, or the seed that it would grow from.
struct RuleStore {
  std::uint32_t rule = 0;
  nfa::RunStore* store = nullptr;
  nfa::RunSeed* seed = nullptr;  // if there is no store
  // How far the clock was ahead of what it has seen, at most: by so much it lives longer.
  std::int64_t lag_ms = 0;

  [[nodiscard]] std::uint32_t serial() const {
    return store != nullptr ? store->serial : seed->serial;
  }
  // Partial matches.
  [[nodiscard]] std::int64_t open() const {
    return store != nullptr ? std::int64_t{store->cohorts_live()} : std::int64_t{seed->runs};
  }
};

struct KeyEntry {
  static constexpr std::size_t kInlineBytes = 24;

  std::uint64_t hash = 0;
  std::uint64_t serial = 0;  // no other entry of this table ever has the same; 0: not in use
  char* bytes = nullptr;     // the key: inline_bytes, or a block of the pool
  KeyEntry* next_free = nullptr;
  std::uint32_t size = 0;
  base::PoolVector<RuleStore> rules;
  RuleStore first_rule;  // where `rules` begins
  char inline_bytes[kInlineBytes];

  [[nodiscard]] std::string_view key() const { return {bytes, size}; }
};

inline void prefetch_entry(const KeyEntry* entry) {
  __builtin_prefetch(entry);
  __builtin_prefetch(&entry->first_rule);
}
inline void prefetch_held(const KeyEntry* entry) {
  const auto* held = entry->rules.data();
  __builtin_prefetch(held->store != nullptr ? static_cast<const void*>(held->store)
                                            : static_cast<const void*>(held->seed));
}

// Which of several shards owns the keys of this hash. Tables use its low bits.
[[nodiscard]] inline std::uint32_t shard_of(std::uint64_t hash, std::size_t shards) {
  return static_cast<std::uint32_t>((hash >> 32) * shards >> 32);
}

class KeyTable {
 public:
  explicit KeyTable(base::Pool& pool) : pool_(pool), slots_(kFirst) {}
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  [[nodiscard]] static std::uint64_t hash(std::string_view key) { return base::hash64(key); }
  [[nodiscard]] KeyEntry* find(std::string_view key, std::uint64_t hash) const;
  // The entry of a key with this hash, which may be another key's; null if there is none. To ask
  // for its memory ahead of time, as prefetch_slot() does for what peek() and find() look at.
  [[nodiscard]] const KeyEntry* peek(std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask; slots_[i].entry != nullptr; i = (i + 1) & mask) {
      if (slots_[i].hash == hash) return slots_[i].entry;
    }
    return nullptr;
  }
  void prefetch_slot(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  // `key` is not in the table.
  KeyEntry* insert(std::string_view key, std::uint64_t hash);
  // The entry holds no store.
  void erase(KeyEntry* entry);
  [[nodiscard]] std::size_t size() const { return used_; }

  // What the rule holds; null if it holds nothing.
  [[nodiscard]] static RuleStore* find_rule(KeyEntry& entry, std::uint32_t rule) {
    for (RuleStore& each : entry.rules) {
      if (each.rule == rule) return &each;
    }
    return nullptr;
  }
  // The rule holds nothing yet.
  RuleStore& add_store(KeyEntry& entry, std::uint32_t rule, const nfa::RunStore::Layout& layout);
  // Takes the seed over, and gives it its serial.
  RuleStore& add_seed(KeyEntry& entry, std::uint32_t rule, nfa::RunSeed* seed);
  // A store, empty, in place of the seed, with its serial. The seed is the caller's again.
  nfa::RunStore* replace_seed(RuleStore& held, const nfa::RunStore::Layout& layout);
  void drop_rule(KeyEntry& entry, std::uint32_t rule);

 private:
  static constexpr std::size_t kFirst = 64;
  struct Slot {
    std::uint64_t hash = 0;
    KeyEntry* entry = nullptr;
  };
  void grow();
  void release(KeyEntry* entry);
  RuleStore& add_rule(KeyEntry& entry, std::uint32_t rule);
  void destroy(const RuleStore& held);

  static constexpr std::size_t kSlab = 256;  // entries
  [[nodiscard]] KeyEntry* new_entry();

  base::Pool& pool_;
  std::vector<std::unique_ptr<KeyEntry[]>> slabs_;
  KeyEntry* free_ = nullptr;  // linked by KeyEntry::next_free
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint64_t serials_ = 0;
  std::uint32_t store_serials_ = 0;
};

}  // namespace weir::runtime
