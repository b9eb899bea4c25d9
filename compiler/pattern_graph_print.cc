#include "compiler/pattern_graph.h"

namespace weir::compiler {
namespace {

void print_list(std::string& out, const char* label, const std::vector<PartIndex>& parts) {
  if (parts.empty()) return;
  out += label;
  for (const auto part : parts) out += " #" + std::to_string(part);
}

std::string print_edge(const GraphEdge& edge) {
  static constexpr const char* kKinds[] = {"then", "next", "every"};
  std::string out = edge.from == kStart ? "start" : "p" + std::to_string(edge.from);
  out += " -> p" + std::to_string(edge.to) + " " + kKinds[static_cast<int>(edge.kind)];
  if (edge.after_ms > 0) out += " after " + std::to_string(edge.after_ms) + "ms";
  if (edge.within_ms != nfa::kNoLimit) out += " within " + std::to_string(edge.within_ms) + "ms";
  print_list(out, " without", edge.guards);
  print_list(out, " without-next", edge.next_guards);
  print_list(out, " stop", edge.stops);
  print_list(out, " kill", edge.kills);
  for (const auto shadow : edge.shadows) out += " shadow e" + std::to_string(shadow);
  if (edge.shadow) out += " (shadow)";
  return out;
}

}  // namespace

std::string PatternGraph::print() const {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    static constexpr const char* kKinds[] = {"part", "without", "until"};
    out += "#" + std::to_string(i) + " " + kKinds[static_cast<int>(parts[i].kind)];
    for (const auto& type : parts[i].types) out += " " + type;
    if (parts[i].name) out += " as " + parts[i].name->text;
    out += '\n';
  }
  for (std::size_t i = 0; i < positions.size(); ++i) {
    out += "p" + std::to_string(i) + " takes #" + std::to_string(positions[i].part);
    out += " after " + std::to_string(positions[i].count_min);
    if (positions[i].count_max != positions[i].count_min) out += "+";
    for (const auto& end : positions[i].ends) {
      out += " end";
      for (const auto absence : end) out += " without #" + std::to_string(trailing[absence].part);
    }
    out += '\n';
  }
  for (std::size_t i = 0; i < edges.size(); ++i) {
    out += "e" + std::to_string(i) + " " + print_edge(edges[i]) + '\n';
  }
  return out;
}

}  // namespace weir::compiler
