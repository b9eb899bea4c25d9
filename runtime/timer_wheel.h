// What falls due, by event time: a hierarchical timing wheel (Varghese and Lauck 1987), used by the
// shard for deadlines and for the expiry of keys. Single-threaded.
//
// The idea. Eleven levels of 64 slots; a timer stands on the level of the highest group of six bits
// in which its time differs from the wheel's, in the slot that its own group names. So all timers
// of a slot on level 0 have the same millisecond, whatever lies between them and now is skipped by
// counting zero bits, and a timer moves down at most once a level in its life. There is no cancel:
// who set a timer tells a stale one by what it was set for.
//
// Invariants
// 1. Slots on level n hold times that agree with the wheel's in all bits above level n and lie
//    behind it on that level.
// 2. A timer for a time that the wheel has passed waits in `overdue_` and comes out first.
//
// Cost: O(1) amortised a timer; no allocation once the node array has grown to the most that were
// ever set at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "runtime/key_map.h"

namespace weir::runtime {

struct Timer {
  std::int64_t time_ms = 0;
  KeyRef key;
  std::uint32_t rule = 0;
  std::uint32_t dimension = 0;
};

class TimerWheel {
 public:
  void push(const Timer& timer);
  // Replaces `out` by the timers of the earliest time before now_ms, in no order; false, and out
  // empty, if there are none. now_ms never goes back.
  [[nodiscard]] bool take_earliest(std::int64_t now_ms, std::vector<Timer>& out);
  [[nodiscard]] std::size_t size() const { return size_; }
  // The earliest time; INT64_MAX if nothing is set. Cost: O(timers of one slot).
  [[nodiscard]] std::int64_t earliest_ms() const;

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr int kBits = 6;
  static constexpr std::size_t kSlots = std::size_t{1} << kBits;
  static constexpr std::size_t kLevels = 11;  // 66 bits
  struct Node {
    Timer timer;
    std::uint32_t next = kNone;
  };
  // Order-preserving, so that times before the epoch come first.
  [[nodiscard]] static std::uint64_t tick(std::int64_t ms) {
    return static_cast<std::uint64_t>(ms) ^ (std::uint64_t{1} << 63);
  }

  void place(std::uint32_t node);
  [[nodiscard]] bool take_overdue(std::int64_t now_ms, std::vector<Timer>& out);
  [[nodiscard]] std::uint32_t take_slot(std::size_t level, std::size_t slot);
  void hand_out(std::uint32_t node, std::vector<Timer>& out);

  std::uint64_t now_ = 0;
  std::uint32_t levels_ = 0;  // bit n: level n holds something
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<std::array<std::uint32_t, kSlots>, kLevels> heads_{};  // valid where occupied
  std::uint32_t overdue_ = kNone;
  std::vector<Node> nodes_;
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace weir::runtime
