// Event declarations to the schema, and types of the syntax tree to types of values. Used while
// declarations are gathered. Not thread-safe.
#pragma once

#include <optional>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "event/schema.h"

namespace weir::compiler {

// What is wrong with the type is reported; what is left of it is given all the same.
[[nodiscard]] event::Type value_type(const dsl::TypeRef& type, dsl::Diagnostics& diagnostics);

[[nodiscard]] event::EventType event_type(const dsl::EventDecl& decl,
                                          dsl::Diagnostics& diagnostics);

// Records of two types that could not be told apart.
void check_same_records(const event::EventType& type, const dsl::EventDecl& decl,
                        const event::Schema& earlier, dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
