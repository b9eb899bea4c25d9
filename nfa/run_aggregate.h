// The running aggregates of a run: fed event by event as it grows, read by its conditions. The
// same arithmetic as nfa::Accumulator, which sums up a finished match; here as plain bytes that a
// cohort can hold. O(1) an event, but for distinct, which walks the run's history when asked.
#pragma once

#include "nfa/automaton.h"
#include "nfa/run_store.h"
#include "nfa/vm.h"

namespace weir::nfa {

// `event` has just been taken by a part of the aggregate's name.
void add_event(const RunStore& store, const RunStore::Layout& layout, const Automaton& automaton,
               const RunAggregate& aggregate, AggregateState& state, std::uint32_t event);

// The value of a count, sum, avg or stddev; false: absent.
[[nodiscard]] bool aggregate_result(const RunAggregate& aggregate, const RegisterDesc& desc,
                                    const AggregateState& state, EvalCounters& counters,
                                    event::Value* out);

// distinct() over the one history that ends at node `set`.
[[nodiscard]] bool distinct_along(const RunStore& store, const RunStore::Layout& layout,
                                  const Automaton& automaton, const RunAggregate& aggregate,
                                  std::uint32_t set, event::Value* out);

}  // namespace weir::nfa
