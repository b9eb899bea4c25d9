// Keys of one shard, and for each a list of what is held for it: stores and seeds of rules
// (runtime/key_table.h), windows of features (runtime/window_table.h).
//
// Open addressing over slots of 8 bytes (half of the key's hash, and the entry's number); entries
// stand in slabs and do not move while they live. The table of slots grows a little with each key
// that comes, so no key waits for all the others to be moved; a slab without an entry, and a table
// that has become far too large, go back to the system. Who wants to find an entry later keeps a
// KeyRef: it leads nowhere once the entry is gone. Single-threaded. `Held` is trivially copyable.
//
// Invariants
// 1. A key's slot is found from its home on before any free slot: in `slots_`, or, while these take
//    over from smaller or larger ones, in `old_`, to which nothing is added and in which what is
//    gone leaves a mark.
// 2. What `held` points to is its owner's to give back before the entry is erased.
// 3. At most three quarters of the slots are used.
//
// Cost: O(1) an operation, but for the pages that a larger table asks for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/pages.h"
#include "base/pool.h"

namespace weir::runtime {

// An entry that may be gone. The generation tells it from others that get its place.
struct KeyRef {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
};

template <typename Held>
struct KeyEntryOf {
  static constexpr std::size_t kInlineBytes = 24;

  std::uint32_t hash = 0;        // the low half
  std::uint32_t generation = 0;  // 0: not in use
  std::uint32_t index = 0;       // of the entry itself; of one not in use, of the next such
  std::uint32_t size = 0;
  base::PoolVector<Held> held;
  Held first_held;  // where `held` begins
  union {           // the key, or a block of the pool with it
    char inline_bytes[kInlineBytes];
    char* bytes;
  };

  KeyEntryOf() : bytes(nullptr) {}
  [[nodiscard]] std::string_view key() const {
    return {size <= kInlineBytes ? inline_bytes : bytes, size};
  }
  [[nodiscard]] KeyRef ref() const { return {index, generation}; }
};

[[nodiscard]] inline std::uint64_t hash_key(std::string_view key) { return base::hash64(key); }

// Which of several shards owns the keys of this hash. Maps use its low half.
[[nodiscard]] inline std::uint32_t shard_of(std::uint64_t hash, std::size_t shards) {
  return static_cast<std::uint32_t>((hash >> 32) * shards >> 32);
}

template <typename Held>
class KeyMap {
 public:
  using Entry = KeyEntryOf<Held>;

  explicit KeyMap(base::Pool& pool) : pool_(pool) { slots_.make(kFirst); }
  // What is held must have been given back.
  ~KeyMap() {
    for_each([this](Entry& entry) { release_memory(entry); });
  }
  KeyMap(const KeyMap&) = delete;
  KeyMap& operator=(const KeyMap&) = delete;

  [[nodiscard]] std::size_t size() const { return used_; }
  // Of slots and entries, without what is in the pool.
  [[nodiscard]] std::size_t bytes() const {
    return slots_.memory.bytes() + old_.memory.bytes() + live_slabs_ * slab_bytes();
  }

  [[nodiscard]] Entry* find(std::string_view key, std::uint64_t hash) const {
    Entry* found = find_in(slots_, key, hash);
    return found != nullptr || old_.mask == 0 ? found : find_in(old_, key, hash);
  }
  // Null if the entry is gone.
  [[nodiscard]] Entry* find(KeyRef ref) const {
    Entry* entry = place_of(ref);
    return entry != nullptr && entry->generation == ref.generation ? entry : nullptr;
  }
  // The entry of a key with half of this hash, which may be another key's; null if there is none.
  // To ask for its memory ahead of time, as prefetch_slot() does for what peek() and find() look
  // at.
  [[nodiscard]] const Entry* peek(std::uint64_t hash) const {
    const auto low = static_cast<std::uint32_t>(hash);
    for (std::size_t i = low & slots_.mask;; i = (i + 1) & slots_.mask) {
      const Slot& slot = slots_.at(i);
      if (slot.entry == kFree) return nullptr;
      if (slot.hash == low) return &entry_at(slot.entry - kNumber);
    }
  }
  void prefetch_slot(std::uint64_t hash) const {
    __builtin_prefetch(&slots_.at(static_cast<std::uint32_t>(hash) & slots_.mask));
  }
  // Where an entry stands or stood, to ask for its memory; null if that has been given back.
  [[nodiscard]] Entry* place_of(KeyRef ref) const {
    Entry* slab = slabs_[ref.index / kSlab].entries;
    return slab == nullptr ? nullptr : slab + ref.index % kSlab;
  }

