// When what is held for keys may be over. All things with one horizon (the longest time that
// anything of theirs matters) expire in the order in which they were last asked for, so a queue for
// each horizon does what timers would, at a fraction of the cost. Used by the shards, for stores of
// rules (RuleExpiry) and windows (WindowExpiry). Nothing that anybody sees depends on it but
// memory. Single-threaded.
//
// Cost: O(1) an item; O(log horizons) when another queue's head becomes the earliest. Items stand
// in blocks of the pool that it is made with, and nowhere else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/pool.h"

namespace weir::runtime {

// Item: trivially copyable, with time_ms.
template <typename Item>
class ExpiryQueues {
  static_assert(std::is_trivially_copyable_v<Item>);

 public:
  explicit ExpiryQueues(base::Pool& pool) : pool_(pool) {}
  ~ExpiryQueues() {
    for (Queue& queue : queues_) {
      while (queue.first != nullptr) drop_first(queue);
    }
  }
  ExpiryQueues(const ExpiryQueues&) = delete;
  ExpiryQueues& operator=(const ExpiryQueues&) = delete;

  // The queue for things with this horizon; made if there is none.
  std::uint32_t queue_for(std::int64_t horizon_ms) {
    for (std::uint32_t i = 0; i < queues_.size(); ++i) {
      if (queues_[i].horizon_ms == horizon_ms) return i;
    }
    queues_.emplace_back().horizon_ms = horizon_ms;
    return static_cast<std::uint32_t>(queues_.size() - 1);
  }

  void push(std::uint32_t number, const Item& item) {
    Queue& queue = queues_[number];
    if (queue.last == nullptr || queue.end == kItems) add_block(queue);
    if (queue.is_empty()) add_head(item.time_ms, number);
    queue.last->items[queue.end++] = item;
  }

  // Takes out one whose time is before now_ms; false if the head of no queue is. What expires was
  // last touched a horizon ago, so its memory is called for some time before: prefetch(item, far),
  // first with far, later without.
  template <typename Prefetch>
  [[nodiscard]] bool take(std::int64_t now_ms, Item& out, const Prefetch& prefetch) {
    if (heads_.empty() || heads_.front().first >= now_ms) return false;
    const std::uint32_t number = heads_.front().second;
    Queue& queue = queues_[number];
    out = queue.first->items[queue.begin];
    const std::size_t ahead = queue.begin + kAhead;
    if (ahead < (queue.first == queue.last ? queue.end : kItems)) {
      prefetch(queue.first->items[ahead], true);
      prefetch(queue.first->items[queue.begin + kAhead / 2], false);
    }
    ++queue.begin;
    if (queue.begin == kItems || queue.is_empty()) drop_first(queue);
    if (heads_.size() == 1 && queue.first != nullptr) {
      heads_.front().first = queue.head().time_ms;
      return true;
    }
    std::ranges::pop_heap(heads_, std::greater<>());
    heads_.pop_back();
    if (queue.first != nullptr) add_head(queue.head().time_ms, number);
    return true;
  }

 private:
  static constexpr std::size_t kAhead = 8;
  static constexpr std::size_t kBlockBytes = 4096;
  static constexpr std::size_t kItems = (kBlockBytes - sizeof(void*)) / sizeof(Item);
  struct Block {
    Block* next = nullptr;
    Item items[kItems];
  };
  static_assert(sizeof(Block) <= kBlockBytes);

  struct Queue {
    std::int64_t horizon_ms = 0;
    Block* first = nullptr;  // null: empty
    Block* last = nullptr;
    std::size_t begin = 0;  // of first
    std::size_t end = 0;    // of last

    [[nodiscard]] bool is_empty() const { return first == last && begin == end; }
    [[nodiscard]] const Item& head() const { return first->items[begin]; }
  };

  void add_block(Queue& queue) {
    auto* block = static_cast<Block*>(pool_.allocate(kBlockBytes));
    block->next = nullptr;
    if (queue.last != nullptr) {
      queue.last->next = block;
    } else {
      queue.first = block;
      queue.begin = 0;
    }
    queue.last = block;
    queue.end = 0;
  }
  void drop_first(Queue& queue) {
    Block* block = queue.first;
    queue.first = block->next;
    queue.begin = 0;
    if (queue.first == nullptr) {
      queue.last = nullptr;
      queue.end = 0;
    }
    pool_.release(block, kBlockBytes);
  }
  void add_head(std::int64_t time_ms, std::uint32_t queue) {
    heads_.emplace_back(time_ms, queue);
    std::ranges::push_heap(heads_, std::greater<>());
  }

  using Head = std::pair<std::int64_t, std::uint32_t>;
  base::Pool& pool_;
  std::vector<Queue> queues_;
  std::vector<Head> heads_;  // of queues not empty: a heap, the earliest first
};

}  // namespace weir::runtime
