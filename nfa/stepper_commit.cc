// After a step: staged runs are put in place, joined with those that have the same future.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.h"
#include "nfa/mutants.h"
#include "nfa/stepper.h"

namespace weir::nfa {

void Stepper::commit(RunStore& store, base::Pool& pool) {
  if (!completed_.empty()) advance_floor(store, seen_->ts_ms);  // what was reported may skip
  if (fronts_ != nullptr) thin_lines(store);
  for (std::size_t at = 0; at < staged_.size(); at += layout_.cohort_bytes) {
    auto& staged = *reinterpret_cast<Cohort*>(staged_.data() + at);
    if (staged.edge == kFreedEdge) continue;
    const std::uint32_t floor = staged.edge == kPendingEdge ? store.skip_floor : store.alive_floor;
    if (staged.max_start >= floor) place(store, pool, staged);
  }
  staged_.clear();
  if (has_deadlines_ && store.cohorts_live() > layout_.few) order_deadlines(store, pool);
}

bool Stepper::same_future(const Cohort& a, const Cohort& b) const {
  if (a.edge != b.edge || a.fresh != b.fresh || a.shadows != b.shadows || a.last_ms != b.last_ms ||
      a.start != b.start || a.gap_over != b.gap_over || a.deadline_ms != b.deadline_ms ||
      a.ending != b.ending || a.next_guards_open != b.next_guards_open || a.floor != b.floor) {
    return false;
  }
  if (mutant(Mutant::kMergeIgnoresRegisters)) return true;
  const std::size_t tail = layout_.cohort_bytes - sizeof(Cohort);
  return std::memcmp(&a + 1, &b + 1, tail) == 0;
}

// Of what never changes while a run waits: the rest is the same for all that were just staged.
std::uint64_t Stepper::future_hash(const Cohort& cohort) const {
  const std::uint64_t head[] = {static_cast<std::uint64_t>(cohort.last_ms),
                                static_cast<std::uint64_t>(cohort.deadline_ms),
                                std::uint64_t{cohort.start} << 32 | cohort.floor,
                                std::uint64_t{cohort.edge} << 16 | cohort.ending};
  const std::size_t tail = layout_.cohort_bytes - sizeof(Cohort);
  const auto* bytes = reinterpret_cast<const char*>(&cohort + 1);
  return base::hash64({reinterpret_cast<const char*>(head), sizeof head}) ^
         (base::hash64({bytes, tail}) * 0x9E3779B97F4A7C15ull);
}

// Whether the cohort is as it was when it was staged. No other can have the same future as one that
// is being placed.
bool Stepper::untouched(const Cohort& cohort) const {
  if (cohort.edge == kFreedEdge) return false;
  if (cohort.edge == kPendingEdge) return cohort.next_guards_open == open_at_first(cohort.ending);
  const Edge& edge = automaton_.edges[cohort.edge];
  return cohort.fresh == edge.strict && !cohort.gap_over &&
         cohort.next_guards_open == low_bits(edge.next_guards.size()) &&
         cohort.shadows == low_bits(edge.shadows.size());
}

// A short list is looked through. Where there is a long one, all untouched cohorts of the store
// are found by their hash; that index is kept from event to event, since a list that has grown long
// would take as long to hash as it takes to walk.
Stepper::Found Stepper::find_equal(RunStore& store, base::Pool& pool, std::uint32_t list,
                                   const Cohort& staged) {
  if (store.crowd == nullptr || store.crowd->by_future.empty()) {
    std::uint32_t seen = 0;
    std::uint32_t id = store.head(list);
    for (; id != kNoCohort && seen < layout_.few; ++seen) {
      const Cohort& other = store.cohort(layout_, id);
      if (same_future(other, staged)) return {id, kNoSlot};
      id = other.next;
    }
    if (id == kNoCohort) return {};
    index_futures(store, pool);
  }
  Crowd& crowd = *store.crowd;
  if (2 * (crowd.futures + 1) > crowd.by_future.size()) index_futures(store, pool);
  const std::uint32_t mask = crowd.by_future.size() - 1;
  std::uint32_t free_slot = kNoSlot;
  for (auto at = static_cast<std::uint32_t>(future_hash(staged));; ++at) {
    const std::uint32_t slot = at & mask;
    const std::uint32_t id = crowd.by_future[slot];
    if (id == kNoCohort) {
      if (free_slot != kNoSlot) return {kNoCohort, free_slot};
      ++crowd.futures;  // the caller fills it
      return {kNoCohort, slot};
    }
    const Cohort& other = store.cohort(layout_, id);
    if (same_future(other, staged)) return {id, slot};
    if (free_slot == kNoSlot && !untouched(other)) free_slot = slot;
  }
}

void Stepper::index_futures(RunStore& store, base::Pool& pool) {
  Crowd& crowd = store.need_crowd(pool);
  const std::uint32_t size = std::bit_ceil(4 * (store.cohorts_live() + 1));
  crowd.by_future.clear();
  std::fill_n(crowd.by_future.extend(pool, size), size, kNoCohort);
  crowd.futures = 0;
  for (std::uint32_t list = 0; list <= layout_.edges; ++list) {
    for (std::uint32_t id = store.head(list); id != kNoCohort;) {
      const Cohort& cohort = store.cohort(layout_, id);
      if (untouched(cohort)) {
        auto at = static_cast<std::uint32_t>(future_hash(cohort));
        while (crowd.by_future[at & (size - 1)] != kNoCohort) ++at;
        crowd.by_future[at & (size - 1)] = id;
        ++crowd.futures;
      }
      id = cohort.next;
    }
  }
}

void Stepper::place(RunStore& store, base::Pool& pool, Cohort& staged) {
  const std::uint32_t list = staged.edge == kPendingEdge ? layout_.edges : staged.edge;
  if (list < layout_.edges && ends_with_gap(automaton_.edges[list])) {
    const std::int64_t over = staged.last_ms + automaton_.edges[list].within_ms + 1;
    store.gaps_over_ms = std::max(store.gaps_over_ms, over);
  }
  const Found equal = find_equal(store, pool, list, staged);
  if (equal.cohort != kNoCohort && fronts_ != nullptr) {
    Cohort& cohort = store.cohort(layout_, equal.cohort);
    cohort.max_start = std::max(cohort.max_start, staged.max_start);
    return;
  }
  if (equal.cohort != kNoCohort) {
    const std::uint32_t both =
        store.add_union(pool, staged.set, store.cohort(layout_, equal.cohort).set);
    Cohort& cohort = store.cohort(layout_, equal.cohort);
    const bool revived = cohort.max_start < store.skip_floor;
    cohort.set = both;
    cohort.max_start = store.node(both).max_start;
    if (revived) note_deadline(store, pool, equal.cohort);
    return;
  }
  if (fronts_ != nullptr && list < layout_.edges && fronts_->edges[list].drops &&
      join_front(store, list, staged)) {
    return;
  }
  const std::uint32_t id = store.new_cohort(layout_, pool, staged);
  store.link(layout_, list, id);
  if (equal.slot != kNoSlot) store.crowd->by_future[equal.slot] = id;
  note_deadline(store, pool, id);
}

}  // namespace weir::nfa
