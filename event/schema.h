// What events look like: the types that `event` declarations define, resolved, with one slot for
// each field. Built by the compiler, carried in the image, read by the codecs and the runtime.
// Immutable once built; shared between threads.
//
// Invariants
// 1. fields[i] is slot i of the type's rows.
// 2. Only fields with `read` set need to be parsed and checked (language L2.3); the codec leaves
//    the slots of the others absent unless it is strict.
// 3. The event's own time and identity are not slots unless they were also declared with a type.
// 4. Derived fields (the values of features, nfa/feature.h) stand behind the declared ones. They
// are
//    of the engine alone: no input has them (readers leave them absent, strict or not), no output
//    shows them, no name finds them; their `path` is empty, `optional` true and `read` false.
// 5. A type without a type_path is of events that the engine itself makes (alerts of a rule,
// results
//    of a stream: language L4.4). No record is of it, and its fields stand nowhere in the input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace weir::event {

using EventTypeId = base::Id<struct EventTypeTag, std::uint32_t>;

enum class TypeKind : std::uint8_t {
  kBool,
  kInt,
  kDecimal,
  kFloat,
  kString,
  kEnum,
  kTime,
  kDuration,
  kIp,
  kGeo,
  kList,
};

[[nodiscard]] std::string_view type_kind_name(TypeKind kind);

// The type of a value. `element` is meaningful for lists, `constants` for enums (also for a list
// of enums).
struct Type {
  TypeKind kind = TypeKind::kInt;
  TypeKind element = TypeKind::kInt;
  std::vector<std::string> constants;

  [[nodiscard]] bool is_list() const { return kind == TypeKind::kList; }
  [[nodiscard]] std::string name() const;  // as in the language: `decimal`, `enum("a", "b")`
  friend bool operator==(const Type&, const Type&) = default;
};

enum class FieldRole : std::uint8_t {
  kNone,
  kTime,   // this field is the event time
  kId,     // this field is the event's identity
  kLabel,  // the truth that backtests compare with; refused in rules
  kPii,    // personal data; nothing masks it yet
};

struct Field {
  std::string name;
  Type type;
  bool optional = false;  // `T?`: may be absent
  FieldRole role = FieldRole::kNone;
  std::vector<std::string> path;  // where it stands in the input; {name} unless `from "a.b"`
  bool read = false;              // some loaded rule reads it
  bool derived = false;           // the value of a feature, which the engine fills in
};

struct EventType {
  std::string name;
  // `event NAME from "FIELD" = "VALUE"`: which input records are of this type. By default the
  // path is {"type"} and the value the name.
  std::vector<std::string> type_path = {"type"};
  std::string type_value;
  std::vector<std::string> time_path = {"ts"};
  std::vector<std::string> id_path = {"id"};
  std::vector<Field> fields;

  [[nodiscard]] bool is_input() const { return !type_path.empty(); }
  // A declared field.
  [[nodiscard]] std::optional<std::size_t> find_field(std::string_view field_name) const;
};

struct Schema {
  std::vector<EventType> types;  // by EventTypeId

  [[nodiscard]] EventTypeId find(std::string_view name) const;  // invalid if there is none
};

}  // namespace weir::event
