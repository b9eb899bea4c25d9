// What a name means. In a `where` a bare name is a field of the event at hand; in `having` and
// outcomes a field of the key (or of the one event of a pattern that has a single unnamed part);
// then come params, and defines without arguments. A name in backquotes is always a field.
#include <algorithm>

#include "compiler/expr_lower.h"
#include "nfa/aggregate.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Expr;
using dsl::ExprKind;
using dsl::Span;
using event::TypeKind;
using nfa::RegisterKind;
using nfa::RegisterWhich;

const Lowering::Binding* Lowering::find_binding(const Step& step, const std::string& name) const {
  for (const Binding& binding : step.env->bindings) {
    if (binding.name == name) return &binding;
  }
  return nullptr;
}

const PartView* Lowering::find_part(const Step& step, const Expr& name) const {
  if (name.kind != ExprKind::kName || name.quoted) return nullptr;
  const Binding* binding = find_binding(step, name.text);
  if (binding != nullptr && binding->part.empty()) return nullptr;
  const std::string& wanted = binding != nullptr ? binding->part : name.text;
  for (const PartView& part : scope_.parts) {
    if (part.name == wanted) return &part;
  }
  return nullptr;
}

bool Lowering::is_inside(const Env* env, const void* what) const {
  for (; env != nullptr; env = env->outer) {
    if (env->inside == what) return true;
  }
  return false;
}

// ---- bare names --------------------------------------------------------------------------------

void Lowering::visit_name(const Step& step) {
  const Expr& expr = at(step);
  if (!expr.quoted && !step.env->constants_only) {
    if (const auto known = scope_.constants.find(expr.text); known != scope_.constants.end()) {
      const auto& [type, value, text] = known->second;
      return push(type.kind == TypeKind::kString
                      ? build_.string_constant(text, expr.span, Origin::kQuiet)
                      : build_.constant(type.kind, value, expr.span, Origin::kQuiet));
    }
  }
  if (!expr.quoted) {
    if (const Binding* binding = find_binding(step, expr.text);
        binding != nullptr && binding->part.empty()) {
      return push(binding->value);
    }
  }
  const bool sees_event = !step.env->constants_only && scope_.at_hand.valid();
  if (sees_event && scope_.schema->types[scope_.at_hand.index()].find_field(expr.text)) {
    return push(event_field(expr));
  }
  if (!step.env->constants_only && scope_.place != ExprPlace::kWhere) {
    for (std::size_t i = 0; i < scope_.key_fields.size(); ++i) {
      if (scope_.key_fields[i].name == expr.text) return push(key_field(i, expr.span));
    }
    if (scope_.bare_part && has_field(scope_.parts[*scope_.bare_part], expr.text)) {
      return push(part_field(scope_.parts[*scope_.bare_part], RegisterKind::kField,
                             RegisterWhich::kLast, expr, expr.span));
    }
  }
  if (expr.quoted) {
    unknown_name(expr);
    return push(IrId());
  }
  if (sees_event && expr.text == "ts") {
    IrNode time;
    time.op = IrOp::kTime;
    time.type = type_of(TypeKind::kTime);
    time.span = expr.span;
    return push(build_.leaf(std::move(time)));
  }
  const bool sees_part = !step.env->constants_only && scope_.place != ExprPlace::kWhere;
  if (sees_part && scope_.bare_part && expr.text == "ts") {
    PartRef only;
    only.part = &scope_.parts[*scope_.bare_part];
    return push(part_member(only, expr));
  }
  if (visit_declared(step, expr.text)) return;
  unknown_name(expr);
  push(IrId());
}

