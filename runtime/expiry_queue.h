// When what is held for keys may be over. All things with one horizon (the longest time that
// anything of theirs matters) expire in the order in which they were last asked for, so a queue for
// each horizon does what timers would, at a fraction of the cost. Used by the shards, for stores of
// rules (RuleExpiry) and windows (WindowExpiry). Nothing that anybody sees depends on it but
// memory. Single-threaded.
//
// Item: time_ms, and the entry, whose memory stays whatever becomes of it.
//
// Cost: O(1) an item; O(log horizons) when another queue's head becomes the earliest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace weir::runtime {

template <typename Item>
class ExpiryQueues {
 public:
  // The queue for things with this horizon; made if there is none.
  std::uint32_t queue_for(std::int64_t horizon_ms) {
    for (std::uint32_t i = 0; i < queues_.size(); ++i) {
      if (queues_[i].horizon_ms == horizon_ms) return i;
    }
    queues_.emplace_back().horizon_ms = horizon_ms;
    return static_cast<std::uint32_t>(queues_.size() - 1);
  }

  void push(std::uint32_t queue, const Item& item) {
    Ring& ring = queues_[queue];
    if (ring.size == 0) add_head(item.time_ms, queue);
    ring.push(item);
  }

  // Takes out one whose time is before now_ms; false if the head of no queue is.
  [[nodiscard]] bool take(std::int64_t now_ms, Item& out) {
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
    std::vector<Item> items;  // a power of two
    std::size_t first = 0;
    std::size_t size = 0;

    void push(const Item& item) {
      if (size == items.size()) grow();
      items[(first + size++) & (items.size() - 1)] = item;
    }
    // What expires was last touched a horizon ago: its memory is called for some time before.
    Item pop() {
      constexpr std::size_t kAhead = 8;
      const std::size_t mask = items.size() - 1;
      const Item item = items[first];
      if (size > kAhead) {
        __builtin_prefetch(items[(first + kAhead) & mask].entry);
        prefetch_first_block(items[(first + kAhead / 2) & mask].entry);
      }
      first = (first + 1) & mask;
      --size;
      return item;
    }
    void grow() {
      std::vector<Item> bigger(items.empty() ? 16 : items.size() * 2);
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
