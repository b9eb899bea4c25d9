// The keys of one shard that have something under way in one dimension, and for each the stores and
// seeds of its rules. Single-threaded.
//
// Invariant: an entry's rules are in ascending order, each with a store or a seed.
#pragma once

#include <cstdint>

#include "nfa/run_seed.h"
#include "nfa/run_store.h"
#include "runtime/key_map.h"

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

using KeyEntry = KeyEntryOf<RuleStore>;

inline void prefetch_entry(const KeyEntry* entry) {
  __builtin_prefetch(entry);
  __builtin_prefetch(&entry->first_held);
}
// Also of an entry that is gone, as long as its memory is there.
inline void prefetch_first_held(const KeyEntry* entry) {
  const RuleStore& held = entry->first_held;
  __builtin_prefetch(held.store != nullptr ? static_cast<const void*>(held.store)
                                           : static_cast<const void*>(held.seed));
}

// When the store or the seed of a rule and key may hold nothing alive any more.
struct RuleExpiry {
  std::int64_t time_ms = 0;
  KeyRef key;
  std::uint32_t store_serial = 0;  // of the store or the seed
  std::uint32_t rule = 0;
};

class KeyTable : public KeyMap<RuleStore> {
 public:
  explicit KeyTable(base::Pool& pool) : KeyMap(pool) {}
  ~KeyTable() {
    for_each([this](KeyEntry& entry) {
      for (const RuleStore& held : entry.held) destroy(held);
    });
  }

  // What the rule holds; null if it holds nothing.
  [[nodiscard]] static RuleStore* find_rule(KeyEntry& entry, std::uint32_t rule) {
    for (RuleStore& each : entry.held) {
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
  RuleStore& add_rule(KeyEntry& entry, std::uint32_t rule);
  void destroy(const RuleStore& held);

  std::uint32_t store_serials_ = 0;
};

}  // namespace weir::runtime
