#include "compiler/lints.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <set>
#include <string>

#include "compiler/pattern_walk.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

// ---- rules that can never fire -----------------------------------------------------------------

bool can_accept(const nfa::Automaton& automaton, nfa::PositionId position) {
  const auto& acceptor =
      automaton.acceptors[automaton.positions[position.index()].acceptor.index()];
  for (auto i = acceptor.by_type.begin; i < acceptor.by_type.end; ++i) {
    if (automaton.type_acceptors[i].symbol != nfa::kNeverAccepts) return true;
  }
  return false;
}

// The shortest way from the start to each position, over what `length` says of an edge; kNoLimit
// where there is none.
template <typename Length>
std::vector<std::int64_t> shortest_ways(const nfa::Automaton& automaton, const Length& length) {
  std::vector<std::int64_t> best(automaton.positions.size(), nfa::kNoLimit);
  std::deque<nfa::PositionId> todo;
  const auto relax = [&](const nfa::Edge& edge, std::int64_t so_far) {
    if (!can_accept(automaton, edge.to)) return;
    const std::int64_t way = so_far + length(edge);
    if (way >= best[edge.to.index()]) return;
    best[edge.to.index()] = way;
    todo.push_back(edge.to);
  };
  for (auto e = automaton.start_edges.begin; e < automaton.start_edges.end; ++e) {
    relax(automaton.edges[e], 0);
  }
  while (!todo.empty()) {
    const auto& position = automaton.positions[todo.front().index()];
    const std::int64_t so_far = best[todo.front().index()];
    todo.pop_front();
    for (auto e = position.edges.begin; e < position.edges.end; ++e)
      relax(automaton.edges[e], so_far);
  }
  return best;
}

std::int64_t shortest_match(const nfa::Automaton& automaton,
                            const std::vector<std::int64_t>& ways) {
  std::int64_t best = nfa::kNoLimit;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (automaton.positions[i].endings.size() > 0) best = std::min(best, ways[i]);
  }
  return best;
}

std::string why_never(const nfa::RuleImage& rule) {
  const auto& automaton = rule.automaton;
  const auto events = shortest_match(
      automaton, shortest_ways(automaton, [](const nfa::Edge&) { return std::int64_t{1}; }));
  if (events == nfa::kNoLimit) return "a condition of its pattern is never true";
  const bool rejected = std::ranges::any_of(
      rule.having, [](const nfa::HavingCondition& condition) { return condition.text == "false"; });
  if (rejected) return "its `having` is never true";
  // A first event has no gap before it, whatever its own link would say.
  const auto gaps = shortest_match(automaton, shortest_ways(automaton, [](const nfa::Edge& edge) {
                                     return edge.from.valid() ? edge.after_ms : 0;
                                   }));
  if (gaps > automaton.within_ms)
    return "the times that its parts wait add up to more than its `within`";
  if (events > static_cast<std::int64_t>(automaton.limit)) {
    return "its shortest match takes more events than its `limit` keeps";
  }
  return "";
}

// ---- next --------------------------------------------------------------------------------------

void lint_next(const PatternGraph& graph, dsl::Diagnostics& diagnostics) {
  std::set<PartIndex> told;
  for (const auto& edge : graph.edges) {
    if (edge.kind != nfa::EdgeKind::kNext || edge.from == kStart || edge.shadow) continue;
    const PartIndex to_part = graph.positions[edge.to].part;
    const auto& to = graph.parts[to_part];
    if (!to.among.empty()) continue;  // the set is written out
    const auto& from = graph.parts[graph.positions[edge.from].part];
    const auto names = [](const std::vector<std::string>& list, const std::string& type) {
      return std::ranges::find(list, type) != list.end();
    };
    std::string others;
    for (const auto& part : graph.parts) {
      for (const auto& type : part.types) {
        const bool near = names(to.types, type) || names(from.types, type) ||
                          others.find("`" + type + "`") != std::string::npos;
        if (!near) others += (others.empty() ? "`" : ", `") + type + "`";
      }
    }
    if (others.empty() || !told.insert(to_part).second) continue;
    diagnostics
        .add(DiagnosticCode::kNextSeesMore, to.span,
             "an event of " + others +
                 " in between ends this too: the rule sees it because "
                 "of another clause")
        .help =
        "if that is meant, say so with `among (...)`; if not, use `then`, or a rule of its own";
  }
}

// ---- cost and effect ---------------------------------------------------------------------------

