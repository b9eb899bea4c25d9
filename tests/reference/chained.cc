#include "tests/reference/chained.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace weir::reference {
namespace {

constexpr std::int64_t kNever = INT64_MAX;
constexpr std::size_t kMostAlerts = 300;     // that lead to each other; more is kLimit
constexpr std::size_t kMostTries = 200'000;  // of one rule, each time it is asked

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

// By name: rules, but for those whose name an `event` has, and streams.
class Looks {
 public:
  explicit Looks(const dsl::Ast& ast) : ast_(ast) {
    for (const auto* rule : all<dsl::RuleDecl>(ast)) {
      if (find_event(ast, rule->name.text) == nullptr) made_[rule->name.text] = rule->span;
    }
    for (const auto* stream : all<dsl::StreamDecl>(ast)) made_[stream->name.text] = stream->span;
    for (const auto* feature : all<dsl::FeatureDecl>(ast)) {
      values_.emplace(feature->name.text, feature->span);
    }
    for (const auto* define : all<dsl::DefineDecl>(ast)) {
      values_.emplace(define->name.text, define->span);
    }
  }

  // Whose alerts and results stand, as types, in what lies there.
  std::set<std::string> in(const dsl::Span& span) const {
    std::set<std::string> out;
    std::set<std::uint32_t> seen;
    gather(span, out, seen);
    return out;
  }

  std::set<std::string> everywhere() const {
    dsl::Span whole;
    whole.end = UINT32_MAX;
    return in(whole);
  }

  // R123: one more than that of what it looks at; 0 for one that looks at nothing of the kind.
  int stage(const dsl::Span& span) const {
    int stage = 0;
    for (const auto& other : in(span)) {
      stage = std::max(stage, this->stage(made_.at(other)) + 1);
    }
    return stage;
  }

 private:
  static bool within(const dsl::Span& inner, const dsl::Span& outer) {
    return inner.begin >= outer.begin && inner.end <= outer.end;
  }

  void gather(const dsl::Span& span, std::set<std::string>& out,
              std::set<std::uint32_t>& seen) const {
    if (!seen.insert(span.begin).second) return;
    const auto add = [&](const dsl::Name& type) {
      if (within(type.span, span) && made_.contains(type.text)) out.insert(type.text);
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
      const auto [first, last] = values_.equal_range(expr.text);
      for (auto value = first; value != last; ++value) gather(value->second, out, seen);
    }
  }

