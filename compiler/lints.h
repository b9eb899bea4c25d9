// What is no mistake but looks like one (L8): warnings and notes about rules and declarations.
// Used by compile(). Pure but for the diagnostics.
#pragma once

#include "compiler/declarations.h"
#include "compiler/pattern_graph.h"
#include "nfa/image.h"

namespace weir::compiler {

// Of a rule that is compiled.
void lint_rule(const RuleRef& rule, const PatternGraph& graph, const nfa::RuleImage& image,
               dsl::Diagnostics& diagnostics);

// Params, lists, tables and defines that nothing uses; lists that are changed and never read;
// features that a field of an event hides.
void lint_unused(std::span<const dsl::Ast> asts, const Declared& declared,
                 dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
