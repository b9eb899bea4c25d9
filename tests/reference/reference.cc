#include "tests/reference/reference.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/reference/enumerate.h"
#include "tests/reference/unfold.h"

namespace weir::reference {
namespace {

using Keys = std::vector<std::string>;
// A type that the rule sees, with the fields that give its key there (L3.1, L3.13).
using SeenType = std::pair<std::string, Keys>;

struct KeyLess {
  bool operator()(const std::vector<RefValue>& a, const std::vector<RefValue>& b) const {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (a[i].index() != b[i].index()) return a[i].index() < b[i].index();
      const auto order = compare(a[i], b[i]);
      if (order && *order != 0) return *order < 0;
    }
    return a.size() < b.size();
  }
};

// ---- what a rule sees --------------------------------------------------------------------------

void gather_absences(const std::vector<AbsenceModel>& absences, std::set<SeenType>& out) {
  for (const AbsenceModel& absence : absences) {
    for (const auto& type : absence.types) out.emplace(type, absence.by);
    for (const auto& type : absence.among) out.emplace(type, absence.by);
  }
}

void gather_seen(const PatternModel& pattern, std::set<SeenType>& out) {
  gather_absences(pattern.trailing, out);
  for (const ItemModel& item : pattern.items) {
    gather_absences(item.absences_before, out);
    for (const auto& type : item.types) out.emplace(type, item.by);
    for (const auto& type : item.among) out.emplace(type, item.by);
    if (item.until) out.insert(item.until->tests.begin(), item.until->tests.end());
    for (const PatternModel& inner : item.patterns) gather_seen(inner, out);
  }
}

const ItemModel* first_part(const PatternModel& pattern) {
  const ItemModel* item = &pattern.items.front();
  while (!item->is_part) item = &item->patterns.front().items.front();
  return item;
}

using InputByKey = std::map<std::vector<RefValue>, KeyInput, KeyLess>;

// L3.1: the events of those types that have the key. L3.13: once each, in their order.
InputByKey split_by_key(const std::vector<RefEvent>& events, const std::set<SeenType>& seen,
                        const Keys& names) {
  InputByKey out;
  std::optional<std::int64_t> began;  // R11
  for (std::size_t i = 0; i < events.size(); ++i) {
    for (const auto& [type, by] : seen) {
      if (type != events[i].type) continue;
      const auto key = key_of(events[i], by);
      if (!key) continue;
      if (!began) began = events[i].ts_ms;
      KeyInput& input = out[*key];
      input.values = *key;
      if (input.seen.empty() || input.seen.back() != i) input.seen.push_back(i);
    }
  }
  for (auto& [key, input] : out) {
    input.input_began_ms = began.value_or(0);
    for (std::size_t i = 0; i < key.size(); ++i) {
      input.key.emplace_back(i < names.size() ? names[i] : "", key[i]);
    }
  }
  return out;
}

// ---- the replay --------------------------------------------------------------------------------

// Takes the assignments of one rule and key in the order of their moments and says which are
// reported (L3.9, L3.12).
class Replay {
 public:
  Replay(const RuleModel& rule, const KeyInput& input, std::string name, Evaluator& evaluator,
         bool include_withheld)
      : rule_(rule),
        input_(input),
        name_(std::move(name)),
        include_withheld_(include_withheld),
        dropped_(input.seen.size(), false) {
    if (rule.body->report) most_ = evaluator.number(*rule.body->report);
    if (rule.body->cooldown) cooldown_ms_ = evaluator.milliseconds(*rule.body->cooldown);
  }

  std::vector<RefAlert> run(Enumeration found) {
    std::vector<Assignment> matches = one_of_each(std::move(found.matches));
    std::set<Moment> moments;
    for (const auto& match : matches) moments.insert(match.completes);
    for (const auto& timeout : found.timeouts) moments.insert(timeout.best.completes);
    auto next = matches.begin();
    for (const Moment& moment : moments) {
      auto end = next;
      while (end != matches.end() && end->completes == moment) ++end;
      take_moment({next, end});
      next = end;
      for (const TimedOut& timeout : found.timeouts) {
        if (timeout.best.completes == moment) time_out(timeout);
      }
    }
    return std::move(alerts_);
  }

 private:
  static bool earlier(const Assignment& a, const Assignment& b) {
    if (a.completes != b.completes) return a.completes < b.completes;
    return preferred(a.taken, b.taken);
  }

