// Which of many conjunctions of single-event conditions an event may satisfy, without looking at
// each. Used by the shard to find the rules in which an event could begin
// something. Immutable; shared between threads.
//
// The idea. Each conjunction stands in one place of a tree, under the conditions that say most
// about it, so that an event meets few that it does not satisfy:
//
//   mcc == 5967 ─┬─ not approved ─┬─ amount < 0.5   (sorted: the first that fails ends the walk)
//                │                └─ amount < 1.2
//                └─ approved ───── amount between 20 and 30   (a tree of intervals)
//   no condition that helps ────── always a candidate
//
// What comes out is a superset: a condition that the tree does not understand (a regex, an `or`, a
// list) is left to who evaluates the candidate, as are string hashes that collide.
//
// Invariants
// 1. A conjunction that the event satisfies is among the candidates.
// 2. The depth is at most kMaxDepth.
//
// Cost: O(equality groups met + log n a sorted group + candidates).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "event/row.h"
#include "nfa/event_context.h"
#include "nfa/program.h"

namespace weir::nfa {

// A set of small numbers that is filled and emptied for every event: kept as bits, so that it has
// no doubles and gives them in ascending order.
class CandidateSet {
 public:
  void resize(std::size_t count) {
    words_.assign((count + 63) / 64, 0);
    used_.assign((words_.size() + 63) / 64, 0);
  }
  void add(std::uint32_t n) {
    words_[n >> 6] |= std::uint64_t{1} << (n & 63);
    used_[n >> 12] |= std::uint64_t{1} << (n >> 6 & 63);
  }
  // Calls visit(n) in ascending order, and empties the set. visit must not add.
  template <typename Visit>
  void drain(const Visit& visit) {
    for (std::size_t block = 0; block < used_.size(); ++block) {
      while (used_[block] != 0) {
        const std::size_t w = block << 6 | take_lowest(used_[block]);
        while (words_[w] != 0) {
          visit(static_cast<std::uint32_t>(w << 6 | take_lowest(words_[w])));
        }
      }
    }
  }

 private:
  static std::size_t take_lowest(std::uint64_t& word) {
    const auto bit = static_cast<std::size_t>(__builtin_ctzll(word));
    word &= word - 1;
    return bit;
  }
  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> used_;
};

// One condition as the index understands it: the value of a slot is one of some, or in a range.
// Values are 64-bit codes that keep order (numbers, times) or only tell apart (strings, addresses).
struct SlotTest {
  std::uint16_t slot = 0;
  ValueClass value_class = ValueClass::kInteger;
  std::vector<std::int64_t> any_of;  // ascending; empty: the range is meant
  std::int64_t low = INT64_MIN;
  std::int64_t high = INT64_MAX;
};

// What a program of one comparison says; nullopt if the index does not understand it.
[[nodiscard]] std::optional<SlotTest> slot_test(const Program& program);
// The same as a range, if it is one of whole numbers or decimals; else its slot is kNone.
[[nodiscard]] RangeTest range_test(const Program& program);

class PredicateIndex {
 public:
  static constexpr int kMaxDepth = 6;

  struct Conjunction {
    std::uint32_t target = 0;
    std::vector<SlotTest> tests;  // what is understood of it; one a slot
  };

  PredicateIndex();
  ~PredicateIndex();
  PredicateIndex(PredicateIndex&&) noexcept;
  PredicateIndex& operator=(PredicateIndex&&) noexcept;

  // What `programs` say about the event at hand, as far as the index understands; a test that
  // nothing can pass is dropped with its conjunction: false.
  [[nodiscard]] static bool understand(std::span<const Program* const> programs,
                                       std::vector<SlotTest>& tests);

  void build(std::vector<Conjunction> conjunctions);

  // Adds the targets that the event may satisfy.
  void collect(const event::Row& row, CandidateSet& targets) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace weir::nfa
