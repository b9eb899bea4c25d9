// The trees of a ruleset: those of the files given and of all that they import (L6). An import is
// as if the file had been given too, before the one that names it: each file is taken once, however
// often and by whatever path it is named, and files may import each other in a circle.
//
// Used by the api room and by tests, before compile(). Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/declarations.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"

namespace weir::compiler {

struct GivenFile {
  std::string path;
  std::string text;
};

// In the order of the files given, what one imports before it. What cannot be read is reported
// where it is imported. The files' sources are added.
[[nodiscard]] std::vector<dsl::Ast> parse_with_imports(std::vector<GivenFile> given,
                                                       FileLoader& files, dsl::SourceSet& sources,
                                                       dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
