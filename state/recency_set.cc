#include "state/recency_set.h"

#include <algorithm>
#include <cstring>

namespace weir::state {

template <typename Key>
std::uint32_t RecencySet<Key>::find(std::uint64_t seed, Key key) const {
  if (table_ == nullptr) {
    for (std::uint32_t i = back_; i != 0; i = entry(i).before) {
      if (entry(i).key() == key) return i;
    }
    return 0;
  }
  auto slot = static_cast<std::uint32_t>(mix_key(key, seed));
  for (;; ++slot) {
    const std::uint32_t i = table_[slot & mask()];
    if (i == 0 || entry(i).key() == key) return i;
  }
}

template <typename Key>
void RecencySet<Key>::link_back(std::uint32_t i) {
  entry(i).before = back_;
  entry(i).next = 0;
  (back_ == 0 ? front_ : entry(back_).next) = i;
  back_ = i;
}

template <typename Key>
void RecencySet<Key>::unlink(std::uint32_t i) {
  const Entry& e = entry(i);
  (e.before == 0 ? front_ : entry(e.before).next) = e.next;
  (e.next == 0 ? back_ : entry(e.next).before) = e.before;
}

template <typename Key>
std::uint32_t RecencySet<Key>::take_entry(base::Pool& pool) {
  ++size_;
  if (free_ != 0) {
    const std::uint32_t i = free_;
    free_ = entry(i).next;
    return i;
  }
  if (used_ == capacity_) {
    const std::size_t bytes =
        base::Pool::rounded(std::max<std::size_t>(1, std::size_t{capacity_} * 2) * sizeof(Entry));
    auto* bigger = static_cast<Entry*>(pool.allocate(bytes));
    if (entries_ != nullptr) {
      std::memcpy(static_cast<void*>(bigger), entries_, used_ * sizeof(Entry));
      pool.release(entries_, base::Pool::rounded(capacity_ * sizeof(Entry)));
    }
    entries_ = bigger;
    capacity_ = static_cast<std::uint32_t>(bytes / sizeof(Entry));
  }
  return ++used_;
}

template <typename Key>
void RecencySet<Key>::touch(base::Pool& pool, std::uint64_t seed, Key key, std::int64_t position,
                            std::span<Cursor> cursors) {
  if (const std::uint32_t known = find(seed, key); known != 0) {
    refresh(known, position, cursors);
    return;
  }
  const std::uint32_t i = take_entry(pool);
  std::memcpy(entry(i).words, &key, sizeof key);
  entry(i).position = position;
  link_back(i);
  for (Cursor& cursor : cursors) {
    ++cursor.count;
    if (cursor.at == 0) cursor.at = i;
  }
  if (size_ > kLinear && size_ * 2 > table_size_) {
    rebuild_table(pool, seed, std::bit_ceil(size_ * 2 + 1));
  } else if (table_ != nullptr) {
    insert_slot(seed, i);
  }
}

// A known value becomes the one seen last.
template <typename Key>
void RecencySet<Key>::refresh(std::uint32_t i, std::int64_t position, std::span<Cursor> cursors) {
  const std::int64_t old = entry(i).position;
  const std::uint32_t next = entry(i).next;
  if (next != 0) {
    unlink(i);
    link_back(i);
  }
  entry(i).position = position;
  for (Cursor& cursor : cursors) {
    if (old < cursor.floor) {
      ++cursor.count;
      if (cursor.at == 0) cursor.at = i;
    } else if (cursor.at == i && next != 0) {
      cursor.at = next;
    }
  }
}

template <typename Key>
std::uint32_t RecencySet<Key>::count(std::int64_t floor, Cursor& cursor) const {
  cursor.floor = std::max(cursor.floor, floor);
  while (cursor.at != 0 && entry(cursor.at).position < floor) {
    --cursor.count;
    cursor.at = entry(cursor.at).next;
  }
  return cursor.count;
}

template <typename Key>
void RecencySet<Key>::evict(base::Pool& pool, std::uint64_t seed, std::int64_t floor,
                            std::span<Cursor> cursors) {
  if (front_ == 0 || entry(front_).position >= floor) return;
  for (Cursor& cursor : cursors) static_cast<void>(count(floor, cursor));
  while (front_ != 0 && entry(front_).position < floor) remove_front(seed);
  if (used_ > 2 * kLinear && size_ < used_ / 8) shrink(pool, seed, cursors);
}

template <typename Key>
std::int64_t RecencySet<Key>::evict_front(base::Pool& pool, std::uint64_t seed,
                                          std::span<Cursor> cursors) {
  const std::int64_t position = entry(front_).position;
  for (Cursor& cursor : cursors) {
    if (cursor.at != front_) continue;
    --cursor.count;
    cursor.at = entry(front_).next;
  }
  remove_front(seed);
  if (used_ > 2 * kLinear && size_ < used_ / 8) shrink(pool, seed, cursors);
  return position;
}

template <typename Key>
void RecencySet<Key>::remove_front(std::uint64_t seed) {
  const std::uint32_t i = front_;
  if (table_ != nullptr) erase_slot(seed, i);
  unlink(i);
  entry(i).next = free_;
  free_ = i;
  --size_;
}

template <typename Key>
void RecencySet<Key>::insert_slot(std::uint64_t seed, std::uint32_t i) {
  auto slot = static_cast<std::uint32_t>(mix_key(entry(i).key(), seed));
  while (table_[slot & mask()] != 0) ++slot;
  table_[slot & mask()] = i;
}

template <typename Key>
void RecencySet<Key>::erase_slot(std::uint64_t seed, std::uint32_t i) {
  auto hole = static_cast<std::uint32_t>(mix_key(entry(i).key(), seed));
  while (table_[hole & mask()] != i) ++hole;
  // What was pushed behind the hole by it moves up, unless that is before its own place.
  for (std::uint32_t slot = hole + 1; table_[slot & mask()] != 0; ++slot) {
    const std::uint32_t other = table_[slot & mask()];
    const auto home = static_cast<std::uint32_t>(mix_key(entry(other).key(), seed));
    if (((slot - home) & mask()) < ((slot - hole) & mask())) continue;
    table_[hole & mask()] = other;
    hole = slot;
  }
  table_[hole & mask()] = 0;
}

template <typename Key>
void RecencySet<Key>::rebuild_table(base::Pool& pool, std::uint64_t seed, std::uint32_t slots) {
  if (table_ != nullptr) pool.release(table_, table_size_ * sizeof(std::uint32_t));
  table_ = static_cast<std::uint32_t*>(pool.allocate(slots * sizeof(std::uint32_t)));
  std::fill_n(table_, slots, 0);
  table_size_ = slots;
  for (std::uint32_t i = front_; i != 0; i = entry(i).next) insert_slot(seed, i);
}

template <typename Key>
void RecencySet<Key>::shrink(base::Pool& pool, std::uint64_t seed, std::span<Cursor> cursors) {
  Entry* old = entries_;
  const std::uint32_t old_capacity = capacity_, old_front = front_;
  const std::size_t bytes =
      base::Pool::rounded(std::max<std::size_t>(1, std::size_t{size_} * 2) * sizeof(Entry));
  entries_ = static_cast<Entry*>(pool.allocate(bytes));
  capacity_ = static_cast<std::uint32_t>(bytes / sizeof(Entry));
  used_ = free_ = front_ = back_ = 0;
  for (std::uint32_t i = old_front; i != 0; i = old[i - 1].next) {
    // The new names follow the list, so a cursor still finds its entry by the old name below.
    const std::uint32_t fresh = ++used_;
    entry(fresh) = old[i - 1];
    old[i - 1].before = fresh;
    link_back(fresh);
  }
  for (Cursor& cursor : cursors) {
    if (cursor.at != 0) cursor.at = old[cursor.at - 1].before;
  }
  pool.release(old, base::Pool::rounded(old_capacity * sizeof(Entry)));
  if (table_ != nullptr) rebuild_table(pool, seed, std::bit_ceil(std::max(size_, kLinear) * 2 + 1));
}

template <typename Key>
void RecencySet<Key>::release(base::Pool& pool) {
  if (entries_ != nullptr) pool.release(entries_, base::Pool::rounded(capacity_ * sizeof(Entry)));
  if (table_ != nullptr) pool.release(table_, table_size_ * sizeof(std::uint32_t));
  *this = RecencySet{};
}

template <typename Key>
std::size_t RecencySet<Key>::bytes() const {
  std::size_t total = 0;
  if (entries_ != nullptr) total += base::Pool::rounded(capacity_ * sizeof(Entry));
  if (table_ != nullptr) total += base::Pool::rounded(table_size_ * sizeof(std::uint32_t));
  return total;
}

template class RecencySet<std::uint64_t>;
template class RecencySet<UInt128>;

}  // namespace weir::state
