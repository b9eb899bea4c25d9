// After a step: staged runs are put in place, joined with those that have the same future; and what
// time alone does to a store.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.h"
#include "nfa/mutants.h"
#include "nfa/stepper.h"

namespace weir::nfa {

void Stepper::commit(RunStore& store, base::Pool& pool) {
  advance_floor(store, seen_->ts_ms);
  for (std::size_t at = 0; at < staged_.size(); at += layout_.cohort_bytes) {
    const auto& staged = *reinterpret_cast<const Cohort*>(staged_.data() + at);
    const std::uint32_t floor = staged.edge == kPendingEdge ? store.skip_floor : store.alive_floor;
    if (staged.max_start >= floor) place(store, pool, staged);
  }
  staged_.clear();
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

void Stepper::place(RunStore& store, base::Pool& pool, const Cohort& staged) {
  const std::uint32_t list = staged.edge == kPendingEdge ? layout_.edges : staged.edge;
  const Found equal = find_equal(store, pool, list, staged);
  if (equal.cohort != kNoCohort) {
    const std::uint32_t both =
        store.add_union(pool, staged.set, store.cohort(layout_, equal.cohort).set);
    Cohort& cohort = store.cohort(layout_, equal.cohort);
    cohort.set = both;
    cohort.max_start = store.node(both).max_start;
    return;
  }
  const std::uint32_t id = store.new_cohort(layout_, pool);
  std::memcpy(&store.cohort(layout_, id), &staged, layout_.cohort_bytes);
  store.link(layout_, list, id);
  if (equal.slot != kNoSlot) store.crowd->by_future[equal.slot] = id;
}

// ---- time --------------------------------------------------------------------------------------

std::int64_t Stepper::next_deadline(RunStore& store) const {
  std::int64_t next = kNoLimit;
  if (store.cohorts_live() > 0) {
    for (std::uint32_t id = store.head(layout_.edges); id != kNoCohort;) {
      const Cohort& cohort = store.cohort(layout_, id);
      next = std::min(next, cohort.deadline_ms);
      id = cohort.next;
    }
  }
  if (!store.starts.empty()) {
    next = std::min(next, store.event(layout_, store.starts[0].event).ts_ms + automaton_.within_ms);
  }
  return next;
}

void Stepper::expire(RunStore& store, std::int64_t deadline_ms) {
  completed_.clear();
  staged_.clear();
  if (store.cohorts_live() == 0) return;
  for (std::uint32_t id = store.head(layout_.edges); id != kNoCohort;) {
    const Cohort& cohort = store.cohort(layout_, id);
    const std::uint32_t next = cohort.next;
    const bool dead = cohort.max_start < store.skip_floor;
    if (dead || cohort.deadline_ms <= deadline_ms) {
      if (!dead) completed_.push_back(Root{cohort.set, std::max(cohort.floor, store.skip_floor)});
      store.drop_cohort(layout_, layout_.edges, id);
    }
    id = next;
  }
}

bool Stepper::prune(RunStore& store, std::int64_t now_ms) {
  advance_floor(store, now_ms);
  if (store.cohorts_live() > 0) {
    for (std::uint32_t list = 0; list <= layout_.edges; ++list) {
      const std::uint32_t floor = list == layout_.edges ? store.skip_floor : store.alive_floor;
      for (std::uint32_t id = store.head(list); id != kNoCohort;) {
        const Cohort& cohort = store.cohort(layout_, id);
        const std::uint32_t next = cohort.next;
        if (cohort.max_start < floor) store.drop_cohort(layout_, list, id);
        id = next;
      }
    }
  }
  std::uint32_t kept = 0;
  for (const auto& entry : store.leading) {
    const auto age = now_ms - store.event(layout_, entry.event).ts_ms;
    if (age <= automaton_.leading[entry.absence].duration_ms) store.leading[kept++] = entry;
  }
  store.leading.resize_down(kept);
  return store.empty() && store.leading.empty() && store.starts.empty() &&
         store.cooldown_until_ms <= now_ms;
}

std::int64_t Stepper::expiry_time(const RunStore& store) const {
  std::int64_t time = store.cooldown_until_ms;
  if (!store.empty() && automaton_.within_ms == kNoLimit) return kNoLimit;
  const std::uint32_t count = store.event_count(layout_);
  if (count > 0) {
    std::int64_t longest = automaton_.within_ms == kNoLimit ? 0 : automaton_.within_ms;
    for (const auto& absence : automaton_.leading) longest = std::max(longest, absence.duration_ms);
    time = std::max(time, store.event(layout_, count - 1).ts_ms + longest + 1);
  }
  return time;
}

}  // namespace weir::nfa