// Params, defines, and what is no value. False: the file declares no such name.
bool Lowering::visit_declared(const Step& step, const std::string& name) {
  const Declarations& file = *scope_.declarations;
  const Expr& expr = at(step);
  if (const auto param = file.params.find(name); param != file.params.end()) {
    enter_param(step, param->second);
    return true;
  }
  if (const auto define = file.defines.find(name); define != file.defines.end()) {
    Step enter = step;
    enter.kind = Step::kEnterDefine;
    enter.operands = 0;
    enter.define = &define->second;
    todo_.push_back(enter);
    return true;
  }
  const auto no_value = [&](const std::string& what, const std::string& help) {
    diagnostics_.add(DiagnosticCode::kNotAValue, expr.span, "`" + name + "` is " + what).help =
        help;
    push(IrId());
    return true;
  };
  if (file.lists.contains(name)) return no_value("a list, not a value", "ask `x in " + name + "`");
  if (file.tables.contains(name)) {
    return no_value("a table, not a value", "look up a row's column: `" + name + "[x].column`");
  }
  if (file.features.contains(name)) {
    push(named_feature(step, name));
    return true;
  }
  for (const PartView& part : scope_.parts) {
    if (part.name == name) {
      return no_value("a part, not a value", "name a field of its event: `" + name + ".field`");
    }
  }
  return false;
}

void Lowering::enter_param(const Step& step, const ParamView& param) {
  const Expr& expr = at(step);
  if (is_inside(step.env, &param)) {
    diagnostics_.add(DiagnosticCode::kDefineRecursion, expr.span,
                     "the value of `" + expr.text + "` depends on itself");
    return push(IrId());
  }
  auto env = std::make_unique<Env>();
  env->outer = step.env;
  env->inside = &param;
  env->origin = std::max(Origin::kParam, step.env->origin);
  env->constants_only = true;
  push_visit(param.value, env.get());
  envs_.push_back(std::move(env));
}

IrId Lowering::event_field(const Expr& expr) {
  const event::EventType& type = scope_.schema->types[scope_.at_hand.index()];
  const std::size_t slot = *type.find_field(expr.text);
  const event::Field& field = type.fields[slot];
  for (const event::EventTypeId other : scope_.at_hand_types) {
    const event::EventType& also = scope_.schema->types[other.index()];
    const auto found = also.find_field(expr.text);
    if (found && also.fields[*found].type == field.type) continue;
    diagnostics_
        .add(DiagnosticCode::kFieldNotShared, expr.span,
             found ? "`" + expr.text + "` is of type " + field.type.name() + " in " + type.name +
                         " and of type " + also.fields[*found].type.name() + " in " + also.name
                   : "`" + also.name + "`, which this part may take, has no field `" + expr.text +
                         "`")
        .help =
        "a part of several types can look only at fields that all of them have with one type";
    return IrId();
  }
  if (field.role == event::FieldRole::kLabel) {
    diagnostics_.add(DiagnosticCode::kLabelInRule, expr.span,
                     "`" + expr.text + "` is a label: rules must not see it");
    return IrId();
  }
  if (scope_.reads != nullptr)
    scope_.reads->emplace(scope_.at_hand, static_cast<std::uint16_t>(slot));
  IrNode n;
  n.op = IrOp::kSlot;
  n.type = field.type;
  n.index = static_cast<std::uint32_t>(slot);
  n.text = field.name;
  n.span = expr.span;
  n.may_be_absent = field.optional;
  return build_.leaf(std::move(n));
}

IrId Lowering::key_field(std::size_t index, Span span) {
  nfa::RegisterDesc desc;
  desc.kind = RegisterKind::kKeyField;
  desc.part = static_cast<std::uint16_t>(index);
  desc.field = scope_.key_fields[index].name;
  desc.type = scope_.key_fields[index].type;
  desc.field_type = desc.type;
  return register_leaf(std::move(desc), span, false);
}

IrId Lowering::register_leaf(nfa::RegisterDesc desc, Span span, bool may_be_absent) {
  IrNode n;
  n.op = IrOp::kRegister;
  n.type = desc.type;
  n.text = desc.text();
  n.span = span;
  n.may_be_absent = may_be_absent;
  const std::uint16_t index = scope_.registers->intern(desc);
  if (index == nfa::RegisterTable::kNone) {
    diagnostics_.add(DiagnosticCode::kExpressionTooLarge, span,
                     "this rule looks at too many different fields and aggregates of its parts");
    return IrId();
  }
  n.index = index;
  return build_.leaf(std::move(n));
}

