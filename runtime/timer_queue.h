// What falls due, in the order in which the output wants it: by time, then rule, then key bytes
// (product.md P1). At most one live entry a rule and key: an entry whose time is not the one that
// its store is armed for is stale and passed over. O(log n) a change.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/key_table.h"

namespace weir::runtime {

struct Timer {
  std::int64_t time_ms = 0;
  std::uint32_t rule = 0;
  std::uint32_t dimension = 0;
  std::uint64_t serial = 0;  // of the entry that it was set for
  std::uint64_t key_hash = 0;
  std::string key;  // to find the entry again, and for the order
};

class TimerQueue {
 public:
  void push(Timer timer) {
    heap_.push_back(std::move(timer));
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::int64_t next_ms() const { return heap_.front().time_ms; }
  [[nodiscard]] Timer pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Timer timer = std::move(heap_.back());
    heap_.pop_back();
    return timer;
  }

 private:
  [[nodiscard]] static bool later(const Timer& a, const Timer& b) {
    if (a.time_ms != b.time_ms) return a.time_ms > b.time_ms;
    if (a.rule != b.rule) return a.rule > b.rule;
    return a.key > b.key;
  }
  std::vector<Timer> heap_;
};

}  // namespace weir::runtime
