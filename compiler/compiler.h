// Rule files to an image: the compiler's front door.
//
// Used by the api room. Reads syntax trees, never text (but for `--set`), and touches no file but
// through the FileLoader that it is given. Reports everything wrong that it can find in one run,
// each thing once, ordered by place; gives an image only where nothing is wrong. Re-entrant.
//
// Invariants
// 1. Equal trees, options and data files give equal images, byte for byte.
// 2. Rules stand in the image in the order of the trees given, then of position.
// 3. A construct of the language that is not supported yet is an error (W9xxx), never ignored.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "compiler/cost.h"
#include "compiler/declarations.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"
#include "nfa/image.h"

namespace weir::compiler {

// What is known of a rule beside its image, for tools. Also made for rules with errors, as far as
// it went.
struct RuleReport {
  std::string name;
  dsl::Span span;
  dsl::Span name_span;
  bool ok = false;                 // it is in the image
  std::vector<std::string> parts;  // names under which its matches list events
  RuleCost cost;                   // of a rule that is ok
  std::string pattern_text;        // the unfolded pattern (`weir explain --stage pattern`)
  std::string conditions_text;  // conditions, typed and simplified (`weir explain --stage typed`)
};

struct CompileResult {
  std::optional<nfa::Image> image;   // none if there are errors
  std::vector<RuleReport> rules;     // in the order of the files
  std::vector<TestRef> tests;        // likewise; they point into the trees given
  std::vector<DataFile> data_files;  // of lists and tables
  std::deque<dsl::Ast> made;  // the rules that templates made, as if they had been written out
};

// The trees' sources are in `sources`, to which files of templates' arguments are added; what the
// trees import is among them (compiler/imports.h). Errors that parsing reported are in
// `diagnostics` already, and then no image is made. `diagnostics` is sorted at the end.
[[nodiscard]] CompileResult compile(dsl::SourceSet& sources, std::span<const dsl::Ast> asts,
                                    FileLoader& files, const CompileOptions& options,
                                    dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
