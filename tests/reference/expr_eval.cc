#include "tests/reference/expr_eval.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <tuple>

namespace weir::reference {
namespace {

using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::Op;

constexpr std::string_view kPartCalls[] = {"first", "last", "prev", "count",  "sum",
                                           "avg",   "min",  "max",  "stddev", "distinct"};

bool is_part_call(std::string_view name) {
  for (const auto known : kPartCalls) {
    if (known == name) return true;
  }
  return false;
}

bool is_truth(const RefValue& v, bool wanted) {
  const auto* b = std::get_if<bool>(&v);
  return b != nullptr && *b == wanted;
}

// SQL's tables (L2.4).
RefValue logic_and(const RefValue& a, const RefValue& b) {
  if (is_truth(a, false) || is_truth(b, false)) return false;
  if (is_truth(a, true) && is_truth(b, true)) return true;
  return {};
}

RefValue logic_or(const RefValue& a, const RefValue& b) {
  if (is_truth(a, true) || is_truth(b, true)) return true;
  if (is_truth(a, false) && is_truth(b, false)) return false;
  return {};
}

RefValue logic_not(const RefValue& a) {
  const auto* b = std::get_if<bool>(&a);
  return b ? RefValue{!*b} : RefValue{};
}

RefValue comparison(Op op, const RefValue& a, const RefValue& b) {
  const auto order = compare(a, b);
  if (!order) return {};
  switch (op) {
    case Op::kEq:
      return *order == 0;
    case Op::kNe:
      return *order != 0;
    case Op::kLt:
      return *order < 0;
    case Op::kLe:
      return *order <= 0;
    case Op::kGt:
      return *order > 0;
    case Op::kGe:
      return *order >= 0;
    default:
      return {};
  }
}

RefValue string_test(Op op, const RefValue& a, const RefValue& b) {
  const auto* x = std::get_if<std::string>(&a);
  const auto* y = std::get_if<std::string>(&b);
  if (!x || !y) return {};
  if (op == Op::kStartsWith) return x->starts_with(*y);
  if (op == Op::kEndsWith) return x->ends_with(*y);
  return x->find(*y) != std::string::npos;
}

RefValue float_literal(const std::string& text) {
  double v = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), v);
  return end.ec == std::errc{} ? RefValue{v} : RefValue{};
}

// R25: with more than 4 digits it is a float.
RefValue decimal_literal(const std::string& text) {
  const auto point = text.find('.');
  if (point != std::string::npos && text.size() - point - 1 > 4) return float_literal(text);
  const auto v = parse_decimal(text);
  return v ? RefValue{*v} : RefValue{};
}

}  // namespace

Evaluator::Evaluator(const dsl::Ast& ast, const std::vector<RefEvent>& events)
    : ast_(ast), events_(events) {
  for (const auto& declaration : ast.declarations) {
    if (const auto* param = std::get_if<dsl::ParamDecl>(&declaration)) {
      params_[param->name.text] = param->value;
    } else if (const auto* define = std::get_if<dsl::DefineDecl>(&declaration)) {
      defines_[define->name.text] = define;
    } else if (const auto* list = std::get_if<dsl::ListDecl>(&declaration)) {
      lists_[list->name.text] = list;
    } else if (const auto* feature = std::get_if<dsl::FeatureDecl>(&declaration)) {
      if (feature->aggregate.valid()) features_[feature->name.text] = feature->aggregate;
    } else if (const auto* event = std::get_if<dsl::EventDecl>(&declaration)) {
      for (const auto& field : event->fields) fields_[event->name.text].insert(field.name.text);
    }
  }
}

RefValue Evaluator::unsupported(const std::string& what) {
  if (error_.empty()) error_ = "the reference leaves out " + what;
  return {};
}

bool Evaluator::declares(const std::string& type, const std::string& field) const {
  const auto it = fields_.find(type);
  return it != fields_.end() && it->second.contains(field);
}

RefValue Evaluator::field_of(const RefEvent& event, const std::string& field) const {
  const auto it = event.fields.find(field);
  if (it != event.fields.end()) return it->second;
  // L2.2: `ts` is the event's own time, unless a field of that name was declared.
  if (field == "ts" && !declares(event.type, "ts")) return RefTime{event.ts_ms};
  return {};
}

