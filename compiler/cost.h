// The worst case of what a rule keeps for one key (L3.11), from its automaton.
//
// Used by `weir check`. Pure functions.
//
// How it is computed. At most L (the rule's `limit`) events that runs may use are alive. A group
// of runs (a cohort of nfa/run_store.h) on an edge is told from the others there by what it
// remembers, so there are at most as many as ways to choose those events among L, and at most as
// many as runs can get there: one for each first event, times one for each event that a repetition
// or an `every` before it can stop at. The shared graph has a node for each event that each group
// takes, and one for each merge. RunStore lets all this grow to twice what was alive, in powers of
// two, before it closes the gaps: that is what it holds.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "nfa/image.h"

namespace weir::compiler {

struct RuleCost {
  static constexpr std::uint64_t kUnbounded = UINT64_MAX;  // past what 64 bits hold, too

  // In use: by partial matches that may still become a match.
  std::uint64_t events = 0;
  std::uint64_t runs = 0;   // groups of partial matches that share their future
  std::uint64_t nodes = 0;  // of the graph that stands for all partial matches

  // Held by the store, what has died and not yet been cleared away included.
  std::uint64_t held_events = 0;
  std::uint64_t held_runs = 0;
  std::uint64_t held_nodes = 0;
  std::uint64_t bytes = 0;  // of the store, texts apart

  std::uint32_t text_fields = 0;  // long strings kept of an event at most: their bytes come on top
  std::string reason;             // what causes it, a clause without a full stop

  // "keeps at most 20001 events (10000 in use), at most 1 group of partial matches, at most 3.1 MB
  // a key; because ..."
  [[nodiscard]] std::string text() const;
};

// `programs`: of the image that the rule belongs to.
[[nodiscard]] RuleCost rule_cost(const nfa::RuleImage& rule,
                                 std::span<const nfa::Program> programs);

}  // namespace weir::compiler
