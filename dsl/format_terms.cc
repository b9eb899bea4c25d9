// Expressions are printed with the parentheses that the levels of dsl/parser.h need. Recursion is
// bounded by kMaxHeight of an expression and kMaxDepth of a pattern.
#include "dsl/format_terms.h"

#include "dsl/dump.h"
#include "dsl/literal_text.h"

namespace weir::dsl {
namespace {

constexpr int kOr = 1;
constexpr int kAnd = 2;
constexpr int kNot = 3;
constexpr int kComparison = 4;
constexpr int kOtherwise = 5;
constexpr int kSum = 6;
constexpr int kProduct = 7;
constexpr int kUnary = 8;
constexpr int kPostfix = 9;

int level_of(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kInt:
    case ExprKind::kDecimal:
    case ExprKind::kFloat:
      return kUnary;  // may have a sign, and `5.x` reads badly
    case ExprKind::kUnary:
      return expr.op == Op::kNot ? kNot : kUnary;
    case ExprKind::kIn:
    case ExprKind::kNotIn:
    case ExprKind::kBetween:
    case ExprKind::kMatches:
    case ExprKind::kIsMissing:
    case ExprKind::kIsPresent:
      return kComparison;
    case ExprKind::kOtherwise:
      return kOtherwise;
    case ExprKind::kBinary:
      break;
    default:
      return kPostfix;
  }
  switch (expr.op) {
    case Op::kOr:
      return kOr;
    case Op::kAnd:
      return kAnd;
    case Op::kAdd:
    case Op::kSub:
      return kSum;
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
      return kProduct;
    default:
      return kComparison;
  }
}

std::string regex(const std::string& text) {
  std::string out = "/";
  for (const char c : text) {
    if (c == '/') out += '\\';
    out += c;
  }
  return out + "/";
}

// In a hole a quote within a string would end it.
std::string in_hole(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\\' && i + 1 < text.size();
    if (pair && text[i + 1] == '"') {
      out += "\\u0022";
      ++i;
      continue;
    }
    out += text[i];
    if (pair) out += text[++i];
  }
  return out;
}

}  // namespace

// ---- small things ------------------------------------------------------------------------------

std::string TermFormatter::name(const Name& name) {
  return name.quoted ? "`" + name.text + "`" : name.text;
}

std::string TermFormatter::duration(const DurationArg& duration) const {
  return duration.name ? name(*duration.name) : std::string(sources_.text(duration.span));
}

std::string TermFormatter::number(const NumberArg& number) const {
  return number.name ? name(*number.name) : std::to_string(number.value);
}

std::string TermFormatter::names(const std::vector<Name>& names) {
  std::string text;
  for (const Name& one : names) text += (text.empty() ? "" : ", ") + name(one);
  return text;
}

std::string TermFormatter::keys(const Keys& keys) {
  return keys.fields.size() == 1 ? name(keys.fields[0]) : "(" + names(keys.fields) + ")";
}

// ---- expressions -------------------------------------------------------------------------------

void TermFormatter::expression(AtomWriter& out, ExprId id, int required, Break operands) const {
  const Expr& expr = ast_.expr(id);
  const int level = level_of(expr);
  // Parentheses that help the reader stay: of an `and` inside `or`, of `(c otherwise false)`.
  const bool helpful =
      expr.parenthesized && required > 0 && (level < kComparison || level == kOtherwise);
  if (level >= required && !helpful) return bare(out, expr, operands);
  out.put("(");
  out.glue_next();
  bare(out, expr, Break::kAnywhere);
  out.glue(")");
}

