#include "compiler/rule_keys.h"

#include <algorithm>
#include <optional>
#include <string>

#include "compiler/declarations.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

constexpr std::size_t kMaxKeys = 32;  // bits of Seen::key_mask
constexpr std::uint8_t kNoKey = 0xFF;

class KeyResolver {
 public:
  KeyResolver(const KeyInput& input, dsl::Diagnostics& diagnostics)
      : input_(input), diagnostics_(diagnostics), errors_before_(diagnostics.error_count()) {}

  RuleKeys resolve() {
    const auto& body = input_.rule->body;
    const auto& parts = input_.graph->parts;
    const bool own =
        std::ranges::any_of(parts, [](const PatternPart& part) { return part.by.has_value(); });
    keys_.part_key.assign(parts.size(), kNoKey);
    if (body.by) (void)intern(*body.by);
    if (!body.by && !own) {
      if (!body.by_all && looks_at_several_events(*input_.graph)) needs_by();
      keys_.part_key.assign(parts.size(), 0);
      return done();
    }
    if (body.by_all) {
      diagnostics_.add(DiagnosticCode::kBadKey, body.by_span,
                       "`by all` means that there is no key, but parts of the pattern have one");
      return done();
    }
    assign_own();
    assign_borrowed();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (keys_.part_key[i] == kNoKey) {
        keys_.part_key[i] = 0;
      } else {
        use(i);
      }
    }
    report_missing();
    check_types();
    keys_.keyed = true;
    keys_.by_part = keys_.keys.size() > 1;
    return done();
  }

 private:
  RuleKeys done() {
    keys_.ok = diagnostics_.error_count() == errors_before_;
    return std::move(keys_);
  }

  // The fields that all types of the pattern have with one type: candidates for a key.
  void needs_by() {
    auto& issue = diagnostics_.add(
        DiagnosticCode::kNeedsBy, input_.rule->name.span,
        "the pattern of `" + input_.rule->name.text + "` looks at several events, but has no key");
    issue.help = "write `by FIELD` before `when`: events of one value of it go together";
    const auto shared = shared_fields();
    if (!shared.empty()) issue.help += " (all of its types have " + shared + ")";
    issue.help += "; or `by all`, to put the events of everyone into one sequence";
  }

  [[nodiscard]] std::string shared_fields() const {
    const auto types = seen_types();
    std::string out;
    if (types.empty()) return out;
    int listed = 0;
    for (const auto& field : input_.schema->types[types.front().index()].fields) {
      const bool likely =
          field.type.kind == event::TypeKind::kString || field.type.kind == event::TypeKind::kInt;
      const bool all = std::ranges::all_of(types, [&](event::EventTypeId id) {
        const auto& type = input_.schema->types[id.index()];
        const auto slot = type.find_field(field.name);
        return slot && type.fields[*slot].type == field.type;
      });
      if (!likely || !all || field.derived || field.role == event::FieldRole::kLabel || listed == 3)
        continue;
      out += (listed++ == 0 ? "`" : ", `") + field.name + "`";
    }
    return out;
  }

  [[nodiscard]] std::vector<event::EventTypeId> seen_types() const {
    std::vector<event::EventTypeId> out;
    for (const auto& part : input_.graph->parts) {
      for (const auto& list : {part.types, part.among}) {
        for (const auto& name : list) out.push_back(input_.schema->find(name));
      }
    }
    return out;
  }

  std::uint8_t intern(const dsl::Keys& by) {
    std::vector<std::string> fields;
    for (const auto& name : by.fields) {
      if (std::ranges::find(fields, name.text) != fields.end()) {
        diagnostics_.add(DiagnosticCode::kBadKey, name.span,
                         "`" + name.text + "` is in the key already");
        continue;
      }
      fields.push_back(name.text);
    }
    for (std::size_t i = 0; i < keys_.keys.size(); ++i) {
      if (keys_.keys[i].fields == fields) return static_cast<std::uint8_t>(i);
    }
    if (keys_.keys.size() == kMaxKeys) {
      diagnostics_.add(DiagnosticCode::kBadKey, by.span,
                       "a rule has at most " + std::to_string(kMaxKeys) + " different keys");
      return 0;
    }
    nfa::KeyExpr key;
    key.fields = std::move(fields);
    key.slots.resize(input_.schema->types.size());
    keys_.keys.push_back(std::move(key));
    written_.push_back(&by);
    types_.emplace_back();
    return static_cast<std::uint8_t>(keys_.keys.size() - 1);
  }

  // Parts with a `by` of their own, and those that stand under the rule's.
  void assign_own() {
    const auto& parts = input_.graph->parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].by) {
        keys_.part_key[i] = intern(*parts[i].by);
      } else if (input_.rule->body.by) {
        keys_.part_key[i] = 0;
      } else if (parts[i].kind == PatternPart::Kind::kPart) {
        diagnostics_
            .add(DiagnosticCode::kBadKey, parts[i].span,
                 "this part has no key, but another part has one of its own")
            .help = "give it a `by` too, or give the rule one that holds where a part has none";
      }
    }
  }

  // R19: the others take the key of the parts that name the same types, if these agree.
  void assign_borrowed() {
    const auto& parts = input_.graph->parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (keys_.part_key[i] != kNoKey || parts[i].kind == PatternPart::Kind::kPart) continue;
      std::optional<std::uint8_t> key;
      bool agree = true;
      bool all_named = true;
      for (const auto& type : parts[i].types) {
        bool named = false;
        for (std::size_t j = 0; j < parts.size(); ++j) {
          if (parts[j].kind != PatternPart::Kind::kPart || keys_.part_key[j] == kNoKey) continue;
          if (std::ranges::find(parts[j].types, type) == parts[j].types.end()) continue;
          agree = agree && (!key || *key == keys_.part_key[j]);
          key = keys_.part_key[j];
          named = true;
        }
        all_named = all_named && named;
      }
      if (key && agree && all_named) {
        keys_.part_key[i] = *key;
        continue;
      }
      const char* what = parts[i].kind == PatternPart::Kind::kAbsence ? "`without`" : "`until`";
      diagnostics_
          .add(DiagnosticCode::kBadKey, parts[i].span,
               std::string("by what is this ") + what + " keyed? " +
                   (all_named ? "The parts of this type differ in their `by`"
                              : "No part of the pattern takes its type"))
          .help = "give it a `by` of its own, or give the rule one";
    }
  }

  // Fills the slots of the part's key for each type that the part names.
  void use(std::size_t index) {
    const auto& part = input_.graph->parts[index];
    for (const auto& list : {part.types, part.among}) {
      for (const auto& name : list) {
        const auto type = input_.schema->find(name);
        if (type.valid()) fill(keys_.part_key[index], type, part);
      }
    }
  }

  void fill(std::uint8_t key, event::EventTypeId type_id, const PatternPart& part) {
    auto& expr = keys_.keys[key];
    auto& slots = expr.slots[type_id.index()];
    if (!slots.empty()) return;
    const auto& type = input_.schema->types[type_id.index()];
    for (const auto& field : expr.fields) {
      const auto slot = type.find_field(field);
      if (!slot) {
        slots.clear();
        missing(key, field, type, part);
        return;
      }
      if (!fits(key, type.fields[*slot])) return;
      slots.push_back(static_cast<std::uint16_t>(*slot));
      input_.reads->emplace(type_id, static_cast<std::uint16_t>(*slot));
    }
  }

  [[nodiscard]] const dsl::Name& name_of(std::uint8_t key, const std::string& field) const {
    return *std::ranges::find(written_[key]->fields, field, &dsl::Name::text);
  }

  // Told together of all types, once these are known.
  void missing(std::uint8_t key, const std::string& field, const event::EventType& type,
               const PatternPart& part) {
    const auto& name = name_of(key, field);
    const auto known = std::ranges::find(missing_, &name, &Missing::name);
    if (known == missing_.end()) {
      missing_.push_back({&name, {&type}, part.span});
    } else {
      known->types.push_back(&type);
    }
  }

  void report_missing() {
    for (const Missing& each : missing_) {
      std::string who;
      std::vector<std::string_view> known;
      for (const event::EventType* type : each.types) {
        who += (who.empty()                 ? "`"
                : each.types.back() == type ? " and `"
                                            : ", `") +
               type->name + "`";
        for (const auto& field : type->fields) {
          if (!field.derived) known.push_back(field.name);
        }
      }
      auto& issue = diagnostics_.add(DiagnosticCode::kUnknownField, each.name->span,
                                     who + (each.types.size() == 1 ? " has" : " have") +
                                         " no field `" + each.name->text + "` to be keyed by");
      suggest_name(issue, *each.name, known);
      issue.notes.push_back({each.named, "the type is named here"});
      if (issue.suggestions.empty()) {
        issue.help = "a part whose field is called otherwise can have a `by` of its own";
      }
    }
  }

  bool fits(std::uint8_t key, const event::Field& field) {
    const auto& name = name_of(key, field.name);
    if (field.role == event::FieldRole::kLabel) {
      diagnostics_.add(DiagnosticCode::kLabelInRule, name.span,
                       "`" + field.name + "` is a label: rules must not see it");
      return false;
    }
    if (field.type.is_list() || field.type.kind == event::TypeKind::kGeo ||
        field.type.kind == event::TypeKind::kFloat) {
      diagnostics_.add(DiagnosticCode::kBadKey, name.span,
                       "a field of type " + field.type.name() + " cannot be a key");
      return false;
    }
    auto& types = types_[key];
    const auto place = static_cast<std::size_t>(
        std::ranges::find(keys_.keys[key].fields, field.name) - keys_.keys[key].fields.begin());
    if (types.size() <= place) types.resize(place + 1);
    if (!types[place]) {
      types[place] = field.type;
    } else if (*types[place] != field.type) {
      diagnostics_.add(DiagnosticCode::kBadKey, name.span,
                       "`" + field.name + "` is of type " + types[place]->name() +
                           " in one event type and of type " + field.type.name() + " in another");
      return false;
    }
    return true;
  }

  // The values of different key expressions are compared, so they have to be of the same types.
  void check_types() {
    if (diagnostics_.error_count() > errors_before_) return;
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < keys_.keys.size(); ++i) {
      if (types_[i].empty()) continue;  // no part uses it
      if (!first) first = i;
      if (types_[i] == types_[*first]) continue;
      auto& issue = diagnostics_.add(DiagnosticCode::kBadKey, written_[i]->span,
                                     "this key, of " + types_text(i) +
                                         ", can never equal the other, of " + types_text(*first));
      issue.notes.push_back({written_[*first]->span, "the other key"});
    }
    if (!first) return;
    const bool by_rule = input_.rule->body.by && !types_[0].empty();
    if (input_.rule->body.by && !by_rule) {
      diagnostics_
          .add(DiagnosticCode::kNoEffect, written_[0]->span,
               "this `by` has no effect: every part has a `by` of its own")
          .help = "leave it out, or the `by` of the parts that it is meant for";
    }
    const std::size_t shown = by_rule ? 0 : first_part_key();
    keys_.shown = static_cast<std::uint8_t>(shown);
    for (std::size_t i = 0; i < keys_.keys[shown].fields.size(); ++i) {
      const auto& types = types_[shown].empty() ? types_[*first] : types_[shown];
      if (i < types.size() && types[i])
        keys_.fields.push_back({keys_.keys[shown].fields[i], *types[i]});
    }
  }

  [[nodiscard]] std::size_t first_part_key() const {
    const auto& parts = input_.graph->parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].kind == PatternPart::Kind::kPart) return keys_.part_key[i];
    }
    return 0;
  }

  [[nodiscard]] std::string types_text(std::size_t key) const {
    std::string out;
    for (const auto& type : types_[key]) out += (out.empty() ? "" : ", ") + type->name();
    return out;
  }

  struct Missing {
    const dsl::Name* name;
    std::vector<const event::EventType*> types;
    dsl::Span named;  // where the first of them is
  };

  const KeyInput& input_;
  dsl::Diagnostics& diagnostics_;
  std::size_t errors_before_;
  RuleKeys keys_;
  std::vector<const dsl::Keys*> written_;                       // by key
  std::vector<std::vector<std::optional<event::Type>>> types_;  // by key and field
  std::vector<Missing> missing_;
};

}  // namespace

bool looks_at_several_events(const PatternGraph& graph) {
  const bool edges =
      std::ranges::any_of(graph.edges, [](const GraphEdge& edge) { return edge.from != kStart; });
  return edges || !graph.leading.empty() || !graph.trailing.empty();
}

RuleKeys resolve_keys(const KeyInput& input, dsl::Diagnostics& diagnostics) {
  return KeyResolver(input, diagnostics).resolve();
}

}  // namespace weir::compiler
