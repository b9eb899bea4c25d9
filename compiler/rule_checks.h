// What a rule as a whole has to hold: that something bounds it (L3.10), that its absences have
// deadlines (L3.6), that `skip`, `pick` and `timeout` make sense in it (L3.9, L3.12). Used by the
// rule compiler. Pure but for the diagnostics.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/expr_scope.h"
#include "compiler/pattern_graph.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "nfa/image.h"

namespace weir::compiler {

struct CheckInput {
  const dsl::Ast* ast = nullptr;
  const dsl::RuleDecl* rule = nullptr;
  const PatternGraph* graph = nullptr;
};

void check_bounded(const CheckInput& input, dsl::Diagnostics& diagnostics);
void check_timeout(const CheckInput& input, dsl::Diagnostics& diagnostics);

// Index of the name that `skip to` means, among the parts that outcomes see; 0xFFFF if there is
// none, and then it is reported.
[[nodiscard]] std::uint16_t find_skip_name(const dsl::SkipClause& skip,
                                           const std::vector<PartView>& parts,
                                           dsl::Diagnostics& diagnostics);

// `pick any` of a rule that is compiled.
void check_pick(const CheckInput& input, const nfa::RuleImage& rule, dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