void TermFormatter::bare(AtomWriter& out, const Expr& expr, Break operands) const {
  switch (expr.kind) {
    case ExprKind::kBool:
      return out.put(expr.integer != 0 ? "true" : "false");
    case ExprKind::kInt:
    case ExprKind::kDecimal:
    case ExprKind::kFloat:
    case ExprKind::kDuration: {
      std::string text(sources_.text(expr.text_span));
      std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
      return out.put(text);
    }
    case ExprKind::kString:
      return out.put(quote(expr.text));
    case ExprKind::kRegex:
      return out.put(regex(expr.text));
    case ExprKind::kName:
      return out.put(expr.quoted ? "`" + expr.text + "`" : expr.text);
    case ExprKind::kAggregate:
      return aggregate(out, ast_.aggregate(expr.aggregate));
    case ExprKind::kMember:
      expression(out, expr.args[0], kPostfix, Break::kAnywhere);
      return out.glue("." + (expr.quoted ? "`" + expr.text + "`" : expr.text));
    case ExprKind::kCall:
      out.put(expr.text + "(");
      list(out, expr.args, 0);
      return out.glue(")");
    case ExprKind::kIndex:
      expression(out, expr.args[0], kPostfix, Break::kAnywhere);
      out.glue("[");
      list(out, expr.args, 1);
      return out.glue("]");
    case ExprKind::kList:
      if (!expr.text.empty()) {
        out.put("{lat:");
        value(out, expr.args[0]);
        out.glue(",");
        out.put("lon:");
        value(out, expr.args[1]);
        return out.glue("}");
      }
      out.put("[");
      list(out, expr.args, 0);
      return out.glue("]");
    case ExprKind::kUnary: {
      out.put(expr.op == Op::kNot ? "not" : "-");
      if (expr.op == Op::kNot) return expression(out, expr.args[0], kNot, operands);
      out.glue_next();
      const ExprKind inner = ast_.expr(expr.args[0]).kind;
      const bool number =
          inner == ExprKind::kInt || inner == ExprKind::kDecimal || inner == ExprKind::kFloat;
      return expression(out, expr.args[0], number ? kPostfix : kUnary, Break::kAnywhere);
    }
    case ExprKind::kIsMissing:
    case ExprKind::kIsPresent:
      comparison_side(out, expr.args[0]);
      return out.put(expr.kind == ExprKind::kIsMissing ? "is missing" : "is present");
    default:
      return binary(out, expr, operands);
  }
}

void TermFormatter::operator_word(AtomWriter& out, std::string_view word, ExprId right) const {
  out.allow(Break::kAnywhere, begin(right));
  out.put(word);
}

// A side of a comparison. `... otherwise true` would be read as belonging to the whole comparison.
void TermFormatter::comparison_side(AtomWriter& out, ExprId id) const {
  const Expr& expr = ast_.expr(id);
  const bool fallback =
      expr.kind == ExprKind::kOtherwise && ast_.expr(expr.args[1]).kind == ExprKind::kBool;
  expression(out, id, fallback ? kSum : kOtherwise, Break::kAnywhere);
}

void TermFormatter::binary(AtomWriter& out, const Expr& expr, Break operands) const {
  const ExprId left = expr.args[0];
  const ExprId right = expr.args[1];
  const int level = level_of(expr);
  if (expr.kind == ExprKind::kOtherwise) {
    expression(out, left, kOtherwise, Break::kAnywhere);
    operator_word(out, "otherwise", right);
    return expression(out, right, kOtherwise + 1, Break::kAnywhere);
  }
  if (level == kComparison) {
    comparison_side(out, left);
    switch (expr.kind) {
      case ExprKind::kIn:
        operator_word(out, "in", right);
        break;
      case ExprKind::kNotIn:
        operator_word(out, "not in", right);
        break;
      case ExprKind::kMatches:
        operator_word(out, "matches", right);
        break;
      case ExprKind::kBetween:
        operator_word(out, "between", right);
        break;
      default:
        operator_word(out, op_text(expr.op), right);
        break;
    }
    comparison_side(out, right);
    if (expr.kind != ExprKind::kBetween) return;
    out.put("and");
    return comparison_side(out, expr.args[2]);
  }
  const bool logical = level <= kAnd;
  const Break inner = logical ? operands : Break::kAnywhere;
  expression(out, left, level, inner);
  out.allow(inner, begin(right));
  out.put(op_text(expr.op));
  expression(out, right, level + 1, inner);
}

