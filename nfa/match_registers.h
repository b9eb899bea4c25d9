// The registers of a rule over one whole match: what `having` and the outcomes look at. The
// running registers of a run (nfa/stepper.h) say the same of what it has taken so far.
// One per rule and shard; not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nfa/aggregate.h"
#include "nfa/automaton.h"
#include "nfa/match_enumerator.h"
#include "nfa/run_store.h"
#include "nfa/vm.h"

namespace weir::nfa {

class MatchRegisters {
 public:
  explicit MatchRegisters(const Automaton& automaton);

  // Loads the registers named. Values point into the store, the key and this object, until the
  // next load.
  void load(const RunStore& store, const RunStore::Layout& layout,
            std::span<const TakenEvent> match, std::span<const event::Value> key,
            std::span<const std::uint16_t> registers, EvalCounters& counters);
  [[nodiscard]] const event::Value* values() const { return values_.data(); }
  [[nodiscard]] const std::uint64_t* present() const { return present_.data(); }

 private:
  [[nodiscard]] bool load_one(const RunStore& store, const RunStore::Layout& layout,
                              std::span<const TakenEvent> match, std::span<const event::Value> key,
                              std::uint16_t id, EvalCounters& counters);
  [[nodiscard]] bool names(const TakenEvent& taken, std::uint16_t name) const;

  const Automaton& automaton_;
  std::vector<event::Value> values_;
  std::vector<std::uint64_t> present_;
  std::vector<Accumulator> held_;  // whose results the values may point into
};

}  // namespace weir::nfa
