#include "compiler/expr_build.h"

#include <algorithm>
#include <array>

#include "compiler/expr_codegen.h"
#include "compiler/expr_render.h"
#include "event/ip.h"
#include "event/time.h"
#include "nfa/builtins.h"
#include "nfa/vm.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Op;
using dsl::Span;
using event::TypeKind;

event::Type type_of(TypeKind kind) {
  event::Type type;
  type.kind = kind;
  return type;
}

bool is_number(TypeKind kind) {
  return kind == TypeKind::kInt || kind == TypeKind::kDecimal || kind == TypeKind::kFloat;
}

std::string described(const IrGraph& graph, IrId id) {
  return "`" + render(graph, id) + "` is of type " + graph[id].type.name();
}

void IrBuilder::mismatch(Span span, std::string message, IrId a, IrId b) {
  dsl::Diagnostic& d = diagnostics_.add(DiagnosticCode::kTypeMismatch, span, std::move(message));
  d.notes.push_back({node(a).span, described(graph_, a)});
  if (b.valid()) d.notes.push_back({node(b).span, described(graph_, b)});
}

IrId IrBuilder::add(IrNode node) {
  if (!graph_.full()) return graph_.add(std::move(node));
  if (!reported_full_) {
    diagnostics_.add(DiagnosticCode::kExpressionTooLarge, node.span,
                     "with its defines put in, this expression is too large");
    reported_full_ = true;
  }
  return IrId();
}

// ---- leaves ------------------------------------------------------------------------------------

IrId IrBuilder::constant(TypeKind kind, const event::Value& value, Span span, Origin origin) {
  IrNode n;
  n.type = type_of(kind);
  n.value = value;
  n.span = span;
  n.origin = origin;
  return add(std::move(n));
}

IrId IrBuilder::string_constant(std::string text, Span span, Origin origin) {
  IrNode n;
  n.type = type_of(TypeKind::kString);
  n.text = std::move(text);
  n.span = span;
  n.origin = origin;
  return add(std::move(n));
}

IrId IrBuilder::cell(IrId constant, const std::string& text) {
  if (!constant.valid() || node(constant).type.kind == TypeKind::kString) return constant;
  IrNode n = node(constant);
  n.identity = text;
  return add(std::move(n));
}

// Of a cell its text; else the same.
IrId IrBuilder::as_text(IrId constant) {
  const IrNode& n = node(constant);
  if (n.op != IrOp::kConst || n.identity.empty()) return constant;
  return string_constant(n.identity, n.span, n.origin);
}

IrId IrBuilder::absent(const event::Type& type, Span span) {
  IrNode n;
  n.op = IrOp::kAbsent;
  n.type = type;
  n.span = span;
  n.may_be_absent = true;
  n.origin = Origin::kQuiet;
  return add(std::move(n));
}

// ---- folding -----------------------------------------------------------------------------------

Origin IrBuilder::worst_origin(const std::vector<IrId>& args) const {
  Origin origin = Origin::kLiteral;
  for (const IrId arg : args) origin = std::max(origin, node(arg).origin);
  return origin;
}

IrId IrBuilder::add_folded(IrNode n) {
  const auto is = [this](IrOp op) { return [this, op](IrId id) { return graph_[id].op == op; }; };
  for (const IrId arg : n.args) n.may_be_absent = n.may_be_absent || node(arg).may_be_absent;
  if (std::any_of(n.args.begin(), n.args.end(), is(IrOp::kAbsent))) return absent(n.type, n.span);
  const bool constant = std::all_of(n.args.begin(), n.args.end(), is(IrOp::kConst)) &&
                        n.op != IrOp::kInList && n.op != IrOp::kLookup;
  const IrId id = add(std::move(n));
  return id.valid() && constant ? fold(id) : id;
}