// ---- parts -------------------------------------------------------------------------------------

bool Lowering::has_field(const PartView& part, const std::string& field) const {
  return std::any_of(part.types.begin(), part.types.end(), [&](event::EventTypeId type) {
    return scope_.schema->types[type.index()].find_field(field).has_value();
  });
}

// x, first(x), last(x), prev(x), where x names a part.
Lowering::PartRef Lowering::part_ref(const Step& step, ExprRef ref) {
  const Expr& expr = at(ref);
  PartRef found;
  if (expr.kind == ExprKind::kName) {
    // A field of the event at hand comes before a part of the same name.
    found.part = find_part(step, expr);
    return found;
  }
  if (expr.kind != ExprKind::kCall || expr.args.size() != 1) return found;
  if (expr.text != "first" && expr.text != "last" && expr.text != "prev") return found;
  const Expr& name = at(ExprRef{ref.ast, expr.args[0]});
  found.part = find_part(step, name);
  if (found.part == nullptr) {
    found.error = true;
    unknown_part(name, expr.text);
    return found;
  }
  found.which = expr.text == "first" ? RegisterWhich::kFirst : RegisterWhich::kLast;
  const bool own = scope_.own_part && &scope_.parts[*scope_.own_part] == found.part;
  if (expr.text == "prev" && !own) {
    diagnostics_
        .add(DiagnosticCode::kPrevOutside, expr.span,
             "`prev(" + name.text + ")` stands only in the `where` and `until` of " + name.text)
        .help = "say `last(" + name.text + ")`";
    found.error = true;
  }
  return found;
}

void Lowering::visit_member(const Step& step) {
  const Expr& expr = at(step);
  const ExprRef base = arg(step, 0);
  if (at(base).kind == ExprKind::kIndex) {
    const Expr& table_name = at(ExprRef{base.ast, at(base).args[0]});
    const auto table = scope_.declarations->tables.find(table_name.text);
    if (table_name.kind != ExprKind::kName || table == scope_.declarations->tables.end()) {
      unknown_name(table_name);
      return push(IrId());
    }
    const auto& columns = table->second.columns;
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const auto& c) { return c.name == expr.text; });
    if (column != columns.end() && at(base).args.size() == 2) {
      return push_combine(step, {ExprRef{base.ast, at(base).args[1]}});
    }
    dsl::Diagnostic& d =
        diagnostics_.add(DiagnosticCode::kUnknownField, expr.text_span,
                         column != columns.end()
                             ? "table `" + table_name.text + "` has one key column"
                             : "table `" + table_name.text + "` has no column `" + expr.text + "`");
    std::vector<std::string_view> names;
    for (const auto& c : columns) names.push_back(c.name);
    if (const auto near = dsl::nearest_name(expr.text, names); !near.empty() && near != expr.text) {
      d.suggestions.push_back(
          {expr.text_span, std::string(near), "did you mean `" + std::string(near) + "`?"});
    }
    return push(IrId());
  }
  const PartRef ref = part_ref(step, base);
  if (ref.error) return push(IrId());
  if (ref.part != nullptr) return push(part_member(ref, expr));
  if (at(base).kind == ExprKind::kName) {
    unknown_name(at(base));
  } else {
    diagnostics_.add(DiagnosticCode::kNotAValue, expr.span,
                     "only parts and tables have something after a `.`");
  }
  push(IrId());
}

IrId Lowering::part_member(const PartRef& ref, const Expr& expr) {
  if (expr.text == "ts" && !expr.quoted && !has_field(*ref.part, "ts")) {
    if (ref.part->count.is_exactly(0)) return build_.absent(type_of(TypeKind::kTime), expr.span);
    nfa::RegisterDesc desc;
    desc.kind = RegisterKind::kTime;
    desc.which = ref.part->repeated ? ref.which : RegisterWhich::kLast;
    desc.part = ref.part->part;
    desc.part_name = ref.part->name;
    desc.type = type_of(TypeKind::kTime);
    desc.field_type = desc.type;
    return register_leaf(std::move(desc), expr.span, ref.part->count.min == 0);
  }
  return part_field(*ref.part, RegisterKind::kField, ref.which, expr, expr.span);
}

