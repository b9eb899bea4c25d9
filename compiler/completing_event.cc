#include "compiler/completing_event.h"

#include <algorithm>
#include <utility>

namespace weir::compiler {
namespace {

// By name, the fields that may make the key of a feature: those of the rule's key as events of the
// part have them; of a pattern of one unnamed event all.
CompletingEvent completing_event(const event::Schema& schema, event::EventTypeId id, bool bare,
                                 const RuleKeys& keys, std::uint8_t part_key) {
  CompletingEvent event;
  event.type = id;
  const auto& fields = schema.types[id.index()].fields;
  for (std::size_t slot = 0; bare && slot < fields.size(); ++slot) {
    const bool seen = !fields[slot].derived && fields[slot].role != event::FieldRole::kLabel;
    if (seen) event.fields[fields[slot].name] = static_cast<std::uint16_t>(slot);
  }
  if (part_key >= keys.keys.size()) return event;
  const auto& slots = keys.keys[part_key].slots[id.index()];
  for (std::size_t i = 0; i < std::min(slots.size(), keys.fields.size()); ++i) {
    event.fields[keys.fields[i].name] = slots[i];
  }
  return event;
}

}  // namespace

void find_completing(const event::Schema& schema, const PatternGraph& graph, const RuleKeys& keys,
                     ExprScope& scope) {
  if (!graph.trailing.empty()) {
    scope.no_completing = "a deadline completes the match, and no event";
    return;
  }
  for (const auto& position : graph.positions) {
    if (position.ends.empty()) continue;
    for (const auto& name : graph.parts[position.part].types) {
      const auto id = schema.find(name);
      if (!id.valid()) continue;
      auto event = completing_event(schema, id, scope.bare_part.has_value(), keys,
                                    keys.part_key[position.part]);
      const auto known = std::ranges::find(scope.completing, id, &CompletingEvent::type);
      if (known == scope.completing.end()) {
        scope.completing.push_back(std::move(event));
      } else if (known->fields != event.fields) {
        scope.completing.clear();
        scope.no_completing =
            "events of `" + name + "` complete the match under one key or another";
        return;
      }
    }
  }
}

}  // namespace weir::compiler
