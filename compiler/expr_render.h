// IR back to the language: one line of text, with the params and defines put in; and the same with
// holes for the values of an event (nfa/explain.h).
#pragma once

#include <string>

#include "compiler/expr_ir.h"
#include "nfa/explain.h"

namespace weir::compiler {

[[nodiscard]] std::string render(const IrGraph& graph, IrId root);
[[nodiscard]] nfa::ExplainTemplate render_template(const IrGraph& graph, IrId root,
                                                   event::EventTypeId event_type);

}  // namespace weir::compiler
