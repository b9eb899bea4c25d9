// Streams of window results (language L4.4): their columns are features over the stream's window
// and key, which nothing reads. Used by compile(), in the order of compiler/chains.h. Not
// thread-safe.
#pragma once

#include <optional>

#include "compiler/declarations.h"
#include "compiler/features.h"
#include "nfa/image.h"

namespace weir::compiler {

// What a column says; `sum(auth.amount)`, which has nothing that only an aggregate has, is read as
// a call. Nothing: it is something else.
[[nodiscard]] std::optional<dsl::Aggregate> column_aggregate(const dsl::Ast& ast,
                                                             const dsl::Expr& expr);

// Fills the fields of the stream's event type. Nothing if something is wrong, which is reported.
[[nodiscard]] std::optional<nfa::StreamImage> compile_stream(const CompileContext& context,
                                                             const StreamRef& stream,
                                                             Features& features);

}  // namespace weir::compiler
