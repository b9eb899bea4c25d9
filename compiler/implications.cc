#include "compiler/implications.h"

#include <algorithm>
#include <map>

namespace weir::compiler {

namespace {

// More comparisons of pairs than this would slow the compiler down; the rest is not looked at.
constexpr std::size_t kMaxPairs = 10'000;

bool holds(const nfa::Constant& value, const Fact& fact) {
  const auto equal = [&](const nfa::Constant& other) { return compare(value, other) == 0; };
  if (fact.op == IrOp::kInSet) return std::ranges::any_of(fact.values, equal);
  const int order = compare(value, fact.values.front());
  switch (fact.op) {
    case IrOp::kEq:
      return order == 0;
    case IrOp::kNe:
      return order != 0;
    case IrOp::kLt:
      return order < 0;
    case IrOp::kLe:
      return order <= 0;
    case IrOp::kGt:
      return order > 0;
    default:
      return order >= 0;
  }
}

// Of `x > a` and `x >= b`: whether the first leaves out all that the second does.
bool bound_implies(const Fact& first, const Fact& second) {
  const bool above = first.op == IrOp::kGt || first.op == IrOp::kGe;
  const bool strict = first.op == IrOp::kGt || first.op == IrOp::kLt;
  const int order = compare(first.values.front(), second.values.front());
  const bool beyond = above ? order > 0 : order < 0;
  switch (second.op) {
    case IrOp::kNe:
      return beyond || (order == 0 && strict);
    case IrOp::kGt:
    case IrOp::kLt:
      return above == (second.op == IrOp::kGt) && (beyond || (order == 0 && strict));
    case IrOp::kGe:
    case IrOp::kLe:
      return above == (second.op == IrOp::kGe) && (beyond || order == 0);
    default:
      return false;
  }
}

bool from_literals(const IrGraph& graph, IrId condition) {
  return std::ranges::all_of(graph[condition].args, [&](IrId arg) {
    return graph[arg].op != IrOp::kConst || graph[arg].origin == Origin::kLiteral;
  });
}

}  // namespace

std::optional<Fact> fact_of(const IrGraph& graph, IrId condition) {
  const IrNode& node = graph[condition];
  Fact fact;
  fact.op = node.op;
  if (node.op == IrOp::kInSet) {
    const nfa::ConstantSet& set = graph.sets[node.index];
    if (!set.prefix_bits.empty()) return std::nullopt;  // networks hold one another
    fact.values = set.entries;
    fact.subject = print(graph, node.args[0]);
    fact.kind = graph[node.args[0]].type.kind;
    return fact;
  }
  if (!is_comparison(node.op)) return std::nullopt;
  IrId subject = node.args[0], constant = node.args[1];
  if (graph[subject].op == IrOp::kConst) {
    std::swap(subject, constant);
    fact.op = mirrored(fact.op);
  }
  const event::TypeKind kind = graph[subject].type.kind;
  if (graph[constant].op != IrOp::kConst || kind == event::TypeKind::kGeo) return std::nullopt;
  fact.values = {constant_of(graph[constant])};
  fact.subject = print(graph, subject);
  fact.kind = kind;
  return fact;
}

bool implies(const Fact& first, const Fact& second) {
  if (first.subject != second.subject || first.kind != second.kind) return false;
  if (first.op == IrOp::kEq || first.op == IrOp::kInSet) {
    return std::ranges::all_of(first.values,
                               [&](const nfa::Constant& value) { return holds(value, second); });
  }
  if (first.op == IrOp::kNe) {
    return second.op == IrOp::kNe && compare(first.values.front(), second.values.front()) == 0;
  }
  return bound_implies(first, second);
}

std::vector<Implied> find_implied(const IrGraph& graph, const std::vector<IrId>& conditions) {
  std::map<std::string, std::vector<std::pair<IrId, Fact>>> by_subject;
  for (const IrId condition : conditions) {
    if (!from_literals(graph, condition)) continue;
    auto fact = fact_of(graph, condition);
    if (!fact) continue;
    const std::string subject = fact->subject;
    by_subject[subject].emplace_back(condition, std::move(*fact));
  }
  std::vector<Implied> found;
  std::size_t pairs = 0;
  for (const auto& [subject, facts] : by_subject) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
      for (std::size_t j = 0; j < facts.size() && ++pairs < kMaxPairs; ++j) {
        if (i == j || !implies(facts[j].second, facts[i].second)) continue;
        // Of two that say the same the later one is told.
        if (j > i && implies(facts[i].second, facts[j].second)) continue;
        found.push_back({facts[j].first, facts[i].first});
        break;
      }
    }
  }
  return found;
}

}  // namespace weir::compiler
