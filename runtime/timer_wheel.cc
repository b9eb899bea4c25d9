#include "runtime/timer_wheel.h"

#include <algorithm>

namespace weir::runtime {

void TimerWheel::push(const Timer& timer) {
  std::uint32_t node = free_;
  if (node == kNone) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[node].next;
  }
  nodes_[node].timer = timer;
  ++size_;
  place(node);
}

void TimerWheel::place(std::uint32_t node) {
  const std::uint64_t time = tick(nodes_[node].timer.time_ms);
  if (time < now_) {
    nodes_[node].next = overdue_;
    overdue_ = node;
    return;
  }
  const std::uint64_t differs = (time ^ now_) | 1;
  const auto level = static_cast<std::size_t>(std::bit_width(differs) - 1) / kBits;
  const std::size_t slot = time >> (level * kBits) & (kSlots - 1);
  const std::uint64_t bit = std::uint64_t{1} << slot;
  nodes_[node].next = (occupied_[level] & bit) != 0 ? heads_[level][slot] : kNone;
  heads_[level][slot] = node;
  occupied_[level] |= bit;
  levels_ |= std::uint32_t{1} << level;
}

std::uint32_t TimerWheel::take_slot(std::size_t level, std::size_t slot) {
  occupied_[level] &= ~(std::uint64_t{1} << slot);
  if (occupied_[level] == 0) levels_ &= ~(std::uint32_t{1} << level);
  return heads_[level][slot];
}

void TimerWheel::hand_out(std::uint32_t node, std::vector<Timer>& out) {
  out.push_back(nodes_[node].timer);
  nodes_[node].next = free_;
  free_ = node;
  --size_;
}

bool TimerWheel::take_overdue(std::int64_t now_ms, std::vector<Timer>& out) {
  std::int64_t earliest = now_ms;
  for (std::uint32_t node = overdue_; node != kNone; node = nodes_[node].next) {
    earliest = std::min(earliest, nodes_[node].timer.time_ms);
  }
  if (earliest == now_ms) return false;
  std::uint32_t* link = &overdue_;
  while (*link != kNone) {
    const std::uint32_t node = *link;
    if (nodes_[node].timer.time_ms != earliest) {
      link = &nodes_[node].next;
      continue;
    }
    *link = nodes_[node].next;
    hand_out(node, out);
  }
  return true;
}

std::int64_t TimerWheel::earliest_ms() const {
  std::int64_t earliest = INT64_MAX;
  const auto look = [&](std::uint32_t node) {
    for (; node != kNone; node = nodes_[node].next) {
      earliest = std::min(earliest, nodes_[node].timer.time_ms);
    }
  };
  look(overdue_);
  if (overdue_ != kNone || levels_ == 0) return earliest;
  const auto level = static_cast<std::size_t>(std::countr_zero(levels_));
  look(heads_[level][static_cast<std::size_t>(std::countr_zero(occupied_[level]))]);
  return earliest;
}

bool TimerWheel::take_earliest(std::int64_t now_ms, std::vector<Timer>& out) {
  out.clear();
  if (overdue_ != kNone && take_overdue(now_ms, out)) return true;
  const std::uint64_t now = tick(now_ms);
  while (levels_ != 0) {
    // The lowest level's first slot: what stands higher agrees with the wheel in fewer bits, and
    // so comes later.
    const auto level = static_cast<std::size_t>(std::countr_zero(levels_));
    const auto slot = static_cast<std::size_t>(std::countr_zero(occupied_[level]));
    const std::size_t shift = level * kBits;
    const std::uint64_t above =
        shift + kBits >= 64 ? 0 : now_ >> (shift + kBits) << (shift + kBits);
    const std::uint64_t start = above | (static_cast<std::uint64_t>(slot) << shift);
    if (start >= now) break;
    std::uint32_t node = take_slot(level, slot);
    now_ = start;
    while (node != kNone) {
      const std::uint32_t next = nodes_[node].next;
      level == 0 ? hand_out(node, out) : place(node);
      node = next;
    }
    if (level == 0) return true;
  }
  // Not up to `now` itself: a slot above level 0 may begin there, and would no longer lie behind.
  if (now > 0) now_ = std::max(now_, now - 1);
  return false;
}

}  // namespace weir::runtime
