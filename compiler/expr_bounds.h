// Conditions that cannot hold together: `amount > 5 and amount < 3`, `country == "GB" and country
// == "FR"`. Re-entrant.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "compiler/expr_ir.h"

namespace weir::compiler {

// Two of these conditions (all of which are to hold) that exclude each other, if there are.
[[nodiscard]] std::optional<std::pair<IrId, IrId>> find_contradiction(const IrGraph& graph,
                                                                      const std::vector<IrId>& all);

}  // namespace weir::compiler
