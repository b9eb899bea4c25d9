// One rule, from its syntax tree to its image.
//
// Used by compile(), rule by rule in the order of the files. Not thread-safe.
#pragma once

#include "compiler/compiler.h"
#include "compiler/declarations.h"
#include "compiler/features.h"
#include "compiler/implications.h"

namespace weir::compiler {

// Appends the rule to the image if nothing is wrong with it. `reads` takes the fields that it
// looks at, `shape` what it is compared with other rules by.
[[nodiscard]] RuleReport compile_rule(const CompileContext& context, const Declared& declared,
                                      const RuleRef& rule, Features& features, FieldReads& reads,
                                      RuleShape& shape);

}  // namespace weir::compiler