  // R7: assignments that give the same events to the same names are one match, at the first moment
  // at which one of them completes; then the preferred one. In the order of L3.9.
  static std::vector<Assignment> one_of_each(std::vector<Assignment> matches) {
    std::stable_sort(matches.begin(), matches.end(), earlier);
    std::set<Bindings> known;
    std::vector<Assignment> out;
    for (Assignment& match : matches) {
      if (known.insert(match.bindings).second) out.push_back(std::move(match));
    }
    return out;
  }

  void take_moment(const std::vector<Assignment>& candidates) {
    std::int64_t reported = 0;
    for (const Assignment& match : candidates) {
      if (dropped_[match.first_place()]) continue;
      if (reported == most_) {  // R15
        if (last_reported_) alerts_[*last_reported_].truncated = true;
        return;
      }
      ++reported;
      report(match);
      skip(match);
    }
  }

  void report(const Assignment& match) {
    // L3.12: less than D after the last alert; what is withheld does not prolong it.
    const bool withheld =
        cooldown_ms_ && last_alert_ms_ && match.completes.time_ms - *last_alert_ms_ < *cooldown_ms_;
    last_reported_.reset();
    if (!withheld) last_alert_ms_ = match.completes.time_ms;
    if (withheld && !include_withheld_) return;
    RefAlert alert = alert_of(match);
    alert.withheld = withheld;
    last_reported_ = alerts_.size();
    alerts_.push_back(std::move(alert));
  }

  // L3.9, R16: drops starts; all partial matches of a start go with it.
  void skip(const Assignment& match) {
    const auto& clause = rule_.body->skip;
    switch (clause ? clause->kind : dsl::SkipKind::kPastLast) {
      case dsl::SkipKind::kNone:
        return;
      case dsl::SkipKind::kPastLast:
        return drop_before(match.last_place() + 1);
      case dsl::SkipKind::kToNext:
        dropped_[match.first_place()] = true;
        return;
      case dsl::SkipKind::kToFirst:
      case dsl::SkipKind::kToLast: {
        const auto it = match.bindings.find(clause->name->text);
        if (it == match.bindings.end()) return;  // nothing if NAME took none
        const bool first = clause->kind == dsl::SkipKind::kToFirst;
        const std::size_t event = first ? it->second.front() : it->second.back();
        const auto place = std::find(input_.seen.begin(), input_.seen.end(), event);
        return drop_before(static_cast<std::size_t>(place - input_.seen.begin()));
      }
    }
  }

  void drop_before(std::size_t place) {
    std::fill(dropped_.begin(), dropped_.begin() + static_cast<std::ptrdiff_t>(place), true);
  }

  void time_out(const TimedOut& timeout) {
    if (dropped_[timeout.first_place]) return;  // ended by a skip
    RefAlert alert = alert_of(timeout.best, true);
    alert.timeout = rule_.body->timeout->name.text;
    alerts_.push_back(std::move(alert));
  }

  RefAlert alert_of(const Assignment& match, bool timed_out = false) const {
    RefAlert alert;
    alert.rule = name_;
    alert.key = input_.key;
    alert.time_ms = match.completes.time_ms;
    if (!match.completes.deadline) alert.event = match.completes.event;
    if (rule_.body->pick_any && !timed_out) {  // L3.9: only the completing event (R113)
      const std::size_t last = input_.seen[match.last_place()];
      for (const auto& [label, taken] : match.bindings) {
        if (taken.back() == last) alert.match.push_back({label, {last}});
      }
    } else {
      alert.match.assign(match.bindings.begin(), match.bindings.end());
    }
    return alert;
  }

  const RuleModel& rule_;
  const KeyInput& input_;
  std::string name_;
  bool include_withheld_;
  std::int64_t most_ = 100;
  std::optional<std::int64_t> cooldown_ms_;
  std::vector<bool> dropped_;  // starts, by place
  std::optional<std::int64_t> last_alert_ms_;
  std::optional<std::size_t> last_reported_;  // in alerts_; none if it was withheld
  std::vector<RefAlert> alerts_;
};

// ---- the rule ----------------------------------------------------------------------------------

void gather_names(const dsl::Ast& ast, const dsl::Pattern& pattern, std::set<std::string>& out) {
  for (const auto& item : pattern.items) {
    if (const auto* part = std::get_if<dsl::Part>(&item.body)) {
      if (part->name) {
        out.insert(part->name->text);
      } else {
        for (const auto& type : part->types.types) out.insert(type.text);
      }
    } else if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
      for (const auto id : group->patterns) gather_names(ast, ast.pattern(id), out);
    }
  }
}

