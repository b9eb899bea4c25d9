// One event as the automata of all rules look at it: each distinct single-event condition is
// evaluated at most once an event, and only if some rule asks. One per shard, reused for every
// event. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "event/row.h"
#include "nfa/automaton.h"
#include "nfa/vm.h"

namespace weir::nfa {

// A predicate that asks whether a slot's whole number, or scaled decimal, is in a range: most are
// of this kind, and are cheaper to test than to remember.
struct RangeTest {
  static constexpr std::uint16_t kNone = 0xFFFF;
  std::uint16_t slot = kNone;  // kNone: the predicate is something else
  std::int64_t low = 0;
  std::uint64_t span = 0;  // high - low

  [[nodiscard]] bool holds(const event::Row& row) const {
    return row.has(slot) &&
           static_cast<std::uint64_t>(row.slots[slot].integer) - static_cast<std::uint64_t>(low) <=
               span;
  }
};

// What all rules of a loaded image share at run time. Immutable but for lists and tables.
struct LoadedConditions {
  std::vector<LoadedProgram> programs;  // by ProgramId
  std::vector<ProgramId> predicates;    // by PredicateId
  std::vector<RangeTest> ranges;        // beside predicates
  // What they are now; changed only while nothing is evaluated.
  std::span<const LiveList* const> lists;
  std::span<const DataTable* const> tables;

  // `all`: the programs, by ProgramId.
  void set_predicates(std::span<const ProgramId> which, std::span<const Program> all);
};

// What a predicate counted on one event. Several contexts may look at one event, and each distinct
// condition counts once: whoever owns them leaves out the doubles.
struct CountedPredicate {
  std::uint32_t event = 0;  // as given to EventContext::begin()
  PredicateId predicate;
  EvalCounters counters;
};

class EventContext {
 public:
  explicit EventContext(const LoadedConditions& loaded)
      : loaded_(loaded), memo_(loaded.predicates.size(), 0) {}

  // `event`: what it is called in counted(). `clock_ms`: the time that the stream has reached.
  void begin(const event::Row& row, std::uint32_t event = 0, std::int64_t clock_ms = INT64_MIN) {
    row_ = &row;
    event_ = event;
    now_ms_ = std::max(row.ts_ms, clock_ms);
    scratch_.reset();
    epoch_ += 2;  // memo: epoch is false, epoch + 1 is true, less is not yet known
  }
  // A deadline, at which no event is at hand.
  void begin_deadline(std::int64_t time_ms) {
    scratch_.reset();
    now_ms_ = time_ms;
  }
  [[nodiscard]] const event::Row& row() const { return *row_; }
  [[nodiscard]] Scratch& scratch() { return scratch_; }
  // Of everything but predicates.
  [[nodiscard]] EvalCounters& counters() { return counters_; }
  [[nodiscard]] const EvalCounters& counters() const { return counters_; }
  // Of predicates, in no order; whoever reads it empties it.
  [[nodiscard]] std::vector<CountedPredicate>& counted() { return counted_; }
  [[nodiscard]] const LoadedConditions& loaded() const { return loaded_; }

  [[nodiscard]] EvalInput input(const event::Row* row, const event::Value* registers,
                                const std::uint64_t* present) {
    EvalInput in;
    in.row = row;
    in.registers = registers;
    in.register_present = present;
    in.lists = loaded_.lists.data();
    in.tables = loaded_.tables.data();
    in.now_ms = now_ms_;
    in.counters = &counters_;
    return in;
  }

  [[nodiscard]] bool test(PredicateId id) {
    const RangeTest& range = loaded_.ranges[id.index()];
    if (range.slot != RangeTest::kNone) return range.holds(*row_);
    std::uint64_t& known = memo_[id.index()];
    if (known < epoch_) {
      known = epoch_ + (evaluate_predicate(id) ? 1 : 0);
    }
    return known != epoch_;
  }

  // The symbols of one rule that the event satisfies.
  [[nodiscard]] SymbolMask symbols(const Automaton& automaton, std::size_t local_type) {
    SymbolMask mask = 0;
    const auto& symbols = automaton.symbols[local_type];
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      bool all = true;
      for (std::uint32_t p = symbols[i].predicates.begin; all && p < symbols[i].predicates.end;
           ++p) {
        all = test(automaton.predicates[p]);
      }
      if (all) mask |= SymbolMask{1} << i;
    }
    return mask;
  }

 private:
  [[nodiscard]] bool evaluate_predicate(PredicateId id);

  const LoadedConditions& loaded_;
  const event::Row* row_ = nullptr;
  std::uint32_t event_ = 0;
  std::int64_t now_ms_ = 0;  // entries of lists that are out by then are not in
  std::uint64_t epoch_ = 0;
  std::vector<std::uint64_t> memo_;
  Scratch scratch_;
  EvalCounters counters_;
  std::vector<CountedPredicate> counted_;
};

}  // namespace weir::nfa
