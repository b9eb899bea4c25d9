// Calls: aggregates over parts, defines, the built-in functions.
#include <algorithm>
#include <array>

#include "compiler/expr_lower.h"
#include "compiler/expr_render.h"
#include "nfa/builtins.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Expr;
using dsl::ExprKind;
using dsl::Span;
using event::TypeKind;
using nfa::RegisterKind;
using nfa::RegisterWhich;

namespace {

struct PartAggregate {
  std::string_view name;
  RegisterKind kind;
};
constexpr std::array<PartAggregate, 6> kPartAggregates = {{
    {"sum", RegisterKind::kSum},
    {"avg", RegisterKind::kAvg},
    {"min", RegisterKind::kMin},
    {"max", RegisterKind::kMax},
    {"stddev", RegisterKind::kStddev},
    {"distinct", RegisterKind::kDistinct},
}};

// The types that a letter of builtins.def takes, as messages say it.
std::string_view letter_name(char letter) {
  switch (letter) {
    case 'i':
      return "int";
    case 'd':
      return "decimal";
    case 'f':
      return "float";
    case 's':
      return "string";
    case 'b':
      return "bool";
    case 't':
      return "time";
    case 'u':
      return "duration";
    case 'p':
      return "ip";
    case 'g':
      return "geo";
    case 'z':
      return "time zone";
    default:
      return "list";
  }
}

// How a function of a part's events is written; empty: it is none.
std::string part_function_form(const std::string& name) {
  if (name == "count" || name == "first" || name == "last" || name == "prev") {
    return name + (name == "count" ? "(part)" : "(part).field");
  }
  const bool known = std::ranges::any_of(
      kPartAggregates, [&](const PartAggregate& aggregate) { return aggregate.name == name; });
  return known ? name + "(part.field)" : "";
}

bool takes_zone(std::string_view name) {
  return name == "hour" || name == "weekday" || name == "date";
}

}  // namespace

void Lowering::visit_call(const Step& step) {
  const Expr& expr = at(step);
  if (visit_part_call(step)) return;
  if (expr.text == "zscore") return visit_zscore(step);
  const auto define = scope_.declarations->defines.find(expr.text);
  if (define == scope_.declarations->defines.end()) {
    std::vector<ExprRef> operands;
    for (const dsl::ExprId id : expr.args) operands.push_back({step.expr.ast, id});
    return push_combine(step, operands);
  }
  const dsl::DefineDecl& decl = *define->second.decl;
  if (decl.args.size() != expr.args.size()) {
    diagnostics_
        .add(DiagnosticCode::kBadArguments, expr.span,
             "`" + expr.text + "` takes " + std::to_string(decl.args.size()) + " arguments, not " +
                 std::to_string(expr.args.size()))
        .notes.push_back({decl.span, "it is defined here"});
    return push(IrId());
  }
  Step enter = step;
  enter.kind = Step::kEnterDefine;
  enter.define = &define->second;
  // An argument that names a part is passed by name; the others are values of the caller's.
  std::vector<ExprRef> values;
  for (const dsl::ExprId id : expr.args) {
    const ExprRef ref{step.expr.ast, id};
    if (find_part(step, at(ref)) == nullptr) values.push_back(ref);
  }
  enter.operands = values.size();
  todo_.push_back(enter);
  for (std::size_t i = values.size(); i-- > 0;) push_visit(values[i], step.env);
}

void Lowering::enter_define(const Step& step) {
  const Expr& expr = at(step);
  const dsl::DefineDecl& decl = *step.define->decl;
  const std::size_t first = results_.size() - step.operands;
  std::vector<IrId> values(results_.begin() + static_cast<std::ptrdiff_t>(first), results_.end());
  results_.resize(first);
  if (is_inside(step.env, &decl)) {
    diagnostics_.add(DiagnosticCode::kDefineRecursion, expr.span,
                     "`" + expr.text + "` uses itself");
    return push(IrId());
  }
  if (expr.kind == ExprKind::kName && !decl.args.empty()) {
    diagnostics_.add(
        DiagnosticCode::kBadArguments, expr.span,
        "`" + expr.text + "` takes " + std::to_string(decl.args.size()) + " arguments");
    return push(IrId());
  }
  auto env = std::make_unique<Env>();
  env->outer = step.env;
  env->inside = &decl;
  env->origin = step.env->origin;
  env->constants_only = step.env->constants_only;
  std::size_t next = 0;
  for (std::size_t i = 0; i < decl.args.size(); ++i) {
    Binding binding{decl.args[i].text, IrId(), {}};
    if (const PartView* part = find_part(step, at(ExprRef{step.expr.ast, expr.args[i]}))) {
      binding.part = part->name;
    } else {
      binding.value = values[next++];
    }
    env->bindings.push_back(std::move(binding));
  }
  push_visit({step.define->ast, decl.body}, env.get());
  envs_.push_back(std::move(env));
}

