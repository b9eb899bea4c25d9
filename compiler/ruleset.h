// The ruleset block: decisions, strongest first, and what the summed score decides (L5.2). Used
// while declarations are gathered.
#pragma once

#include "compiler/declarations.h"

namespace weir::compiler {

struct RulesetRef {
  const dsl::Ast* ast = nullptr;
  const dsl::RulesetDecl* decl = nullptr;  // null: there is none, and the default set holds
};

// Fills decisions and thresholds of the image.
void compile_ruleset(const CompileContext& context, const RulesetRef& ruleset,
                     const Declared& declared);

// The index of a decision in the image; -1, and reported, if there is none of the name.
[[nodiscard]] std::int32_t find_decision(const nfa::Image& image, const dsl::Name& name,
                                         dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
