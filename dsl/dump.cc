// Expressions are printed as (operator operand...), recursing at most kMaxHeight deep; patterns as
// nested lines.
#include "dsl/dump.h"

#include <array>

#include "dsl/dump_impl.h"
#include "dsl/literal_text.h"

namespace weir::dsl {
namespace {

std::string_view head(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kIndex:
      return "index";
    case ExprKind::kIn:
      return "in";
    case ExprKind::kNotIn:
      return "not-in";
    case ExprKind::kBetween:
      return "between";
    case ExprKind::kMatches:
      return "matches";
    case ExprKind::kIsMissing:
      return "missing";
    case ExprKind::kIsPresent:
      return "present";
    case ExprKind::kOtherwise:
      return "otherwise";
    case ExprKind::kUnary:
      return e.op == Op::kNegate ? "negate" : "not";
    case ExprKind::kBinary:
      return op_text(e.op);
    case ExprKind::kList:
      return e.text.empty() ? "list" : "geo";
    default:
      return "";
  }
}

}  // namespace

// ---- expressions -------------------------------------------------------------------------------

void Dumper::expr(ExprId id) {
  if (!id.valid()) return put("<none>");
  const Expr& e = ast_.expr(id);
  switch (e.kind) {
    case ExprKind::kBool:
      return put(e.integer != 0 ? "true" : "false");
    case ExprKind::kInt:
      return put(std::to_string(e.integer));
    case ExprKind::kDecimal:
    case ExprKind::kFloat:
      return put(e.text);
    case ExprKind::kString:
      return put(quote(e.text));
    case ExprKind::kDuration:
      return put(std::to_string(e.integer) + "ms");
    case ExprKind::kRegex:
      return put("/" + e.text + "/");
    case ExprKind::kName:
      return put(e.quoted ? "`" + e.text + "`" : e.text);
    case ExprKind::kMember:
      put("(. ");
      expr(e.args[0]);
      return put(" " + (e.quoted ? "`" + e.text + "`" : e.text) + ")");
    case ExprKind::kCall:
      put("(call " + e.text);
      return args(e);
    case ExprKind::kAggregate:
      return aggregate(ast_.aggregate(e.aggregate));
    default:
      put("(");
      put(head(e));
      return args(e);
  }
}

void Dumper::aggregate(const Aggregate& a) {
  constexpr std::array<std::string_view, 7> kWindows = {
      "", " over ", " over ", " each ", " each ", " session ", " over last "};
  put("(aggregate " + a.function.text);
  for (const ExprId argument : a.arguments) optional_expr(" ", argument);
  put(" ");
  name(a.type);
  optional_name(".", a.field);
  optional_expr(" where ", a.where);
  keys(" by ", a.by);
  put(kWindows[static_cast<std::size_t>(a.window)]);
  switch (a.window) {
    case WindowKind::kNone:
      break;
    case WindowKind::kCalendar:
      put(a.calendar_unit + " in " + quote(a.zone));
      break;
    case WindowKind::kLastN:
      number(a.last);
      break;
    case WindowKind::kHopping:
      duration(a.length);
      put(" every ");
      duration(a.every);
      break;
    default:
      duration(a.length);
      break;
  }
  put(a.excluding_current ? " excluding current)" : ")");
}

// ---- patterns ----------------------------------------------------------------------------------

void Dumper::types(const TypeSet& set) {
  for (std::size_t i = 0; i < set.types.size(); ++i) {
    if (i > 0) put(" or ");
    name(set.types[i]);
  }
  if (set.among.empty()) return;
  put(" among ");
  names(set.among);
}

void Dumper::quantifier(const Quantifier& q) {
  if (q.optional) put("optional ");
  switch (q.form) {
    case Quantifier::Form::kOnce:
      return;
    case Quantifier::Form::kSome:
      return put("some ");
    case Quantifier::Form::kAnyNumber:
      return put("any number of ");
    default:
      break;
  }
  number(q.min);
  if (q.form == Quantifier::Form::kAtLeast) put("+");
  if (q.form == Quantifier::Form::kRange && q.max) {
    put("..");
    number(*q.max);
  }
  put(" ");
}

void Dumper::part(const Part& part) {
  types(part.types);
  optional_name(" as ", part.name);
  keys(" by ", part.by);
  optional_expr(" where ", part.where);
}

void Dumper::group(const Group& group, int indent) {
  switch (group.kind) {
    case GroupKind::kSequence:
      put("group");
      break;
    case GroupKind::kAnyOf:
      put("any of");
      break;
    case GroupKind::kAllOf:
      put("all of");
      break;
    case GroupKind::kSomeOf:
      number(group.count);
      put(" of");
      break;
  }
  for (const PatternId id : group.patterns) {
    line(indent + 1);
    put("(");
    pattern(id, indent + 1);
    put(")");
  }
}

void Dumper::absence(const Absence& absence) {
  put(absence.next ? "without next " : "without ");
  types(absence.types);
  optional_name(" as ", absence.name);
  keys(" by ", absence.by);
  optional_expr(" where ", absence.where);
  optional_duration(" for ", absence.duration);
}

void Dumper::item(const PatternItem& item, int indent) {
  if (item.link) {
    constexpr std::array<std::string_view, 3> kLinks = {"then ", "then next ", "then every "};
    put(kLinks[static_cast<std::size_t>(item.link->kind)]);
    optional_duration("after ", item.link->after);
    optional_duration(item.link->after ? " within " : "within ", item.link->within);
    if (item.link->after || item.link->within) put(" ");
  }
  if (item.quantifier) quantifier(*item.quantifier);
  if (const auto* p = std::get_if<Part>(&item.body)) part(*p);
  if (const auto* g = std::get_if<Group>(&item.body)) group(*g, indent);
  if (const auto* a = std::get_if<Absence>(&item.body)) absence(*a);
  if (item.inner == Inner::kInARow) put(" in a row");
  if (item.inner == Inner::kAnyCombination) put(" in any combination");
  if (item.greedy) put(" greedy");
  if (!item.until) return;
  put(" until ");
  if (item.until->type) {
    name(*item.until->type);
    put(" where ");
  }
  expr(item.until->condition);
}

void Dumper::pattern(PatternId id, int indent) {
  const Pattern& pattern = ast_.pattern(id);
  for (std::size_t i = 0; i < pattern.items.size(); ++i) {
    if (i > 0) line(indent);
    item(pattern.items[i], indent);
  }
}

std::string_view op_text(Op op) {
  switch (op) {
    case Op::kNone:
      return "";
    case Op::kNegate:
      return "-";
    case Op::kNot:
      return "not";
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kEq:
      return "==";
    case Op::kNe:
      return "!=";
    case Op::kLt:
      return "<";
    case Op::kLe:
      return "<=";
    case Op::kGt:
      return ">";
    case Op::kGe:
      return ">=";
    case Op::kAdd:
      return "+";
    case Op::kSub:
      return "-";
    case Op::kMul:
      return "*";
    case Op::kDiv:
      return "/";
    case Op::kMod:
      return "%";
    case Op::kStartsWith:
      return "starts_with";
    case Op::kEndsWith:
      return "ends_with";
    case Op::kContains:
      return "contains";
  }
  return "";
}

std::string dump(const Ast& ast) {
  std::string out;
  for (const Declaration& declaration : ast.declarations) {
    Dumper one(ast);
    one.declaration(declaration);
    out += one.take() + "\n";
  }
  return out;
}

std::string dump(const Ast& ast, ExprId id) {
  Dumper dumper(ast);
  dumper.expr(id);
  return dumper.take();
}

}  // namespace weir::dsl
