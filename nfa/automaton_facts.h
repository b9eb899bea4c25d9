// What follows from an automaton as a whole. Pure functions.
#pragma once

#include "nfa/automaton.h"

namespace weir::nfa {

// Whether runs that took other combinations of the same events may have to be kept apart: then
// their number is exponential, and bounded by kMaxExamined.
[[nodiscard]] bool tells_combinations_apart(const Automaton& automaton);

}  // namespace weir::nfa
