#include "tests/reference/chained.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace weir::reference {
namespace {

constexpr std::int64_t kNever = INT64_MAX;

template <typename Decl>
std::vector<const Decl*> all(const dsl::Ast& ast) {
  std::vector<const Decl*> out;
  for (const auto& declaration : ast.declarations) {
    if (const auto* decl = std::get_if<Decl>(&declaration)) out.push_back(decl);
  }
  return out;
}

const dsl::EventDecl* find_event(const dsl::Ast& ast, const std::string& name) {
  for (const auto* event : all<dsl::EventDecl>(ast)) {
    if (event->name.text == name) return event;
  }
  return nullptr;
}

// ---- the types of alerts -----------------------------------------------------------------------

dsl::TypeRef type_ref(const std::string& base) {
  dsl::TypeRef type;
  type.base.text = base;
  return type;
}

void visit_parts(const dsl::Ast& ast, dsl::PatternId id,
                 const std::function<void(const dsl::Part&)>& visit) {
  for (const auto& item : ast.pattern(id).items) {
    if (const auto* part = std::get_if<dsl::Part>(&item.body)) visit(*part);
    if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
      for (const auto inner : group->patterns) visit_parts(ast, inner, visit);
    }
  }
}

class AlertType {
 public:
  AlertType(const dsl::Ast& ast, const dsl::RuleDecl& rule) : ast_(ast), rule_(rule) {
    visit_parts(ast, rule.body.pattern, [this](const dsl::Part& part) { parts_.push_back(&part); });
  }

  // R120: the fields of the key, what is emitted, the score, the decision.
  dsl::EventDecl declare() {
    out_.name = rule_.name;
    if (rule_.body.by) {
      add_key(*rule_.body.by);
    } else if (!parts_.empty() && parts_.front()->by) {
      add_key(*parts_.front()->by);
    }
    for (const auto& outcome : rule_.body.outcomes) {
      if (const auto* emit = std::get_if<dsl::EmitClause>(&outcome)) {
        for (const auto& item : emit->items) add(item.name, type_of(item.value));
      }
    }
    for (const auto& outcome : rule_.body.outcomes) {
      if (std::holds_alternative<dsl::ScoreClause>(outcome)) add(named("score"), "decimal");
    }
    for (const auto& outcome : rule_.body.outcomes) {
      if (std::holds_alternative<dsl::DecideClause>(outcome)) add(named("decision"), "string");
    }
    return std::move(out_);
  }

 private:
  static dsl::Name named(const std::string& text) {
    dsl::Name name;
    name.text = text;
    return name;
  }

  void add(const dsl::Name& name, const std::string& type) {
    for (const auto& field : out_.fields) {
      if (field.name.text == name.text) return;
    }
    dsl::FieldDecl field;
    field.name = name;
    field.type = type_ref(type);
    field.type->optional = true;
    out_.fields.push_back(std::move(field));
  }

  void add_key(const dsl::Keys& keys) {
    for (const auto& field : keys.fields) add(field, field_type(field.text));
  }

  // As some event of the rule has it.
  std::string field_type(const std::string& field) const {
    for (const auto* part : parts_) {
      const auto* event = find_event(ast_, part->types.types.front().text);
      if (event == nullptr) continue;
      for (const auto& declared : event->fields) {
        if (declared.name.text == field && declared.type) return declared.type->base.text;
      }
    }
    return "string";
  }

  // Enough to tell what can be added up: numbers are compared whatever their types.
  std::string type_of(dsl::ExprId id) const {
    const dsl::Expr& e = ast_.expr(id);
    switch (e.kind) {
      case dsl::ExprKind::kName:
      case dsl::ExprKind::kMember:
        return field_type(e.text);
      case dsl::ExprKind::kString:
        return "string";
      case dsl::ExprKind::kBool:
        return "bool";
      case dsl::ExprKind::kDuration:
        return "duration";
      case dsl::ExprKind::kInt:
        return "int";
      case dsl::ExprKind::kFloat:
        return "float";
      default:
        return e.kind == dsl::ExprKind::kCall && e.text == "count" ? "int" : "decimal";
    }
  }

  const dsl::Ast& ast_;
  const dsl::RuleDecl& rule_;
  std::vector<const dsl::Part*> parts_;
  dsl::EventDecl out_;
};

// ---- who looks at whom -------------------------------------------------------------------------

class Looks {
 public:
  explicit Looks(const dsl::Ast& ast) : ast_(ast) {
    for (const auto* rule : all<dsl::RuleDecl>(ast)) {
      if (find_event(ast, rule->name.text) == nullptr) rules_[rule->name.text] = rule;
    }
    for (const auto* feature : all<dsl::FeatureDecl>(ast)) features_[feature->name.text] = feature;
    for (const auto* define : all<dsl::DefineDecl>(ast)) defines_[define->name.text] = define;
  }

  // The rules whose alerts stand, as types, in what lies there.
  std::set<const dsl::RuleDecl*> in(const dsl::Span& span) const {
    std::set<const dsl::RuleDecl*> out;
    std::set<std::uint32_t> seen;
    gather(span, out, seen);
    return out;
  }

