// The plan that detects a rule's matches by fronts of partial matches: which edges need to keep
// only the cohorts that no other dominates.
//
// Under `skip past last` a rule fires at the first event that completes any of its partial matches,
// and then drops them all. So a cohort p may go as soon as there is another, p', that completes
// whenever p would: it began no earlier (and so dies no earlier), and each value that it remembers
// is one with which the conditions to come hold at least as often. What is reported is found again
// from the events of the key, once a firing (nfa/match_rebuilder.h).
//
// When p' looks wider than p it may also take an event before p does, and skip till next match
// never gives an event back. Hence "entered at the same event" (in step) and "entered earlier"
// (ahead) are told apart; see may_drop() in the source for what each allows.
//
// Made from the image when it is loaded; immutable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nfa/automaton.h"
#include "nfa/image.h"
#include "nfa/program.h"

namespace weir::nfa {

// What a later condition reads of a cohort, and which way it holds more often.
struct FrontDimension {
  std::uint16_t reg = 0;   // of Automaton::registers
  bool higher = false;     // the higher value dominates
  bool aggregate = false;  // of an aggregate: what is absent now may come with a later event
  ValueClass value_class = ValueClass::kInteger;
};

struct FrontEdge {
  bool drops = false;    // dominated cohorts are dropped here
  bool is_line = false;  // the first event and one value are all that is compared
  std::vector<FrontDimension> dimensions;
  std::uint64_t same_events = 0;  // event registers that must be the same
  std::uint64_t same_aggregates = 0;
  // While a single first event is followed, an event before the last changes nothing here.
  bool only_completes = false;
};

struct FrontPlan {
  bool used = false;             // some edge drops
  std::vector<FrontEdge> edges;  // by EdgeId
};

// Whether the rule's report leaves the choice of plan free, and some condition orders what its runs
// remember. `programs`: of the image.
[[nodiscard]] FrontPlan front_plan(const RuleImage& rule, std::span<const Program> programs);

// Fields that the events of a local type must keep beyond those that registers read, so that the
// conditions can be asked again about a kept event.
[[nodiscard]] std::vector<std::uint16_t> front_slots(const Automaton& automaton, std::size_t local,
                                                     std::span<const Program> programs);

}  // namespace weir::nfa
