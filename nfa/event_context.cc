#include "nfa/event_context.h"

#include "nfa/predicate_index.h"

namespace weir::nfa {

void LoadedConditions::set_predicates(std::span<const ProgramId> which,
                                      std::span<const Program> all) {
  predicates.assign(which.begin(), which.end());
  ranges.clear();
  for (const ProgramId program : predicates) ranges.push_back(range_test(all[program.index()]));
}

bool EventContext::evaluate_predicate(PredicateId id) {
  const auto& program = loaded_.programs[loaded_.predicates[id.index()].index()];
  EvalCounters counters;
  EvalInput in = input(row_, nullptr, nullptr);
  in.counters = &counters;
  const bool result = holds(program, in, scratch_);
  if (counters != EvalCounters{}) counted_.push_back({event_, id, counters});
  return result;
}

}  // namespace weir::nfa
