// When the stores of keys may hold nothing alive any more. All stores of rules with one horizon
// (the longest time that anything of theirs matters) expire in the order in which they were last
// asked for, so a queue for each horizon does what timers would, at a fraction of the cost. Used by
// the shard. In watermark order nothing that anybody sees depends on it but memory; in arrival
// order an old event is matched at the time of what has not gone yet. Single-threaded.
//
// Cost: O(1) a store; O(log horizons) when another queue's head becomes the earliest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "runtime/key_table.h"

namespace weir::runtime {

struct Expiry {
  std::int64_t time_ms = 0;
  KeyEntry* entry = nullptr;
  std::uint64_t serial = 0;        // of the entry
  std::uint32_t store_serial = 0;  // of the store or the seed
  std::uint32_t rule = 0;
};

class ExpiryQueues {
 public:
  // The queue for rules with this horizon; made if there is none.
  std::uint32_t queue_for(std::int64_t horizon_ms) {
    for (std::uint32_t i = 0; i < queues_.size(); ++i) {
      if (queues_[i].horizon_ms == horizon_ms) return i;
    }
    queues_.emplace_back().horizon_ms = horizon_ms;
    return static_cast<std::uint32_t>(queues_.size() - 1);
  }

  void push(std::uint32_t queue, const Expiry& expiry) {
    Ring& ring = queues_[queue];
    if (ring.size == 0) add_head(expiry.time_ms, queue);
    ring.push(expiry);
  }

  // Takes out one whose time is before now_ms; false if the head of no queue is.
  [[nodiscard]] bool take(std::int64_t now_ms, Expiry& out) {
    if (heads_.empty() || heads_.front().first >= now_ms) return false;
    const std::uint32_t queue = heads_.front().second;
    Ring& ring = queues_[queue];
    out = ring.pop();
    if (heads_.size() == 1 && ring.size > 0) {
      heads_.front().first = ring.items[ring.first].time_ms;
      return true;
    }
    std::ranges::pop_heap(heads_, std::greater<>());
    heads_.pop_back();
    if (ring.size > 0) add_head(ring.items[ring.first].time_ms, queue);
    return true;
  }

 private:
  struct Ring {
    std::int64_t horizon_ms = 0;
    std::vector<Expiry> items;  // a power of two
    std::size_t first = 0;
    std::size_t size = 0;

    void push(const Expiry& expiry) {
      if (size == items.size()) grow();
      items[(first + size++) & (items.size() - 1)] = expiry;
    }
    // What expires was last touched a horizon ago: its memory is called for some time before.
    Expiry pop() {
      constexpr std::size_t kAhead = 8;
      const std::size_t mask = items.size() - 1;
      const Expiry expiry = items[first];
      if (size > kAhead) {
        __builtin_prefetch(items[(first + kAhead) & mask].entry);
        __builtin_prefetch(items[(first + kAhead / 2) & mask].entry->first_held.seed);
      }
      first = (first + 1) & mask;
      --size;
      return expiry;
    }
    void grow() {
      std::vector<Expiry> bigger(items.empty() ? 16 : items.size() * 2);
      for (std::size_t i = 0; i < size; ++i) bigger[i] = items[(first + i) & (items.size() - 1)];
      items = std::move(bigger);
      first = 0;
    }
  };
  void add_head(std::int64_t time_ms, std::uint32_t queue) {
    heads_.emplace_back(time_ms, queue);
    std::ranges::push_heap(heads_, std::greater<>());
  }

  using Head = std::pair<std::int64_t, std::uint32_t>;
  std::vector<Ring> queues_;
  std::vector<Head> heads_;  // of queues not empty: a heap, the earliest first
};

}  // namespace weir::runtime
