// All windows over the same events of each key: those of one source, that satisfy the same
// conditions, by the same key (language L4.1, engine E2.5). The runtime has one group for each such
// set of features and shard, and for each key a KeyWindows of 16 bytes; the group knows neither
// events nor keys.
//
//     add(key, t, cells, present)     an event that counts
//     read(key, t, i)                 the value of aggregate i for an event at t; to leave out the
//                                     event at hand, read before adding it
//     expiry(key)                     from then on the key holds nothing, and may be released
//
// A key is a block of memory. While it has few events that is the events alone, packed
// (small_windows.h); with more it has running totals, cursors and the like (large_windows.h). A
// lone event needs no block where all is counts, sums and averages of sliding windows over at most
// one column of whole numbers: it stands in the KeyWindows, so that the many keys that are seen
// once cost little time and no other memory. The values are the same, bit for bit: every aggregate
// is a function of the values in its window, for floats too (exact_sum.h).
//
//     count sum avg stddev rate   exact; O(1) for each event that comes or goes, in all windows
//     min max                     one monotone queue for all sliding windows over a column
//     distinct                    exact, by each value's last occurrence: memory by different
//     values approx_distinct             exact up to 256 different values, then HyperLogLog: 2.3%
//     quantile                    exact, nearest rank; O(log n + n / 256) with small constants
//     first last                  exact
//
// Memory of sliding windows goes by the events of the longest one that needs the events themselves
// (count sum avg stddev rate first, and quantiles in any kind of window): a ring of about 6 bytes
// an event (time 3 to 5, an amount 3), and up to twice that after growth. All else keeps running
// values: tumbling, calendar and session windows a few words, hopping ones those for each pane of S
// (at most D / S + 1 of them); min and max what could still become the extreme; distinct the
// different values.
//
// Invariants
// 1. Time never goes back for one key: an earlier time is taken for the key's latest.
// 2. Equal contents of a window give equal readings, whatever came before, and whatever else the
//    group computes.
// 3. A key's memory is all in the pool that the group was made with; release() gives all of it
// back.
//    bytes() is what it takes there.
//
// Overflow, where nothing is shown and the caller counts it (Reading::Kind::kOverflow): a sum or
// average beyond 128 bits; a sum, avg or stddev with a float of 2^107 or more in its window; a
// stddev with a kInt128 beyond 64 bits in its window. The windows recover when the value leaves.
//
// Thread safety: a layout is immutable; a group and its keys belong to one thread. No allocation
// but from the pool; none once a key has had the memory that it needs. Fewer than 2^31 events may
// be in one ring, and fewer than 2^32 different values in a set.
#pragma once

#include <memory>

#include "base/pool.h"
#include "state/small_windows.h"
#include "state/window_layout.h"

namespace weir::state {

// The state of one key. Whoever holds it hands it to the group that it belongs to, and to its
// release() at the end. It may be moved to another place as bytes.
struct KeyWindows {
  std::byte* block = nullptr;  // odd: a lone event, whose value these are, shifted up by one
  std::int64_t last_ms = 0;    // the latest time of an event

  [[nodiscard]] bool empty() const { return block == nullptr; }
  [[nodiscard]] bool is_lone() const { return (reinterpret_cast<std::uintptr_t>(block) & 1) != 0; }
  [[nodiscard]] std::int64_t lone_value() const {
    return reinterpret_cast<std::intptr_t>(block) >> 1;
  }
  // Calls for the memory that the next operation looks at.
  void prefetch() const {
    if (!is_lone()) __builtin_prefetch(block);
  }
};

class WindowGroup {
 public:
  struct Options {
    std::uint64_t seed = 0;  // of the hash tables of distinct values
    // Alive events up to which a key is kept as these alone: 1 to SmallWindows::kRecords.
    unsigned few = SmallWindows::kRecords;
  };

  // Readings do not depend on the options. The pool outlives the group.
  WindowGroup(std::shared_ptr<const WindowLayout> layout, base::Pool& pool, Options options);
  WindowGroup(std::shared_ptr<const WindowLayout> layout, base::Pool& pool)
      : WindowGroup(std::move(layout), pool, Options{}) {}
  WindowGroup(const WindowGroup&) = delete;
  WindowGroup& operator=(const WindowGroup&) = delete;

  // An event at `time`. `cells`: one for each column of the layout; bit c of `present`: column c is
  // there. Those of columns that are not optional always are.
  void add(KeyWindows& key, std::int64_t time, const Cell* cells, std::uint64_t present);

  // The aggregate as of `time`. Moves the key on: what the window has left behind is forgotten.
  [[nodiscard]] Reading read(KeyWindows& key, std::int64_t time, std::size_t aggregate);
  // All aggregates of the layout, in order.
  void read_all(KeyWindows& key, std::int64_t time, Reading* out) {
    return key.is_lone() ? read_all_lone(key, time, out) : read_all_others(key, time, out);
  }

  // From this time on every window is empty, unless another event comes; INT64_MAX: never (a window
  // of the last N events). The least value of a key without events.
  [[nodiscard]] std::int64_t expiry(const KeyWindows& key) {
    return key.empty() ? INT64_MIN : expiry_after(key.last_ms);
  }
  // Gives back what memory the key does not need at `time`: all of it from its expiry on. For keys
  // that are seldom seen; add() keeps the others in order.
  void trim(KeyWindows& key, std::int64_t time);
  void release(KeyWindows& key) {
    if (!key.empty() && !key.is_lone()) release_block(key);
    key.block = nullptr;
  }
  // O(1) for each queue and the like; with text columns O(events in the ring).
  [[nodiscard]] std::size_t bytes(const KeyWindows& key) const;

  [[nodiscard]] const WindowLayout& layout() const { return *layout_; }

 private:
  [[nodiscard]] static bool is_small(const KeyWindows& key) {
    return key.block[kFormByte] == static_cast<std::byte>(BlockForm::kSmall);
  }
  [[nodiscard]] std::int64_t expiry_after(std::int64_t last) {
    return unit_windows_.empty() ? last + sliding_over_ : latest_expiry(last);
  }
  [[nodiscard]] std::int64_t latest_expiry(std::int64_t last);
  void release_block(KeyWindows& key);
  [[nodiscard]] bool add_plain(KeyWindows& key, std::int64_t time, const Cell* cells);
  [[nodiscard]] bool make_lone(KeyWindows& key, const Cell* cells) const;
  void give_block(KeyWindows& key);
  [[nodiscard]] Reading read_lone(const AggregatePlan& plan, const KeyWindows& key,
                                  std::int64_t time) const;
  void read_all_lone(const KeyWindows& key, std::int64_t time, Reading* out) const;
  void read_all_others(KeyWindows& key, std::int64_t time, Reading* out);
  void read_quick_block(const KeyWindows& key, std::int64_t time, Reading* out) const;
  std::uint64_t convert(const Cell* cells, std::uint64_t present, Int128* values);
  void add_any(KeyWindows& key, std::int64_t time, const Cell* cells, std::uint64_t present);
  void add_small(KeyWindows& key, std::int64_t time, const Int128* values, std::uint64_t present);
  void promote(KeyWindows& key);
  void demote(KeyWindows& key);
  [[nodiscard]] Reading read_empty(const AggregatePlan& plan) const;

  std::shared_ptr<const WindowLayout> layout_;
  WindowClock clock_;
  WindowContext context_;
  std::int64_t longest_sliding_ = 0;
  std::int64_t sliding_over_ = 0;  // from so long after an event on no sliding window includes it
  std::vector<std::uint16_t> unit_windows_;  // those whose expiry is no fixed time after an event
};

}  // namespace weir::state
