// Finds the match that a rule reports when the plan by fronts has seen that it fires.
//
// The plan drops partial matches that others dominate, the preferred one among them. Once a firing,
// the events of the key are stepped again by the exact plan, for one first event after the other,
// the earliest first, until one of them completes at the last event: by the order of preference
// (language L3.9) the match begins there. Used by RuleRunner; scratch is kept between uses. Not
// thread-safe.
//
// Cost: for each first event that does not complete, the events that could move its runs on before
// the last, each as much as a step of those runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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
  // Gives the memory of store() back.
  void release(base::Pool& pool);

 private:
  [[nodiscard]] bool follow(const RunStore& store, base::Pool& pool, std::uint32_t first,
                            bool keep_raw);
  void step(const RunStore& store, base::Pool& pool, std::uint32_t index, Stepper::Again again,
            bool keep_raw);

  const Automaton& automaton_;
  EventContext& context_;
  Stepper exact_;
  RunStore found_;
  std::vector<SymbolMask> moves_;      // by local type: symbols that can move a run on
  std::vector<std::uint32_t> moving_;  // indices of the log: events before the last that do so
};

}  // namespace weir::nfa
