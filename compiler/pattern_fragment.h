// What a stretch of pattern looks like from outside while it is unfolded: the ways in, the ways
// out, and how it may be passed by. Used by compiler/pattern_graph.cc alone, whose first lines say
// how fragments are put together. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/pattern_graph.h"

namespace weir::compiler {

struct LinkSpec {
  nfa::EdgeKind kind = nfa::EdgeKind::kThen;
  std::int64_t after_ms = 0;
  std::int64_t within_ms = nfa::kNoLimit;
};

// A wait for position `to`, with all that bears on it, not yet tied to where the run stands.
struct Entry {
  std::uint16_t to = 0;
  std::optional<LinkSpec> own_link;  // nullopt: the link of the place where the fragment stands
  std::vector<PartIndex> guards;
  std::vector<PartIndex> next_guards;
  std::vector<PartIndex> stops;
  std::vector<PartIndex> kills;
  std::vector<Entry> watches;  // greedy repetitions passed by on the way in
};

struct Exit {
  std::uint16_t from = 0;
  std::vector<PartIndex> guards;
  std::vector<PartIndex> next_guards;
  std::vector<Entry> watches;  // greedy repetitions that could still go on; links resolved
  std::vector<std::uint16_t>
      trailing;  // of PatternGraph::trailing: what a chain ending here waits for
};

struct Bypass {
  bool possible = false;
  std::vector<PartIndex> guards;
  std::vector<PartIndex> next_guards;
  std::vector<Entry> watches;
};

struct Fragment {
  std::vector<Entry> entries;
  std::vector<Exit> exits;
  Bypass bypass;
};

}  // namespace weir::compiler
