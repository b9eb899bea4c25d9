// Every assignment of events to the chains of a pattern, for one key (L3.1-L3.8), the moment at
// which each completes; and, for timeouts, the partial matches that are still open at their limit.
// Used by reference.cc only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/reference/expr_eval.h"
#include "tests/reference/reference.h"
#include "tests/reference/unfold.h"

namespace weir::reference {

// One event in its part. `place`: its index in the events that the rule sees for the key.
struct Taken {
  const ItemModel* part = nullptr;
  std::size_t place = 0;
  std::int64_t repetition = 1;
};

// A moment of the order that product P1 gives: a deadline comes after all events of its time.
struct Moment {
  std::int64_t time_ms = 0;
  bool deadline = false;
  std::size_t event = 0;  // index into the input; 0 for a deadline
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

struct Assignment {
  std::vector<Taken> taken;
  Bindings bindings;  // events by index into the input
  Moment completes;
  [[nodiscard]] std::size_t first_place() const { return taken.front().place; }
  [[nodiscard]] std::size_t last_place() const { return taken.back().place; }
};

// L3.9, R15: earliest first event, then more events, then the smallest list of (event, part).
[[nodiscard]] bool preferred(const std::vector<Taken>& a, const std::vector<Taken>& b);

// What the enumeration needs to know of the rule.
struct RuleModel {
  const dsl::RuleBody* body = nullptr;
  RulePattern pattern;
  std::optional<std::int64_t> within_ms;
  std::optional<std::int64_t> limit;  // R17
  bool single_unnamed = false;        // L5.1: `having` may use the event's fields
};

struct KeyInput {
  std::vector<std::pair<std::string, RefValue>> key;
  std::vector<RefValue> values;     // of the key fields, in order
  std::vector<std::size_t> seen;    // events that the rule sees for the key (L3.1, L3.13)
  std::int64_t input_began_ms = 0;  // of the rule, over all keys (R11)
};

struct TimedOut {
  std::size_t first_place = 0;
  Assignment best;  // its moment is the limit
};

struct Enumeration {
  std::vector<Assignment> matches;  // those that complete, `having` applied (L3.8); unordered
  std::vector<TimedOut> timeouts;   // for starts that no skip ends before
};

// `time_reached`: deadlines and timeouts before it have passed; nullopt: all have.
// `tries` counts down; at 0 the enumeration stops short.
[[nodiscard]] Enumeration enumerate(const RuleModel& rule, const KeyInput& input,
                                    const std::vector<RefEvent>& events, Evaluator& evaluator,
                                    std::optional<std::int64_t> time_reached, std::size_t& tries);

// The key that `by` gives an event; nullopt if a field of it is absent (L3.13).
[[nodiscard]] std::optional<std::vector<RefValue>> key_of(const RefEvent& event,
                                                          const std::vector<std::string>& by);

}  // namespace weir::reference