// The evaluator itself computes constants, so they cannot differ from what it does at run time.
IrId IrBuilder::fold(IrId id) {
  const IrNode n = node(id);
  const auto program = generate_value(graph_, id, event::EventTypeId());
  if (!program) return id;
  nfa::ProgramLoader loader{nfa::VerifyContext{}};
  const auto loaded = loader.load(*program);
  if (!loaded) return id;
  nfa::EvalCounters counters;
  nfa::EvalInput input;
  input.counters = &counters;
  nfa::Scratch scratch;
  event::Value value;
  if (!nfa::evaluate(*loaded, input, scratch, &value)) {
    if (counters.division_by_zero > 0) {
      diagnostics_.add(DiagnosticCode::kDivisionByZero, n.span, "this divides by zero");
    } else if (counters.overflow > 0 || counters.domain > 0) {
      diagnostics_.add(DiagnosticCode::kConstantOverflow, n.span,
                       "the value of this does not fit its type " + n.type.name());
    } else {
      return absent(n.type, n.span);
    }
    return IrId();
  }
  IrNode folded;
  folded.type = n.type;
  folded.span = n.span;
  folded.origin = worst_origin(n.args);
  if (n.type.kind == TypeKind::kString) {
    folded.text = value.string.view();
  } else {
    folded.value = value;
  }
  return add(std::move(folded));
}

// ---- conversions -------------------------------------------------------------------------------

IrId IrBuilder::widen(IrId id, TypeKind kind) {
  if (node(id).type.kind == kind) return id;
  IrNode n;
  n.op = IrOp::kConvert;
  n.type = type_of(kind);
  n.args = {id};
  n.span = node(id).span;
  return add_folded(std::move(n));
}

// Makes a string constant one of an enum, an ip or a time. False: it is none; reported if asked.
bool IrBuilder::adapt_text(IrId* text, const event::Type& type, bool report) {
  const IrId string = as_text(*text);
  if (string.valid() && string != *text && type.kind == TypeKind::kString) {
    *text = string;
    return true;
  }
  const IrNode from = node(string.valid() ? string : *text);
  if (from.op != IrOp::kConst || from.type.kind != TypeKind::kString) return false;
  IrNode made;
  made.type = type;
  made.span = from.span;
  made.origin = from.origin;
  std::string problem;
  DiagnosticCode code = DiagnosticCode::kBadConstant;
  if (type.kind == TypeKind::kEnum) {
    const auto at = std::find(type.constants.begin(), type.constants.end(), from.text);
    made.value = event::Value::of_int(at - type.constants.begin());
    code = DiagnosticCode::kUnknownEnumConstant;
    if (at == type.constants.end())
      problem = "\"" + from.text + "\" is not a constant of " + type.name();
  } else if (type.kind == TypeKind::kIp) {
    const auto address = event::parse_ip(from.text);
    if (address) made.value = event::ip_value(*address);
    if (!address) problem = "\"" + from.text + "\" is not an ip address";
  } else if (type.kind == TypeKind::kTime) {
    const auto ms = event::parse_rfc3339(from.text);
    if (ms) made.value = event::Value::of_int(*ms);
    if (!ms) problem = "\"" + from.text + "\" is not a time as 2026-01-31T12:00:00Z";
  } else {
    return false;
  }
  if (!problem.empty()) {
    if (!report) return false;
    dsl::Diagnostic& d = diagnostics_.add(code, from.span, std::move(problem));
    const std::vector<std::string_view> candidates(type.constants.begin(), type.constants.end());
    const std::string_view near = dsl::nearest_name(from.text, candidates);
    if (!near.empty()) {
      d.suggestions.push_back({from.span, '"' + std::string(near) + '"',
                               "did you mean \"" + std::string(near) + "\"?"});
    }
    *text = IrId();
    return true;
  }
  *text = add(std::move(made));
  return true;
}

IrId IrBuilder::try_convert(IrId id, const event::Type& wanted) {
  const event::Type type = node(id).type;
  if (type == wanted) return id;
  if (is_absent(id)) return absent(wanted, node(id).span);
  const bool widens = (type.kind == TypeKind::kInt &&
                       (wanted.kind == TypeKind::kDecimal || wanted.kind == TypeKind::kFloat)) ||
                      (type.kind == TypeKind::kDecimal && wanted.kind == TypeKind::kFloat);
  if (widens) return widen(id, wanted.kind);
  IrId adapted = id;
  return adapt_text(&adapted, wanted, false) ? adapted : IrId();
}

IrId IrBuilder::convert_to(IrId id, const event::Type& wanted, std::string_view what) {
  if (!id.valid()) return id;
  const IrId converted = try_convert(id, wanted);
  if (converted.valid()) return converted;
  IrId adapted = id;
  if (adapt_text(&adapted, wanted, true)) return adapted;
  diagnostics_.add(
      DiagnosticCode::kTypeMismatch, node(id).span,
      std::string(what) + " has to be of type " + wanted.name() + "; " + described(graph_, id));
  return IrId();
}

