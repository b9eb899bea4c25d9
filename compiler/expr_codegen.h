// From typed IR to programs.
#pragma once

#include <optional>

#include "compiler/expr_ir.h"
#include "nfa/program.h"

namespace weir::compiler {

// A condition that holds when the node (of type bool) is true; nothing if the code would be longer
// than a program may be.
[[nodiscard]] std::optional<nfa::Program> generate_condition(const IrGraph& graph, IrId root,
                                                             event::EventTypeId event_type);
// The node's value, absent included.
[[nodiscard]] std::optional<nfa::Program> generate_value(const IrGraph& graph, IrId root,
                                                         event::EventTypeId event_type);

}  // namespace weir::compiler