  // `key` is not in the map.
  Entry* insert(std::string_view key, std::uint64_t hash) {
    if (old_.mask != 0) move_some();
    if ((used_ + 1) * 4 > slots_.count() * 3) start_moving(slots_.count() * 2);
    Entry* entry = new_entry();
    entry->hash = static_cast<std::uint32_t>(hash);
    if (++generations_ == 0) ++generations_;
    entry->generation = generations_;
    entry->size = static_cast<std::uint32_t>(key.size());
    char* bytes = entry->inline_bytes;
    if (key.size() > Entry::kInlineBytes) {
      bytes = entry->bytes = static_cast<char*>(pool_.allocate(key.size()));
    }
    if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
    entry->held.adopt(&entry->first_held, 1);
    place(Slot{entry->hash, entry->index + kNumber});
    ++used_;
    return entry;
  }

  void erase(Entry* entry) {
    if (!erase_slot(entry)) mark_moved(entry);
    --used_;
    release_memory(*entry);
    give_back(entry);
    if (used_ == 0 && slots_.count() > kFirst) {
      old_ = {};
      slots_.make(kFirst);
      return;
    }
    if (old_.mask != 0) return move_some();
    if (slots_.count() > kFirst && used_ * 16 < slots_.count()) {
      start_moving(std::max(kFirst, slots_.count() / 4));
    }
  }

  // In no order. visit must not insert or erase.
  template <typename Visit>
  void for_each(const Visit& visit) {
    for (Slab& slab : slabs_) {
      for (std::size_t i = 0; slab.entries != nullptr && i < kSlab; ++i) {
        if (slab.entries[i].generation != 0) visit(slab.entries[i]);
      }
    }
  }

 protected:
  base::Pool& pool_;

 private:
  static constexpr std::size_t kFirst = 512;    // slots: a page
  static constexpr std::uint32_t kSlab = 1024;  // entries
  // Slots that are moved with a key that comes or goes: twice as many as there may be keys before
  // the next move begins, out of a smaller table and out of a larger one.
  static constexpr std::size_t kMovedToLarger = 8;
  static constexpr std::size_t kMovedToSmaller = 32;
  static constexpr std::uint32_t kFree = 0;    // pages come zeroed
  static constexpr std::uint32_t kGone = 1;    // of `old_`
  static constexpr std::uint32_t kNumber = 2;  // what is added to an entry's index
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = kFree;
  };
  struct Slots {
    base::Pages memory;
    std::size_t mask = 0;  // 0: there are none

    void make(std::size_t count) {
      memory = base::Pages(count * sizeof(Slot));
      mask = count - 1;
    }
    [[nodiscard]] std::size_t count() const { return mask + 1; }
    [[nodiscard]] Slot& at(std::size_t i) const { return static_cast<Slot*>(memory.data())[i]; }
  };
  struct Slab {
    base::Pages memory;
    Entry* entries = nullptr;
    std::uint32_t free = kNone;  // index of the first entry that was in use, and is not
    std::uint32_t fresh = 0;     // entries from this one on never were
    std::uint32_t used = 0;
    bool is_open = false;  // stands in open_

    [[nodiscard]] bool has_room() const {
      return entries != nullptr && (free != kNone || fresh < kSlab);
    }
  };

  static std::size_t slab_bytes() { return kSlab * sizeof(Entry); }

  [[nodiscard]] Entry& entry_at(std::uint32_t index) const {
    return slabs_[index / kSlab].entries[index % kSlab];
  }

  [[nodiscard]] Entry* find_in(const Slots& slots, std::string_view key, std::uint64_t hash) const {
    const auto low = static_cast<std::uint32_t>(hash);
    for (std::size_t i = low & slots.mask;; i = (i + 1) & slots.mask) {
      const Slot& slot = slots.at(i);
      if (slot.entry == kFree) return nullptr;
      if (slot.hash != low || slot.entry == kGone) continue;
      Entry& entry = entry_at(slot.entry - kNumber);
      if (entry.key() == key) return &entry;
    }
  }

  void place(const Slot& slot) {
    std::size_t i = slot.hash & slots_.mask;
    while (slots_.at(i).entry != kFree) i = (i + 1) & slots_.mask;
    slots_.at(i) = slot;
  }

