// The one canonical layout of a rule file, that of the example in language.md L1: two blanks of
// indentation, a clause or part a line, short outcomes together, fields in columns, at most 100
// columns where a break is possible, clauses and modifiers in a fixed order, only needed
// parentheses and those around `and` in `or`. Comments stay with what they stand at. Used by `weir
// fmt` and the language server. Pure; thread-safe.
//
// 1. Formatting does not change the tree: dump(parse(format(x))) == dump(parse(x)).
// 2. Formatting twice gives what formatting once gave.
#pragma once

#include <expected>
#include <string>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"

namespace weir::dsl {

// The tree must have been parsed from `sources` without an error.
[[nodiscard]] std::string format(const SourceSet& sources, const Ast& ast);

// Parses and formats a source; what is wrong with it if it has errors.
[[nodiscard]] std::expected<std::string, Diagnostics> format_source(const SourceSet& sources,
                                                                    SourceId source);

}  // namespace weir::dsl
