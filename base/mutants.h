// Planted faults, to prove that the tests would find them (tests/mutants). In a normal build
// mutant() is constant false and nothing of this is left; with WEIR_MUTANTS one fault at a time
// can be switched on. Only code of nfa, state and runtime asks for them, in .cc files: a header
// would be compiled both ways.
#pragma once

namespace weir::base {

enum class Mutant {
#define WEIR_MUTANT(name, meaning) name,
#include "base/mutants.def"
#undef WEIR_MUTANT
  kCount,
};

#ifdef WEIR_MUTANTS
inline Mutant active_mutant = Mutant::kCount;
inline bool mutant(Mutant which) { return active_mutant == which; }
#else
constexpr bool mutant(Mutant) { return false; }
#endif

}  // namespace weir::base
