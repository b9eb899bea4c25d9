// `mode` and `active` of a rule (language L5.3): what share of its matches has effect, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "nfa/image.h"

namespace weir::compiler {

// Parts per million of `10` or `0.5` (percent), from 0.0001 to 100. Nothing for anything else.
[[nodiscard]] std::optional<std::uint32_t> canary_ppm(std::string_view percent);

// Of a rule without these clauses: live, always. What cannot be is told, and left at that.
void take_mode(const dsl::RuleBody& body, nfa::RuleImage& rule, dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