Evaluator::Resolved Evaluator::resolve(ExprId id, Frame frame) const {
  while (frame != nullptr) {
    const Expr& e = ast_.expr(id);
    if (e.kind != ExprKind::kName || e.quoted) break;
    const auto it = frame->values.find(e.text);
    if (it == frame->values.end()) break;
    id = it->second;
    frame = frame->outer;
  }
  return {id, frame};
}

bool Evaluator::is_part(ExprId id, Frame frame, std::string* name) const {
  const Expr& e = ast_.expr(resolve(id, frame).expr);
  if (e.kind != ExprKind::kName || e.quoted || !part_names_.contains(e.text)) return false;
  *name = e.text;
  return true;
}

bool Evaluator::accepts(ExprId condition, const Scope& scope) {
  return !condition.valid() || is_truth(eval(condition, scope), true);
}

RefValue Evaluator::eval(ExprId id, const Scope& scope) {
  const Expr& e = ast_.expr(id);
  switch (e.kind) {
    case ExprKind::kBool:
      return e.integer != 0;
    case ExprKind::kInt:
      return e.integer;
    case ExprKind::kDecimal:
      return decimal_literal(e.text);
    case ExprKind::kFloat:
      return float_literal(e.text);
    case ExprKind::kString:
      return e.text;
    case ExprKind::kDuration:
      return RefDuration{e.integer};
    case ExprKind::kName:
      return eval_name(e, id, scope);
    case ExprKind::kMember:
      return eval_member(e, scope);
    case ExprKind::kCall:
      return eval_call(e, scope);
    case ExprKind::kUnary:
      return eval_unary(e, scope);
    case ExprKind::kBinary:
      return eval_binary(e, scope);
    case ExprKind::kIn:
      return eval_in(e, scope);
    case ExprKind::kNotIn:
      return logic_not(eval_in(e, scope));
    case ExprKind::kBetween:
      return eval_between(e, scope);
    case ExprKind::kIsMissing:
      return is_absent(eval(e.args[0], scope));
    case ExprKind::kIsPresent:
      return !is_absent(eval(e.args[0], scope));
    case ExprKind::kOtherwise: {
      RefValue v = eval(e.args[0], scope);
      return is_absent(v) ? eval(e.args[1], scope) : v;
    }
    case ExprKind::kRegex:
    case ExprKind::kMatches:
      return unsupported("regular expressions");
    case ExprKind::kList:
      return unsupported("a list outside `in`");
    case ExprKind::kIndex:
    case ExprKind::kAggregate:
      return eval_feature(id, scope);
  }
  return {};
}

std::optional<RefValue> Evaluator::param(const std::string& name) {
  if (const auto it = overrides_.find(name); it != overrides_.end()) return it->second;
  const auto it = params_.find(name);
  if (it == params_.end()) return std::nullopt;
  return eval(it->second, Scope{});
}

// L3.2: in `where` a bare name is a field of the event at hand; L5.1: elsewhere a key field or a
// param. An argument of a define stands for what was written in its place.
RefValue Evaluator::eval_name(const Expr& e, ExprId id, const Scope& scope) {
  const Resolved r = resolve(id, scope.arguments);
  if (r.expr != id || r.frame != scope.arguments) {
    Scope outer = scope;
    outer.arguments = r.frame;
    return eval(r.expr, outer);
  }
  if (scope.at_hand != nullptr) {
    const RefEvent& event = *scope.at_hand;
    if (declares(event.type, e.text) || event.fields.contains(e.text) || e.text == "ts") {
      return field_of(event, e.text);
    }
  }
  if (scope.key != nullptr) {
    const auto it = scope.key->find(e.text);
    if (it != scope.key->end()) return it->second;
  }
  if (e.quoted) return {};
  if (const auto value = param(e.text)) return *value;
  if (const auto it = defines_.find(e.text); it != defines_.end()) {
    return eval_define(*it->second, e, scope);
  }
  if (features_.contains(e.text)) return eval_feature(id, scope);
  for (const auto& [type, fields] : fields_) {  // of another type of a part of several types
    if (fields.contains(e.text)) return {};
  }
  return unsupported("the name " + e.text);
}

