#include "nfa/automaton_facts.h"

#include <algorithm>
#include <vector>

namespace weir::nfa {
namespace {

// Whether a run that has taken at `from` may come to take at `to`, itself included.
bool can_reach(const Automaton& automaton, PositionId from, PositionId to) {
  std::vector<PositionId> found = {from};
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == to) return true;
    const auto& edges = automaton.positions[found[i].index()].edges;
    for (std::uint32_t e = edges.begin; e < edges.end; ++e) {
      const PositionId next = automaton.edges[e].to;
      if (std::ranges::find(found, next) == found.end()) found.push_back(next);
    }
  }
  return false;
}

}  // namespace

bool tells_combinations_apart(const Automaton& automaton) {
  const auto reads_aggregates = [](const Edge& edge) { return edge.live_aggregates != 0; };
  if (std::ranges::none_of(automaton.edges, reads_aggregates)) return false;
  return std::ranges::any_of(automaton.edges, [&](const Edge& edge) {
    if (edge.kind != EdgeKind::kEvery || !edge.from.valid()) return false;
    const PartId part = automaton.positions[edge.from.index()].part;
    return part == automaton.positions[edge.to.index()].part ||  // `5 a in any combination`
           can_reach(automaton, edge.to, edge.from);
  });
}

}  // namespace weir::nfa
