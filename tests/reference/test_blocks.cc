#include "tests/reference/test_blocks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "dsl/parser.h"
#include "tests/reference/chained.h"
#include "tests/reference/naive_aggregate.h"
#include "tests/reference/reference.h"

namespace weir::reference {
namespace {

struct Decision {
  std::string name;
  std::int64_t time_ms = 0;
};

// What a test says, in the order in which the engine would take it.
struct Script {
  std::vector<RefEvent> events;
  RefOptions options;
  std::vector<const dsl::TestExpect*> expected;
  bool ignore_others = false;
};

const dsl::EventDecl* find_event(const dsl::Ast& ast, const std::string& name) {
  for (const auto& declaration : ast.declarations) {
    const auto* event = std::get_if<dsl::EventDecl>(&declaration);
    if (event != nullptr && event->name.text == name) return event;
  }
  return nullptr;
}

class Run {
 public:
  Run(const dsl::Ast& ast, const dsl::TestDecl& test) : ast_(ast), test_(test) {}

  TestOutcome judge() {
    out_.title = (test_.rule ? test_.rule->text + " " : "") + '"' + test_.title + '"';
    read_script();
    fire();
    if (!out_.left_out) compare();
    out_.passed = !out_.left_out && out_.problems.empty();
    return std::move(out_);
  }

 private:
  void leave_out(std::string why) {
    out_.left_out = true;
    out_.problems.push_back(std::move(why));
  }

  // ---- reading --------------------------------------------------------------------------------

  // R30: the times of a test count from here. Windows are aligned to the calendar.
  static constexpr std::int64_t kOrigin = kTestOriginMs;

  void read_script() {
    std::map<std::string, std::map<std::string, RefValue>> defaults;
    std::int64_t lateness = 0;
    std::optional<std::int64_t> newest;
    for (const auto& item : test_.items) {
      if (const auto* given = std::get_if<dsl::TestGiven>(&item)) {
        set_fields(given->type.text, given->fields, defaults[given->type.text]);
      } else if (const auto* late = std::get_if<dsl::TestLateness>(&item)) {
        lateness = late->ms;
      } else if (const auto* mark = std::get_if<dsl::TestWatermark>(&item)) {
        newest = std::max(newest.value_or(kOrigin + mark->at_ms), kOrigin + mark->at_ms);
      } else if (const auto* event = std::get_if<dsl::TestEvent>(&item)) {
        const std::int64_t at = kOrigin + event->at_ms;
        if (newest && at < *newest - lateness) continue;  // late, dropped (R20)
        newest = std::max(newest.value_or(at), at);
        RefEvent e{event->type.text, at, defaults[event->type.text]};
        set_fields(event->type.text, event->fields, e.fields);
        script_.events.push_back(std::move(e));
      } else if (const auto* expect = std::get_if<dsl::TestExpect>(&item)) {
        script_.expected.push_back(expect);
      } else {
        script_.ignore_others = true;
      }
    }
    // L7: a test ends without advancing time; watermark order, ties by arrival.
    std::stable_sort(script_.events.begin(), script_.events.end(),
                     [](const RefEvent& a, const RefEvent& b) { return a.ts_ms < b.ts_ms; });
    script_.options.end_of_input = false;
    script_.options.watermark_ms = newest;
    script_.options.include_withheld = true;
    script_.options.with_outcomes = true;
  }

  void set_fields(const std::string& type, const std::vector<dsl::TestField>& fields,
                  std::map<std::string, RefValue>& out) {
    const dsl::EventDecl* decl = find_event(ast_, type);
    Evaluator literals(ast_, script_.events);
    for (const auto& field : fields) {
      const std::string& name = field.name.text;
      out.erase(name);
      if (!field.value.valid()) continue;  // null: absent
      const dsl::Expr& written = ast_.expr(field.value);
      RefValue v = literals.eval(field.value, Scope{});
      if (decl != nullptr) v = as_input(*decl, name, written, std::move(v));
      if (!is_absent(v)) out[name] = std::move(v);
    }
    if (!literals.error().empty()) leave_out(literals.error());
  }

  // What stands for input is read by the field's type: the digits of a decimal are rounded (L2.3).
  static RefValue as_input(const dsl::EventDecl& decl, const std::string& name,
                           const dsl::Expr& written, RefValue v) {
    for (const auto& field : decl.fields) {
      if (field.name.text != name || !field.type) continue;
      const std::string& type = field.type->base.text;
      const auto* i = std::get_if<std::int64_t>(&v);
      if (i && type == "time") return RefTime{*i};
      if (written.kind == dsl::ExprKind::kDecimal && type == "decimal") {
        const auto rounded = parse_decimal(written.text);
        return rounded ? RefValue{*rounded} : RefValue{};
      }
    }
    return v;
  }

  // ---- running --------------------------------------------------------------------------------

