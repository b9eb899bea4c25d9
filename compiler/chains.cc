#include "compiler/chains.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

// A name that stands in a file.
struct Mention {
  std::uint32_t at = 0;
  bool type = false;  // where an event type stands; else in an expression
  std::string_view name;
};

// All names of a tree that could be those of event types, features or defines, by place.
std::vector<Mention> mentions_of(const dsl::Ast& ast) {
  std::vector<Mention> out;
  const auto add_type = [&](const dsl::Name& name) {
    out.push_back({name.span.begin, true, name.text});
  };
  const auto add_types = [&](const dsl::TypeSet& types) {
    for (const auto& name : types.types) add_type(name);
    for (const auto& name : types.among) add_type(name);
  };
  for (const auto& pattern : ast.patterns) {
    for (const auto& item : pattern.items) {
      if (const auto* part = std::get_if<dsl::Part>(&item.body)) add_types(part->types);
      if (const auto* absence = std::get_if<dsl::Absence>(&item.body)) add_types(absence->types);
      if (item.until && item.until->type) add_type(*item.until->type);
    }
  }
  for (const auto& aggregate : ast.aggregates) add_type(aggregate.type);
  for (const auto& declaration : ast.declarations) {
    const auto* stream = std::get_if<dsl::StreamDecl>(&declaration);
    for (std::size_t i = 0; stream != nullptr && i < stream->columns.size(); ++i) {
      const dsl::ExprId value = stream->columns[i].value;
      if (!value.valid()) continue;
      const dsl::Expr& expr = ast.expr(value);
      if (expr.kind != dsl::ExprKind::kCall || expr.args.size() != 1) continue;
      const dsl::Expr& of = ast.expr(expr.args.front());
      const dsl::Expr& type = of.kind == dsl::ExprKind::kMember ? ast.expr(of.args.front()) : of;
      if (type.kind == dsl::ExprKind::kName) out.push_back({type.span.begin, true, type.text});
    }
  }
  for (const auto& expr : ast.exprs) {
    const bool names = expr.kind == dsl::ExprKind::kName || expr.kind == dsl::ExprKind::kMember ||
                       expr.kind == dsl::ExprKind::kCall;
    if (names && !expr.quoted) out.push_back({expr.span.begin, false, expr.text});
  }
  std::ranges::stable_sort(out, {}, &Mention::at);
  return out;
}

class ChainFinder {
 public:
  ChainFinder(const CompileContext& context, Declared& declared)
      : context_(context), declared_(declared) {}

  Chains find() {
    name_events();
    if (declared_.alert_events.empty() && declared_.streams.empty()) {
      for (std::size_t i = 0; i < declared_.rules.size(); ++i) out_.order.push_back({false, i, 0});
      return std::move(out_);
    }
    make_nodes();
    for (std::size_t i = 0; i < nodes_.size(); ++i) visit(i);
    return std::move(out_);
  }

 private:
  enum class Kind : std::uint8_t { kRule, kStream, kFeature, kDefine };
  struct Node {
    Kind kind = Kind::kRule;
    std::size_t index = 0;  // of a rule or stream
    std::string_view name;
    dsl::Span span;  // of the name
    const dsl::Ast* ast = nullptr;
    std::uint32_t begin = 0;  // what it says, in the tree
    std::uint32_t end = 0;
    std::vector<std::size_t> looks_at;
    std::uint32_t stage = 0;
    enum class State : std::uint8_t { kNew, kOpen, kDone } state = State::kNew;
    bool circular = false;
    bool seen = false;  // something looks at it
  };

  // ---- the events -------------------------------------------------------------------------------

  // An event type that is declared goes before a rule of its name.
  [[nodiscard]] bool is_alert(std::string_view name) const {
    return declared_.rule_names.contains(name) && !declared_.events.contains(name);
  }

  void note_events(const dsl::Ast& ast) {
    mentions_.emplace(&ast, mentions_of(ast));
    for (const Mention& mention : mentions_.at(&ast)) {
      if (!mention.type || !is_alert(mention.name)) continue;
      declared_.alert_events.insert(std::string(mention.name));
    }
  }

  void add_type(std::string_view name) {
    event::EventType type;
    type.name = name;
    type.type_path.clear();
    type.time_path.clear();
    type.id_path.clear();
    context_.image.image.schema.types.push_back(std::move(type));
  }

  void name_events() {
    for (const auto& ast : context_.asts) note_events(ast);
    for (const auto& rule : declared_.rules) {
      if (rule.made != nullptr && !mentions_.contains(rule.ast)) note_events(*rule.ast);
    }
    for (const auto& name : declared_.alert_events) add_type(name);
    for (const auto& stream : declared_.streams) add_type(stream.decl->name.text);
    for (const auto& rule : declared_.rules) {
      const auto& mode = rule.decl->body.mode;
      const bool shadow = mode && mode->kind == dsl::ModeKind::kShadow;
      const std::string& name = rule.decl->name.text;
      if (shadow && declared_.alert_events.contains(name)) declared_.shadow_alerts.insert(name);
    }
  }