// A field of one event of a part, or an aggregate over that field of all of them.
IrId Lowering::part_field(const PartView& part, RegisterKind kind, RegisterWhich which,
                          const Expr& named, Span span) {
  const std::string& field = named.text;
  nfa::RegisterDesc desc;
  bool optional = false;
  for (const event::EventTypeId id : part.types) {
    const auto declared = scope_.schema->types[id.index()].find_field(field);
    const auto slot =
        declared ? static_cast<std::uint16_t>(*declared) : part_feature_slot(id, named);
    if (!slot) return IrId();
    const event::Field& found = scope_.schema->types[id.index()].fields[*slot];
    if (found.role == event::FieldRole::kLabel) {
      diagnostics_.add(DiagnosticCode::kLabelInRule, span,
                       "`" + field + "` is a label: rules must not see it");
      return IrId();
    }
    if (desc.slots.empty()) desc.field_type = found.type;
    if (desc.field_type != found.type) {
      diagnostics_.add(
          DiagnosticCode::kFieldNotShared, span,
          "`" + field + "` has different types in the types that `" + part.name + "` may take");
      return IrId();
    }
    optional = optional || found.optional;
    desc.slots.push_back({id, *slot});
  }
  desc.kind = kind;
  desc.which = part.repeated && kind == RegisterKind::kField ? which : RegisterWhich::kLast;
  desc.part = part.part;
  desc.part_name = part.name;
  desc.field = field;
  desc.type = desc.field_type;
  if (desc.is_aggregate()) {
    const auto type = nfa::aggregate_type(kind, desc.field_type);
    if (!type) {
      diagnostics_.add(DiagnosticCode::kTypeMismatch, span,
                       "this cannot be computed of a field of type " + desc.field_type.name());
      return IrId();
    }
    desc.type = *type;
  }
  if (part.count.is_exactly(0)) {
    if (kind != RegisterKind::kSum) return build_.absent(desc.type, span);
    const bool is_float = desc.type.kind == TypeKind::kFloat;
    return build_.constant(desc.type.kind, is_float ? event::Value::of_float(0) : event::Value(),
                           span, Origin::kQuiet);
  }
  if (scope_.reads != nullptr) {
    for (const auto& slot : desc.slots) scope_.reads->emplace(slot.type, slot.slot);
  }
  const bool absent = kind == RegisterKind::kSum      ? false
                      : kind == RegisterKind::kStddev ? part.count.min < 2 || optional
                                                      : part.count.min == 0 || optional;
  return register_leaf(std::move(desc), span, absent);
}

// ---- what was probably meant -------------------------------------------------------------------

void Lowering::unknown_field(const event::EventType& type, const Expr& expr) {
  const bool own_place = expr.text_span.end > expr.text_span.begin;
  const Span span = own_place ? expr.text_span : expr.span;
  dsl::Diagnostic& d = diagnostics_.add(DiagnosticCode::kUnknownField, span,
                                        "`" + type.name + "` has no field `" + expr.text + "`");
  std::vector<std::string_view> names;
  for (const event::Field& field : type.fields) {
    if (!field.derived) names.push_back(field.name);
  }
  for (const auto& [name, feature] : scope_.declarations->features) names.push_back(name);
  const std::string_view near = dsl::nearest_name(expr.text, names);
  if (near.empty()) return;
  d.suggestions.push_back({span, std::string(near), "did you mean `" + std::string(near) + "`?"});
}

