// Params: `--set` values read, and what each is worth checked (L6). Used while declarations are
// gathered.
#pragma once

#include "compiler/declarations.h"

namespace weir::compiler {

// Puts the values of `--set` in the place of those in the files. A value that is no literal, or of
// another kind than the file's, or for a param that does not exist, is an error.
void set_params(const CompileOptions& options, Declared& declared, dsl::Diagnostics& diagnostics);

// Fills Declared::param_values; a param whose value cannot be known is an error, and poisoned.
void evaluate_params(const CompileContext& context, Declared& declared);

}  // namespace weir::compiler