  // ---- who looks at whom ------------------------------------------------------------------------

  void add_node(Kind kind, std::size_t index, const dsl::Ast& ast, const dsl::Name& name,
                dsl::Span said) {
    Node node;
    node.kind = kind;
    node.index = index;
    node.name = name.text;
    node.span = name.span;
    node.ast = &ast;
    node.begin = said.begin;
    node.end = said.end;
    const bool event = kind == Kind::kRule || kind == Kind::kStream;
    (event ? events_ : values_).try_emplace(node.name, nodes_.size());
    nodes_.push_back(std::move(node));
  }

  void make_nodes() {
    for (std::size_t i = 0; i < declared_.rules.size(); ++i) {
      const RuleRef& rule = declared_.rules[i];
      // A rule that a template made has a tree of its own.
      const dsl::Span whole{rule.decl->span.source, 0, UINT32_MAX};
      add_node(Kind::kRule, i, *rule.ast, rule.decl->name,
               rule.made != nullptr ? whole : rule.decl->span);
    }
    for (std::size_t i = 0; i < declared_.streams.size(); ++i) {
      const StreamRef& stream = declared_.streams[i];
      add_node(Kind::kStream, i, *stream.ast, stream.decl->name, stream.decl->span);
    }
    for (const auto& [name, feature] : declared_.names.features) {
      add_node(Kind::kFeature, 0, *feature.ast, feature.decl->name, feature.decl->span);
    }
    for (const auto& [name, define] : declared_.names.defines) {
      add_node(Kind::kDefine, 0, *define.ast, define.decl->name, define.decl->span);
    }
    for (Node& node : nodes_) find_looks(node);
    for (const Node& node : nodes_) {
      for (const std::size_t to : node.looks_at) nodes_[to].seen = true;
    }
  }

  void find_looks(Node& node) {
    const auto& all = mentions_.at(node.ast);
    auto each = std::ranges::lower_bound(all, node.begin, {}, &Mention::at);
    for (; each != all.end() && each->at < node.end; ++each) {
      if (each->type && !is_stream(each->name) && !is_alert(each->name)) continue;
      const auto& known = each->type ? events_ : values_;
      const auto found = known.find(each->name);
      if (found == known.end()) continue;
      const bool again = std::ranges::find(node.looks_at, found->second) != node.looks_at.end();
      if (!again) node.looks_at.push_back(found->second);
    }
  }

  [[nodiscard]] bool is_stream(std::string_view name) const {
    const auto found = events_.find(name);
    return found != events_.end() && nodes_[found->second].kind == Kind::kStream;
  }

  // ---- in order ---------------------------------------------------------------------------------

  // Depth first: what a node looks at is done before it.
  void visit(std::size_t first) {
    if (nodes_[first].state != Node::State::kNew) return;
    open_.clear();
    open_.push_back({first, 0});
    nodes_[first].state = Node::State::kOpen;
    while (!open_.empty()) {
      const std::size_t at = open_.back().node;
      if (open_.back().next == nodes_[at].looks_at.size()) {
        finish(nodes_[at]);
        open_.pop_back();
        continue;
      }
      const std::size_t to = nodes_[at].looks_at[open_.back().next++];
      if (nodes_[to].state == Node::State::kOpen) report_circle(to);
      if (nodes_[to].state != Node::State::kNew) continue;
      nodes_[to].state = Node::State::kOpen;
      open_.push_back({to, 0});
    }
  }

  static bool is_event(const Node& node) {
    return node.kind == Kind::kRule || node.kind == Kind::kStream;
  }

  void finish(Node& node) {
    node.state = Node::State::kDone;
    for (const std::size_t to : node.looks_at) {
      node.stage = std::max(node.stage, nodes_[to].stage + (is_event(nodes_[to]) ? 1 : 0));
    }
    if (!is_event(node)) return;
    if (node.stage >= nfa::kMaxStages) {
      context_.diagnostics.add(DiagnosticCode::kBadBound, node.span,
                               "rules and streams look at each other at most " +
                                   std::to_string(nfa::kMaxStages) + " deep");
      node.circular = true;
    }
    if (node.circular) {
      declared_.poisoned.insert(std::string(node.name));
      return;
    }
    out_.order.push_back({node.kind == Kind::kStream, node.index, node.stage, node.seen});
  }

