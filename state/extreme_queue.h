// The least or greatest value of several windows over the same values: one monotone queue, in which
// every window that ends now and begins later is a suffix, with one cursor a window.
//
// Each value stands at a position that never falls: a time, a sequence number, or the beginning of
// a pane. A window is asked for by the first position that it includes (its floor), which never
// falls either.
//
// Invariants
// 1. Entries have positions that do not fall and values that get strictly worse from front to back;
//    an entry is there if no later value is as good. No two have the same position, where the
//    positions are those of panes: memory is then bounded by the panes.
// 2. A cursor stands at or before the first entry that its window includes.
//
// Ownership: memory in the caller's pool, given back by release(); cells of texts are owned by the
// entries. Relocatable. Not thread-safe. Cost: push and read amortised O(1) and O(1) a window.
#pragma once

#include <span>

#include "base/pool.h"
#include "state/narrow_int.h"
#include "state/text_cell.h"

namespace weir::state {

template <typename Value>  // std::int64_t, or Int128
class ExtremeQueue {
 public:
  using Cursor = std::uint32_t;

  // What makes one value better than another. Text compares by bytes.
  struct Order {
    bool greatest = false;
    bool text = false;

    // b at least as good as a: a will never be asked for again.
    [[nodiscard]] bool covers(const Value& b, const Value& a) const {
      if (text) [[unlikely]] {
        const Int128 wide_a = a, wide_b = b;
        const auto order = TextCell::view(wide_b) <=> TextCell::view(wide_a);
        return greatest ? order >= 0 : order <= 0;
      }
      return greatest ? b >= a : b <= a;
    }
  };

  // `floor`: of the longest window; what stands before it goes. The value is not yet in the queue;
  // a text is cloned.
  void push(base::Pool& pool, Order order, std::int64_t position, Value value, std::int64_t floor,
            std::span<Cursor> cursors) {
    drop_front(pool, order, floor);
    std::uint32_t back = front_ + size_;
    const std::uint32_t before = back;
    while (size_ > 0 && order.covers(value, at(back - 1).value())) {
      disown(pool, order, at(back - 1));
      --back;
      --size_;
    }
    if (back != before) {
      for (Cursor& cursor : cursors) {
        if (static_cast<std::int32_t>(cursor - back) > 0) cursor = back;
      }
    }
    if (size_ > 0 && at(back - 1).position == position) return;  // covered as long as it lives
    if (size_ == capacity_) {
      resize(pool, capacity_ == 0 ? kFirst : capacity_ * 2);
    } else if (capacity_ > kFirst && size_ < capacity_ / 8) {
      resize(pool, capacity_ / 2);
    }
    if (order.text) value = static_cast<Value>(TextCell::clone(pool, value));
    at(back) = Entry(position, value);
    ++size_;
  }

  // Null: the window holds nothing.
  [[nodiscard]] bool read(std::int64_t floor, Cursor& cursor, Value* out) const {
    const std::uint32_t back = front_ + size_;
    std::uint32_t here = static_cast<std::int32_t>(cursor - front_) < 0 ? front_ : cursor;
    while (here != back && at(here).position < floor) ++here;
    cursor = here;
    if (here == back) return false;
    *out = at(here).value();
    return true;
  }

  void drop_front(base::Pool& pool, Order order, std::int64_t floor) {
    while (size_ > 0 && at(front_).position < floor) {
      disown(pool, order, at(front_));
      ++front_;
      --size_;
    }
  }

  void release(base::Pool& pool, Order order) {
    drop_front(pool, order, INT64_MAX);
    if (data_ != nullptr) pool.release(data_, capacity_ * sizeof(Entry));
    data_ = nullptr;
    capacity_ = 0;
  }

  [[nodiscard]] std::size_t bytes(Order order) const {
    if (data_ == nullptr) return 0;
    std::size_t total = base::Pool::rounded(capacity_ * sizeof(Entry));
    for (std::uint32_t i = 0; order.text && i < size_; ++i) {
      total += TextCell::bytes(at(front_ + i).value());
    }
    return total;
  }

 private:
  static constexpr std::uint32_t kFirst = 4;

  struct Entry {
    std::int64_t position;
    std::uint64_t words[sizeof(Value) / 8];

    Entry() = default;
    Entry(std::int64_t p, Value v) : position(p) { std::memcpy(words, &v, sizeof v); }
    [[nodiscard]] Value value() const {
      Value v;
      std::memcpy(&v, words, sizeof v);
      return v;
    }
  };

  [[nodiscard]] Entry& at(std::uint32_t i) { return data_[i & (capacity_ - 1)]; }
  [[nodiscard]] const Entry& at(std::uint32_t i) const { return data_[i & (capacity_ - 1)]; }

  static void disown(base::Pool& pool, Order order, const Entry& entry) {
    if (order.text) TextCell::disown(pool, entry.value());
  }

  // Entries keep their numbers; where a number stands follows from the capacity, a power of two.
  void resize(base::Pool& pool, std::uint32_t capacity) {
    auto* data = static_cast<Entry*>(pool.allocate(capacity * sizeof(Entry)));
    for (std::uint32_t i = 0; i < size_; ++i) data[(front_ + i) & (capacity - 1)] = at(front_ + i);
    if (data_ != nullptr) pool.release(data_, capacity_ * sizeof(Entry));
    data_ = data;
    capacity_ = capacity;
  }

  Entry* data_;
  std::uint32_t front_;  // numbers of entries, modulo 2^32
  std::uint32_t size_;
  std::uint32_t capacity_;
  std::uint32_t unused_;
};

}  // namespace weir::state