bool takes_one_event(const PatternModel& pattern) {
  if (pattern.items.size() != 1) return false;
  const ItemModel& item = pattern.items.front();
  return item.is_part && item.max == 1;
}

base::Result<RuleModel> read_rule(const dsl::Ast& ast, const dsl::RuleDecl& rule,
                                  Evaluator& evaluator) {
  const dsl::RuleBody& body = rule.body;
  std::set<std::string> names;
  gather_names(ast, ast.pattern(body.pattern), names);
  evaluator.set_part_names(std::move(names));
  Keys by;
  if (body.by) {
    for (const auto& field : body.by->fields) by.push_back(field.text);
  }
  auto pattern = read_pattern(ast, body.pattern, by, evaluator);
  if (!pattern) return std::unexpected(pattern.error());
  RuleModel out;
  out.body = &body;
  out.pattern = std::move(*pattern);
  if (body.within) out.within_ms = evaluator.milliseconds(*body.within);
  if (body.limit) out.limit = evaluator.number(*body.limit);
  const bool one_event = takes_one_event(out.pattern.pattern);
  out.single_unnamed = one_event && out.pattern.pattern.items.front().name.empty();
  const bool keyed = !first_part(out.pattern.pattern)->by.empty();
  if (!keyed && !body.by_all && !one_event) {  // L3.10
    return base::fail(base::ErrorCode::kInvalidArgument, "a pattern of several events needs `by`");
  }
  for (const AbsenceModel& absence : out.pattern.pattern.trailing) {
    if (!absence.duration_ms && !out.within_ms) {  // R13
      return base::fail(base::ErrorCode::kInvalidArgument, "a trailing `without` has no deadline");
    }
  }
  if (body.timeout && !out.within_ms) {  // R18
    return base::fail(base::ErrorCode::kInvalidArgument, "`timeout` needs `within`");
  }
  return out;
}

// L2.1, L2.3: an int is good for a decimal or float field; an enum value not listed is absent.
RefValue as_declared(const dsl::TypeRef& type, RefValue v) {
  const std::string& base = type.base.text;
  const auto* i = std::get_if<std::int64_t>(&v);
  if (i && base == "decimal") return to_decimal(*i);
  if (i && base == "float") return static_cast<double>(*i);
  const auto* d = std::get_if<RefDecimal>(&v);
  if (d && base == "float") return to_double(*d);
  const auto* s = std::get_if<std::string>(&v);
  const auto& constants = type.enum_constants;
  if (s && base == "enum" && std::find(constants.begin(), constants.end(), *s) == constants.end()) {
    return {};
  }
  return v;
}

std::vector<RefEvent> as_declared(const dsl::Ast& ast, std::vector<RefEvent> events) {
  for (const auto& declaration : ast.declarations) {
    const auto* type = std::get_if<dsl::EventDecl>(&declaration);
    if (type == nullptr) continue;
    for (RefEvent& event : events) {
      if (event.type != type->name.text) continue;
      for (const auto& field : type->fields) {
        const auto it = event.fields.find(field.name.text);
        if (it == event.fields.end() || !field.type) continue;
        it->second = as_declared(*field.type, std::move(it->second));
        if (is_absent(it->second)) event.fields.erase(it);
      }
    }
  }
  return events;
}

// L5.1: names of the bindings, of the rule's key, and of the event of a pattern of one unnamed
// event. L4.2: features as of the completion.
Scope outcome_scope(const RuleModel& rule, const std::vector<RefEvent>& events,
                    const Evaluator& evaluator, const RefAlert& alert, const Bindings& bindings,
                    const std::map<std::string, RefValue>& key) {
  Scope names{.bindings = &bindings, .key = &key};
  names.as_of =
      alert.event ? evaluator.as_of_event(*alert.event) : evaluator.as_of_time(alert.time_ms);
  if (rule.single_unnamed) names.at_hand = &events[bindings.begin()->second.back()];
  return names;
}