  [[nodiscard]] static std::string shown(const Node& node) {
    const char* what = node.kind == Kind::kFeature  ? "feature "
                       : node.kind == Kind::kDefine ? "define "
                                                    : "";
    return what + ("`" + std::string(node.name) + "`");
  }

  // From the first rule or stream of it. Features alone are told of where they are compiled.
  void report_circle(std::size_t to) {
    auto first = std::ranges::find(open_, to, &Open::node);
    std::vector<std::size_t> circle;
    for (; first != open_.end(); ++first) circle.push_back(first->node);
    const auto event =
        std::ranges::find_if(circle, [&](std::size_t i) { return is_event(nodes_[i]); });
    if (event == circle.end()) return;
    std::ranges::rotate(circle, event);
    std::string way;
    for (const std::size_t i : circle) {
      way += shown(nodes_[i]) + " -> ";
      nodes_[i].circular = true;
    }
    const Node& node = nodes_[circle.front()];
    const char* what = node.kind == Kind::kRule ? "alerts: " : "results: ";
    context_.diagnostics
        .add(DiagnosticCode::kAlertCircle, node.span,
             "`" + std::string(node.name) + "` looks at its own " + what + way + shown(node))
        .help = "a rule looks at alerts of rules that do not look at its own";
  }

  struct Open {
    std::size_t node = 0;
    std::size_t next = 0;  // of what it looks at
  };

  const CompileContext& context_;
  Declared& declared_;
  Chains out_;
  std::map<const dsl::Ast*, std::vector<Mention>> mentions_;
  std::vector<Node> nodes_;
  std::map<std::string_view, std::size_t> events_;  // rules and streams, by name
  std::map<std::string_view, std::size_t> values_;  // features and defines
  std::vector<Open> open_;
};

event::Field field_of(std::string name, event::Type type, bool optional) {
  event::Field field;
  field.path = {name};
  field.name = std::move(name);
  field.type = std::move(type);
  field.optional = optional;
  return field;
}

event::Type decision_type(const nfa::Image& image) {
  event::Type type;
  type.kind = event::TypeKind::kEnum;
  type.constants = image.decisions;
  return type;
}

// The type of a field of the key: the same in all event types that have the key.
const event::Type* key_type(const event::Schema& schema, const nfa::KeyExpr& key, std::size_t at) {
  for (std::size_t t = 0; t < key.slots.size(); ++t) {
    if (!key.slots[t].empty()) return &schema.types[t].fields[key.slots[t][at]].type;
  }
  return nullptr;
}

}  // namespace

Chains find_chains(const CompileContext& context, Declared& declared) {
  return ChainFinder(context, declared).find();
}

void define_alert_event(nfa::RuleImage& rule, nfa::Image& image) {
  const event::EventTypeId id = image.schema.find(rule.name);
  if (!id.valid() || image.schema.types[id.index()].is_input()) return;
  rule.alert_type = id;
  std::vector<event::Field> fields;
  const auto add = [&](event::Field field, nfa::AlertField from) {
    if (std::ranges::find(fields, field.name, &event::Field::name) != fields.end()) return;
    fields.push_back(std::move(field));
    rule.alert_fields.push_back(from);
  };
  if (rule.keyed) {
    const nfa::KeyExpr& key = rule.keys[rule.shown_key];
    for (std::uint16_t i = 0; i < key.fields.size(); ++i) {
      const event::Type* type = key_type(image.schema, key, i);
      if (type != nullptr) {
        add(field_of(key.fields[i], *type, false), {nfa::AlertFieldKind::kKey, i});
      }
    }
  }
  const nfa::Outcomes& outcomes = rule.outcomes;
  for (std::uint16_t i = 0; i < outcomes.emits.size(); ++i) {
    const nfa::Outcomes::Emit& emit = outcomes.emits[i];
    add(field_of(emit.name, emit.value.type, emit.value.may_be_absent),
        {nfa::AlertFieldKind::kEmit, i});
  }
  if (!outcomes.score.empty()) {
    const nfa::ValueExpr& score = outcomes.score.front();
    add(field_of("score", score.type, score.may_be_absent), {nfa::AlertFieldKind::kScore, 0});
  }
  if (outcomes.decision >= 0) {
    add(field_of("decision", decision_type(image), false), {nfa::AlertFieldKind::kDecision, 0});
  }
  image.schema.types[id.index()].fields = std::move(fields);
}

void order_rules(const std::vector<std::size_t>& place, nfa::Image& image) {
  std::vector<nfa::RuleImage> rules(place.size());
  for (std::size_t i = 0; i < place.size(); ++i) rules[place[i]] = std::move(image.rules[i]);
  image.rules = std::move(rules);
  for (std::uint32_t& rule : image.program_rule) {
    if (rule < place.size()) rule = static_cast<std::uint32_t>(place[rule]);
  }
}

}  // namespace weir::compiler
