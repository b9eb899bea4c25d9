#include "nfa/event_context.h"

#include "nfa/predicate_index.h"

namespace weir::nfa {

void LoadedConditions::set_predicates(std::span<const ProgramId> which,
                                      std::span<const Program> all) {
  predicates.assign(which.begin(), which.end());
  ranges.clear();
  for (const ProgramId program : predicates) ranges.push_back(range_test(all[program.index()]));
}

}  // namespace weir::nfa
