// Accumulators over the values of a repeated part's events, for `sum(probe.amount)` and its kin:
// fed one value at a time by the engine while a run grows, or all at once over a finished match,
// with the same result either way.
//
// Copyable (a run that branches copies its accumulators), not thread-safe. O(1) an update, but for
// `distinct`, which keeps each different value once.
//
// Invariants
// 1. Sums are exact in 128 bit, whatever the order of the values, for ints and decimals; float
//    sums and every variance follow the order of the updates.
// 2. Absent values are not fed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "event/schema.h"
#include "event/value.h"
#include "nfa/register.h"

namespace weir::nfa {

struct EvalCounters;

// The type of an aggregate's result over a field of this type; empty if the field cannot be
// aggregated so (sum of strings).
[[nodiscard]] std::optional<event::Type> aggregate_type(RegisterKind kind,
                                                        const event::Type& field);

class Accumulator {
 public:
  Accumulator(RegisterKind kind, const event::Type& field);

  void add(const event::Value& value);
  // False: absent. A min or max of strings points into the accumulator.
  [[nodiscard]] bool result(event::Value* out, EvalCounters* counters) const;
  [[nodiscard]] std::uint64_t size() const { return count_; }

 private:
  void add_extreme(const event::Value& value);

  RegisterKind kind_;
  event::TypeKind field_;
  bool overflowed_ = false;
  std::uint64_t count_ = 0;
  event::Int128 exact_sum_ = 0;  // ints and durations as they are, decimals scaled
  double float_sum_ = 0;
  double mean_ = 0;  // Welford's running mean
  double m2_ = 0;    // and sum of squared distances from it
  event::Value extreme_;
  std::string extreme_text_;  // the bytes of extreme_ where it is a string
  std::unordered_set<std::string> distinct_;
};

}  // namespace weir::nfa
