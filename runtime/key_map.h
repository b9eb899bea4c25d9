// Keys of one shard, and for each a list of what is held for it: stores and seeds of rules
// (runtime/key_table.h), windows of features (runtime/window_table.h).
//
// Open addressing over 16-byte slots; entries stand in slabs of the map and never move. An erased
// entry's place is given to the next key, under another serial: who keeps a pointer to an entry
// compares the serial before it trusts it. Single-threaded. `Held` is trivially copyable.
//
// Invariants
// 1. Erasing shifts back what follows (no tombstones), so a probe ends at the first free slot.
// 2. What `held` points to is its owner's to give back before the entry is erased.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/pool.h"

namespace weir::runtime {

template <typename Held>
struct KeyEntryOf {
  static constexpr std::size_t kInlineBytes = 24;

  std::uint64_t hash = 0;
  std::uint64_t serial = 0;  // no other entry of this map ever has the same; 0: not in use
  char* bytes = nullptr;     // the key: inline_bytes, or a block of the pool
  KeyEntryOf* next_free = nullptr;
  std::uint32_t size = 0;
  base::PoolVector<Held> held;
  Held first_held;  // where `held` begins
  char inline_bytes[kInlineBytes];

  [[nodiscard]] std::string_view key() const { return {bytes, size}; }
};

[[nodiscard]] inline std::uint64_t hash_key(std::string_view key) { return base::hash64(key); }

// Which of several shards owns the keys of this hash. Maps use its low bits.
[[nodiscard]] inline std::uint32_t shard_of(std::uint64_t hash, std::size_t shards) {
  return static_cast<std::uint32_t>((hash >> 32) * shards >> 32);
}

template <typename Held>
class KeyMap {
 public:
  using Entry = KeyEntryOf<Held>;

  explicit KeyMap(base::Pool& pool) : pool_(pool), slots_(kFirst) {}
  // What is held must have been given back.
  ~KeyMap() {
    for_each([this](Entry& entry) { release(&entry); });
  }
  KeyMap(const KeyMap&) = delete;
  KeyMap& operator=(const KeyMap&) = delete;

  [[nodiscard]] std::size_t size() const { return used_; }
  // Of slots and entries, but not of what the pool has.
  [[nodiscard]] std::size_t bytes() const {
    return slots_.size() * sizeof(Slot) + slabs_.size() * kSlab * sizeof(Entry);
  }

  [[nodiscard]] Entry* find(std::string_view key, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.entry == nullptr) return nullptr;
      if (slot.hash == hash && slot.entry->key() == key) return slot.entry;
    }
  }
  // The entry of a key with this hash, which may be another key's; null if there is none. To ask
  // for its memory ahead of time, as prefetch_slot() does for what peek() and find() look at.
  [[nodiscard]] const Entry* peek(std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask; slots_[i].entry != nullptr; i = (i + 1) & mask) {
      if (slots_[i].hash == hash) return slots_[i].entry;
    }
    return nullptr;
  }
  void prefetch_slot(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }

  // `key` is not in the map.
  Entry* insert(std::string_view key, std::uint64_t hash) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    Entry* entry = new_entry();
    entry->hash = hash;
    entry->serial = ++serials_;
    entry->size = static_cast<std::uint32_t>(key.size());
    entry->bytes = key.size() <= Entry::kInlineBytes
                       ? entry->inline_bytes
                       : static_cast<char*>(pool_.allocate(key.size()));
    if (!key.empty()) std::memcpy(entry->bytes, key.data(), key.size());
    entry->held.adopt(&entry->first_held, 1);
    place(Slot{hash, entry});
    ++used_;
    return entry;
  }

  void erase(Entry* entry) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = entry->hash & mask;
    while (slots_[hole].entry != entry) hole = (hole + 1) & mask;
    for (std::size_t i = (hole + 1) & mask; slots_[i].entry != nullptr; i = (i + 1) & mask) {
      const std::size_t home = slots_[i].hash & mask;
      // Move back what the hole stands between: its home and its place.
      const bool between = hole <= i ? (home <= hole || home > i) : (home <= hole && home > i);
      if (!between) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole] = Slot{};
    --used_;
    release(entry);
  }

  // In no order. visit must not insert or erase.
  template <typename Visit>
  void for_each(const Visit& visit) {
    for (Slot& slot : slots_) {
      if (slot.entry != nullptr) visit(*slot.entry);
    }
  }

 protected:
  base::Pool& pool_;

 private:
  static constexpr std::size_t kFirst = 64;
  static constexpr std::size_t kSlab = 256;  // entries
  struct Slot {
    std::uint64_t hash = 0;
    Entry* entry = nullptr;
  };

  void place(const Slot& slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = slot.hash & mask;
    while (slots_[i].entry != nullptr) i = (i + 1) & mask;
    slots_[i] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.entry != nullptr) place(slot);
    }
  }
  [[nodiscard]] Entry* new_entry() {
    if (free_ == nullptr) {
      slabs_.push_back(std::make_unique<Entry[]>(kSlab));
      for (std::size_t i = kSlab; i-- > 0;) {
        slabs_.back()[i].next_free = free_;
        free_ = &slabs_.back()[i];
      }
    }
    Entry* entry = free_;
    free_ = entry->next_free;
    return entry;
  }
  void release(Entry* entry) {
    entry->held.release(pool_);
    if (entry->size > Entry::kInlineBytes) pool_.release(entry->bytes, entry->size);
    entry->serial = 0;
    entry->next_free = free_;
    free_ = entry;
  }

  std::vector<std::unique_ptr<Entry[]>> slabs_;
  Entry* free_ = nullptr;  // linked by next_free
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint64_t serials_ = 0;
};

}  // namespace weir::runtime
