// Text to syntax tree, and back to neither types nor meaning: names are not resolved here. Tokens
// are PEGTL's (one translation unit, dsl/lexer.cc), the grammar over them and the recovery are by
// hand: one run reports every error it can place, each once (how: dsl/parser_impl.h).
//
// Operators, loosest first: `or`; `and`; `not`; comparisons (`== != < <= > >=`, `in`, `not in`,
// `between`, `matches`, `starts_with`, `ends_with`, `contains`, `is missing`, `is present`), which
// do not chain; `otherwise`; `+ -`; `* / %`; unary `-`; `.name`, `[key]`, calls. All that chain do
// so from the left. `otherwise true` and `otherwise false` after a comparison stand for the whole
// comparison (L2.4: a condition with a fallback): `a > 5 otherwise false` is
// `(a > 5) otherwise false`, `a otherwise 0 > 5` is `(a otherwise 0) > 5`.
//
// Where language.md leaves the syntax open: `quantile(0.95)(auth.amount by card over 1h)`;
// `meta { name: literal, ... }`; `define` always has its parentheses; times in `active` are strings
// or bare RFC 3339; `template T(a, b = 5)` has defaults, `rule r "what" = T(1, b = 2)` names and a
// description, `rules T from` a path or a table; a string has the escapes of JSON; `{expr}` in a
// reason may hold strings; `excluding current` stands inside the parentheses or right after them.
#pragma once

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"

namespace weir::dsl {

// Parses one source. Always returns a tree of what could be understood; what could not is in
// `diagnostics`. Never throws and never recurses deeper than kMaxDepth, whatever the bytes. Time
// is linear in the text; texts over kMaxFileBytes (dsl/lexer.h) are refused unread.
[[nodiscard]] Ast parse(const SourceSet& sources, SourceId source, Diagnostics& diagnostics);

}  // namespace weir::dsl