  void fire() {
    if (is_chained(ast_)) return fire_chained();
    auto changes = reference_list_changes(ast_, script_.events, script_.options);
    if (!changes) return leave_out(changes.error().message);
    script_.options.list_changes = std::move(*changes);
    for (const auto& declaration : ast_.declarations) {
      const auto* rule = std::get_if<dsl::RuleDecl>(&declaration);
      if (rule == nullptr) continue;
      auto alerts = reference_run(ast_, rule->name.text, script_.events, script_.options);
      if (!alerts) {
        if (judged(rule->name.text)) leave_out(rule->name.text + ": " + alerts.error().message);
        continue;
      }
      decide(*rule, *alerts);
      for (RefAlert& alert : *alerts) {
        if (!alert.withheld) alerts_.push_back(std::move(alert));
      }
    }
    settle_decisions();
  }

  // L4.4: what an alert led to counts for the event behind it all.
  void fire_chained() {
    const auto found = reference_run_chained(ast_, script_.events, script_.options);
    if (!found) return leave_out(found.error().message);
    std::map<std::string, std::vector<RefAlert>> on_events;
    for (const ChainedAlert& each : *found) {
      if (!each.alert.withheld) alerts_.push_back(each.alert);
      if (!each.root) continue;
      on_events[each.alert.rule].push_back(each.alert);
      on_events[each.alert.rule].back().event = each.root;
    }
    for (const auto& [rule, alerts] : on_events) decide(*find_rule(ast_, rule), alerts);
    settle_decisions();
  }

  bool judged(const std::string& rule) const { return !test_.rule || test_.rule->text == rule; }

  struct OnEvent {
    std::vector<std::string> decides;
    std::vector<std::string> finals;
    RefValue score = std::int64_t{0};
    std::int64_t time_ms = 0;
  };

  // L5.2: a rule counts once an event, with its preferred match; a deadline decides nothing.
  void decide(const dsl::RuleDecl& rule, const std::vector<RefAlert>& alerts) {
    if (rule.body.mode && rule.body.mode->kind != dsl::ModeKind::kLive) return;
    std::set<std::size_t> counted;
    for (const RefAlert& alert : alerts) {
      if (!alert.event || !alert.timeout.empty() || !counted.insert(*alert.event).second) continue;
      OnEvent& on = on_events_[*alert.event];
      on.time_ms = script_.events[*alert.event].ts_ms;
      for (const auto& outcome : rule.body.outcomes) {
        if (const auto* decide = std::get_if<dsl::DecideClause>(&outcome)) {
          (decide->final ? on.finals : on.decides).push_back(decide->decision.text);
        }
      }
      for (const auto& [name, value] : alert.outcomes) {  // an absent score adds nothing
        if (name == "score" && !is_absent(value)) {
          on.score = arithmetic(Arithmetic::kAdd, on.score, value);
        }
      }
    }
  }

  void settle_decisions() {
    std::vector<std::string> order = {"decline", "challenge", "review", "allow"};
    std::vector<const dsl::ScoreThreshold*> thresholds;
    for (const auto& declaration : ast_.declarations) {
      const auto* set = std::get_if<dsl::RulesetDecl>(&declaration);
      if (set == nullptr) continue;
      if (!set->decisions.empty()) {
        order.clear();
        for (const auto& name : set->decisions) order.push_back(name.text);
      }
      for (const auto& threshold : set->thresholds) thresholds.push_back(&threshold);
    }
    weakest_ = order.back();
    decision_names_.insert(order.begin(), order.end());
    for (const auto& [event, on] : on_events_) {
      std::vector<std::string> candidates = on.decides;
      for (const auto* threshold : thresholds) {
        if (reaches(*threshold, on.score)) candidates.push_back(threshold->decision.text);
      }
      if (!on.finals.empty()) candidates = on.finals;
      const std::set<std::string> given(candidates.begin(), candidates.end());
      const auto strongest = std::find_if(order.begin(), order.end(),
                                          [&](const std::string& d) { return given.contains(d); });
      decisions_.push_back({strongest == order.end() ? weakest_ : *strongest, on.time_ms});
    }
  }

  // The only name in a threshold is `score`.
  bool reaches(const dsl::ScoreThreshold& threshold, const RefValue& score) {
    Evaluator evaluator(ast_, script_.events);
    const std::map<std::string, RefValue> names = {{"score", score}};
    return evaluator.accepts(threshold.condition, Scope{nullptr, nullptr, &names, nullptr});
  }

  // ---- judging --------------------------------------------------------------------------------

  static bool fits(const dsl::TestExpect& expect, const RefAlert& alert) {
    if (alert.rule != expect.name.text) return false;
    if (alert.timeout != (expect.timeout ? expect.timeout->text : "")) return false;
    if (expect.at_ms && kOrigin + *expect.at_ms != alert.time_ms) return false;
    for (const auto& count : expect.counts) {
      std::size_t taken = 0;
      for (const auto& [label, events] : alert.match) {
        if (label == count.part.text) taken = events.size();
      }
      if (static_cast<std::int64_t>(taken) != count.count) return false;
    }
    return true;
  }

