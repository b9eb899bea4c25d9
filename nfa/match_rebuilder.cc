#include "nfa/match_rebuilder.h"

#include <algorithm>

namespace weir::nfa {

MatchRebuilder::MatchRebuilder(const Automaton& automaton, const FrontPlan& plan,
                               EventContext& context)
    : automaton_(automaton),
      context_(context),
      exact_(automaton, context),
      moves_(automaton.types.size(), 0) {
  exact_.replay(plan);
  for (std::size_t e = 0; e < automaton.edges.size(); ++e) {
    const Edge& edge = automaton.edges[e];
    if (!edge.from.valid() || plan.edges[e].only_completes) continue;
    for (std::size_t type = 0; type < moves_.size(); ++type) {
      moves_[type] |= automaton.interests[edge.interest.begin + type];
    }
  }
}

std::span<const Root> MatchRebuilder::rebuild(const RunStore& store, base::Pool& pool,
                                              bool keep_raw) {
  const std::uint32_t last = store.log.size() - 1;
  moving_.clear();
  for (std::uint32_t i = 0; i < last; ++i) {
    if ((store.log[i].symbols & moves_[store.log[i].local_type]) != 0) moving_.push_back(i);
  }
  for (std::uint32_t i = 0; i <= last; ++i) {
    const RunStore::Logged& first = store.log[i];
    if (first.event < store.alive_floor) continue;
    if ((first.symbols & automaton_.start_interest[first.local_type]) == 0) continue;
    if (follow(store, pool, i, keep_raw)) return exact_.completed();
  }
  return {};
}

// Whether runs that begin at the event complete at the last.
bool MatchRebuilder::follow(const RunStore& store, base::Pool& pool, std::uint32_t first,
                            bool keep_raw) {
  release(pool);
  const std::uint32_t last = store.log.size() - 1;
  step(store, pool, first, {.begins = true, .completes = first == last}, keep_raw);
  if (first == last) return !exact_.completed().empty();
  exact_.commit(found_, pool);
  for (auto next = std::ranges::upper_bound(moving_, first); next != moving_.end(); ++next) {
    if (found_.empty()) return false;
    step(store, pool, *next, {.begins = false, .completes = false}, keep_raw);
    exact_.commit(found_, pool);
  }
  step(store, pool, last, {.begins = false, .completes = true}, keep_raw);
  return !exact_.completed().empty();
}

void MatchRebuilder::step(const RunStore& store, base::Pool& pool, std::uint32_t index,
                          Stepper::Again again, bool keep_raw) {
  const RunStore::Logged& logged = store.log[index];
  context_.scratch().reset();  // what conditions made of another event
  const event::Row row = exact_.restored_row(store, logged.event);
  Seen seen;
  seen.row = &row;
  seen.ts_ms = store.event(exact_.layout(), logged.event).ts_ms;
  seen.local_type = logged.local_type;
  seen.symbols = logged.symbols;
  seen.keep_raw = keep_raw;
  exact_.step_again(found_, pool, seen, again);
}

void MatchRebuilder::release(base::Pool& pool) {
  found_.release(pool);
  found_ = RunStore();
}

}  // namespace weir::nfa
