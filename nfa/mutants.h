// The planted faults of base/mutants.h, as code of this room asks for them.
#pragma once

#include "base/mutants.h"

namespace weir::nfa {

using base::mutant;
using base::Mutant;

}  // namespace weir::nfa