  const dsl::Ast& ast_;
  std::map<std::string, dsl::Span> made_;
  std::multimap<std::string, dsl::Span> values_;  // features and defines
};

// ---- streams -----------------------------------------------------------------------------------

// `count(a)` has nothing that only an aggregate has, and stands in the tree as a call.
dsl::Ast with_aggregates(dsl::Ast ast) {
  for (const auto* stream : all<dsl::StreamDecl>(ast)) {
    for (const auto& column : stream->columns) {
      dsl::Expr& call = ast.exprs[column.value.index()];
      if (call.kind != dsl::ExprKind::kCall) continue;
      const dsl::Expr& of = ast.expr(call.args.front());
      const bool member = of.kind == dsl::ExprKind::kMember;
      const dsl::Expr& type = member ? ast.expr(of.args.front()) : of;
      dsl::Aggregate aggregate;
      aggregate.function.text = call.text;
      aggregate.type.text = type.text;
      aggregate.type.span = type.span;
      if (member) aggregate.field = dsl::Name{of.text, of.span};
      aggregate.span = call.span;
      call.kind = dsl::ExprKind::kAggregate;
      call.aggregate = dsl::AggregateId(ast.aggregates.size());
      ast.aggregates.push_back(std::move(aggregate));
    }
  }
  return ast;
}

// A column as a feature of the file: over the stream's window, by its key.
void declare_column(dsl::Ast& ast, const dsl::StreamDecl& stream, const std::string& name,
                    dsl::Aggregate aggregate) {
  aggregate.by = stream.by;
  aggregate.window = dsl::WindowKind::kTumbling;
  aggregate.length = stream.each;
  dsl::FeatureDecl feature;
  feature.name = stream.name;
  feature.name.text += " " + name;
  feature.aggregate = dsl::AggregateId(ast.aggregates.size());
  ast.aggregates.push_back(std::move(aggregate));
  ast.declarations.emplace_back(std::move(feature));
}

std::string type_of_field(const dsl::Ast& ast, const std::string& type, const std::string& field) {
  const auto* event = find_event(ast, type);
  for (std::size_t i = 0; event != nullptr && i < event->fields.size(); ++i) {
    const auto& declared = event->fields[i];
    if (declared.name.text == field && declared.type) return declared.type->base.text;
  }
  return "string";
}

std::string type_of_column(const dsl::Ast& ast, const dsl::Aggregate& aggregate) {
  const std::string& function = aggregate.function.text;
  const std::string field =
      aggregate.field ? type_of_field(ast, aggregate.type.text, aggregate.field->text) : "int";
  if (function == "count" || function.ends_with("distinct")) return "int";
  if (function == "stddev" || function == "rate") return "float";
  return function == "avg" && field == "int" ? "decimal" : field;
}

dsl::FieldDecl made_field(const dsl::Name& name, const std::string& type) {
  dsl::FieldDecl field;
  field.name = name;
  field.type = type_ref(type);
  field.type->optional = true;
  return field;
}

// Its event type; and for each column `S c`, its value, and `S c counted`, how many events counted.
void declare_stream(dsl::Ast& ast, const dsl::StreamDecl& stream) {
  dsl::EventDecl type;
  type.name = stream.name;
  for (const auto& column : stream.columns) {
    dsl::Aggregate aggregate = ast.aggregate(ast.expr(column.value).aggregate);
    if (type.fields.empty()) {
      for (const auto& key : stream.by.fields) {
        type.fields.push_back(made_field(key, type_of_field(ast, aggregate.type.text, key.text)));
      }
    }
    type.fields.push_back(made_field(column.name, type_of_column(ast, aggregate)));
    declare_column(ast, stream, column.name.text, aggregate);
    aggregate.function.text = "count";
    aggregate.field.reset();
    aggregate.arguments.clear();
    declare_column(ast, stream, column.name.text + " counted", std::move(aggregate));
  }
  ast.declarations.emplace_back(std::move(type));
}

bool is_shadow(const dsl::RuleDecl& rule) {
  return rule.body.mode && rule.body.mode->kind == dsl::ModeKind::kShadow;
}

// ---- the play ----------------------------------------------------------------------------------

class Play {
 public:
  Play(const dsl::Ast& ast, const RefOptions& options)
      : ast_(with_alert_events(ast)), options_(options) {
    const dsl::Ast given = with_aggregates(ast);
    const Looks looks(given);
    const auto originals = all<dsl::RuleDecl>(given);
    const auto rules = all<dsl::RuleDecl>(ast_);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      rules_.push_back({rules[i], looks.stage(originals[i]->span)});
      stages_ = std::max(stages_, rules_.back().stage + 1);
    }
    const auto streams = all<dsl::StreamDecl>(ast_);
    for (const auto* stream : streams) {
      streams_.push_back({stream, looks.stage(stream->span)});
      stages_ = std::max(stages_, streams_.back().stage + 1);
    }
    seen_types_ = looks.everywhere();
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
  struct Stream {
    const dsl::StreamDecl* decl = nullptr;
    int stage = 0;
  };

  // L5.3: of the events so far, those that the rule sees; the others keep their places.
  std::vector<RefEvent> log_for(bool shadow) const {
    std::vector<RefEvent> out = log_;
    for (RefEvent& event : out) {
      const dsl::RuleDecl* of = find_event_rule(event);
      if (of != nullptr && is_shadow(*of) && !shadow) event.type += " in shadow";
    }
    return out;
  }

  const dsl::RuleDecl* find_event_rule(const RefEvent& event) const {
    return seen_types_.contains(event.type) ? find_rule(ast_, event.type) : nullptr;
  }

  // What a rule alerts on the events so far, if time has reached `before_ms`.
  std::vector<RefAlert> ask(const dsl::RuleDecl& rule, std::int64_t before_ms) {
    RefOptions options = options_;
    options.with_outcomes = true;
    options.max_tries = std::min(options.max_tries, kMostTries);
    options.end_of_input = before_ms == kNever;
    options.watermark_ms = before_ms;
    auto found = reference_run(ast_, rule.name.text, log_for(is_shadow(rule)), options);
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
      for (const Stream& stream : streams_) next = std::min(next, next_end(stream, before_ms));
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
    std::vector<RefEvent> ended;
    for (const Stream& stream : streams_) {
      if (stream.stage == stage) add_results(*stream.decl, time_ms, ended);
    }
    for (const RefAlert& alert : completed) put(alert, std::nullopt);
    for (const RefEvent& result : ended) {
      if (seen_types_.contains(result.type)) play(result, kStreamEvents + results_++, std::nullopt);
    }
  }

  // L4.4: a millisecond before the end of the window around an event that may count in it.
  std::optional<std::int64_t> result_time(const dsl::StreamDecl& stream, const RefEvent& event) {
    const bool counts = std::any_of(
        stream.columns.begin(), stream.columns.end(), [&](const dsl::StreamDecl::Column& column) {
          return ast_.aggregate(ast_.expr(column.value).aggregate).type.text == event.type;
        });
    if (!counts) return std::nullopt;
    Evaluator evaluator(ast_, log_);
    const std::int64_t length = evaluator.milliseconds(stream.each);
    std::int64_t begin = event.ts_ms / length * length;
    if (begin > event.ts_ms) begin -= length;
    return begin + length - 1;
  }