// Whether conditions of the pattern look at an aggregate.
bool reads_aggregates(const nfa::Automaton& automaton) {
  return std::ranges::any_of(automaton.edges,
                             [](const nfa::Edge& edge) { return edge.live_aggregates != 0; });
}

void lint_cost(const RuleRef& rule, const PatternGraph& graph, const nfa::RuleImage& image,
               dsl::Diagnostics& diagnostics) {
  const auto any_combination = std::ranges::find_if(graph.edges, [&](const GraphEdge& edge) {
    if (edge.kind != nfa::EdgeKind::kEvery || edge.from == kStart) return false;
    return graph.positions[edge.from].part == graph.positions[edge.to].part;
  });
  if (any_combination == graph.edges.end()) return;
  if (image.having.empty() && !reads_aggregates(image.automaton)) return;
  const auto& part = graph.parts[graph.positions[any_combination->to].part];
  auto& issue = diagnostics.add(DiagnosticCode::kExpensive, part.span,
                                "every combination of these events is looked at by itself");
  issue.notes.push_back({rule.decl->name.span,
                         image.having.empty() ? "because a condition looks at an aggregate of them"
                                              : "because of the rule's `having`"});
  issue.help =
      "at most 100,000 are examined at one moment, and then none; drop `in any combination` "
      "or the condition";
}

void lint_idle_absences(const PatternGraph& graph, dsl::Diagnostics& diagnostics) {
  std::set<PartIndex> used;
  for (const auto& edge : graph.edges) {
    used.insert(edge.guards.begin(), edge.guards.end());
    used.insert(edge.next_guards.begin(), edge.next_guards.end());
  }
  for (const auto& absence : graph.leading) used.insert(absence.part);
  for (const auto& absence : graph.trailing) used.insert(absence.part);
  for (std::size_t i = 0; i < graph.parts.size(); ++i) {
    const bool absence = graph.parts[i].kind == PatternPart::Kind::kAbsence;
    if (!absence || used.contains(static_cast<PartIndex>(i))) continue;
    diagnostics
        .add(DiagnosticCode::kNoEffect, graph.parts[i].span,
             "this `without` has no effect: nothing is taken before it")
        .help =
        "a `without` looks at the events between two parts, or stands at the start of the "
        "whole pattern with `for`";
  }
}

// ---- what nothing uses -------------------------------------------------------------------------

class UseCollector {
 public:
  std::set<std::string, std::less<>> used;
  std::set<std::string, std::less<>> members;  // what stands behind a `.`: maybe a feature
  std::set<std::string, std::less<>> changed;  // lists

  void collect(const dsl::Ast& ast) {
    for (const auto& expr : ast.exprs) {
      if (expr.kind == dsl::ExprKind::kName || expr.kind == dsl::ExprKind::kCall)
        used.insert(expr.text);
      if (expr.kind == dsl::ExprKind::kMember) members.insert(expr.text);
    }
    for (const auto& aggregate : ast.aggregates) {
      note(aggregate.length);
      note(aggregate.every);
      note(aggregate.last);
    }
    for (const auto& pattern : ast.patterns) {
      for (const auto& item : pattern.items) collect(item);
    }
    for (const auto& decl : ast.declarations) {
      if (const auto* rule = std::get_if<dsl::RuleDecl>(&decl)) collect(rule->body);
      if (const auto* made = std::get_if<dsl::TemplateDecl>(&decl)) collect(made->body);
      if (const auto* stream = std::get_if<dsl::StreamDecl>(&decl)) note(stream->each);
      if (const auto* test = std::get_if<dsl::TestDecl>(&decl)) collect(*test);
    }
  }

 private:
  template <typename Arg>
  void note(const Arg& arg) {
    if (arg.name) used.insert(arg.name->text);
  }
  template <typename Arg>
  void note(const std::optional<Arg>& arg) {
    if (arg) note(*arg);
  }

  void collect(const dsl::TestDecl& test) {
    for (const auto& item : test.items) {
      const auto* expect = std::get_if<dsl::TestExpect>(&item);
      const bool feature = expect != nullptr && expect->kind == dsl::TestExpect::Kind::kFeature;
      if (feature) used.insert(expect->name.text);
    }
  }

