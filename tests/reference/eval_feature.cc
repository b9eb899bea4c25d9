// Features (L4.1, L4.2) of the Evaluator. A value is computed from the list of all events that were
// processed when it is read: those of the feature's type and key that satisfy its condition, each
// as of its own time; of these the ones that lie in the window; of these the values that are not
// absent. The condition may read features itself, which is the recursion here.
#include <algorithm>
#include <utility>

#include "tests/reference/expr_eval.h"
#include "tests/reference/naive_aggregate.h"

namespace weir::reference {
namespace {

using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;

bool same_key(const std::vector<RefValue>& a, const std::vector<RefValue>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const RefValue& x, const auto& y) {
    const auto order = compare(x, y);
    return order && *order == 0;
  });
}

bool one_of(const std::string& text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

AsOf Evaluator::as_of_event(std::size_t event) const {
  return AsOf{event + 1, events_[event].ts_ms, event};
}

AsOf Evaluator::as_of_time(std::int64_t time_ms) const {
  AsOf out{0, time_ms, std::nullopt};
  while (out.events < events_.size() && events_[out.events].ts_ms <= time_ms) ++out.events;
  return out;
}

RefValue Evaluator::feature(const std::string& name, const std::vector<RefValue>& key,
                            const AsOf& as_of) {
  const auto it = features_.find(name);
  if (it == features_.end()) return unsupported("the feature " + name);
  return feature_value({it->second, nullptr, as_of, nullptr}, key);
}

// ---- what an expression reads ------------------------------------------------------------------

// A bare name is a field before it is a feature (L3.2).
bool Evaluator::is_feature(const Expr& e, const Scope& scope) const {
  if (e.quoted || !features_.contains(e.text)) return false;
  return scope.at_hand == nullptr || !declares(scope.at_hand->type, e.text);
}

Evaluator::FeatureTarget Evaluator::target_of_part(dsl::AggregateId aggregate,
                                                   std::size_t event) const {
  return {aggregate, nullptr, as_of_event(event), &events_[event]};
}

// part.F and first(part).F: as of that event, for the key that it has.
std::optional<Evaluator::FeatureTarget> Evaluator::target_of_member(const Expr& e, Frame frame,
                                                                    const Scope& scope) {
  const auto feature = features_.find(e.text);
  if (feature == features_.end()) return std::nullopt;
  const Resolved r = resolve(e.args[0], frame);
  const Expr& of = ast_.expr(r.expr);
  std::string part;
  const bool call = of.kind == ExprKind::kCall && of.args.size() == 1 &&
                    one_of(of.text, {"first", "last", "prev"}) &&
                    is_part(of.args[0], r.frame, &part);
  if (!call && !is_part(e.args[0], frame, &part)) return std::nullopt;
  const auto it = scope.bindings->find(part);
  if (it == scope.bindings->end() || it->second.empty()) {
    return FeatureTarget{feature->second, nullptr, std::nullopt, nullptr};
  }
  const bool first = call && of.text == "first";
  const std::size_t event = first ? it->second.front() : it->second.back();
  if (declares(events_[event].type, e.text)) return std::nullopt;  // a field before a feature
  return target_of_part(feature->second, event);
}

std::optional<Evaluator::FeatureTarget> Evaluator::feature_target(ExprId id, const Scope& scope) {
  const Resolved r = resolve(id, scope.arguments);
  const Expr& e = ast_.expr(r.expr);
  if (e.kind == ExprKind::kName && is_feature(e, scope)) {
    return FeatureTarget{features_.at(e.text), nullptr, scope.as_of, scope.at_hand};
  }
  if (e.kind == ExprKind::kAggregate) {
    return FeatureTarget{e.aggregate, r.frame, scope.as_of, scope.at_hand};
  }
  if (e.kind == ExprKind::kMember) return target_of_member(e, r.frame, scope);
  return std::nullopt;
}

// L4.2: the event's own key: what the feature's key fields are in it. In `having` and outcomes the
// key fields of the rule (L5.1).
std::vector<RefValue> Evaluator::own_key(const FeatureTarget& target, const Scope& scope) {
  std::vector<RefValue> out;
  for (const auto& field : ast_.aggregate(target.aggregate).by->fields) {
    if (target.owner != nullptr) {
      out.push_back(field_of(*target.owner, field.text));
      continue;
    }
    const bool known = scope.key != nullptr && scope.key->contains(field.text);
    if (!known && target.as_of) unsupported("a feature by " + field.text + " of a rule's key");
    out.push_back(known ? scope.key->at(field.text) : RefValue{});
  }
  return out;
}

// F, part.F, AGG(...), and each of them with [key].
RefValue Evaluator::eval_feature(ExprId id, const Scope& scope) {
  const Resolved r = resolve(id, scope.arguments);
  const Expr& e = ast_.expr(r.expr);
  Scope names = scope;
  names.arguments = r.frame;
  const bool indexed = e.kind == ExprKind::kIndex;
  const auto target = feature_target(indexed ? e.args[0] : r.expr, names);
  if (!target) return unsupported("tables");
  if (!indexed) return feature_value(*target, own_key(*target, names));
  std::vector<RefValue> key;
  for (std::size_t i = 1; i < e.args.size(); ++i) key.push_back(eval(e.args[i], names));
  return feature_value(*target, key);
}

// L4.2: x against the mean and the deviation of the values in the feature's window, whatever its
// own function makes of them (R86).
RefValue Evaluator::eval_zscore(const Expr& e, const Scope& scope) {
  const RefValue x = eval(e.args[0], scope);
  const Resolved r = resolve(e.args[1], scope.arguments);
  const Expr& of = ast_.expr(r.expr);
  Scope names = scope;
  names.arguments = r.frame;
  const bool indexed = of.kind == ExprKind::kIndex;
  const auto target = feature_target(indexed ? of.args[0] : r.expr, names);
  if (!target) return unsupported("zscore with what is no feature");
  const dsl::Aggregate& aggregate = ast_.aggregate(target->aggregate);
  const std::string type =
      aggregate.field ? field_type(aggregate.type.text, aggregate.field->text) : "";
  if (!one_of(type, {"int", "decimal", "float"})) {
    return unsupported("zscore with a feature that has no numbers");
  }
  std::vector<RefValue> key;
  if (indexed) {
    for (std::size_t i = 1; i < of.args.size(); ++i) key.push_back(eval(of.args[i], names));
  } else {
    key = own_key(*target, names);
  }
  if (!target->as_of) return {};
  return zscore(x, values_in_window(target->aggregate, target->frame, key, *target->as_of));
}

// `name.field` of a part's event, or `name.F`.
RefValue Evaluator::part_value(std::size_t event, const std::string& name) {
  const auto it = features_.find(name);
  if (it == features_.end() || declares(events_[event].type, name)) {
    return field_of(events_[event], name);
  }
  const FeatureTarget target = target_of_part(it->second, event);
  return feature_value(target, own_key(target, Scope{}));
}

// ---- the value ---------------------------------------------------------------------------------

NaiveWindow Evaluator::window_of(const dsl::Aggregate& aggregate) {
  NaiveWindow out;
  out.kind = aggregate.window;
  out.length_ms = milliseconds(aggregate.length);
  out.every_ms = milliseconds(aggregate.every);
  out.last = number(aggregate.last);
  out.unit = aggregate.calendar_unit;
  out.zone = aggregate.zone;
  return out;
}

// In order. L4.2: the event at hand is one of them, unless `excluding current`.
std::vector<std::size_t> Evaluator::events_in_window(dsl::AggregateId id, Frame frame,
                                                     const std::vector<RefValue>& key,
                                                     const AsOf& as_of) {
  const dsl::Aggregate& aggregate = ast_.aggregate(id);
  std::vector<std::size_t> counted;
  std::vector<std::int64_t> times;
  const Bindings nothing;
  for (std::size_t i = 0; i < as_of.events; ++i) {
    const RefEvent& e = events_[i];
    if (e.type != aggregate.type.text) continue;
    if (aggregate.excluding_current && as_of.current == i) continue;
    std::vector<RefValue> its_key;
    for (const auto& field : aggregate.by->fields) its_key.push_back(field_of(e, field.text));
    if (!same_key(its_key, key)) continue;
    const Scope names{
        .at_hand = &e, .bindings = &nothing, .arguments = frame, .as_of = as_of_event(i)};
    if (!accepts(aggregate.where, names)) continue;
    counted.push_back(i);
    times.push_back(e.ts_ms);
  }
  std::vector<std::size_t> out;
  for (const std::size_t place : in_window(window_of(aggregate), times, as_of.time_ms)) {
    out.push_back(counted[place]);
  }
  return out;
}

// L4.1: absent values are skipped. Of `count(TYPE)` a value an event.
std::vector<RefValue> Evaluator::values_in_window(dsl::AggregateId id, Frame frame,
                                                  const std::vector<RefValue>& key,
                                                  const AsOf& as_of) {
  std::vector<RefValue> out;
  if (std::find(reading_.begin(), reading_.end(), id) != reading_.end()) {
    unsupported("a feature that reads itself");
    return out;
  }
  reading_.push_back(id);
  const auto& field = ast_.aggregate(id).field;
  for (const std::size_t event : events_in_window(id, frame, key, as_of)) {
    RefValue v = field ? field_of(events_[event], field->text) : RefValue{true};
    if (!is_absent(v)) out.push_back(std::move(v));
  }
  reading_.pop_back();
  return out;
}

RefValue Evaluator::feature_value(const FeatureTarget& target, const std::vector<RefValue>& key) {
  const dsl::Aggregate& a = ast_.aggregate(target.aggregate);
  if (key.size() != a.by->fields.size()) return unsupported("a wrong count of keys");
  if (!target.as_of) return {};
  if (std::any_of(key.begin(), key.end(), is_absent)) return {};  // R82
  const auto values = values_in_window(target.aggregate, target.frame, key, *target.as_of);
  if (a.function.text == "rate") {
    const auto length = length_at(window_of(a), target.as_of->time_ms);
    return values.empty() || !length ? RefValue{} : rate(values.size(), *length);
  }
  AggregateCall call{a.function.text, std::int64_t{0}, {}};
  const std::string type = a.field ? field_type(a.type.text, a.field->text) : "";
  if (type == "duration") call.zero = RefDuration{0};
  if (!a.arguments.empty()) call.p = eval(a.arguments[0], Scope{});
  return aggregate(call, values);
}

// ---- what the language refuses -----------------------------------------------------------------

// The name of a declared field's type; empty if there is no such field. `ts` is a time.
std::string Evaluator::field_type(const std::string& type, const std::string& field) const {
  for (const auto& declaration : ast_.declarations) {
    const auto* event = std::get_if<dsl::EventDecl>(&declaration);
    if (event == nullptr || event->name.text != type) continue;
    for (const auto& declared : event->fields) {
      if (declared.name.text == field && declared.type) return declared.type->base.text;
    }
  }
  return field == "ts" ? "time" : "";
}

std::string Evaluator::aggregate_problem(const dsl::Aggregate& a) {
  const std::string& f = a.function.text;
  if (!one_of(f, {"count", "sum", "avg", "min", "max", "stddev", "distinct", "approx_distinct",
                  "quantile", "first", "last", "rate"})) {
    return "the aggregate " + f;
  }
  const std::string type = a.field ? field_type(a.type.text, a.field->text) : "";
  if (!fields_.contains(a.type.text)) return "the event type " + a.type.text;
  if (a.field && type.empty()) return "the field " + a.field->text;
  if (!a.field && f != "count" && f != "rate") return f + " without a field";
  const bool number = one_of(type, {"int", "decimal", "float"});
  if (one_of(f, {"sum", "avg"}) && !number && type != "duration") return f + " of a " + type;
  if (f == "stddev" && !number) return "stddev of a " + type;
  if (f == "quantile" && !number && !one_of(type, {"time", "duration"})) {
    return "quantile of a " + type;
  }
  for (const auto& field : a.by->fields) {
    if (!declares(a.type.text, field.text)) return "the key " + field.text;
  }
  const NaiveWindow window = window_of(a);
  if (const std::string problem = window_problem(window); !problem.empty()) return problem;
  if (f == "rate" && !length_at(window, 0)) return "rate over what has no length";
  if (f == "rate" && window.length_ms <= 0 && window.kind != dsl::WindowKind::kCalendar) {
    return "rate over no time";
  }
  if ((f == "quantile") != (a.arguments.size() == 1)) return "the arguments of " + f;
  if (f == "quantile") {
    const RefValue p = eval(a.arguments[0], Scope{});
    const auto low = compare(p, std::int64_t{0});
    const auto high = compare(p, std::int64_t{1});
    if (!low || !high || *low <= 0 || *high > 0) return "a quantile outside 0 to 1";  // R73
  }
  if (a.where.valid() && looks_at_parts(a.where, nullptr)) return "a part in a feature";
  return "";
}

void Evaluator::check_aggregates() {
  for (const dsl::Aggregate& a : ast_.aggregates) {
    if (a.window == dsl::WindowKind::kNone || !a.by) continue;  // a column of a stream
    if (const std::string problem = aggregate_problem(a); !problem.empty()) unsupported(problem);
  }
}

}  // namespace weir::reference
