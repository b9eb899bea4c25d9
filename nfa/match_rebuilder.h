// Finds the match that a rule reports when the plan by fronts has seen that it fires.
//
// The plan drops partial matches that others dominate, the preferred one among them. Once a firing,
// the events of the key are stepped again by the exact plan, for one first event after the other,
// the earliest first, until one of them completes at the last event: by the order of preference
// (language L3.9) the match begins there. Used by RuleRunner; scratch is kept between uses. Not
// thread-safe.
//
// Cost: the events since the first that is alive, for each first event that does not complete.
#pragma once

#include <cstdint>
#include <span>

#include "nfa/event_context.h"
#include "nfa/front_plan.h"
#include "nfa/run_store.h"
#include "nfa/stepper.h"

namespace weir::nfa {

class MatchRebuilder {
 public:
  // `plan` and the automaton must outlive it.
  MatchRebuilder(const Automaton& automaton, const FrontPlan& plan, EventContext& context);

  // The ends of the matches that the last event of `store` completes and that begin with the
  // earliest first event, in store(); empty if there are none.
  [[nodiscard]] std::span<const Root> rebuild(const RunStore& store, base::Pool& pool,
                                              bool keep_raw);
  [[nodiscard]] RunStore& store() { return found_; }
  void release(base::Pool& pool) { found_.release(pool); }

 private:
  [[nodiscard]] bool follow(const RunStore& store, base::Pool& pool, std::uint32_t first,
                            bool keep_raw);

  const Automaton& automaton_;
  Stepper exact_;
  RunStore found_;
};

}  // namespace weir::nfa
