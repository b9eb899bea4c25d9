// Which event completes a match of a rule, as `having` and outcomes see it: what types it may have,
// and where the fields of the rule's key stand in it. There the values of features are looked up
// (language L4.2). Used by the rule compiler.
#pragma once

#include "compiler/expr_scope.h"
#include "compiler/pattern_graph.h"
#include "compiler/rule_keys.h"

namespace weir::compiler {

// Fills scope.completing, or says in scope.no_completing why there is none. The scope's parts have
// to be there.
void find_completing(const event::Schema& schema, const PatternGraph& graph, const RuleKeys& keys,
                     ExprScope& scope);

}  // namespace weir::compiler
