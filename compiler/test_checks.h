// Whether the tests in the files speak of what exists (L7): rules, timeouts, decisions, parts,
// event types, fields, and values of their types. Running them is not the compiler's business.
#pragma once

#include "compiler/compiler.h"
#include "compiler/features.h"

namespace weir::compiler {

// `rules` beside Declared::rules.
void check_tests(const CompileContext& context, const Declared& declared, Features& features,
                 const std::vector<RuleReport>& rules);

}  // namespace weir::compiler
