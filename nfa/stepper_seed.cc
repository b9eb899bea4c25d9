// Beginning runs: which start edges an event takes, and the runs that are kept as seeds until
// another event of their key comes.
#include <algorithm>
#include <bit>
#include <new>

#include "nfa/kept_text.h"
#include "nfa/mutants.h"
#include "nfa/stepper.h"

namespace weir::nfa {

// A seed is nothing but its event: no match that it completes, no deadline, nothing before it that
// matters.
void Stepper::find_seeds() {
  constexpr std::uint32_t kMostStarts = 16;
  if (!automaton_.leading.empty() || automaton_.keeps_timeouts) return;
  if (automaton_.start_edges.size() > kMostStarts) return;
  for (std::uint32_t e = automaton_.start_edges.begin; e < automaton_.start_edges.end; ++e) {
    const Edge& edge = automaton_.edges[e];
    if (automaton_.positions[edge.to.index()].endings.size() > 0) return;
    seed_starts_.push_back(seed_start(edge));
  }
  seeds_ = true;
}

Stepper::SeedStart Stepper::seed_start(const Edge& edge) const {
  const Position& position = automaton_.positions[edge.to.index()];
  std::int64_t longest_gap = 0;
  for (std::uint32_t e = position.edges.begin; e < position.edges.end; ++e) {
    const Edge& next = automaton_.edges[e];
    longest_gap = ends_with_gap(next) ? std::max(longest_gap, next.within_ms) : kNoLimit;
    if (longest_gap == kNoLimit) break;
  }
  SeedStart start;
  start.life_ms = std::min(longest_gap, automaton_.within_ms);
  start.runs = static_cast<std::uint16_t>(position.edges.size());
  const Acceptor& acceptor = automaton_.acceptors[position.acceptor.index()];
  start.plain = edge.stops.size() == 0 && edge.shadows.size() == 0 && acceptor.key_expr == 0;
  for (std::size_t type = 0; type < automaton_.types.size(); ++type) {
    const TypeAcceptor& test = automaton_.type_acceptors[acceptor.by_type.begin + type];
    start.plain = start.plain && test.conditions.size() == 0;
    start.taken.push_back(test.symbol == kNeverAccepts ? 0 : SymbolMask{1} << test.symbol);
  }
  return start;
}

// Whether the event of the step under way is one that runs on this edge begin with, as far as it
// can be told from the event alone.
bool Stepper::begins_on(const RunStore& store, const Edge& edge) {
  if (any_accepts(store, edge.stops, nullptr).valid()) return false;
  if (!accepts(store, automaton_.positions[edge.to.index()].acceptor, nullptr)) return false;
  bool held_back = false;
  const bool look = !mutant(Mutant::kGreedyStartIgnored);
  for (std::uint32_t i = edge.shadows.begin; look && i < edge.shadows.end && !held_back; ++i) {
    const Edge& shadow = automaton_.edges[automaton_.shadows[i].index()];
    held_back = !any_accepts(store, shadow.stops, nullptr).valid() &&
                accepts(store, automaton_.positions[shadow.to.index()].acceptor, nullptr);
  }
  return !held_back;
}

bool Stepper::may_begin() const {
  return seen_->warm || automaton_.even_when_warming || mutant(Mutant::kWarmingIgnored);
}

void Stepper::start(RunStore& store, base::Pool& pool) {
  if (!may_begin()) return;
  bool started = false;
  for (std::uint32_t e = automaton_.start_edges.begin; e < automaton_.start_edges.end; ++e) {
    const Edge& edge = automaton_.edges[e];
    if (!begins_on(store, edge)) continue;
    if (!automaton_.leading.empty() && !leading_hold(store, pool, edge.to)) continue;
    started = true;
    take(store, pool, nullptr, edge.to);
  }
  if (automaton_.keeps_timeouts && started) {
    store.starts.push_back(pool, RunStore::Start{event_, 0});
  }
}

RunSeed* Stepper::plant(const Seen& seen, base::Pool& pool) {
  seen_ = &seen;
  if (!may_begin()) return nullptr;
  std::uint32_t starts = 0;
  std::uint32_t runs = 0;
  for (std::uint32_t i = 0; i < automaton_.start_edges.size(); ++i) {
    const SeedStart& start = seed_starts_[i];
    const bool takes =
        start.plain && (seen.key_mask & 1) != 0
            ? (seen.symbols & start.taken[seen.local_type]) != 0
            : begins_on(nothing_, automaton_.edges[automaton_.start_edges.begin + i]);
    if (!takes) continue;
    starts |= std::uint32_t{1} << i;
    runs += start.runs;
  }
  if (starts == 0) return nullptr;
  const std::size_t text_bytes =
      kept_text_bytes(automaton_, *seen.row, seen.local_type, seen.keep_raw);
  const std::size_t texts_at = sizeof(RunSeed) - sizeof(KeptEvent) + layout_.event_bytes;
  const std::size_t bytes = texts_at + text_bytes;
  auto* place = static_cast<char*>(pool.allocate(bytes));
  auto* seed = new (place) RunSeed;
  seed->block_bytes = static_cast<std::uint32_t>(bytes);
  seed->text_bytes = static_cast<std::uint32_t>(text_bytes);
  seed->starts = static_cast<std::uint16_t>(starts);
  seed->runs = static_cast<std::uint16_t>(runs);
  seed->symbols = seen.symbols;
  std::uint32_t used = 0;
  keep_event(automaton_, *seen.row, seen.ts_ms, seen.local_type, seen.keep_raw, seed->event,
             [&](std::string_view text) {
               const std::uint32_t offset = used;
               if (!text.empty()) std::ranges::copy(text, place + texts_at + offset);
               used += static_cast<std::uint32_t>(text.size());
               return offset;
             });
  return seed;
}

void Stepper::grow(RunStore& store, base::Pool& pool, const RunSeed& seed) {
  Seen then;
  then.ts_ms = seed.event.ts_ms;
  then.local_type = seed.event.local_type;
  seen_ = &then;
  completed_.clear();
  staged_.clear();
  store.prepare(layout_, pool);
  event_ = store.keep(layout_, pool, seed);
  then.symbols = seed.symbols;
  if (fronts_ != nullptr) note_in_log(store, pool);
  store.newest_ms = then.ts_ms;
  for (std::uint32_t left = seed.starts; left != 0; left &= left - 1) {
    const std::uint32_t e = automaton_.start_edges.begin + std::countr_zero(left);
    take(store, pool, nullptr, automaton_.edges[e].to);
  }
  ++store.retained;
  commit(store, pool);
  seen_ = nullptr;
}

std::int64_t Stepper::seed_expiry(const RunSeed& seed) const {
  std::int64_t life = 0;
  for (std::uint32_t left = seed.starts; left != 0; left &= left - 1) {
    life = std::max(life, seed_starts_[static_cast<std::size_t>(std::countr_zero(left))].life_ms);
  }
  return life == kNoLimit ? kNoLimit : seed.event.ts_ms + life + 1;
}

}  // namespace weir::nfa
