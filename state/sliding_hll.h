// About how many different values were seen at or after a position that moves on: HyperLogLog
// (Flajolet et al. 2007) whose registers remember enough to forget. A register's list holds the
// ranks that may yet be its greatest: those that no later value has reached (Chabchoub and Hebrail
// 2010, the list of future possible maxima). The estimator is Ertl's improved one (2017).
//
// The result is a function of the values within the window: neither their order, nor repetitions,
// nor what was there before matter. Standard error 1.04 / sqrt(kRegisters) = 2.3%.
//
// Invariants
// 1. A list, from its top (newest) to its oldest node, has positions that do not rise and ranks
//    that strictly rise. head and rank repeat its oldest node; 0 and INT64_MAX: an empty list.
// 2. least is not above any head.
//
// Ownership: memory in the caller's pool, given back by release(). Relocatable. Not thread-safe.
// Cost: add amortised O(1); read O(1), and O(kRegisters) when the oldest head has expired, which
// for n different values happens about every n / kRegisters of them. Memory: 32 KiB, and 8 bytes a
// node; there are about kRegisters * (1 + ln(n / kRegisters)) nodes, and never more than 65,535
// (values that would need more are passed over).
#pragma once

#include <cstdint>

#include "base/pool.h"

namespace weir::state {

class SlidingHll {
 public:
  static constexpr unsigned kBits = 11;
  static constexpr std::uint32_t kRegisters = 1u << kBits;

  // Positions do not fall, and are less than 2^40 above the first one.
  void start(base::Pool& pool, std::int64_t first_position);
  [[nodiscard]] bool started() const { return registers_ != nullptr; }
  void add(base::Pool& pool, std::uint64_t hash, std::int64_t position);
  // Forgets positions below `floor`, which does not fall.
  [[nodiscard]] double estimate(std::int64_t floor);
  void release(base::Pool& pool);
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr unsigned kMaxRank = 64 - kBits + 1;

  struct Node {
    std::uint32_t low;  // of the position, from base
    std::uint8_t high;
    std::uint8_t rank;
    std::uint16_t next;  // older; index + 1
  };
  struct Registers {
    std::int64_t base;
    std::int64_t least;
    double estimate;
    bool changed;
    std::uint16_t ranks[kMaxRank + 1];  // registers of each rank
    std::uint8_t rank[kRegisters];
    std::uint16_t top[kRegisters];
    std::int64_t head[kRegisters];
  };

  [[nodiscard]] Node& node(std::uint16_t i) { return nodes_[i - 1]; }
  [[nodiscard]] std::int64_t position(const Node& n) const {
    return registers_->base +
           static_cast<std::int64_t>(std::uint64_t{n.high} << 32 | std::uint64_t{n.low});
  }
  std::uint16_t take_node(base::Pool& pool);
  void free_node(std::uint16_t i);
  void set_rank(std::uint32_t reg, unsigned rank);
  void expire(std::int64_t floor);
  void expire_register(std::uint32_t reg, std::int64_t floor);

  Registers* registers_;
  Node* nodes_;
  std::uint32_t capacity_;
  std::uint32_t used_;
  std::uint32_t free_;
  std::uint32_t unused_;
};

}  // namespace weir::state
