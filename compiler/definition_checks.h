// What is wrong with a define in itself, whether a rule uses it or not. Where rules do
// use a define, the types of its body are checked there, for only they give its names a meaning.
//
// Used when all declarations are gathered, before any rule is looked at. Not thread-safe.
#pragma once

#include "compiler/declarations.h"

namespace weir::compiler {

// Reports arguments of one name, defines that use themselves, and in defines that nothing calls
// names that no declaration and no event type has. A define that uses itself is taken out of the
// declarations and poisoned, so that its uses say nothing further.
void check_defines(const CompileContext& context, Declared& declared);

}  // namespace weir::compiler
