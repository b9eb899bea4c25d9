#include "compiler/event_types.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

namespace weir::compiler {

using dsl::DiagnosticCode;
using event::FieldRole;
using event::TypeKind;

namespace {

// Slots are 14 bits of an operand (nfa/program.h).
constexpr std::size_t kMaxFields = 10'000;
constexpr std::size_t kMaxConstants = 100'000;

std::optional<TypeKind> kind_of(std::string_view name) {
  for (int i = 0; i < static_cast<int>(TypeKind::kList); ++i) {
    if (event::type_kind_name(static_cast<TypeKind>(i)) == name) return static_cast<TypeKind>(i);
  }
  return std::nullopt;
}

void check_constants(const dsl::TypeRef& type, dsl::Diagnostics& diagnostics) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < type.enum_constants.size(); ++i) {
    const auto span = i < type.enum_spans.size() ? type.enum_spans[i] : type.span;
    if (!seen.insert(type.enum_constants[i]).second) {
      diagnostics.add(DiagnosticCode::kDuplicateConstant, span,
                      "the constant \"" + type.enum_constants[i] + "\" is listed already");
    }
  }
  if (type.enum_constants.size() > kMaxConstants) {
    diagnostics.add(DiagnosticCode::kBadBound, type.span,
                    "an enum has at most " + std::to_string(kMaxConstants) + " constants");
  }
}

FieldRole role_of(const std::optional<dsl::Name>& role) {
  if (!role) return FieldRole::kNone;
  if (role->text == "time") return FieldRole::kTime;
  if (role->text == "id") return FieldRole::kId;
  if (role->text == "label") return FieldRole::kLabel;
  return FieldRole::kPii;
}

std::vector<std::string> path_of(const std::string& text, dsl::Span span,
                                 dsl::Diagnostics& diagnostics) {
  std::vector<std::string> path(1);
  for (const char c : text) {
    if (c == '.') {
      path.emplace_back();
    } else {
      path.back() += c;
    }
  }
  if (std::ranges::any_of(path, [](const std::string& step) { return step.empty(); })) {
    diagnostics
        .add(DiagnosticCode::kBadPath, span, "the path \"" + text + "\" has a step without a name")
        .help = "a path is names with dots between them, as in \"entry.mode\"";
  }
  return path;
}

class EventBuilder {
 public:
  EventBuilder(const dsl::EventDecl& decl, dsl::Diagnostics& diagnostics)
      : decl_(decl), diagnostics_(diagnostics) {}

  event::EventType build() {
    type_.name = decl_.name.text;
    type_.type_value = decl_.name.text;
    if (decl_.from_field) {
      type_.type_path = path_of(*decl_.from_field, decl_.name.span, diagnostics_);
      type_.type_value = decl_.from_value;
    }
    for (const auto& field : decl_.fields) add_field(field);
    if (type_.fields.size() > kMaxFields) {
      diagnostics_.add(DiagnosticCode::kBadBound, decl_.name.span,
                       "an event has at most " + std::to_string(kMaxFields) + " fields");
    }
    return std::move(type_);
  }

 private:
  void add_field(const dsl::FieldDecl& decl) {
    const FieldRole role = role_of(decl.role);
    event::Field field;
    field.name = decl.name.text;
    field.role = role;
    field.path = decl.path ? path_of(*decl.path, decl.span, diagnostics_)
                           : std::vector<std::string>{field.name};
    if (decl.type) {
      field.type = value_type(*decl.type, diagnostics_);
      field.optional = decl.type->optional;
    } else {
      field.type.kind = role == FieldRole::kPii ? TypeKind::kString : TypeKind::kBool;
      field.optional = true;
    }
    if (!check_name(decl)) return;
    if (role == FieldRole::kTime) take_time(decl, field);
    if (role == FieldRole::kId) take_id(decl, field);
    // The event's own time and identity are no slots unless they were declared with a type.
    const bool own = role == FieldRole::kTime || role == FieldRole::kId;
    if (decl.type || !own) type_.fields.push_back(std::move(field));
  }

  bool check_name(const dsl::FieldDecl& decl) {
    const auto earlier = std::ranges::find_if(decl_.fields, [&](const dsl::FieldDecl& other) {
      return other.name.text == decl.name.text;
    });
    if (&*earlier == &decl) return true;
    auto& issue =
        diagnostics_.add(DiagnosticCode::kDuplicateField, decl.name.span,
                         "`" + decl_.name.text + "` has a field `" + decl.name.text + "` already");
    issue.notes.push_back({earlier->name.span, "here"});
    return false;
  }

  void take_time(const dsl::FieldDecl& decl, const event::Field& field) {
    if (!once(decl, time_)) return;
    if (decl.type && (field.type.kind != TypeKind::kTime || field.optional)) {
      wrong(decl, "the event's time is of type time, and never absent",
            "write `time " + decl.name.text + "`, without a type");
    }
    type_.time_path = field.path;
  }

  void take_id(const dsl::FieldDecl& decl, const event::Field& field) {
    if (!once(decl, id_)) return;
    const bool fits = field.type.kind == TypeKind::kString || field.type.kind == TypeKind::kInt;
    if (decl.type && !fits) {
      wrong(decl, "an event's identity is a string or an int",
            "write `id " + decl.name.text + "`, without a type");
    }
    type_.id_path = field.path;
  }

  bool once(const dsl::FieldDecl& decl, const dsl::FieldDecl*& first) {
    if (first == nullptr) {
      first = &decl;
      return true;
    }
    auto& issue = diagnostics_.add(
        DiagnosticCode::kBadRole, decl.role->span,
        "`" + decl_.name.text + "` has a field with the role `" + decl.role->text + "` already");
    issue.notes.push_back({first->span, "here"});
    return false;
  }

  void wrong(const dsl::FieldDecl& decl, std::string message, std::string help) {
    diagnostics_.add(DiagnosticCode::kBadRole, decl.type->span, std::move(message)).help =
        std::move(help);
  }

  const dsl::EventDecl& decl_;
  dsl::Diagnostics& diagnostics_;
  event::EventType type_;
  const dsl::FieldDecl* time_ = nullptr;
  const dsl::FieldDecl* id_ = nullptr;
};

}  // namespace

event::Type value_type(const dsl::TypeRef& type, dsl::Diagnostics& diagnostics) {
  event::Type result;
  const auto kind = kind_of(type.base.text);
  if (!kind) return result;  // the parser has said so
  result.kind = type.list ? TypeKind::kList : *kind;
  if (type.list) result.element = *kind;
  if (*kind == TypeKind::kEnum) {
    check_constants(type, diagnostics);
    result.constants = type.enum_constants;
  }
  return result;
}

event::EventType event_type(const dsl::EventDecl& decl, dsl::Diagnostics& diagnostics) {
  return EventBuilder(decl, diagnostics).build();
}

void check_same_records(const event::EventType& type, const dsl::EventDecl& decl,
                        const event::Schema& earlier, dsl::Diagnostics& diagnostics) {
  for (const auto& other : earlier.types) {
    if (other.type_path != type.type_path || other.type_value != type.type_value) continue;
    diagnostics
        .add(DiagnosticCode::kSameRecords, decl.name.span,
             "records of `" + type.name + "` cannot be told from those of `" + other.name + "`")
        .help = "give them different values in `from \"FIELD\" = \"VALUE\"`";
    return;
  }
}

}  // namespace weir::compiler
