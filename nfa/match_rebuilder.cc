#include "nfa/match_rebuilder.h"

namespace weir::nfa {

MatchRebuilder::MatchRebuilder(const Automaton& automaton, const FrontPlan& plan,
                               EventContext& context)
    : automaton_(automaton), exact_(automaton, context) {
  exact_.replay(plan);
}

std::span<const Root> MatchRebuilder::rebuild(const RunStore& store, base::Pool& pool,
                                              bool keep_raw) {
  for (std::uint32_t i = 0; i < store.log.size(); ++i) {
    const RunStore::Logged& first = store.log[i];
    if (first.event < store.alive_floor) continue;
    const std::size_t type = store.event(exact_.layout(), first.event).local_type;
    if ((first.symbols & automaton_.start_interest[type]) == 0) continue;
    if (follow(store, pool, i, keep_raw)) return exact_.completed();
  }
  return {};
}

// Whether runs that begin at the event complete at the last.
bool MatchRebuilder::follow(const RunStore& store, base::Pool& pool, std::uint32_t first,
                            bool keep_raw) {
  found_.release(pool);
  found_ = RunStore();
  const std::uint32_t last = store.log.size() - 1;
  for (std::uint32_t i = first; i <= last; ++i) {
    const RunStore::Logged& logged = store.log[i];
    const event::Row row = exact_.restored_row(store, logged.event);
    const KeptEvent& kept = store.event(exact_.layout(), logged.event);
    Seen seen;
    seen.row = &row;
    seen.ts_ms = kept.ts_ms;
    seen.local_type = kept.local_type;
    seen.symbols = logged.symbols;
    seen.keep_raw = keep_raw;
    exact_.step_again(found_, pool, seen, i == first, i == last);
    if (i == last) return !exact_.completed().empty();
    exact_.commit(found_, pool);
    if (found_.empty()) return false;
  }
  return false;
}

}  // namespace weir::nfa
