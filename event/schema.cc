#include "event/schema.h"

#include <array>

namespace weir::event {

std::string_view type_kind_name(TypeKind kind) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "bool", "int", "decimal", "float", "string", "enum", "time", "duration", "ip", "geo", "list"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string Type::name() const {
  const TypeKind shown = is_list() ? element : kind;
  std::string text = is_list() ? "list of " : "";
  text += type_kind_name(shown);
  if (shown == TypeKind::kEnum) {
    text += '(';
    for (std::size_t i = 0; i < constants.size(); ++i) {
      text += (i == 0 ? "\"" : ", \"") + constants[i] + '"';
    }
    text += ')';
  }
  return text;
}

std::optional<std::size_t> EventType::find_field(std::string_view field_name) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field_name && !fields[i].derived) return i;
  }
  return std::nullopt;
}

EventTypeId Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].name == name) return EventTypeId(i);
  }
  return EventTypeId();
}

}  // namespace weir::event