// Items between brackets that the caller puts; the opening one is the last atom.
void TermFormatter::list(AtomWriter& out, const std::vector<ExprId>& items,
                         std::size_t from) const {
  for (std::size_t i = from; i < items.size(); ++i) {
    if (i == from) {
      out.glue_next();
    } else {
      out.glue(",");
      out.allow(Break::kAnywhere, begin(items[i]));
    }
    value(out, items[i]);
  }
}

void TermFormatter::aggregate(AtomWriter& out, const Aggregate& aggregate) const {
  out.put(name(aggregate.function) + "(");
  if (!aggregate.arguments.empty()) {
    list(out, aggregate.arguments, 0);
    out.glue(")(");
  }
  out.glue(name(aggregate.type));
  if (aggregate.field) out.glue("." + name(*aggregate.field));
  if (aggregate.where.valid()) {
    out.allow(Break::kAnywhere, begin(aggregate.where));
    out.put("where");
    value(out, aggregate.where);
  }
  if (aggregate.by) {
    out.allow(Break::kAnywhere, aggregate.by->span.begin);
    out.put("by " + names(aggregate.by->fields));
  }
  window(out, aggregate);
  if (aggregate.excluding_current) {
    out.allow(Break::kAnywhere, 0);
    out.put("excluding current");
  }
  out.glue(")");
}

void TermFormatter::window(AtomWriter& out, const Aggregate& aggregate) const {
  if (aggregate.window == WindowKind::kNone) return;
  const bool last = aggregate.window == WindowKind::kLastN;
  const bool calendar = aggregate.window == WindowKind::kCalendar;
  out.allow(Break::kAnywhere, last       ? aggregate.last.span.begin
                              : calendar ? 0
                                         : aggregate.length.span.begin);
  switch (aggregate.window) {
    case WindowKind::kNone:
      return;
    case WindowKind::kSliding:
      return out.put("over " + duration(aggregate.length));
    case WindowKind::kHopping:
      return out.put("over " + duration(aggregate.length) + " every " + duration(aggregate.every));
    case WindowKind::kTumbling:
      return out.put("each " + duration(aggregate.length));
    case WindowKind::kCalendar:
      return out.put("each " + aggregate.calendar_unit + " in " + quote(aggregate.zone));
    case WindowKind::kSession:
      return out.put("session " + duration(aggregate.length));
    case WindowKind::kLastN:
      return out.put("over last " + number(aggregate.last));
  }
}

// A text with holes, as a string literal. A quote inside a hole is written \u0022.
std::string TermFormatter::text(const Interpolation& interpolation) const {
  std::string out = "\"";
  for (const Interpolation::Segment& segment : interpolation.segments) {
    if (segment.expr.valid()) {
      AtomWriter atoms;
      value(atoms, segment.expr);
      out += "{";
      bool first = true;
      for (const Atom& atom : atoms.take()) {
        if (!first && atom.space) out += ' ';
        first = false;
        out += in_hole(atom.text);
      }
      out += "}";
      continue;
    }
    for (const char c : segment.text) {
      if (c == '{' || c == '}') out += c;
      out += escape({&c, 1});
    }
  }
  return out + "\"";
}

// ---- patterns ----------------------------------------------------------------------------------

void TermFormatter::link(AtomWriter& out, const Link& link) const {
  out.put(link.kind == LinkKind::kNext    ? "then next"
          : link.kind == LinkKind::kEvery ? "then every"
                                          : "then");
  if (link.after) out.put("after " + duration(*link.after));
  if (link.within) out.put("within " + duration(*link.within));
}

void TermFormatter::quantifier(AtomWriter& out, const Quantifier& quantifier) const {
  if (quantifier.optional) out.put("optional");
  switch (quantifier.form) {
    case Quantifier::Form::kOnce:
      return;
    case Quantifier::Form::kExact:
      return out.put(number(quantifier.min));
    case Quantifier::Form::kAtLeast:
      return out.put(number(quantifier.min) + "+");
    case Quantifier::Form::kRange:
      return out.put(number(quantifier.min) + ".." + number(*quantifier.max));
    case Quantifier::Form::kSome:
      return out.put("some");
    case Quantifier::Form::kAnyNumber:
      return out.put("any number of");
  }
}

