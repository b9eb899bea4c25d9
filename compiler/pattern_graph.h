// A pattern unfolded: positions and edges, before any condition is compiled.
//
// Made from the syntax tree of one rule's pattern by build_pattern_graph; lowered to an
// nfa::Automaton by compiler/rule_lowering. Language L3.3 to L3.6 are decided here and nowhere
// else; the picture and the reasons are in nfa/automaton.h. Plain data, printable
// (`weir explain --stage pattern`).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "nfa/automaton.h"

namespace weir::compiler {

// A textual part, absence or `until`, in the order of the text.
struct PatternPart {
  enum class Kind : std::uint8_t { kPart, kAbsence, kStop } kind = Kind::kPart;
  const dsl::PatternItem* item = nullptr;  // of the tree; for a stop, the item that it ends
  std::vector<std::string> types;          // that it is tested on
  std::vector<std::string> among;
  std::optional<dsl::Name> name;
  std::optional<dsl::Keys> by;
  dsl::ExprId where;
  dsl::Span span;
  std::uint32_t min_count = 1;
  bool repeated = false;                 // may take more than one event
  bool always = false;                   // every chain takes at least min_count events here
  std::optional<std::uint16_t> stop_of;  // kStop: the part whose `until` it is (not for a group)
  std::vector<std::uint16_t> visible;    // parts that stand before it in some chain (and itself)
};

using PartIndex = std::uint16_t;

struct GraphPosition {
  PartIndex part = 0;
  std::uint32_t count_min = 0;  // events of the part taken before, in this match
  std::uint32_t count_max = 0;  // kMany: no bound known
  std::vector<std::vector<std::uint16_t>>
      ends;  // ways to end here, each with its trailing absences
};
inline constexpr std::uint32_t kMany = 0xFFFFFFFF;
inline constexpr std::uint16_t kStart = 0xFFFF;

struct GraphEdge {
  std::uint16_t from = kStart;  // positions
  std::uint16_t to = 0;
  nfa::EdgeKind kind = nfa::EdgeKind::kThen;
  std::int64_t after_ms = 0;
  std::int64_t within_ms = nfa::kNoLimit;
  std::vector<PartIndex> guards;       // absences
  std::vector<PartIndex> next_guards;  // absences
  std::vector<PartIndex> stops;
  std::vector<PartIndex> kills;
  std::vector<std::uint32_t> shadows;  // edges
  bool shadow = false;
};

struct GraphAbsence {
  PartIndex part = 0;
  bool next = false;
  std::int64_t duration_ms = nfa::kNoLimit;
  bool has_duration = false;
};

struct PatternGraph {
  std::vector<PatternPart> parts;
  std::vector<GraphPosition> positions;
  std::vector<GraphEdge> edges;  // start edges have from == kStart
  std::vector<GraphAbsence> leading;
  std::vector<GraphAbsence> trailing;

  [[nodiscard]] std::string print() const;
};

// Values of the counts and durations that a pattern names.
struct PatternConstants {
  std::function<std::optional<std::int64_t>(const dsl::NumberArg&)> number;
  std::function<std::optional<std::int64_t>(const dsl::DurationArg&)> duration_ms;
};

inline constexpr std::size_t kMaxPositions = 4'000;
inline constexpr std::size_t kMaxEdges = 60'000;

// What is wrong with the pattern itself goes to `diagnostics`; then the result is empty.
[[nodiscard]] std::optional<PatternGraph> build_pattern_graph(const dsl::Ast& ast,
                                                              dsl::PatternId pattern,
                                                              const PatternConstants& constants,
                                                              dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
