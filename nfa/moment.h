// Which of the matches that complete at one moment are reported (language L3.8, L3.9): having,
// preference, skip strategies, `report`.
//
// Used by the shard after each step or deadline of a rule and key. Scratch is kept between uses.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nfa/event_context.h"
#include "nfa/image.h"
#include "nfa/match_enumerator.h"
#include "nfa/match_registers.h"
#include "nfa/run_store.h"

namespace weir::nfa {

class Moment {
 public:
  Moment(const RuleImage& rule, EventContext& context);

  // Decides the candidates that end at `roots`, applies the rule's skip strategy to the store's
  // floors, and leaves the reported matches in reported().
  void resolve(RunStore& store, base::Pool& pool, const RunStore::Layout& layout,
               std::span<const Root> roots, std::span<const event::Value> key);

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::span<const TakenEvent> reported(std::size_t i) const;
  [[nodiscard]] bool truncated() const { return truncated_; }
  // More assignments stood here than may be examined.
  [[nodiscard]] bool unexamined() const { return unexamined_; }
  [[nodiscard]] MatchRegisters& registers() { return registers_; }
  // A match that was found in another way (a rule of one event): reported if it passes having.
  void report_only(std::span<const TakenEvent> match, const RunStore& store,
                   const RunStore::Layout& layout, std::span<const event::Value> key);

  // L3.8.
  [[nodiscard]] bool passes_having(const RunStore& store, const RunStore::Layout& layout,
                                   std::span<const TakenEvent> match,
                                   std::span<const event::Value> key);

 private:
  void skip(RunStore& store, base::Pool& pool);
  void note_start(RunStore& store, base::Pool& pool, std::uint32_t event);

  const RuleImage& rule_;
  EventContext& context_;
  MatchEnumerator matches_;
  MatchRegisters registers_;
  std::vector<TakenEvent> taken_;  // of all reported matches, one after another
  std::vector<std::size_t> ends_;
  bool truncated_ = false;
  bool unexamined_ = false;
};

}  // namespace weir::nfa
