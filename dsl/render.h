// Diagnostics for people and for programs: text with the source underlined, JSON, and SARIF 2.1.0.
// Used by the tools. Pure functions; thread-safe. Bytes that are not UTF-8 come out as U+FFFD.
#pragma once

#include <string>

#include "dsl/diagnostic.h"
#include "dsl/source.h"

namespace weir::dsl {

struct TextOptions {
  bool colour = false;
  int columns = 100;  // of a source line shown; a longer one is cut around the place
  int tab_columns = 4;
};

// error[W0015]: `=` does not compare
//   --> rules/card.weir:7:36
//    |
//  7 |   when auth where amount = 5
//    |                          ^ did you mean `==`?
//    = help: ...
// and a last line that counts errors and warnings.
[[nodiscard]] std::string render_text(const SourceSet& sources, const Diagnostics& diagnostics,
                                      const TextOptions& options = {});
// One of them, without the count.
[[nodiscard]] std::string render_text(const SourceSet& sources, const Diagnostic& diagnostic,
                                      const TextOptions& options = {});

// {"diagnostics":[{"code","severity","message","file","line","column","end_line","end_column",
// "offset","length","help","notes":[...],"suggestions":[...]}],"errors":N,"warnings":N}
// Lines and columns count from 1, columns in code points; offset and length are bytes.
[[nodiscard]] std::string render_json(const SourceSet& sources, const Diagnostics& diagnostics);

// A SARIF 2.1.0 log with one run; columns in code points; suggestions are fixes.
[[nodiscard]] std::string render_sarif(const SourceSet& sources, const Diagnostics& diagnostics);

}  // namespace weir::dsl