// count(part), sum(part.field) and their kin, speed_kmh(step, step). False: the call is another.
bool Lowering::visit_part_call(const Step& step) {
  const Expr& expr = at(step);
  if (expr.text == "speed_kmh") {
    push(speed(step));
    return true;
  }
  if (expr.args.size() != 1) return false;
  const Expr& of = at(arg(step, 0));
  if (expr.text == "count") {
    const PartView* part = find_part(step, of);
    if (part != nullptr) {
      push(part_count(*part, expr.span));
    } else {
      unknown_part(of, expr.text);
      push(IrId());
    }
    return true;
  }
  const bool is_ref = expr.text == "first" || expr.text == "last" || expr.text == "prev";
  if (is_ref) {
    const PartRef ref = part_ref(step, step.expr);
    if (!ref.error) {
      diagnostics_.add(DiagnosticCode::kNotAValue, expr.span, "this is an event, not a value")
          .help = "name a field of it: `" + expr.text + "(" + of.text + ").field`";
    }
    push(IrId());
    return true;
  }
  const auto aggregate = std::find_if(kPartAggregates.begin(), kPartAggregates.end(),
                                      [&](const PartAggregate& a) { return a.name == expr.text; });
  if (aggregate == kPartAggregates.end()) return false;
  const PartView* part = of.kind == ExprKind::kMember
                             ? find_part(step, at(ExprRef{step.expr.ast, of.args[0]}))
                             : nullptr;
  if (part != nullptr) {
    push(part_field(*part, aggregate->kind, RegisterWhich::kLast, of, expr.span));
    return true;
  }
  if (of.kind == ExprKind::kMember &&
      at(ExprRef{step.expr.ast, of.args[0]}).kind == ExprKind::kName) {
    unknown_part(at(ExprRef{step.expr.ast, of.args[0]}), expr.text);
  } else {
    diagnostics_
        .add(DiagnosticCode::kBadArguments, expr.span,
             "`" + expr.text + "` is computed over a field of a part's events")
        .help = "name both: `" + expr.text + "(part.field)`";
  }
  push(IrId());
  return true;
}

IrId Lowering::part_count(const PartView& part, Span span) {
  if (part.count.min == part.count.max) {
    return build_.constant(TypeKind::kInt,
                           event::Value::of_int(static_cast<std::int64_t>(part.count.min)), span,
                           Origin::kQuiet);
  }
  nfa::RegisterDesc desc;
  desc.kind = RegisterKind::kCount;
  desc.part = part.part;
  desc.part_name = part.name;
  desc.type = type_of(TypeKind::kInt);
  desc.field_type = desc.type;
  const IrId id = register_leaf(std::move(desc), span, false);
  if (id.valid()) build_.set_count_range(id, part.count);
  return id;
}

// speed_kmh(step1, step2): between the one geo field of each event, over the time between them.
// The own part's bare name is the event at hand here, which nothing else could name.
IrId Lowering::speed(const Step& step) {
  const Expr& expr = at(step);
  if (expr.args.size() != 2) {
    diagnostics_.add(DiagnosticCode::kBadArguments, expr.span, "`speed_kmh` takes two steps");
    return IrId();
  }
  std::vector<IrId> args;
  for (std::size_t i = 0; i < 2; ++i) {
    const ExprRef which = arg(step, i);
    const PartRef ref = part_ref(step, which);
    if (ref.error) return IrId();
    if (ref.part == nullptr) {
      if (at(which).kind == ExprKind::kName) {
        unknown_name(at(which));
      } else {
        diagnostics_.add(DiagnosticCode::kBadArguments, at(which).span,
                         "`speed_kmh` takes two steps, by name");
      }
      return IrId();
    }
    const bool own_event = at(which).kind == ExprKind::kName && scope_.own_part &&
                           ref.part == &scope_.parts[*scope_.own_part] && scope_.at_hand.valid();
    const event::EventType& type =
        scope_.schema->types[(own_event ? scope_.at_hand : ref.part->types.front()).index()];
    Expr field;
    for (const event::Field& candidate : type.fields) {
      if (candidate.type.kind != TypeKind::kGeo || candidate.derived) continue;
      if (!field.text.empty()) field.quoted = true;  // a second one
      field.text = candidate.name;
    }
    if (field.text.empty() || field.quoted) {
      diagnostics_
          .add(DiagnosticCode::kBadArguments, at(which).span,
               "`" + type.name + "` has " + (field.quoted ? "several geo fields" : "no geo field"))
          .help = "use distance_km of the fields, and their times";
      return IrId();
    }
    field.span = at(which).span;
    args.push_back(own_event ? event_field(field) : part_member(ref, field));
    Expr time;
    time.text = "ts";
    time.span = at(which).span;
    if (own_event) {
      IrNode n;
      n.op = IrOp::kTime;
      n.type = type_of(TypeKind::kTime);
      n.span = time.span;
      args.push_back(build_.leaf(std::move(n)));
    } else {
      args.push_back(part_member(ref, time));
    }
  }
  if (std::any_of(args.begin(), args.end(), [](IrId id) { return !id.valid(); })) return IrId();
  return build_.call(static_cast<std::uint32_t>(nfa::Builtin::kSpeedKmh), std::move(args),
                     expr.span);
}