void TermFormatter::types(AtomWriter& out, const TypeSet& types) const {
  for (std::size_t i = 0; i < types.types.size(); ++i) {
    if (i > 0) {
      out.allow(Break::kAnywhere, types.types[i].span.begin);
      out.put("or");
    }
    out.put(name(types.types[i]));
  }
  if (types.among.empty()) return;
  out.allow(Break::kAnywhere, types.among.front().span.begin);
  out.put("among (" + names(types.among) + ")");
}

void TermFormatter::where(AtomWriter& out, ExprId id, Break conditions) const {
  if (!id.valid()) return;
  out.allow(conditions == Break::kOperand ? Break::kPart : Break::kAnywhere, begin(id));
  out.put("where");
  expression(out, id, 0, conditions);
}

void TermFormatter::group(AtomWriter& out, const Group& group) const {
  switch (group.kind) {
    case GroupKind::kSequence:
      out.put("(");
      break;
    case GroupKind::kAnyOf:
      out.put("any of (");
      break;
    case GroupKind::kAllOf:
      out.put("all of (");
      break;
    case GroupKind::kSomeOf:
      out.put(number(group.count) + " of (");
      break;
  }
  for (std::size_t i = 0; i < group.patterns.size(); ++i) {
    const Pattern& inner = ast_.pattern(group.patterns[i]);
    if (i == 0) {
      out.glue_next();
    } else {
      out.glue(",");
      out.allow(Break::kAnywhere, inner.span.begin);
    }
    pattern(out, inner);
  }
  out.glue(")");
}

void TermFormatter::pattern(AtomWriter& out, const Pattern& pattern) const {
  bool absences = false;
  for (std::size_t i = 0; i < pattern.items.size(); ++i) {
    const PatternItem& one = pattern.items[i];
    if (i > 0) out.allow(Break::kAnywhere, one.span.begin);
    item(out, one, i == 0, absences, Break::kAnywhere);
    absences = std::holds_alternative<Absence>(one.body);
  }
}

void TermFormatter::absence(AtomWriter& out, const Absence& absence, Break conditions) const {
  out.put(absence.next ? "without next" : "without");
  types(out, absence.types);
  if (absence.name) out.put("as " + name(*absence.name));
  if (absence.by) out.put("by " + keys(*absence.by));
  where(out, absence.where, conditions);
  if (!absence.duration) return;
  out.allow(conditions == Break::kOperand ? Break::kPart : Break::kAnywhere,
            absence.duration->span.begin);
  out.put("for " + duration(*absence.duration));
}

// `then` alone stands before the first part where absences precede it.
void TermFormatter::item(AtomWriter& out, const PatternItem& item, bool first, bool after_absences,
                         Break conditions) const {
  if (const auto* absent = std::get_if<Absence>(&item.body)) {
    return absence(out, *absent, conditions);
  }
  if (item.link) {
    link(out, *item.link);
  } else if (!first && after_absences) {
    out.put("then");
  }
  if (item.quantifier) quantifier(out, *item.quantifier);
  const auto* part = std::get_if<Part>(&item.body);
  if (part != nullptr) {
    types(out, part->types);
  } else {
    group(out, std::get<Group>(item.body));
  }
  if (item.inner == Inner::kInARow) out.put("in a row");
  if (item.inner == Inner::kAnyCombination) out.put("in any combination");
  if (item.greedy) out.put("greedy");
  if (part != nullptr) {
    if (part->name) out.put("as " + name(*part->name));
    if (part->by) out.put("by " + keys(*part->by));
    where(out, part->where, conditions);
  }
  if (!item.until) return;
  out.allow(conditions == Break::kOperand ? Break::kPart : Break::kAnywhere,
            item.until->span.begin);
  out.put("until");
  if (item.until->type) out.put(name(*item.until->type) + " where");
  expression(out, item.until->condition, 0, conditions);
}

}  // namespace weir::dsl
