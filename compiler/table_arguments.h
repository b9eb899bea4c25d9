// The rows of a table as arguments of a template (`rules T from TABLE`): each value as the literal
// of its column's type. Pure; used by compiler/templates.cc.
#pragma once

#include <cstddef>
#include <string>

#include "dsl/ast.h"
#include "dsl/source.h"
#include "nfa/dataset.h"

namespace weir::compiler {

// As it stands in a text; empty if it is absent.
[[nodiscard]] std::string table_text(const nfa::DataTable& table, std::size_t row,
                                     std::size_t column);

// Appended to `ast`, with the place `span`; invalid if the value is absent, or of a type without
// literals (geo).
[[nodiscard]] dsl::ExprId table_value(const nfa::DataTable& table, std::size_t row,
                                      std::size_t column, dsl::Span span, dsl::Ast& ast);

}  // namespace weir::compiler