IrId IrBuilder::as_condition(IrId id, std::string_view what) {
  if (!id.valid() || node(id).type.kind == TypeKind::kBool) return id;
  diagnostics_.add(DiagnosticCode::kTypeMismatch, node(id).span,
                   std::string(what) + " has to be true or false; " + described(graph_, id));
  return IrId();
}

// Brings two operands to one type; false if there is none, and then it is reported.
bool IrBuilder::unify(IrId* a, IrId* b, Span span, std::string_view what) {
  const TypeKind ka = node(*a).type.kind, kb = node(*b).type.kind;
  if (is_number(ka) && is_number(kb)) {
    const TypeKind wider = std::max(ka, kb);  // int < decimal < float
    *a = widen(*a, wider);
    *b = widen(*b, wider);
    return a->valid() && b->valid();
  }
  if (node(*a).type == node(*b).type) return true;
  if (is_absent(*a) || is_absent(*b)) {
    IrId& lost = is_absent(*a) ? *a : *b;
    lost = absent(node(is_absent(*a) ? *b : *a).type, node(lost).span);
    return true;
  }
  if (adapt_text(b, node(*a).type, true) || adapt_text(a, node(*b).type, true)) {
    return a->valid() && b->valid();
  }
  mismatch(span, std::string(what), *a, *b);
  return false;
}

// ---- arithmetic --------------------------------------------------------------------------------

namespace {

IrOp arithmetic_op(Op op) {
  switch (op) {
    case Op::kAdd:
      return IrOp::kAdd;
    case Op::kSub:
      return IrOp::kSub;
    case Op::kMul:
      return IrOp::kMul;
    case Op::kDiv:
      return IrOp::kDiv;
    default:
      return IrOp::kMod;
  }
}

std::string_view sign_of(Op op) {
  switch (op) {
    case Op::kAdd:
      return "+";
    case Op::kSub:
      return "-";
    case Op::kMul:
      return "*";
    case Op::kDiv:
      return "/";
    default:
      return "%";
  }
}

bool is_zero(const IrNode& n) {
  if (n.op != IrOp::kConst) return false;
  if (n.type.kind == TypeKind::kFloat) return n.value.real == 0;
  return n.type.kind == TypeKind::kDecimal ? n.value.decimal == 0 : n.value.integer == 0;
}

bool is_temporal(TypeKind kind) { return kind == TypeKind::kTime || kind == TypeKind::kDuration; }

}  // namespace

IrId IrBuilder::arithmetic(Op op, IrId a, IrId b, Span span) {
  if (!a.valid() || !b.valid()) return IrId();
  if ((op == Op::kDiv || op == Op::kMod) && is_zero(node(b))) {
    diagnostics_.add(DiagnosticCode::kDivisionByZero, span, "this divides by zero");
    return IrId();
  }
  if (is_temporal(node(a).type.kind) || is_temporal(node(b).type.kind)) {
    return time_arithmetic(op, a, b, span);
  }
  if (!is_number(node(a).type.kind) || !is_number(node(b).type.kind)) {
    mismatch(span, "`" + std::string(sign_of(op)) + "` is for numbers, times and durations", a, b);
    return IrId();
  }
  if (!unify(&a, &b, span, "")) return IrId();
  IrNode n;
  n.op = arithmetic_op(op);
  n.type = node(a).type;
  if (n.op == IrOp::kDiv && n.type.kind == TypeKind::kInt) n.type = type_of(TypeKind::kDecimal);
  n.may_be_absent = n.op == IrOp::kDiv || n.op == IrOp::kMod;
  n.args = {a, b};
  n.span = span;
  return add_folded(std::move(n));
}

