// Makes a failing case small: tries smaller cases that still fail until none is left. Used by the
// differential tests. Deterministic; calls `fails` up to `max_calls` times.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "tests/reference/case_model.h"

namespace weir::reference {

// The cases one step smaller: an event, a part, a clause, a condition less; a number nearer to 0.
[[nodiscard]] std::vector<Case> smaller_cases(const Case& c);

// `fails(c)` has to hold. A case that the rule language refuses should not count as failing.
[[nodiscard]] Case shrink(const Case& c, const std::function<bool(const Case&)>& fails,
                          std::size_t max_calls = 5000);

}  // namespace weir::reference