// ---- built-in functions ------------------------------------------------------------------------

IrId Lowering::check_zone(const Expr& expr, IrId zone) {
  const IrNode& n = graph_[zone];
  if (n.op != IrOp::kConst || n.type.kind != TypeKind::kString) {
    diagnostics_
        .add(DiagnosticCode::kMissingZone, n.span,
             "the zone of `" + expr.text + "` has to be a constant string")
        .help = "write it out: `" + expr.text + "(t, \"Europe/London\")`";
    return IrId();
  }
  if (nfa::zone_exists(n.text)) return zone;
  diagnostics_.add(DiagnosticCode::kUnknownZone, n.span, "there is no time zone \"" + n.text + "\"")
      .help = "zones have IANA names, as \"Europe/London\" or \"UTC\"";
  return IrId();
}

IrId Lowering::combine_call(const Step& step, std::vector<IrId>& args) {
  const Expr& expr = at(step);
  if (expr.text == "zscore") return combine_zscore(step, args);
  std::vector<std::string_view> names;
  for (const nfa::BuiltinInfo& info : nfa::builtins()) names.push_back(info.name);
  if (std::find(names.begin(), names.end(), expr.text) != names.end())
    return call_builtin(expr, args);
  if (const std::string form = part_function_form(expr.text); !form.empty()) {
    diagnostics_
        .add(DiagnosticCode::kBadArguments, expr.span,
             "`" + expr.text + "` takes " +
                 (form.ends_with(".field)") ? "one field of a part's events" : "a part's name"))
        .help = "write `" + form + "`";
    return IrId();
  }
  for (const PartAggregate& aggregate : kPartAggregates) names.push_back(aggregate.name);
  names.push_back("count");
  for (const auto& [name, define] : scope_.declarations->defines) names.push_back(name);
  dsl::Diagnostic& d = diagnostics_.add(DiagnosticCode::kUnknownFunction, expr.text_span,
                                        "there is no function `" + expr.text + "`");
  const std::string_view near = dsl::nearest_name(expr.text, names);
  if (!near.empty()) {
    Span name = expr.text_span;
    d.suggestions.push_back({name, std::string(near), "did you mean `" + std::string(near) + "`?"});
  }
  return IrId();
}

IrId Lowering::call_builtin(const Expr& expr, std::vector<IrId>& args) {
  if (takes_zone(expr.text) && args.size() == 1) {
    diagnostics_
        .add(DiagnosticCode::kMissingZone, expr.span,
             "`" + expr.text + "` needs the zone whose clock it reads")
        .help = "say `" + expr.text + "(t, \"Europe/London\")`, or \"UTC\"";
    return IrId();
  }
  if (args.size() > nfa::kMaxArguments) {
    diagnostics_.add(
        DiagnosticCode::kBadArguments, expr.span,
        "a function takes at most " + std::to_string(nfa::kMaxArguments) + " arguments");
    return IrId();
  }
  std::string forms;
  const auto all = nfa::builtins();
  for (std::size_t row = 0; row < all.size(); ++row) {
    const nfa::BuiltinInfo& info = all[row];
    if (info.name != expr.text) continue;
    forms += (forms.empty() ? "`" : ", `") + expr.text + "(";
    const std::size_t shown = info.variadic() ? 2 : info.params.size();
    for (std::size_t i = 0; i < shown; ++i) {
      forms += (i > 0 ? ", " : "") + std::string(letter_name(info.param(i)));
    }
    forms += info.variadic() ? ", ...)`" : ")`";
    if (!info.takes(args.size())) continue;
    std::vector<IrId> fitted;
    for (std::size_t i = 0; i < args.size(); ++i) {
      const char letter = info.param(i);
      if (letter == 'L') {
        if (graph_[args[i]].type.is_list()) fitted.push_back(args[i]);
        continue;
      }
      static constexpr std::string_view kLetters = "idfsbtupg";
      static constexpr std::array<TypeKind, 9> kKinds = {
          TypeKind::kInt,      TypeKind::kDecimal, TypeKind::kFloat,
          TypeKind::kString,   TypeKind::kBool,    TypeKind::kTime,
          TypeKind::kDuration, TypeKind::kIp,      TypeKind::kGeo};
      IrId fit;
      if (letter == 'z') {
        fit = check_zone(expr, args[i]);
        if (!fit.valid()) return IrId();
      } else {
        fit = build_.try_convert(args[i], type_of(kKinds[kLetters.find(letter)]));
      }
      if (fit.valid()) fitted.push_back(fit);
    }
    if (fitted.size() == args.size()) {
      return build_.call(static_cast<std::uint32_t>(row), std::move(fitted), expr.span);
    }
  }
  dsl::Diagnostic& d = diagnostics_.add(DiagnosticCode::kBadArguments, expr.span,
                                        "`" + expr.text + "` does not take these arguments");
  for (const IrId arg : args) d.notes.push_back({graph_[arg].span, described(graph_, arg)});
  d.help = "it takes " + forms;
  return IrId();
}

}  // namespace weir::compiler
