// Lists and tables: what they are declared as, and their contents from the files that they name
// (L4.3). Used while declarations are gathered.
#pragma once

#include <optional>

#include "compiler/declarations.h"

namespace weir::compiler {

// Nothing if it cannot be used; what is wrong is reported, naming the file and the line.
[[nodiscard]] std::optional<nfa::ListImage> read_list(const CompileContext& context,
                                                      dsl::SourceId source,
                                                      const dsl::ListDecl& decl);
[[nodiscard]] std::optional<nfa::TableImage> read_table(const CompileContext& context,
                                                        dsl::SourceId source,
                                                        const dsl::TableDecl& decl);

}  // namespace weir::compiler
