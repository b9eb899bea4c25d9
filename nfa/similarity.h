// Jaro-Winkler likeness of two strings, by code points: 1 for equal ones, 0 for nothing in common.
// The common prefix counts for up to 4 characters at weight 0.1, as Winkler (1990) has it. Of
// longer strings the first kMaxSimilarityLength characters are compared: the time is their product.
// Re-entrant, no allocation.
#pragma once

#include <string_view>

namespace weir::nfa {

inline constexpr std::size_t kMaxSimilarityLength = 256;
[[nodiscard]] double jaro_winkler(std::string_view a, std::string_view b);

}  // namespace weir::nfa