RefValue Evaluator::eval_member(const Expr& e, const Scope& scope) {
  std::string part;
  if (is_part(e.args[0], scope.arguments, &part)) {  // L3.2: for a repeated part its last
    const auto it = scope.bindings->find(part);
    if (it == scope.bindings->end() || it->second.empty()) return {};
    return part_value(it->second.back(), e.text);
  }
  const Resolved r = resolve(e.args[0], scope.arguments);
  const Expr& of = ast_.expr(r.expr);
  if (of.kind != ExprKind::kCall || of.args.size() != 1 || !is_part(of.args[0], r.frame, &part)) {
    return unsupported("the member " + e.text);
  }
  const auto it = scope.bindings->find(part);
  if (it == scope.bindings->end() || it->second.empty()) return {};
  // R2: prev is the repetition before the one at hand, that is the last one taken.
  if (of.text == "first") return part_value(it->second.front(), e.text);
  if (of.text == "last" || of.text == "prev") return part_value(it->second.back(), e.text);
  return unsupported("the call of " + of.text);
}

RefValue Evaluator::eval_call(const Expr& e, const Scope& scope) {
  if (const auto it = defines_.find(e.text); it != defines_.end()) {
    return eval_define(*it->second, e, scope);
  }
  if (is_part_call(e.text) && e.args.size() == 1) {
    std::string part;
    const Resolved r = resolve(e.args[0], scope.arguments);
    const Expr& arg = ast_.expr(r.expr);
    const bool of_field = arg.kind == ExprKind::kMember && is_part(arg.args[0], r.frame, &part);
    if (of_field || is_part(r.expr, r.frame, &part)) return eval_part_call(e, part, scope);
  }
  return eval_function(e, scope);
}

RefValue Evaluator::eval_define(const dsl::DefineDecl& define, const Expr& e, const Scope& scope) {
  if (define.args.size() != e.args.size()) return unsupported("a wrong count of arguments");
  ArgumentFrame frame;
  frame.outer = scope.arguments;
  for (std::size_t i = 0; i < e.args.size(); ++i) frame.values[define.args[i].text] = e.args[i];
  Scope inner = scope;
  inner.arguments = &frame;
  return eval(define.body, inner);
}

RefValue Evaluator::eval_part_call(const Expr& e, const std::string& part, const Scope& scope) {
  const auto it = scope.bindings->find(part);
  static const std::vector<std::size_t> kNone;
  const auto& taken = it == scope.bindings->end() ? kNone : it->second;
  if (e.text == "count") return static_cast<std::int64_t>(taken.size());
  const Expr& arg = ast_.expr(resolve(e.args[0], scope.arguments).expr);
  if (arg.kind != ExprKind::kMember) return unsupported(e.text + " of a part without a field");
  std::vector<RefValue> values;  // absent values are skipped
  for (const std::size_t index : taken) {
    RefValue v = part_value(index, arg.text);
    if (!is_absent(v)) values.push_back(std::move(v));
  }
  return eval_part_aggregate(e.text, values);
}

// L3.2: `sum` and `count` of nothing are 0, the others absent. L4.1: `stddev` is the sample's.
RefValue Evaluator::eval_part_aggregate(const std::string& function,
                                        const std::vector<RefValue>& values) {
  if (values.empty()) return function == "sum" ? RefValue{std::int64_t{0}} : RefValue{};
  if (function == "sum" || function == "avg") {
    RefValue sum = values[0];
    for (std::size_t i = 1; i < values.size(); ++i)
      sum = arithmetic(Arithmetic::kAdd, sum, values[i]);
    if (function == "sum") return sum;
    return arithmetic(Arithmetic::kDiv, sum, static_cast<std::int64_t>(values.size()));
  }
  if (function == "min" || function == "max") {
    const RefValue* best = &values[0];
    for (const RefValue& v : values) {
      const auto order = compare(v, *best);
      if (order && (function == "min" ? *order < 0 : *order > 0)) best = &v;
    }
    return *best;
  }
  if (function == "first") return values.front();
  if (function == "last" || function == "prev") return values.back();
  if (function == "distinct") {
    std::set<std::string> seen;
    for (const RefValue& v : values) seen.insert(to_text(v));
    return static_cast<std::int64_t>(seen.size());
  }
  if (values.size() < 2) return {};  // stddev
  double mean = 0;
  std::vector<double> numbers;
  for (const RefValue& v : values) {
    const RefValue f = arithmetic(Arithmetic::kAdd, v, 0.0);
    if (is_absent(f)) return unsupported("stddev of what is no number");
    numbers.push_back(std::get<double>(f));
    mean += numbers.back();
  }
  mean /= static_cast<double>(numbers.size());
  double squares = 0;
  for (const double x : numbers) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(numbers.size() - 1));
}