  void collect(const dsl::PatternItem& item) {
    if (item.quantifier) {
      note(item.quantifier->min);
      note(item.quantifier->max);
    }
    if (item.link) {
      note(item.link->after);
      note(item.link->within);
    }
    if (const auto* group = std::get_if<dsl::Group>(&item.body)) note(group->count);
    if (const auto* absence = std::get_if<dsl::Absence>(&item.body)) note(absence->duration);
  }

  void collect(const dsl::RuleBody& body) {
    note(body.within);
    note(body.report);
    note(body.limit);
    note(body.cooldown);
    collect(body.outcomes);
    if (body.timeout) collect(body.timeout->outcomes);
  }

  void collect(const std::vector<dsl::Outcome>& outcomes) {
    for (const auto& outcome : outcomes) {
      const auto* change = std::get_if<dsl::ListChangeClause>(&outcome);
      if (change == nullptr) continue;
      changed.insert(change->list.text);
      note(change->duration);
    }
  }
};

// A feature whose name means the field wherever an event has one (R75). Defines are called, so no
// field stands in their way.
void lint_hidden(std::span<const dsl::Ast> asts, const Declared& declared, const UseCollector& uses,
                 dsl::Diagnostics& diagnostics) {
  const auto check = [&](const dsl::EventDecl& event, const dsl::FieldDecl& field) {
    const std::string& name = field.name.text;
    if (!field.type || !declared.names.features.contains(name) || !uses.used.contains(name)) return;
    auto& issue = diagnostics.add(DiagnosticCode::kUnused, declared.values.find(name)->second,
                                  "`" + name + "` is a field of `" + event.name.text +
                                      "` too: of its events the name means the field, and not "
                                      "this feature");
    issue.notes.push_back({field.name.span, "the field is declared here"});
    issue.help = "call the feature something else";
  };
  for (const dsl::Ast& ast : asts) {
    for (const dsl::Declaration& declaration : ast.declarations) {
      const auto* event = std::get_if<dsl::EventDecl>(&declaration);
      if (event == nullptr) continue;
      for (const dsl::FieldDecl& field : event->fields) check(*event, field);
    }
  }
}

}  // namespace

void lint_rule(const RuleRef& rule, const PatternGraph& graph, const nfa::RuleImage& image,
               dsl::Diagnostics& diagnostics) {
  // A param's value that turns a condition off has been told already, where the condition stands.
  const bool told = std::ranges::any_of(diagnostics.list(), [](const dsl::Diagnostic& issue) {
    return issue.code == DiagnosticCode::kParamDecides;
  });
  if (const std::string why = told ? "" : why_never(image); !why.empty()) {
    diagnostics.add(DiagnosticCode::kNeverFires, rule.decl->name.span,
                    "rule `" + rule.decl->name.text + "` can never fire: " + why);
  }
  lint_next(graph, diagnostics);
  lint_cost(rule, graph, image, diagnostics);
  lint_idle_absences(graph, diagnostics);
}

void lint_unused(std::span<const dsl::Ast> asts, const Declared& declared,
                 dsl::Diagnostics& diagnostics) {
  if (diagnostics.has_errors()) return;  // what uses it may be what could not be understood
  UseCollector uses;
  for (const auto& ast : asts) uses.collect(ast);
  for (const auto& ast : declared.set_values) uses.collect(ast);
  for (const auto& ast : declared.made_asts) uses.collect(ast);
  uses.used.insert(declared.tables_of_rules.begin(), declared.tables_of_rules.end());
  const auto check = [&](const auto& names, std::string_view what) {
    for (const auto& [name, view] : names) {
      if (uses.used.contains(name) || uses.changed.contains(name)) continue;
      diagnostics.add(DiagnosticCode::kUnused, declared.values.find(name)->second,
                      "nothing uses the " + std::string(what) + " `" + name + "`");
    }
  };
  check(declared.names.params, "param");
  check(declared.names.lists, "list");
  for (const std::string& name : uses.changed) {
    const auto declared_at = declared.values.find(name);
    if (uses.used.contains(name) || declared_at == declared.values.end()) continue;
    diagnostics
        .add(DiagnosticCode::kListNeverRead, declared_at->second,
             "rules change the list `" + name + "`, and nothing looks at it")
        .help = "ask `... in " + name + "` in a condition, or leave the changes out";
  }
  check(declared.names.tables, "table");
  check(declared.names.defines, "define");
  uses.used.merge(uses.members);
  check(declared.names.features, "feature");
  lint_hidden(asts, declared, uses, diagnostics);
}

}  // namespace weir::compiler
