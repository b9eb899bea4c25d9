// How many different values several windows over the same values hold: each different value once,
// with the position at which it was seen last, in the order of these positions. A window holds a
// value if it holds its last occurrence, so that memory goes by different values, not by events,
// and one set serves all windows: each has a cursor in the order, and a count of what follows it.
//
// Positions and floors: as in extreme_queue.h.
//
// Invariants
// 1. The list from front to back is in the order of positions; each key is in it once.
// 2. A cursor's count is the number of entries at or behind it, and those before it have positions
//    below its floor.
// 3. Up to kLinear values there is no hash table: the list is walked.
//
// The table is open (linear probing, deletion by shifting back) and its hash is seeded: who knows
// the seed not cannot make values collide. Results do not depend on the seed.
//
// Ownership: memory in the caller's pool, given back by release(). Relocatable. Not thread-safe.
// All bytes zero is an empty set, to which belong cursors as they are made. Cost: amortised O(1)
// and O(1) a cursor; about 36 bytes a 64-bit value, 44 a 128-bit one, and up to twice that after
// growth.
#pragma once

#include <span>

#include "base/pool.h"
#include "state/narrow_int.h"

namespace weir::state {

[[nodiscard]] inline std::uint64_t mix64(std::uint64_t x) {  // splitmix64's finaliser
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}
[[nodiscard]] inline std::uint64_t mix_key(std::uint64_t key, std::uint64_t seed) {
  return mix64(key ^ seed);
}
[[nodiscard]] inline std::uint64_t mix_key(UInt128 key, std::uint64_t seed) {
  return mix64(mix64(static_cast<std::uint64_t>(key >> 64) ^ seed) +
               static_cast<std::uint64_t>(key));
}

struct RecencyCursor {
  std::int64_t floor = INT64_MIN;  // positions below it are not counted
  std::uint32_t at = 0;            // the first entry counted; an index + 1, 0: none
  std::uint32_t count = 0;
};

template <typename Key>  // std::uint64_t, or UInt128
class RecencySet {
 public:
  using Cursor = RecencyCursor;

  // Before: evict() up to what no window holds any more.
  void touch(base::Pool& pool, std::uint64_t seed, Key key, std::int64_t position,
             std::span<Cursor> cursors);
  // Forgets what stands below `floor`, the lowest of all windows.
  void evict(base::Pool& pool, std::uint64_t seed, std::int64_t floor, std::span<Cursor> cursors);
  // Forgets the value that was seen longest ago, and returns its position. The set is not empty.
  std::int64_t evict_front(base::Pool& pool, std::uint64_t seed, std::span<Cursor> cursors);
  [[nodiscard]] std::uint32_t count(std::int64_t floor, Cursor& cursor) const;
  [[nodiscard]] std::uint32_t size() const { return size_; }
  void release(base::Pool& pool);
  [[nodiscard]] std::size_t bytes() const;

  // visit(key, position) for each value, the one seen longest ago first.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t i = front_; i != 0; i = entry(i).next)
      visit(entry(i).key(), entry(i).position);
  }

 private:
  static constexpr std::uint32_t kLinear = 8;

  struct Entry {
    std::uint64_t words[sizeof(Key) / 8];
    std::int64_t position;
    std::uint32_t before;
    std::uint32_t next;  // of a free entry: the next free one

    [[nodiscard]] Key key() const {
      Key k;
      std::memcpy(&k, words, sizeof k);
      return k;
    }
  };

  [[nodiscard]] Entry& entry(std::uint32_t i) { return entries_[i - 1]; }
  [[nodiscard]] const Entry& entry(std::uint32_t i) const { return entries_[i - 1]; }
  [[nodiscard]] std::uint32_t mask() const { return table_size_ - 1; }
  [[nodiscard]] std::uint32_t find(std::uint64_t seed, Key key) const;
  std::uint32_t take_entry(base::Pool& pool);
  void link_back(std::uint32_t i);
  void unlink(std::uint32_t i);
  void refresh(std::uint32_t i, std::int64_t position, std::span<Cursor> cursors);
  void insert_slot(std::uint64_t seed, std::uint32_t i);
  void erase_slot(std::uint64_t seed, std::uint32_t i);
  void rebuild_table(base::Pool& pool, std::uint64_t seed, std::uint32_t slots);
  void remove_front(std::uint64_t seed);
  void shrink(base::Pool& pool, std::uint64_t seed, std::span<Cursor> cursors);

  // Entries are named by index + 1; 0 is none.
  Entry* entries_;
  std::uint32_t* table_;
  std::uint32_t capacity_;
  std::uint32_t used_;  // entries that were ever taken; those beyond were not
  std::uint32_t size_;
  std::uint32_t free_;
  std::uint32_t front_;
  std::uint32_t back_;
  std::uint32_t table_size_;
  std::uint32_t unused_;
};

}  // namespace weir::state