namespace {

RefValue scalar_extreme(const std::vector<RefValue>& args, bool smallest) {
  RefValue best = args[0];
  for (const RefValue& v : args) {
    if (is_absent(v)) return {};
    const auto order = compare(v, best);
    if (!order) return {};
    if (smallest ? *order < 0 : *order > 0) best = v;
  }
  return best;
}

RefValue absolute(const RefValue& v) {
  const auto order = compare(v, std::int64_t{0});
  if (std::holds_alternative<RefDuration>(v)) {
    return std::get<RefDuration>(v).ms < 0 ? negate(v) : v;
  }
  if (!order) return {};
  return *order < 0 ? negate(v) : v;
}

RefValue rounded(const RefValue& v, std::int64_t digits) {
  if (const auto* d = std::get_if<RefDecimal>(&v)) {
    return round_decimal(*d, static_cast<int>(digits < 0 ? 0 : digits > 4 ? 4 : digits));
  }
  if (const auto* f = std::get_if<double>(&v)) return std::nearbyint(*f);
  return std::holds_alternative<std::int64_t>(v) ? v : RefValue{};
}

RefValue floored(const RefValue& v) {
  if (const auto* d = std::get_if<RefDecimal>(&v)) return floor_decimal(*d);
  if (const auto* f = std::get_if<double>(&v)) return std::floor(*f);
  return std::holds_alternative<std::int64_t>(v) ? v : RefValue{};
}

RefValue real_function(const std::string& name, const RefValue& v) {
  const RefValue f = arithmetic(Arithmetic::kAdd, v, 0.0);
  if (is_absent(f)) return {};
  const double x = std::get<double>(f);
  if (name == "sqrt") return x < 0 ? RefValue{} : RefValue{std::sqrt(x)};
  return x <= 0 ? RefValue{} : RefValue{std::log(x)};
}

RefValue string_function(const std::string& name, const RefValue& v) {
  const auto* s = std::get_if<std::string>(&v);
  if (!s) return {};
  if (name == "length") {
    std::int64_t points = 0;  // code points
    for (const char c : *s) points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return points;
  }
  std::string out = *s;  // ASCII only: no locale
  for (char& c : out) {
    if (name == "lower" && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (name == "upper" && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

}  // namespace

RefValue Evaluator::eval_function(const Expr& e, const Scope& scope) {
  if (e.text == "zscore" && e.args.size() == 2) return eval_zscore(e, scope);
  std::vector<RefValue> args;
  for (const ExprId arg : e.args) args.push_back(eval(arg, scope));
  const std::string& f = e.text;
  if (args.empty()) return unsupported("the function " + f);
  if (f == "min" || f == "max") return scalar_extreme(args, f == "min");
  if (f == "abs") return absolute(args[0]);
  if (f == "floor") return floored(args[0]);
  if (f == "round") {
    const auto* digits = args.size() > 1 ? std::get_if<std::int64_t>(&args[1]) : nullptr;
    return rounded(args[0], digits ? *digits : 0);
  }
  if (f == "sqrt" || f == "log") return real_function(f, args[0]);
  if (f == "length" || f == "lower" || f == "upper") return string_function(f, args[0]);
  return unsupported("the function " + f);
}

RefValue Evaluator::eval_unary(const Expr& e, const Scope& scope) {
  const RefValue v = eval(e.args[0], scope);
  return e.op == Op::kNot ? logic_not(v) : negate(v);
}

RefValue Evaluator::eval_binary(const Expr& e, const Scope& scope) {
  const RefValue a = eval(e.args[0], scope);
  const RefValue b = eval(e.args[1], scope);
  switch (e.op) {
    case Op::kAnd:
      return logic_and(a, b);
    case Op::kOr:
      return logic_or(a, b);
    case Op::kAdd:
      return arithmetic(Arithmetic::kAdd, a, b);
    case Op::kSub:
      return arithmetic(Arithmetic::kSub, a, b);
    case Op::kMul:
      return arithmetic(Arithmetic::kMul, a, b);
    case Op::kDiv:
      return arithmetic(Arithmetic::kDiv, a, b);
    case Op::kMod:
      return arithmetic(Arithmetic::kMod, a, b);
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
      return string_test(e.op, a, b);
    default:
      return comparison(e.op, a, b);
  }
}

// As in SQL: equal to one of them is true; otherwise unknown if one of them is.
RefValue Evaluator::eval_in(const Expr& e, const Scope& scope) {
  const Expr& list = ast_.expr(resolve(e.args[1], scope.arguments).expr);
  const RefValue x = eval(e.args[0], scope);
  if (is_list(list)) return eval_in_list(list.text, x, scope);
  if (list.kind != ExprKind::kList) return unsupported("`in` with what is no list");
  RefValue out = false;
  for (const ExprId item : list.args)
    out = logic_or(out, comparison(Op::kEq, x, eval(item, scope)));
  return out;
}

bool Evaluator::is_list(const Expr& e) const {
  return e.kind == ExprKind::kName && !e.quoted && lists_.contains(e.text);
}

// L4.3, R140 to R142: what was added before the moment at hand, not taken away since, and whose
// time has not come.
RefValue Evaluator::eval_in_list(const std::string& list, const RefValue& x, const Scope& scope) {
  if (lists_.at(list)->path) return unsupported("lists from files");
  if (!scope.as_of) return unsupported("a list where nothing has a time");
  if (is_absent(x)) return {};
  const auto place = [](std::int64_t time_ms, const std::optional<std::size_t>& event) {
    return std::tuple(time_ms, !event, event.value_or(0));
  };
  const auto now = place(scope.as_of->time_ms, scope.as_of->current);
  bool in = false;
  std::optional<std::int64_t> until;  // nullopt: for ever
  for (const RefListChange& change : list_changes_) {
    if (!(place(change.time_ms, change.event) < now)) break;
    const auto order = compare(change.value, x);
    if (change.list != list || !order || *order != 0) continue;
    if (!change.add) {
      in = false;
    } else if (!in) {
      until = change.until_ms;
      in = true;
    } else if (until) {  // the later of both
      until = change.until_ms ? std::optional(std::max(*until, *change.until_ms)) : std::nullopt;
    }
  }
  return in && (!until || scope.as_of->time_ms < *until);
}

RefValue Evaluator::eval_between(const Expr& e, const Scope& scope) {
  const RefValue x = eval(e.args[0], scope);
  return logic_and(comparison(Op::kGe, x, eval(e.args[1], scope)),
                   comparison(Op::kLe, x, eval(e.args[2], scope)));
}

bool Evaluator::looks_at_parts(ExprId id, Frame frame, bool or_lists) const {
  const Resolved r = resolve(id, frame);
  const Expr& e = ast_.expr(r.expr);
  std::string part;
  if (e.kind == ExprKind::kMember && is_part(e.args[0], r.frame, &part)) return true;
  if (or_lists && is_list(e)) return true;
  if (e.kind == ExprKind::kCall) {
    if (const auto it = defines_.find(e.text); it != defines_.end()) {
      ArgumentFrame inner;
      inner.outer = r.frame;
      const auto& define = *it->second;
      for (std::size_t i = 0; i < e.args.size() && i < define.args.size(); ++i) {
        inner.values[define.args[i].text] = e.args[i];
      }
      return looks_at_parts(define.body, &inner, or_lists);
    }
    if (is_part_call(e.text) && e.args.size() == 1 && is_part(e.args[0], r.frame, &part))
      return true;
  }
  for (const ExprId arg : e.args) {
    if (looks_at_parts(arg, r.frame, or_lists)) return true;
  }
  return false;
}

std::vector<ExprId> Evaluator::single_event_conjuncts(ExprId condition) const {
  std::vector<ExprId> out;
  std::vector<ExprId> open;
  if (condition.valid()) open.push_back(condition);
  while (!open.empty()) {
    const ExprId id = open.back();
    open.pop_back();
    const Expr& e = ast_.expr(id);
    if (e.kind == ExprKind::kBinary && e.op == Op::kAnd) {
      open.insert(open.end(), e.args.begin(), e.args.end());
    } else if (!looks_at_parts(id, nullptr, true)) {
      out.push_back(id);
    }
  }
  return out;
}

std::int64_t Evaluator::number(const dsl::NumberArg& arg) {
  if (!arg.name) return arg.value;
  const RefValue v = param(arg.name->text).value_or(RefValue{});
  if (const auto* n = std::get_if<std::int64_t>(&v)) return *n;
  unsupported("the count " + arg.name->text);
  return 1;
}

std::int64_t Evaluator::milliseconds(const dsl::DurationArg& arg) {
  if (!arg.name) return arg.ms;
  const RefValue v = param(arg.name->text).value_or(RefValue{});
  if (const auto* d = std::get_if<RefDuration>(&v)) return d->ms;
  unsupported("the duration " + arg.name->text);
  return 0;
}

}  // namespace weir::reference
