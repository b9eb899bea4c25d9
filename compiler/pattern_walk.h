// The items of a pattern in the order of the text, those of groups within it included. No
// recursion: patterns nest as deep as the parser allows.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "dsl/ast.h"

namespace weir::compiler {

// Calls visit(const dsl::PatternItem&) for each.
template <typename Visit>
void visit_items(const dsl::Ast& ast, dsl::PatternId pattern, Visit&& visit) {
  if (!pattern.valid()) return;
  struct Place {
    dsl::PatternId pattern;
    std::size_t item = 0;
  };
  std::vector<Place> open = {{pattern, 0}};
  while (!open.empty()) {
    const auto& items = ast.pattern(open.back().pattern).items;
    if (open.back().item == items.size()) {
      open.pop_back();
      continue;
    }
    const dsl::PatternItem& item = items[open.back().item++];
    visit(item);
    const auto* group = std::get_if<dsl::Group>(&item.body);
    if (group == nullptr) continue;
    for (auto inner = group->patterns.rbegin(); inner != group->patterns.rend(); ++inner) {
      open.push_back({*inner, 0});
    }
  }
}

// The types that an item itself names, as they stand in the text; none for a group.
[[nodiscard]] inline const dsl::TypeSet* types_of(const dsl::PatternItem& item) {
  if (const auto* part = std::get_if<dsl::Part>(&item.body)) return &part->types;
  if (const auto* absence = std::get_if<dsl::Absence>(&item.body)) return &absence->types;
  return nullptr;
}

}  // namespace weir::compiler
