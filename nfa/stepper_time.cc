// What time alone does to a store: matches that complete when a trailing absence has held for long
// enough, and what is dead.
#include <algorithm>

#include "nfa/stepper.h"

namespace weir::nfa {
namespace {

// The earliest on top of the heap; at one time by id, so that the order says nothing of the past.
bool later(const Crowd::Due& a, const Crowd::Due& b) {
  return a.deadline_ms != b.deadline_ms ? a.deadline_ms > b.deadline_ms : a.cohort > b.cohort;
}

}  // namespace

// ---- deadlines ---------------------------------------------------------------------------------

// Puts the deadlines of a long pending list in order, if they are not.
void Stepper::order_deadlines(RunStore& store, base::Pool& pool) {
  if (store.crowd != nullptr && store.crowd->has_due) return;
  std::uint32_t seen = 0;
  std::uint32_t id = store.head(layout_.edges);
  for (; id != kNoCohort && seen < layout_.few; ++seen) id = store.cohort(layout_, id).next;
  if (id == kNoCohort) return;
  Crowd& crowd = store.need_crowd(pool);
  crowd.due.clear();
  for (id = store.head(layout_.edges); id != kNoCohort;) {
    const Cohort& cohort = store.cohort(layout_, id);
    if (cohort.deadline_ms != kNoLimit) crowd.due.push_back(pool, {cohort.deadline_ms, id});
    id = cohort.next;
  }
  std::ranges::make_heap(crowd.due, later);
  crowd.has_due = true;
}

// The cohort is new, has another deadline, or is alive again.
void Stepper::note_deadline(RunStore& store, base::Pool& pool, std::uint32_t id) {
  const Cohort& cohort = store.cohort(layout_, id);
  if (cohort.edge != kPendingEdge || cohort.deadline_ms == kNoLimit) return;
  if (store.crowd == nullptr || !store.crowd->has_due) return;
  Crowd& crowd = *store.crowd;
  if (crowd.due.size() > 2 * store.cohorts_live() + layout_.few) {
    crowd.has_due = false;  // mostly entries of what has gone: commit() makes it anew
    return;
  }
  crowd.due.push_back(pool, {cohort.deadline_ms, id});
  std::ranges::push_heap(crowd.due, later);
}

// The living cohort with the earliest deadline.
std::uint32_t Stepper::first_due(RunStore& store) const {
  const auto waits = [&](const Cohort& cohort) {
    return cohort.edge == kPendingEdge && cohort.deadline_ms != kNoLimit &&
           cohort.max_start >= store.skip_floor;
  };
  if (store.crowd != nullptr && store.crowd->has_due) {
    auto& due = store.crowd->due;
    while (!due.empty()) {
      const Crowd::Due first = due[0];
      const Cohort& cohort = store.cohort(layout_, first.cohort);
      if (waits(cohort) && cohort.deadline_ms == first.deadline_ms) return first.cohort;
      std::ranges::pop_heap(due, later);
      due.resize_down(due.size() - 1);
    }
    return kNoCohort;
  }
  std::uint32_t first = kNoCohort;
  std::int64_t deadline = kNoLimit;
  for (std::uint32_t id = store.head(layout_.edges); id != kNoCohort;) {
    const Cohort& cohort = store.cohort(layout_, id);
    if (waits(cohort) && cohort.deadline_ms < deadline) {
      first = id;
      deadline = cohort.deadline_ms;
    }
    id = cohort.next;
  }
  return first;
}

std::int64_t Stepper::next_deadline(RunStore& store) const {
  std::int64_t next = kNoLimit;
  if (!has_deadlines_) return next;
  if (store.cohorts_live() > 0) {
    const std::uint32_t first = first_due(store);
    if (first != kNoCohort) next = store.cohort(layout_, first).deadline_ms;
  }
  if (!store.starts.empty()) {
    next = std::min(next, store.event(layout_, store.starts[0].event).ts_ms + automaton_.within_ms);
  }
  return next;
}

void Stepper::expire(RunStore& store, std::int64_t deadline_ms) {
  completed_.clear();
  staged_.clear();
  while (store.cohorts_live() > 0) {
    const std::uint32_t first = first_due(store);
    if (first == kNoCohort) return;
    const Cohort& cohort = store.cohort(layout_, first);
    if (cohort.deadline_ms > deadline_ms) return;
    completed_.push_back(Root{cohort.set, std::max(cohort.floor, store.skip_floor)});
    store.drop_cohort(layout_, layout_.edges, first);
  }
}

// ---- what is dead ------------------------------------------------------------------------------

bool Stepper::prune(RunStore& store, std::int64_t now_ms) {
  advance_floor(store, now_ms);
  if (store.cohorts_live() > 0 && worth_a_walk(store, now_ms)) drop_dead(store, now_ms);
  if (half_over(store, now_ms)) cut_leading(store, now_ms);
  return store.empty() && store.leading.empty() && store.starts.empty() &&
         store.cooldown_until_ms <= now_ms;
}

// Each deadline of a hot key kills a run or two of many. So all are looked at once in as many calls
// as there were left, and always when no later deadline or expiry would come to clear the store
// away: the dead are never more than what has come in that time.
bool Stepper::worth_a_walk(RunStore& store, std::int64_t now_ms) const {
  if (store.crowd == nullptr || store.crowd->calls_to_spare == 0) return true;
  --store.crowd->calls_to_spare;
  return next_deadline(store) == kNoLimit && expiry_time(store) <= now_ms;
}

void Stepper::drop_dead(RunStore& store, std::int64_t now_ms) const {
  for (std::uint32_t list = 0; list <= layout_.edges; ++list) {
    const bool pending = list == layout_.edges;
    const std::uint32_t floor = pending ? store.skip_floor : store.alive_floor;
    const std::int64_t gap = !pending && ends_with_gap(automaton_.edges[list])
                                 ? automaton_.edges[list].within_ms
                                 : kNoLimit;
    for (std::uint32_t id = store.head(list); id != kNoCohort;) {
      const Cohort& cohort = store.cohort(layout_, id);
      const std::uint32_t next = cohort.next;
      const bool gap_over = gap != kNoLimit && now_ms - cohort.last_ms > gap;
      if (cohort.max_start < floor || gap_over) store.drop_cohort(layout_, list, id);
      id = next;
    }
  }
  if (store.crowd != nullptr) store.crowd->calls_to_spare = store.cohorts_live();
}

// Whether the gap's limit ends runs on the edge: for a timeout they are kept beyond it.
bool Stepper::ends_with_gap(const Edge& edge) const {
  return edge.needs_last_time && edge.within_ms != kNoLimit && !automaton_.keeps_timeouts;
}

// The rule's `within` counts from the newest event at most; gaps, where each run that there is has
// one with a limit, from the last that was taken. Whatever waits for a trailing absence has a
// deadline instead.
std::int64_t Stepper::expiry_time(const RunStore& store) const {
  std::int64_t time = store.cooldown_until_ms;
  const std::uint32_t count = store.event_count(layout_);
  if (count == 0) return time;
  // By fronts events are kept that no run has taken.
  const std::int64_t newest =
      fronts_ != nullptr ? store.last_begin_ms : store.event(layout_, count - 1).ts_ms;
  if (!store.empty()) {
    bool gaps = true;
    for (std::uint32_t e = 0; gaps && e < layout_.edges; ++e) {
      gaps = store.head(e) == kNoCohort || ends_with_gap(automaton_.edges[e]);
    }
    if (!gaps && automaton_.within_ms == kNoLimit) return kNoLimit;
    std::int64_t over = gaps ? store.gaps_over_ms : kNoLimit;
    if (automaton_.within_ms != kNoLimit) over = std::min(over, newest + automaton_.within_ms + 1);
    time = std::max(time, over);
  }
  if (!store.leading.empty()) time = std::max(time, newest + longest_leading() + 1);
  return time;
}

std::int64_t Stepper::longest_leading() const {
  std::int64_t longest = 0;
  for (const auto& absence : automaton_.leading) longest = std::max(longest, absence.duration_ms);
  return longest;
}

std::int64_t Stepper::horizon() const {
  std::int64_t longest_gap = 0;
  bool all = true;
  for (const Position& position : automaton_.positions) {
    for (std::uint32_t e = position.edges.begin; e < position.edges.end; ++e) {
      const Edge& edge = automaton_.edges[e];
      if (ends_with_gap(edge)) {
        longest_gap = std::max(longest_gap, edge.within_ms);
      } else {
        all = false;
      }
    }
  }
  const bool by_gap =
      automaton_.within_ms == kNoLimit || (all && longest_gap < automaton_.within_ms);
  return std::max(by_gap ? longest_gap : automaton_.within_ms, longest_leading());
}

}  // namespace weir::nfa
