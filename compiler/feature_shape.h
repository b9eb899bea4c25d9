// What an aggregate over a window says of itself apart from its conditions: source, field, key and
// window, resolved and checked. Used by Features (compiler/features.h).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/declarations.h"
#include "nfa/feature.h"

namespace weir::compiler {

struct ShapeInput {
  const dsl::Ast* ast = nullptr;
  const dsl::Aggregate* aggregate = nullptr;
  const Declared* declared = nullptr;
  const event::Schema* schema = nullptr;
  const std::map<std::string, ParamValue, std::less<>>* arguments = nullptr;  // of a define
};

// Fills all of a FeatureImage but names, conditions, level and identity. Reports everything wrong
// that it finds; nothing if there was anything, or if the parser has reported it.
[[nodiscard]] std::optional<nfa::FeatureImage> feature_shape(const ShapeInput& input,
                                                             dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
