#include "compiler/front_slots.h"

#include <algorithm>

#include "nfa/front_plan.h"

namespace weir::compiler {
namespace {

// False: a field cannot be kept.
bool add_slots(nfa::Automaton& automaton, const nfa::Image& image) {
  for (std::size_t local = 0; local < automaton.types.size(); ++local) {
    auto& kept = automaton.kept_slots[local];
    for (const std::uint16_t slot : nfa::front_slots(automaton, local, image.programs)) {
      if (std::ranges::find(kept, slot) != kept.end()) continue;
      const auto& field = image.schema.types[automaton.types[local].index()].fields[slot];
      if (field.type.is_list() || kept.size() == nfa::kMaxKept) return false;
      kept.push_back(slot);
      automaton.kept_is_text[local].push_back(field.type.kind == event::TypeKind::kString ? 1 : 0);
    }
  }
  return true;
}

}  // namespace

void keep_for_fronts(nfa::RuleImage& rule, const nfa::Image& image) {
  if (rule.automaton.conditions.empty()) return;
  nfa::Automaton before = rule.automaton;
  if (add_slots(rule.automaton, image) && nfa::front_plan(rule, image.programs).used) return;
  rule.automaton = std::move(before);
}

}  // namespace weir::compiler