void fill_outcomes(const RuleModel& rule, const std::vector<RefEvent>& events, Evaluator& evaluator,
                   RefAlert& alert) {
  const Bindings bindings(alert.match.begin(), alert.match.end());
  const std::map<std::string, RefValue> key(alert.key.begin(), alert.key.end());
  const Scope names = outcome_scope(rule, events, evaluator, alert, bindings, key);
  const auto& outcomes = alert.timeout.empty() ? rule.body->outcomes : rule.body->timeout->outcomes;
  for (const auto& outcome : outcomes) {
    if (const auto* score = std::get_if<dsl::ScoreClause>(&outcome)) {
      alert.outcomes.emplace_back("score", evaluator.eval(score->value, names));
    } else if (const auto* emit = std::get_if<dsl::EmitClause>(&outcome)) {
      for (const auto& item : emit->items) {
        alert.outcomes.emplace_back("emit." + item.name.text, evaluator.eval(item.value, names));
      }
    }
  }
}

// L5.3: shadow rules change nothing; L3.12: nor does what a cooldown withholds.
void fill_list_changes(const RuleModel& rule, const std::vector<RefEvent>& events,
                       Evaluator& evaluator, RefAlert& alert) {
  const auto& mode = rule.body->mode;
  if (alert.withheld || (mode && mode->kind != dsl::ModeKind::kLive)) return;
  const Bindings bindings(alert.match.begin(), alert.match.end());
  const std::map<std::string, RefValue> key(alert.key.begin(), alert.key.end());
  const Scope names = outcome_scope(rule, events, evaluator, alert, bindings, key);
  const auto& outcomes = alert.timeout.empty() ? rule.body->outcomes : rule.body->timeout->outcomes;
  for (const auto& outcome : outcomes) {
    const auto* clause = std::get_if<dsl::ListChangeClause>(&outcome);
    if (clause == nullptr) continue;
    RefListChange change{alert.time_ms, alert.event, clause->add, clause->list.text, {}, {}};
    change.value = evaluator.eval(clause->value, names);
    if (is_absent(change.value)) continue;
    if (clause->duration)
      change.until_ms = alert.time_ms + evaluator.milliseconds(*clause->duration);
    alert.list_changes.push_back(std::move(change));
  }
}

bool changes_lists(const dsl::RuleBody& body) {
  const auto any = [](const std::vector<dsl::Outcome>& outcomes) {
    return std::any_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
      return std::holds_alternative<dsl::ListChangeClause>(outcome);
    });
  };
  return any(body.outcomes) || (body.timeout && any(body.timeout->outcomes));
}

void sort_alerts(std::vector<RefAlert>& alerts) {
  // By the event or deadline that completed them; keys are in order already, and so is each key's
  // own list.
  std::stable_sort(alerts.begin(), alerts.end(), [](const RefAlert& a, const RefAlert& b) {
    return std::tuple(a.time_ms, !a.event, a.event.value_or(0)) <
           std::tuple(b.time_ms, !b.event, b.event.value_or(0));
  });
}

}  // namespace

const dsl::RuleDecl* find_rule(const dsl::Ast& ast, std::string_view rule) {
  for (const auto& declaration : ast.declarations) {
    const auto* decl = std::get_if<dsl::RuleDecl>(&declaration);
    if (decl != nullptr && decl->name.text == rule) return decl;
  }
  return nullptr;
}

base::Result<std::vector<RefAlert>> reference_run(const dsl::Ast& ast, std::string_view rule,
                                                  const std::vector<RefEvent>& given,
                                                  const RefOptions& options) {
  const dsl::RuleDecl* decl = find_rule(ast, rule);
  if (decl == nullptr) {
    return base::fail(base::ErrorCode::kInvalidArgument, "no rule " + std::string(rule));
  }
  const std::vector<RefEvent> events = as_declared(ast, given);
  Evaluator evaluator(ast, events);
  evaluator.set_params(options.params);
  evaluator.set_list_changes(options.list_changes);
  const auto model = read_rule(ast, *decl, evaluator);
  if (!model) return std::unexpected(model.error());
  evaluator.check_aggregates();
  if (!evaluator.error().empty()) {
    return base::fail(base::ErrorCode::kInvalidArgument, evaluator.error());
  }
  std::vector<RefAlert> alerts;
  if (decl->body.mode && decl->body.mode->kind == dsl::ModeKind::kOff) return alerts;

  std::set<SeenType> seen;
  gather_seen(model->pattern.pattern, seen);
  gather_absences(model->pattern.leading, seen);
  const Keys names = first_part(model->pattern.pattern)->by;
  std::optional<std::int64_t> reached;
  if (!options.end_of_input) {
    reached = events.empty() ? std::int64_t{0} : events.back().ts_ms;
    if (options.watermark_ms) reached = std::max(*reached, *options.watermark_ms);
  }
  std::size_t tries = options.max_tries;
  for (const auto& [key, input] : split_by_key(events, seen, names)) {
    Enumeration found = enumerate(*model, input, events, evaluator, reached, tries);
    if (tries == 0) return base::fail(base::ErrorCode::kLimit, "too many assignments to try");
    Replay replay(*model, input, decl->name.text, evaluator, options.include_withheld);
    for (RefAlert& alert : replay.run(std::move(found))) {
      if (options.with_outcomes) fill_outcomes(*model, events, evaluator, alert);
      fill_list_changes(*model, events, evaluator, alert);
      alerts.push_back(std::move(alert));
    }
  }
  if (!evaluator.error().empty()) {
    return base::fail(base::ErrorCode::kInvalidArgument, evaluator.error());
  }
  sort_alerts(alerts);
  return alerts;
}

