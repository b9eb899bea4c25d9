// What a rule does when it matches (L5.1): decide, score, tag, reason, emit, add and remove. Used
// by the rule compiler, for a rule's outcomes and for those of its `timeout`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/bounds.h"
#include "compiler/expr_compiler.h"
#include "compiler/expr_scope.h"
#include "compiler/image_builder.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "nfa/image.h"

namespace weir::compiler {

struct OutcomeInput {
  const dsl::Ast* ast = nullptr;
  const std::vector<dsl::Outcome>* outcomes = nullptr;
  const ExprScope* scope = nullptr;  // of place kOutcome
  std::uint32_t rule = 0;            // its index in the image
  BoundReader* bounds = nullptr;
};

// Notes, in the image and in the names, which lists the outcomes of live rules change. To be called
// before any rule is compiled.
void mark_changing_lists(Declared& declared, nfa::Image& image);

// What is wrong is reported, and left out of the result.
[[nodiscard]] nfa::Outcomes compile_outcomes(const OutcomeInput& input, ImageBuilder& image,
                                             dsl::Diagnostics& diagnostics);

// `meta { ... }` as the text of a JSON object, members in the order written.
[[nodiscard]] std::string meta_json(const dsl::Ast& ast, const std::vector<dsl::MetaEntry>& meta,
                                    dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