  template <typename T, typename Fits>
  static bool take_first(std::vector<T>& list, Fits fits_it) {
    const auto it = std::find_if(list.begin(), list.end(), fits_it);
    if (it == list.end()) return false;
    list.erase(it);
    return true;
  }

  // The most exact expectation first, so that `expect r` does not take what `expect r at T` means.
  static std::size_t exactness(const dsl::TestExpect* e) {
    return (e->at_ms ? 1000 : 0) + e->counts.size();
  }

  void compare() {
    std::vector<const dsl::TestExpect*> expected = script_.expected;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto* a, const auto* b) { return exactness(a) > exactness(b); });
    for (const dsl::TestExpect* expect : expected) {
      if (expect->kind == dsl::TestExpect::Kind::kFeature) {
        compare_feature(*expect);
      } else if (expect->kind == dsl::TestExpect::Kind::kNamed) {
        const bool is_decision = find_rule(ast_, expect->name.text) == nullptr &&
                                 decision_names_.contains(expect->name.text);
        const bool found =
            is_decision
                ? take_first(decisions_,
                             [&](const Decision& d) {
                               return d.name == expect->name.text &&
                                      (!expect->at_ms || kOrigin + *expect->at_ms == d.time_ms);
                             })
                : take_first(alerts_, [&](const RefAlert& a) { return fits(*expect, a); });
        if (!found) out_.problems.push_back("expected and missing: " + text(*expect));
      }
    }
    if (script_.ignore_others) return;
    for (const RefAlert& alert : alerts_) {
      if (!judged(alert.rule)) continue;
      RefAlert shown = alert;
      shown.time_ms -= kOrigin;
      out_.problems.push_back("fired and not expected: " + to_text(shown));
    }
    for (const Decision& d : decisions_) {  // `test R` judges the decisions that it expects
      if (!test_.rule && d.name != weakest_) {
        out_.problems.push_back("decided and not expected: " + d.name + " at " +
                                std::to_string(d.time_ms - kOrigin));
      }
    }
  }

  // L7, R81: the value after all events up to that time.
  void compare_feature(const dsl::TestExpect& expect) {
    Evaluator literals(ast_, script_.events);
    std::vector<RefValue> key;
    for (const auto id : expect.keys) key.push_back(literals.eval(id, Scope{}));
    const RefValue wanted =
        expect.value.valid() ? literals.eval(expect.value, Scope{}) : RefValue{};
    const auto all = chained_events(ast_, script_.events, script_.options);
    if (!all) return leave_out(all.error().message);
    const auto found =
        reference_feature(with_alert_events(ast_), expect.name.text, key,
                          kOrigin + expect.at_ms.value_or(0), *all, script_.options);
    if (!found) return leave_out(found.error().message);
    if (figures_agree(function_of(expect.name.text), wanted, *found)) return;
    out_.problems.push_back("expected and not so: " + text(expect) + ": it is " + to_text(*found));
  }

  std::string function_of(const std::string& feature) const {
    for (const auto& declaration : ast_.declarations) {
      const auto* decl = std::get_if<dsl::FeatureDecl>(&declaration);
      if (decl == nullptr || decl->name.text != feature) continue;
      return ast_.aggregate(decl->aggregate).function.text;
    }
    return "";
  }

  static std::string text(const dsl::TestExpect& expect) {
    std::string out = expect.name.text;
    if (expect.timeout) out += "." + expect.timeout->text;
    if (expect.at_ms) out += " at " + std::to_string(*expect.at_ms);
    for (const auto& count : expect.counts) {
      out += " " + count.part.text + "=" + std::to_string(count.count);
    }
    return out;
  }

  const dsl::Ast& ast_;
  const dsl::TestDecl& test_;
  TestOutcome out_;
  Script script_;
  std::vector<RefAlert> alerts_;
  std::map<std::size_t, OnEvent> on_events_;
  std::vector<Decision> decisions_;
  std::set<std::string> decision_names_;
  std::string weakest_;
};

}  // namespace

std::vector<TestOutcome> run_test_blocks(const dsl::Ast& ast) {
  std::vector<TestOutcome> out;
  for (const auto& declaration : ast.declarations) {
    if (const auto* test = std::get_if<dsl::TestDecl>(&declaration)) {
      out.push_back(Run(ast, *test).judge());
    }
  }
  return out;
}

std::vector<TestOutcome> run_test_text(std::string_view path, std::string_view text) {
  dsl::SourceSet sources;
  const dsl::SourceId id = sources.add(std::string(path), std::string(text));
  dsl::Diagnostics diagnostics;
  const dsl::Ast ast = dsl::parse(sources, id, diagnostics);
  if (!diagnostics.has_errors()) return run_test_blocks(ast);
  TestOutcome failed{std::string(path), false, false, {}};
  for (const auto& d : diagnostics.list()) {
    const auto place = sources.locate(d.span.source, d.span.begin);
    failed.problems.push_back(std::to_string(place.line) + ":" + std::to_string(place.column) +
                              ": " + d.message);
  }
  return {failed};
}

}  // namespace weir::reference