// time - time and duration / duration give a duration and a decimal; a duration times or by a
// number is a duration, rounded half to even to the millisecond.
IrId IrBuilder::time_arithmetic(Op op, IrId a, IrId b, Span span) {
  const TypeKind ka = node(a).type.kind, kb = node(b).type.kind;
  const auto is = [&](TypeKind first, TypeKind second) { return ka == first && kb == second; };
  std::optional<TypeKind> result;
  if (op == Op::kSub && is(TypeKind::kTime, TypeKind::kTime)) result = TypeKind::kDuration;
  if ((op == Op::kAdd || op == Op::kSub) && kb == TypeKind::kDuration && is_temporal(ka))
    result = ka;
  if (op == Op::kAdd && is(TypeKind::kDuration, TypeKind::kTime)) result = TypeKind::kTime;
  if (op == Op::kDiv && is(TypeKind::kDuration, TypeKind::kDuration)) result = TypeKind::kDecimal;
  if (op == Op::kMod && is(TypeKind::kDuration, TypeKind::kDuration)) result = TypeKind::kDuration;
  if (op == Op::kMul && is(TypeKind::kInt, TypeKind::kDuration)) std::swap(a, b);
  if (op == Op::kMul && is(TypeKind::kDecimal, TypeKind::kDuration)) std::swap(a, b);
  const TypeKind factor = node(b).type.kind;
  const bool scales = node(a).type.kind == TypeKind::kDuration &&
                      (factor == TypeKind::kInt || factor == TypeKind::kDecimal) &&
                      (op == Op::kMul || op == Op::kDiv);
  IrNode n;
  n.op = arithmetic_op(op);
  n.may_be_absent = op == Op::kDiv || op == Op::kMod;
  n.span = span;
  if (!scales || (op == Op::kMul && factor == TypeKind::kInt)) {
    if (scales) result = TypeKind::kDuration;
    if (!result) {
      mismatch(span,
               "`" + std::string(sign_of(op)) + "` does not go with these times and durations", a,
               b);
      return IrId();
    }
    n.type = type_of(*result);
    n.args = {a, b};
    return add_folded(std::move(n));
  }
  // By way of decimals: the duration's milliseconds, scaled, and back.
  n.type = type_of(TypeKind::kDecimal);
  n.args = {widen(a, TypeKind::kDecimal), widen(b, TypeKind::kDecimal)};
  if (!n.args[0].valid() || !n.args[1].valid()) return IrId();
  const IrId scaled = add_folded(std::move(n));
  return scaled.valid() ? widen(scaled, TypeKind::kDuration) : IrId();
}

IrId IrBuilder::minus(IrId a, Span span) {
  if (!a.valid()) return a;
  const TypeKind kind = node(a).type.kind;
  if (!is_number(kind) && kind != TypeKind::kDuration) {
    mismatch(span, "unary `-` is for numbers and durations", a, IrId());
    return IrId();
  }
  IrNode n;
  n.op = IrOp::kNegate;
  n.type = node(a).type;
  n.args = {a};
  n.span = span;
  return add_folded(std::move(n));
}

// ---- functions and tables ----------------------------------------------------------------------

IrId IrBuilder::call(std::uint32_t builtin, std::vector<IrId> args, Span span) {
  const nfa::BuiltinInfo& info = nfa::builtins()[builtin];
  IrNode n;
  n.op = IrOp::kCall;
  n.index = builtin;
  n.text = info.name;
  n.args = std::move(args);
  n.span = span;
  n.may_be_absent = true;
  static constexpr std::string_view kLetters = "idfsbtupg";
  static constexpr std::array<TypeKind, 9> kKinds = {
      TypeKind::kInt,  TypeKind::kDecimal,  TypeKind::kFloat, TypeKind::kString, TypeKind::kBool,
      TypeKind::kTime, TypeKind::kDuration, TypeKind::kIp,    TypeKind::kGeo};
  n.type = type_of(kKinds[kLetters.find(info.result)]);
  return add_folded(std::move(n));
}

IrId IrBuilder::look_up(IrId key, const std::string& name, const TableView& table,
                        std::size_t column, Span span) {
  const IrId converted =
      convert_to(key, table.columns[table.key].type, "the key of table `" + name + "`");
  if (!converted.valid()) return IrId();
  IrNode n;
  n.op = IrOp::kLookup;
  n.index = static_cast<std::uint32_t>(graph_.columns.size());
  const nfa::TableColumn wanted{table.table, static_cast<std::uint16_t>(column)};
  const auto found = std::find(graph_.columns.begin(), graph_.columns.end(), wanted);
  if (found == graph_.columns.end()) {
    graph_.columns.push_back(wanted);
  } else {
    n.index = static_cast<std::uint32_t>(found - graph_.columns.begin());
  }
  n.text = name + '.' + table.columns[column].name;
  n.type = table.columns[column].type;
  n.args = {converted};
  n.span = span;
  n.may_be_absent = true;
  return add_folded(std::move(n));
}

}  // namespace weir::compiler
