// Lints that look at rules side by side: a rule that fires whenever another does, and a rule of
// which nothing comes.
//
// Used by compile() when every rule is understood. Not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "compiler/compiler.h"
#include "compiler/implications.h"

namespace weir::compiler {

// Warns of rules that fire whenever another does, of the same mode: rules of one event whose
// conditions follow from the other's, and rules alike in all but names and outcomes. At most some
// hundred thousand pairs are compared.
void lint_overlaps(const std::vector<RuleReport>& reports, const std::vector<RuleShape>& shapes,
                   dsl::Diagnostics& diagnostics);

// Warns of rules without an outcome that no other rule looks at.
void lint_outcomes(std::span<const dsl::Ast> asts, const Declared& declared,
                   dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