  std::int64_t next_end(const Stream& stream, std::int64_t before_ms) {
    std::int64_t next = kNever;
    for (const RefEvent& event : log_) {
      const auto end = result_time(*stream.decl, event);
      if (end && *end > passed_ && *end < before_ms) next = std::min(next, *end);
    }
    return next;
  }

  void add_results(const dsl::StreamDecl& stream, std::int64_t time_ms,
                   std::vector<RefEvent>& out) {
    std::map<std::string, std::vector<RefValue>> keys;  // by text: of strings, as their bytes are
    for (const RefEvent& event : log_) {
      if (result_time(stream, event) != time_ms) continue;
      std::string text;
      std::vector<RefValue> key;
      for (const auto& field : stream.by.fields) {
        const auto value = event.fields.find(field.text);
        if (value == event.fields.end()) break;
        key.push_back(value->second);
        text += to_text(value->second) + ' ';
      }
      if (key.size() == stream.by.fields.size()) keys.emplace(text, key);
    }
    for (const auto& [text, key] : keys) add_result(stream, key, time_ms, out);
  }

  void add_result(const dsl::StreamDecl& stream, const std::vector<RefValue>& key,
                  std::int64_t time_ms, std::vector<RefEvent>& out) {
    RefEvent result{stream.name.text, time_ms, {}};
    for (std::size_t i = 0; i < key.size(); ++i) {
      result.fields.emplace(stream.by.fields[i].text, key[i]);
    }
    bool counted = false;
    for (const auto& column : stream.columns) {
      const std::string name = stream.name.text + " " + column.name.text;
      const RefValue count = value_of(name + " counted", key, time_ms);
      counted = counted || count != RefValue{std::int64_t{0}};
      const RefValue value = value_of(name, key, time_ms);
      if (!is_absent(value)) result.fields.emplace(column.name.text, value);
    }
    if (counted) out.push_back(std::move(result));
  }

  RefValue value_of(const std::string& feature, const std::vector<RefValue>& key,
                    std::int64_t time_ms) {
    auto value = reference_feature(ast_, feature, key, time_ms, log_for(false), options_);
    if (value) return std::move(*value);
    error_ = feature + ": " + value.error().message;
    return {};
  }

  void put(const RefAlert& alert, std::optional<std::size_t> root) {
    if (alerts_.size() == kMostAlerts && error_.empty()) {
      error_ = "too many alerts";
      code_ = base::ErrorCode::kLimit;
    }
    if (!error_.empty()) return;
    const std::size_t called = kAlertEvents + alerts_.size();
    ChainedAlert out{alert, root};
    if (out.alert.event) out.alert.event = called_[*out.alert.event];
    for (auto& [label, events] : out.alert.match) {
      for (std::size_t& event : events) event = called_[event];
    }
    if (!options_.with_outcomes) out.alert.outcomes.clear();
    alerts_.push_back(std::move(out));
    if (alert.withheld || !alert.timeout.empty() || !error_.empty()) return;
    if (!seen_types_.contains(alert.rule)) return;
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
  std::vector<Stream> streams_;
  std::set<std::string> seen_types_;  // of alerts and results that something looks at
  std::size_t results_ = 0;
  std::vector<std::size_t> called_;  // beside log_: what each event is called outside
  std::int64_t passed_ = INT64_MIN;  // deadlines up to it have been dealt with
};

}  // namespace

dsl::Ast with_alert_events(const dsl::Ast& ast) {
  const dsl::Ast given = with_aggregates(ast);
  dsl::Ast out = given;
  const Looks looks(given);
  // What is emitted and aggregated may be a field of an alert or a result.
  std::multimap<int, const dsl::RuleDecl*> rules;
  std::multimap<int, const dsl::StreamDecl*> streams;
  for (const auto* rule : all<dsl::RuleDecl>(given)) rules.emplace(looks.stage(rule->span), rule);
  for (const auto* stream : all<dsl::StreamDecl>(given)) {
    streams.emplace(looks.stage(stream->span), stream);
  }
  const int last = std::max(rules.empty() ? 0 : rules.rbegin()->first,
                            streams.empty() ? 0 : streams.rbegin()->first);
  for (int stage = 0; stage <= last; ++stage) {
    for (auto [rule, end] = rules.equal_range(stage); rule != end; ++rule) {
      if (find_event(ast, rule->second->name.text) != nullptr) continue;
      dsl::EventDecl type = AlertType(out, *rule->second).declare();
      out.declarations.emplace_back(std::move(type));
    }
    for (auto [stream, end] = streams.equal_range(stage); stream != end; ++stream) {
      declare_stream(out, *stream->second);
    }
  }
  return out;
}

bool is_chained(const dsl::Ast& ast) {
  const dsl::Ast given = with_aggregates(ast);
  return !Looks(given).everywhere().empty();
}

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
