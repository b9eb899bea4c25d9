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
  indexed_list_ = kNoCohort;
  advance_floor(store, seen_->ts_ms);
  constexpr std::size_t kFew = 16;
  if (staged_.size() <= kFew * layout_.cohort_bytes) {
    place_staged(store, pool, std::nullopt);
  } else {
    // A list at a time: each may get an index, and only one has it at any moment.
    std::vector<std::uint16_t> lists;
    for (std::size_t at = 0; at < staged_.size(); at += layout_.cohort_bytes) {
      lists.push_back(reinterpret_cast<const Cohort*>(staged_.data() + at)->edge);
    }
    std::ranges::sort(lists);
    lists.erase(std::ranges::unique(lists).begin(), lists.end());
    for (const std::uint16_t edge : lists) place_staged(store, pool, edge);
  }
  staged_.clear();
}

void Stepper::place_staged(RunStore& store, base::Pool& pool, std::optional<std::uint16_t> edge) {
  for (std::size_t at = 0; at < staged_.size(); at += layout_.cohort_bytes) {
    auto& staged = *reinterpret_cast<Cohort*>(staged_.data() + at);
    if (edge && staged.edge != *edge) continue;
    const std::uint32_t floor = staged.edge == kPendingEdge ? store.skip_floor : store.alive_floor;
    if (staged.max_start >= floor) place(store, pool, staged);
  }
}

bool Stepper::same_future(const Cohort& a, const Cohort& b) const {
  if (a.fresh != b.fresh || a.shadows != b.shadows || a.last_ms != b.last_ms ||
      a.start != b.start || a.gap_over != b.gap_over || a.deadline_ms != b.deadline_ms ||
      a.ending != b.ending || a.next_guards_open != b.next_guards_open || a.floor != b.floor) {
    return false;
  }
  if (mutant(Mutant::kMergeIgnoresRegisters)) return true;
  const std::size_t tail = layout_.cohort_bytes - sizeof(Cohort);
  return std::memcmp(&a + 1, &b + 1, tail) == 0;
}

std::uint64_t Stepper::future_hash(const Cohort& cohort) const {
  const std::uint64_t head[] = {static_cast<std::uint64_t>(cohort.last_ms), cohort.start,
                                static_cast<std::uint64_t>(cohort.deadline_ms), cohort.shadows,
                                cohort.fresh};
  const std::size_t tail = layout_.cohort_bytes - sizeof(Cohort);
  const auto* bytes = reinterpret_cast<const char*>(&cohort + 1);
  return base::hash64({reinterpret_cast<const char*>(head), sizeof head}) ^
         (base::hash64({bytes, tail}) * 0x9E3779B97F4A7C15ull);
}

std::uint32_t Stepper::find_equal(RunStore& store, std::uint32_t list, Cohort& staged) {
  constexpr std::uint32_t kShort = 8;
  std::uint32_t seen = 0;
  std::uint32_t id = store.head(list);
  for (; id != kNoCohort && seen < kShort; ++seen) {
    Cohort& other = store.cohort(layout_, id);
    if (same_future(other, staged)) return id;
    id = other.next;
  }
  if (id == kNoCohort) return kNoCohort;
  if (indexed_list_ != list) index_list(store, list);
  for (std::uint64_t at = future_hash(staged);; ++at) {
    const std::uint32_t found = index_[at & (index_.size() - 1)];
    if (found == kNoCohort) return kNoCohort;
    if (same_future(store.cohort(layout_, found), staged)) return found;
  }
}

void Stepper::index_list(RunStore& store, std::uint32_t list) {
  std::uint32_t count = 0;
  for (std::uint32_t id = store.head(list); id != kNoCohort; id = store.cohort(layout_, id).next) {
    ++count;
  }
  // Room for what this step may still add to the list.
  const std::size_t room = count + staged_.size() / layout_.cohort_bytes;
  index_.assign(std::bit_ceil(2 * room + 2), kNoCohort);
  for (std::uint32_t id = store.head(list); id != kNoCohort; id = store.cohort(layout_, id).next) {
    add_to_index(store, id);
  }
  indexed_list_ = list;
}

void Stepper::add_to_index(RunStore& store, std::uint32_t id) {
  std::uint64_t at = future_hash(store.cohort(layout_, id));
  while (index_[at & (index_.size() - 1)] != kNoCohort) ++at;
  index_[at & (index_.size() - 1)] = id;
}

void Stepper::place(RunStore& store, base::Pool& pool, Cohort& staged) {
  const std::uint32_t list = staged.edge == kPendingEdge ? layout_.edges : staged.edge;
  const std::uint32_t equal = find_equal(store, list, staged);
  if (equal != kNoCohort) {
    const std::uint32_t both = store.add_union(pool, staged.set, store.cohort(layout_, equal).set);
    Cohort& cohort = store.cohort(layout_, equal);
    cohort.set = both;
    cohort.max_start = store.node(both).max_start;
    return;
  }
  const std::uint32_t id = store.new_cohort(layout_, pool);
  Cohort& cohort = store.cohort(layout_, id);
  std::memcpy(&cohort, &staged, layout_.cohort_bytes);
  cohort.next = store.head(list);
  store.head(list) = id;
  if (indexed_list_ == list) add_to_index(store, id);
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
  std::uint32_t* link = &store.head(layout_.edges);
  while (*link != kNoCohort) {
    const std::uint32_t id = *link;
    Cohort& cohort = store.cohort(layout_, id);
    const bool dead = cohort.max_start < store.skip_floor;
    if (!dead && cohort.deadline_ms > deadline_ms) {
      link = &cohort.next;
      continue;
    }
    if (!dead) completed_.push_back(Root{cohort.set, std::max(cohort.floor, store.skip_floor)});
    *link = cohort.next;
    store.free_cohort(layout_, id);
  }
}

bool Stepper::prune(RunStore& store, std::int64_t now_ms) {
  advance_floor(store, now_ms);
  if (store.cohorts_live() > 0) {
    for (std::uint32_t list = 0; list <= layout_.edges; ++list) {
      const std::uint32_t floor = list == layout_.edges ? store.skip_floor : store.alive_floor;
      std::uint32_t* link = &store.head(list);
      while (*link != kNoCohort) {
        const std::uint32_t id = *link;
        Cohort& cohort = store.cohort(layout_, id);
        if (cohort.max_start >= floor) {
          link = &cohort.next;
          continue;
        }
        *link = cohort.next;
        store.free_cohort(layout_, id);
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
