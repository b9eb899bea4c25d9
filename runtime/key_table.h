// The keys of one shard that have something under way, and for each the stores of its rules.
//
// Open addressing over 16-byte slots; entries live in a Pool and stay where they are until they
// are erased. A key with nothing left is erased and takes no memory. Single-threaded.
//
// Invariants
// 1. An entry's rules are in ascending order, each with a store.
// 2. Erasing shifts back what follows (no tombstones), so a probe ends at the first free slot.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/pool.h"
#include "nfa/run_store.h"

namespace weir::runtime {

struct RuleStore {
  std::uint32_t rule = 0;
  nfa::RunStore* store = nullptr;
};

struct KeyEntry {
  std::uint64_t hash = 0;
  std::uint64_t serial = 0;  // no other entry of this table ever has the same
  char* bytes = nullptr;     // the key
  std::uint32_t size = 0;
  std::int64_t newest_ms = INT64_MIN;  // newest event or deadline that it has seen
  base::PoolVector<RuleStore> rules;
  base::PoolVector<event::Value> values;  // of the key's fields, strings pointing into texts
  base::PoolVector<char> texts;

  [[nodiscard]] std::string_view key() const { return {bytes, size}; }
};

class KeyTable {
 public:
  explicit KeyTable(base::Pool& pool) : pool_(pool), slots_(kFirst) {}
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  [[nodiscard]] static std::uint64_t hash(std::string_view key) { return base::hash64(key); }
  [[nodiscard]] KeyEntry* find(std::string_view key, std::uint64_t hash) const;
  // `key` is not in the table.
  KeyEntry* insert(std::string_view key, std::uint64_t hash);
  // The entry holds no store.
  void erase(KeyEntry* entry);
  [[nodiscard]] std::size_t size() const { return used_; }

  [[nodiscard]] static nfa::RunStore* find_store(const KeyEntry& entry, std::uint32_t rule);
  nfa::RunStore* add_store(KeyEntry& entry, std::uint32_t rule);
  void drop_store(KeyEntry& entry, std::uint32_t rule);

 private:
  static constexpr std::size_t kFirst = 64;
  struct Slot {
    std::uint64_t hash = 0;
    KeyEntry* entry = nullptr;
  };
  void grow();
  void release(KeyEntry* entry);

  base::Pool& pool_;
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint64_t serials_ = 0;
};

}  // namespace weir::runtime