bool Lowering::comes_later(const Expr& expr) {
  if (scope_.outer_names.contains(expr.text)) {
    diagnostics_
        .add(DiagnosticCode::kFeatureLooksOut, expr.span,
             "`" + expr.text + "` has no meaning within a feature")
        .help = "its conditions look at one event of its own, at constants, and at other features";
    return true;
  }
  const auto& later = scope_.later_parts;
  if (std::find(later.begin(), later.end(), expr.text) == later.end()) return false;
  diagnostics_
      .add(DiagnosticCode::kLaterPart, expr.span,
           "`" + expr.text + "` comes later in the pattern: a condition looks only back")
      .help = "move the condition to that part, or into `having`";
  return true;
}

// Where only the name of a part can stand.
void Lowering::unknown_part(const Expr& expr, const std::string& function) {
  if (expr.kind == ExprKind::kName && comes_later(expr)) return;
  std::vector<std::string_view> names;
  for (const PartView& part : scope_.parts) names.push_back(part.name);
  const bool plain = expr.kind == ExprKind::kName;
  const std::string_view near = plain ? dsl::nearest_name(expr.text, names) : "";
  const std::string wanted = "`" + function + "` takes a part's name";
  if (near.empty()) {
    diagnostics_.add(DiagnosticCode::kBadArguments, expr.span, wanted).help =
        names.empty() ? "a part is named with `as`"
                      : "a part that this condition can look at is `" + std::string(names[0]) + "`";
    return;
  }
  diagnostics_.add(DiagnosticCode::kUnknownName, expr.span, "no part is called `" + expr.text + "`")
      .suggestions.push_back(
          {expr.span, std::string(near), "did you mean `" + std::string(near) + "`?"});
}

void Lowering::unknown_name(const Expr& expr) {
  if (comes_later(expr)) return;
  std::vector<std::string_view> names;
  if (scope_.place != ExprPlace::kWhere) {
    for (const PartView& part : scope_.parts) {
      if (!has_field(part, expr.text)) continue;
      const std::string member = part.name + "." + expr.text;
      dsl::Diagnostic& d =
          diagnostics_.add(DiagnosticCode::kBareField, expr.span,
                           "here a bare name is a field of the key; `" + expr.text +
                               "` is a field of part `" + part.name + "`");
      d.suggestions.push_back({expr.span, member, "did you mean `" + member + "`?"});
      return;
    }
    for (const KeyFieldView& key : scope_.key_fields) names.push_back(key.name);
  }
  if (scope_.at_hand.valid()) {
    for (const event::Field& field : scope_.schema->types[scope_.at_hand.index()].fields) {
      if (field.derived) continue;
      names.push_back(field.name);
      const auto& constants = field.type.constants;
      if (std::find(constants.begin(), constants.end(), expr.text) == constants.end()) continue;
      dsl::Diagnostic& d = diagnostics_.add(DiagnosticCode::kUnknownName, expr.span,
                                            "nothing here is called `" + expr.text + "`");
      d.suggestions.push_back(
          {expr.span, '"' + expr.text + '"',
           "did you mean \"" + expr.text + "\", a constant of `" + field.name + "`?"});
      return;
    }
  }
  const Declarations& file = *scope_.declarations;
  for (const PartView& part : scope_.parts) names.push_back(part.name);
  for (const auto& [name, param] : file.params) names.push_back(name);
  for (const auto& [name, list] : file.lists) names.push_back(name);
  for (const auto& [name, table] : file.tables) names.push_back(name);
  for (const auto& [name, define] : file.defines) names.push_back(name);
  for (const auto& [name, feature] : file.features) names.push_back(name);
  names.push_back("true");
  names.push_back("false");
  dsl::Diagnostic& d = diagnostics_.add(DiagnosticCode::kUnknownName, expr.span,
                                        "nothing here is called `" + expr.text + "`");
  const std::string_view near = dsl::nearest_name(expr.text, names);
  if (!near.empty()) {
    d.suggestions.push_back(
        {expr.span, std::string(near), "did you mean `" + std::string(near) + "`?"});
  } else if (scope_.place == ExprPlace::kConstant) {
    d.help = "the value of a param is made of literals and other params";
  }
}

}  // namespace weir::compiler