base::Result<std::vector<RefListChange>> reference_list_changes(const dsl::Ast& ast,
                                                                const std::vector<RefEvent>& events,
                                                                const RefOptions& given) {
  RefOptions options = given;
  options.list_changes.clear();
  while (true) {
    std::vector<RefListChange> found;
    for (const auto& declaration : ast.declarations) {  // in the order of the output: by rule
      const auto* rule = std::get_if<dsl::RuleDecl>(&declaration);
      if (rule == nullptr || !changes_lists(rule->body)) continue;
      auto alerts = reference_run(ast, rule->name.text, events, options);
      if (!alerts) return std::unexpected(alerts.error());
      for (const RefAlert& alert : *alerts) {
        found.insert(found.end(), alert.list_changes.begin(), alert.list_changes.end());
      }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return std::tuple(a.time_ms, !a.event, a.event.value_or(0)) <
             std::tuple(b.time_ms, !b.event, b.event.value_or(0));
    });
    if (found == options.list_changes) return found;
    options.list_changes = std::move(found);
  }
}

base::Result<RefValue> reference_feature(const dsl::Ast& ast, const std::string& feature,
                                         const std::vector<RefValue>& key, std::int64_t time_ms,
                                         const std::vector<RefEvent>& given,
                                         const RefOptions& options) {
  const std::vector<RefEvent> events = as_declared(ast, given);
  Evaluator evaluator(ast, events);
  evaluator.set_params(options.params);
  evaluator.set_list_changes(options.list_changes);
  evaluator.check_aggregates();
  if (!evaluator.error().empty()) {
    return base::fail(base::ErrorCode::kInvalidArgument, evaluator.error());
  }
  RefValue value = evaluator.feature(feature, key, evaluator.as_of_time(time_ms));
  if (!evaluator.error().empty()) {
    return base::fail(base::ErrorCode::kInvalidArgument, evaluator.error());
  }
  return value;
}

// ---- text --------------------------------------------------------------------------------------

std::string to_text(const RefAlert& alert) {
  std::string out = alert.rule;
  if (!alert.timeout.empty()) out += "." + alert.timeout;
  out += " [";
  for (std::size_t i = 0; i < alert.key.size(); ++i) {
    out += (i == 0 ? "" : ", ") + to_text(alert.key[i].second);
  }
  out += "] at " + std::to_string(alert.time_ms);
  if (alert.event) out += " by #" + std::to_string(*alert.event);
  out += ":";
  for (const auto& [label, taken] : alert.match) {
    out += " " + label + "=";
    for (std::size_t i = 0; i < taken.size(); ++i) {
      out += (i == 0 ? "" : ",") + std::to_string(taken[i]);
    }
  }
  if (alert.truncated) out += " truncated";
  if (alert.withheld) out += " withheld";
  for (const auto& [name, value] : alert.outcomes) out += " " + name + ":" + to_text(value);
  return out;
}

std::string to_text(const std::vector<RefAlert>& alerts) {
  std::string out;
  for (const RefAlert& alert : alerts) out += to_text(alert) + "\n";
  return out;
}

std::string to_text(const std::vector<RefEvent>& events) {
  std::string out;
  for (std::size_t i = 0; i < events.size(); ++i) {
    out += "#" + std::to_string(i) + " " + std::to_string(events[i].ts_ms) + " " + events[i].type +
           " {";
    bool first = true;
    for (const auto& [name, value] : events[i].fields) {
      out += (first ? "" : ", ") + name + ": " + to_text(value);
      first = false;
    }
    out += "}\n";
  }
  return out;
}

}  // namespace weir::reference
