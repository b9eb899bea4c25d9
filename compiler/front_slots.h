// Makes room for the plan that detects by fronts (nfa/front_plan.h): the events of a rule that can
// use it keep all fields that its conditions read.
#pragma once

#include "nfa/image.h"

namespace weir::compiler {

// Nothing changes for a rule that cannot, or whose events would keep too much.
void keep_for_fronts(nfa::RuleImage& rule, const nfa::Image& image);

}  // namespace weir::compiler
