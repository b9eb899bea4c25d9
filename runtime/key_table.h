// The keys of one shard that have something under way, and for each the stores of its rules.
//
// Open addressing over 16-byte slots; entries stand in slabs of the table and never move. An erased
// entry's place is given to the next key, under another serial: who holds a pointer to an entry
// compares the serial before it trusts it. Single-threaded.
//
// Invariants
// 1. An entry's rules are in ascending order, each with a store.
// 2. Erasing shifts back what follows (no tombstones), so a probe ends at the first free slot.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
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
  std::uint64_t serial = 0;  // no other entry of this table ever has the same; 0: not in use
  char* bytes = nullptr;     // the key
  KeyEntry* next_free = nullptr;
  std::uint32_t size = 0;
  std::uint32_t block_bytes = 0;  // of the block that begins with the key
  base::PoolVector<RuleStore> rules;
  base::PoolVector<event::Value> values;  // of the key's fields, strings pointing into texts
  base::PoolVector<char> texts;
  RuleStore first_rules[2];  // where `rules` begins

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
  // `key` is not in the table. Room for so many values and bytes of texts comes with the entry.
  KeyEntry* insert(std::string_view key, std::uint64_t hash, std::size_t values = 0,
                   std::size_t text_bytes = 0);
  // The entry holds no store.
  void erase(KeyEntry* entry);
  [[nodiscard]] std::size_t size() const { return used_; }

  [[nodiscard]] static nfa::RunStore* find_store(const KeyEntry& entry, std::uint32_t rule);
  nfa::RunStore* add_store(KeyEntry& entry, std::uint32_t rule,
                           const nfa::RunStore::Layout& layout);
  void drop_store(KeyEntry& entry, std::uint32_t rule);

 private:
  static constexpr std::size_t kFirst = 64;
  struct Slot {
    std::uint64_t hash = 0;
    KeyEntry* entry = nullptr;
  };
  void grow();
  void release(KeyEntry* entry);

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