  // Moves back what follows, so that no mark is left behind; false: it is not in these slots.
  bool erase_slot(const Entry* entry) {
    const std::size_t mask = slots_.mask;
    const std::uint32_t wanted = entry->index + kNumber;
    std::size_t hole = entry->hash & mask;
    for (; slots_.at(hole).entry != wanted; hole = (hole + 1) & mask) {
      if (slots_.at(hole).entry == kFree) return false;
    }
    for (std::size_t i = (hole + 1) & mask; slots_.at(i).entry != kFree; i = (i + 1) & mask) {
      const std::size_t home = slots_.at(i).hash & mask;
      // Moved is what the hole stands between: its home and its place.
      const bool between = hole <= i ? (home <= hole || home > i) : (home <= hole && home > i);
      if (!between) continue;
      slots_.at(hole) = slots_.at(i);
      hole = i;
    }
    slots_.at(hole) = Slot{};
    return true;
  }
  void mark_moved(const Entry* entry) {
    std::size_t i = entry->hash & old_.mask;
    while (old_.at(i).entry != entry->index + kNumber) i = (i + 1) & old_.mask;
    old_.at(i).entry = kGone;
  }

  void start_moving(std::size_t count) {
    while (old_.mask != 0) move_some();
    old_ = std::exchange(slots_, {});
    slots_.make(count);
    moved_ = 0;
  }
  void move_some() {
    const std::size_t most = old_.mask < slots_.mask ? kMovedToLarger : kMovedToSmaller;
    for (std::size_t n = 0; n < most; ++n) {
      Slot& slot = old_.at(moved_);
      if (slot.entry >= kNumber) {
        place(slot);
        slot.entry = kGone;
      }
      if (++moved_ == old_.count()) {
        old_ = {};
        return;
      }
    }
  }

  [[nodiscard]] Entry* new_entry() {
    while (!open_.empty() && !slabs_[open_.back()].has_room()) {
      slabs_[open_.back()].is_open = false;
      open_.pop_back();
    }
    if (open_.empty()) open_slab();
    const std::uint32_t number = open_.back();
    Slab& slab = slabs_[number];
    if (slab.used++ == 0) --empty_;
    if (slab.free == kNone) {
      Entry* entry = new (&slab.entries[slab.fresh]) Entry;
      entry->index = number * kSlab + slab.fresh++;
      return entry;
    }
    Entry& entry = entry_at(slab.free);
    slab.free = std::exchange(entry.index, slab.free);
    return &entry;
  }
  void open_slab() {
    std::uint32_t number = static_cast<std::uint32_t>(slabs_.size());
    if (closed_.empty()) {
      slabs_.emplace_back();
    } else {
      number = closed_.back();
      closed_.pop_back();
    }
    Slab& slab = slabs_[number];
    slab.memory = base::Pages(slab_bytes());
    slab.entries = static_cast<Entry*>(slab.memory.data());
    slab.fresh = 0;
    slab.is_open = true;
    open_.push_back(number);
    ++live_slabs_;
    ++empty_;
  }
  void release_memory(Entry& entry) {
    entry.held.release(pool_);
    if (entry.size > Entry::kInlineBytes) pool_.release(entry.bytes, entry.size);
  }
  void give_back(Entry* entry) {
    const std::uint32_t number = entry->index / kSlab;
    Slab& slab = slabs_[number];
    entry->generation = 0;
    entry->index = std::exchange(slab.free, entry->index);
    if (!slab.is_open) {
      slab.is_open = true;
      open_.push_back(number);
    }
    if (--slab.used > 0 || ++empty_ == 1) return;
    // One empty slab is kept; this one is closed, and leaves open_ when it comes to its turn.
    --empty_;
    --live_slabs_;
    slab.memory = {};
    slab.entries = nullptr;
    slab.free = kNone;
    closed_.push_back(number);
  }

  std::vector<Slab> slabs_;
  std::vector<std::uint32_t> open_;    // slabs with an entry not in use, and some without
  std::vector<std::uint32_t> closed_;  // numbers of slabs that have been given back
  std::size_t live_slabs_ = 0;
  std::size_t empty_ = 0;  // slabs without an entry in use
  Slots slots_;
  Slots old_;              // what is being moved from, if anything is
  std::size_t moved_ = 0;  // slots of old_ before it have been moved
  std::size_t used_ = 0;
  std::uint32_t generations_ = 0;
};

}  // namespace weir::runtime