  std::set<const dsl::RuleDecl*> everywhere() const {
    dsl::Span whole;
    whole.end = UINT32_MAX;
    return in(whole);
  }

  // R123: one more than that of the rules that it looks at; 0 for one that looks at none.
  int stage(const dsl::RuleDecl& rule) const {
    int stage = 0;
    for (const auto* other : in(rule.span)) stage = std::max(stage, this->stage(*other) + 1);
    return stage;
  }

 private:
  static bool within(const dsl::Span& inner, const dsl::Span& outer) {
    return inner.begin >= outer.begin && inner.end <= outer.end;
  }

  void gather(const dsl::Span& span, std::set<const dsl::RuleDecl*>& out,
              std::set<std::uint32_t>& seen) const {
    if (!seen.insert(span.begin).second) return;
    const auto add = [&](const dsl::Name& type) {
      const auto rule = rules_.find(type.text);
      if (within(type.span, span) && rule != rules_.end()) out.insert(rule->second);
    };
    for (const auto& pattern : ast_.patterns) {
      for (const auto& item : pattern.items) {
        if (const auto* part = std::get_if<dsl::Part>(&item.body)) {
          for (const auto& type : part->types.types) add(type);
          for (const auto& type : part->types.among) add(type);
        }
        if (const auto* absence = std::get_if<dsl::Absence>(&item.body)) {
          for (const auto& type : absence->types.types) add(type);
        }
        if (item.until && item.until->type) add(*item.until->type);
      }
    }
    for (const auto& aggregate : ast_.aggregates) add(aggregate.type);
    for (const auto& expr : ast_.exprs) {
      if (!within(expr.span, span) || expr.quoted) continue;
      const auto feature = features_.find(expr.text);
      if (feature != features_.end()) gather(feature->second->span, out, seen);
      const auto define = defines_.find(expr.text);
      if (define != defines_.end()) gather(define->second->span, out, seen);
    }
  }

  const dsl::Ast& ast_;
  std::map<std::string, const dsl::RuleDecl*> rules_;
  std::map<std::string, const dsl::FeatureDecl*> features_;
  std::map<std::string, const dsl::DefineDecl*> defines_;
};

bool is_shadow(const dsl::RuleDecl& rule) {
  return rule.body.mode && rule.body.mode->kind == dsl::ModeKind::kShadow;
}

// ---- the play ----------------------------------------------------------------------------------

class Play {
 public:
  Play(const dsl::Ast& ast, const RefOptions& options)
      : ast_(with_alert_events(ast)), options_(options) {
    const Looks looks(ast);
    const auto originals = all<dsl::RuleDecl>(ast);
    const auto rules = all<dsl::RuleDecl>(ast_);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      rules_.push_back({rules[i], looks.stage(*originals[i])});
      stages_ = std::max(stages_, rules_.back().stage + 1);
    }
    for (const auto* rule : looks.everywhere()) alert_types_.insert(rule->name.text);
  }

  void run(const std::vector<RefEvent>& events) {
    for (std::size_t i = 0; i < events.size() && error_.empty(); ++i) {
      pass_deadlines(events[i].ts_ms);
      play(events[i], i, i);
    }
    if (options_.end_of_input) return pass_deadlines(kNever);
    std::int64_t reached = log_.empty() ? 0 : log_.back().ts_ms;
    if (options_.watermark_ms) reached = std::max(reached, *options_.watermark_ms);
    pass_deadlines(reached);
  }

  std::string error_;
  base::ErrorCode code_ = base::ErrorCode::kInvalidArgument;
  std::vector<ChainedAlert> alerts_;
  std::vector<RefEvent> log_;

 private:
  struct Rule {
    const dsl::RuleDecl* decl = nullptr;
    int stage = 0;
  };

  // L5.3: of the events so far, those that the rule sees; the others keep their places.
  std::vector<RefEvent> log_for(const dsl::RuleDecl& rule) const {
    std::vector<RefEvent> out = log_;
    for (RefEvent& event : out) {
      const dsl::RuleDecl* of = find_event_rule(event);
      if (of != nullptr && is_shadow(*of) && !is_shadow(rule)) event.type += " in shadow";
    }
    return out;
  }

  const dsl::RuleDecl* find_event_rule(const RefEvent& event) const {
    return alert_types_.contains(event.type) ? find_rule(ast_, event.type) : nullptr;
  }

  // What a rule alerts on the events so far, if time has reached `before_ms`.
  std::vector<RefAlert> ask(const dsl::RuleDecl& rule, std::int64_t before_ms) {
    RefOptions options = options_;
    options.with_outcomes = true;
    options.end_of_input = before_ms == kNever;
    options.watermark_ms = before_ms;
    auto found = reference_run(ast_, rule.name.text, log_for(rule), options);
    if (found) return std::move(*found);
    error_ = rule.name.text + ": " + found.error().message;
    code_ = found.error().code;
    return {};
  }

  // L4.4: what the event completes, each followed by what comes of it.
  void play(const RefEvent& event, std::size_t called, std::optional<std::size_t> root) {
    const std::size_t place = log_.size();
    log_.push_back(event);
    called_.push_back(called);
    std::vector<RefAlert> completed;
    for (const Rule& rule : rules_) {
      for (RefAlert& alert : ask(*rule.decl, event.ts_ms)) {
        if (alert.event == place) completed.push_back(std::move(alert));
      }
    }
    for (const RefAlert& alert : completed) put(alert, root);
  }

  // P1: deadlines in the order of their times; at one time those of a lower stage first (R123).
  void pass_deadlines(std::int64_t before_ms) {
    while (error_.empty()) {
      std::int64_t next = kNever;
      for (const Rule& rule : rules_) {
        for (const RefAlert& alert : ask(*rule.decl, before_ms)) {
          if (!alert.event && alert.time_ms > passed_) next = std::min(next, alert.time_ms);
        }
      }
      if (next == kNever) return;
      for (int stage = 0; stage < stages_; ++stage) fall_due(next, stage);
      passed_ = next;
    }
  }

  void fall_due(std::int64_t time_ms, int stage) {
    std::vector<RefAlert> completed;
    for (const Rule& rule : rules_) {
      if (rule.stage != stage) continue;
      for (RefAlert& alert : ask(*rule.decl, time_ms + 1)) {
        if (!alert.event && alert.time_ms == time_ms) completed.push_back(std::move(alert));
      }
    }
    for (const RefAlert& alert : completed) put(alert, std::nullopt);
  }

  void put(const RefAlert& alert, std::optional<std::size_t> root) {
    const std::size_t called = kAlertEvents + alerts_.size();
    ChainedAlert out{alert, root};
    if (out.alert.event) out.alert.event = called_[*out.alert.event];
    for (auto& [label, events] : out.alert.match) {
      for (std::size_t& event : events) event = called_[event];
    }
    if (!options_.with_outcomes) out.alert.outcomes.clear();
    alerts_.push_back(std::move(out));
    if (alert.withheld || !alert.timeout.empty() || !error_.empty()) return;
    if (!alert_types_.contains(alert.rule)) return;
    play(event_of(alert), called, root);
  }

  RefEvent event_of(const RefAlert& alert) const {
    RefEvent event{alert.rule, alert.time_ms, {}};
    const auto add = [&](const std::string& name, const RefValue& value) {
      if (!is_absent(value)) event.fields.emplace(name, value);
    };
    for (const auto& [name, value] : alert.key) event.fields.emplace(name, value);
    for (const auto& [name, value] : alert.outcomes) {
      if (name.starts_with("emit.") && !is_key(alert, name.substr(5))) add(name.substr(5), value);
    }
    for (const auto& [name, value] : alert.outcomes) {
      if (name == "score") add(name, value);
    }
    for (const auto& outcome : find_rule(ast_, alert.rule)->body.outcomes) {
      const auto* decide = std::get_if<dsl::DecideClause>(&outcome);
      if (decide != nullptr) add("decision", decide->decision.text);
    }
    return event;
  }

  static bool is_key(const RefAlert& alert, const std::string& name) {
    return std::any_of(alert.key.begin(), alert.key.end(),
                       [&](const auto& field) { return field.first == name; });
  }

  const dsl::Ast ast_;
  const RefOptions options_;
  std::vector<Rule> rules_;
  int stages_ = 1;
  std::set<std::string> alert_types_;
  std::vector<std::size_t> called_;  // beside log_: what each event is called outside
  std::int64_t passed_ = INT64_MIN;  // deadlines up to it have been dealt with
};

}  // namespace

dsl::Ast with_alert_events(const dsl::Ast& ast) {
  dsl::Ast out = ast;
  const Looks looks(ast);
  std::vector<std::pair<int, const dsl::RuleDecl*>> rules;
  for (const auto* rule : all<dsl::RuleDecl>(ast)) rules.emplace_back(looks.stage(*rule), rule);
  std::stable_sort(rules.begin(), rules.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [stage, rule] : rules) {  // what it emits may be a field of an alert
    if (find_event(ast, rule->name.text) != nullptr) continue;
    dsl::EventDecl type = AlertType(out, *rule).declare();
    out.declarations.emplace_back(std::move(type));
  }
  return out;
}

bool is_chained(const dsl::Ast& ast) { return !Looks(ast).everywhere().empty(); }

base::Result<std::vector<ChainedAlert>> reference_run_chained(const dsl::Ast& ast,
                                                              const std::vector<RefEvent>& events,
                                                              const RefOptions& options) {
  Play play(ast, options);
  play.run(events);
  if (!play.error_.empty()) return base::fail(play.code_, play.error_);
  return std::move(play.alerts_);
}

base::Result<std::vector<RefEvent>> chained_events(const dsl::Ast& ast,
                                                   const std::vector<RefEvent>& events,
                                                   const RefOptions& options) {
  Play play(ast, options);
  play.run(events);
  if (!play.error_.empty()) return base::fail(play.code_, play.error_);
  return std::move(play.log_);
}

}  // namespace weir::reference
