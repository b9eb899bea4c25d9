// The plan by fronts (nfa/front_plan.h): cohorts that another dominates are dropped where they
// would be placed, and the events of the key are logged, so that they can be stepped again.
#include <algorithm>
#include <cstring>
#include <functional>

#include "nfa/mutants.h"
#include "nfa/stepper.h"

namespace weir::nfa {
namespace {

bool as_good(const FrontDimension& dimension, const event::Value& a, const event::Value& b) {
  const auto compare = [&](const auto& x, const auto& y) {
    return dimension.higher != mutant(Mutant::kFrontTurned) ? x >= y : x <= y;
  };
  switch (dimension.value_class) {
    case ValueClass::kInteger:
      return compare(a.integer, b.integer);
    case ValueClass::kDecimal:
      return compare(a.decimal, b.decimal);
    default:
      return compare(a.real, b.real);
  }
}

}  // namespace

void Stepper::note_in_log(RunStore& store, base::Pool& pool) {
  const std::size_t type = seen_->local_type;
  const bool begins = (seen_->symbols & automaton_.start_interest[type]) != 0;
  if (store.empty() && !begins) return;  // nothing that it could be asked again for
  const std::uint32_t event = event_of(store, pool);
  store.log.push_back(pool, RunStore::Logged{seen_->symbols, event, seen_->local_type});
}

// Whether `a` completes whenever `b` would. Both wait on the same edge.
bool Stepper::dominates(const RunStore& store, const FrontEdge& front, Cohort& a, Cohort& b) {
  const bool dies_first = a.max_start < b.max_start && !mutant(Mutant::kFrontIgnoresStart);
  if (dies_first || a.last_ms != b.last_ms) return false;
  auto& mutable_store = const_cast<RunStore&>(store);
  for (std::uint32_t i = 0; i < layout_.registers; ++i) {
    if ((front.same_events >> i & 1) == 0) continue;
    if (mutable_store.remembered(a)[i] != mutable_store.remembered(b)[i]) return false;
  }
  for (std::uint32_t i = 0; i < layout_.aggregates; ++i) {
    if ((front.same_aggregates >> i & 1) == 0) continue;
    if (std::memcmp(&mutable_store.aggregates(layout_, a)[i],
                    &mutable_store.aggregates(layout_, b)[i], sizeof(AggregateState)) != 0) {
      return false;
    }
  }
  for (const FrontDimension& dimension : front.dimensions) {
    event::Value of_a;
    event::Value of_b;
    const bool has_a = register_value(store, a, dimension.reg, &of_a);
    const bool has_b = register_value(store, b, dimension.reg, &of_b);
    if (!has_b) {  // no condition that reads it will hold for b, unless values are still to come
      if (has_a && dimension.aggregate) return false;
      continue;
    }
    if (!has_a || !as_good(dimension, of_a, of_b)) return false;
  }
  return true;
}

// Drops what the staged cohort dominates; true if it is itself dominated. A cohort that stays
// although it is dominated does no harm, so a long list is looked at only so far.
bool Stepper::join_front(RunStore& store, std::uint32_t list, Cohort& staged) {
  constexpr int kMostLooked = 64;
  const FrontEdge& front = fronts_->edges[list];
  int looked = 0;
  for (std::uint32_t id = store.head(list); id != kNoCohort && looked < kMostLooked; ++looked) {
    Cohort& other = store.cohort(layout_, id);
    const std::uint32_t next = other.next;
    if (other.max_start < store.alive_floor) {
      store.drop_cohort(layout_, list, id);
    } else if (dominates(store, front, other, staged)) {
      return true;
    } else if (dominates(store, front, staged, other)) {
      store.drop_cohort(layout_, list, id);
    }
    id = next;
  }
  return false;
}

// Where an event stages many cohorts for one edge, they and those that wait there are put in the
// order of their first events once, the newest first: each is dominated by the best before it, or
// by none.
void Stepper::thin_lines(RunStore& store) {
  constexpr std::uint32_t kFew = 4;
  staged_on_.assign(layout_.edges, 0);
  for (std::size_t at = 0; at < staged_.size(); at += layout_.cohort_bytes) {
    const auto& staged = *reinterpret_cast<const Cohort*>(staged_.data() + at);
    if (staged.edge < layout_.edges) ++staged_on_[staged.edge];
  }
  for (std::uint32_t e = 0; e < layout_.edges; ++e) {
    if (staged_on_[e] > kFew && fronts_->edges[e].is_line) thin_line(store, e);
  }
}

void Stepper::thin_line(RunStore& store, std::uint32_t list) {
  const FrontEdge& front = fronts_->edges[list];
  line_.clear();
  const auto add = [&](Cohort& cohort, std::uint32_t id) {
    OnLine each{.cohort = &cohort, .id = id};
    each.has = register_value(store, cohort, front.dimensions.front().reg, &each.value);
    line_.push_back(each);
  };
  for (std::uint32_t id = store.head(list); id != kNoCohort;) {
    Cohort& cohort = store.cohort(layout_, id);
    add(cohort, id);
    id = cohort.next;
  }
  for (std::size_t at = 0; at < staged_.size(); at += layout_.cohort_bytes) {
    auto& staged = *reinterpret_cast<Cohort*>(staged_.data() + at);
    if (staged.edge == list) add(staged, kNoCohort);
  }
  std::ranges::stable_sort(line_, std::greater<>(),
                           [](const OnLine& each) { return each.cohort->max_start; });
  const OnLine* best = nullptr;
  for (OnLine& each : line_) {
    if (best != nullptr && dominates(store, front, *best->cohort, *each.cohort)) {
      if (each.id != kNoCohort) {
        store.drop_cohort(layout_, list, each.id);
      } else {
        each.cohort->edge = kFreedEdge;  // commit() passes over it
      }
    } else if (best == nullptr || dominates_by_value(front, each, *best)) {
      best = &each;
    }
  }
}

// Whether the value of `a`, whatever its first event, is as good as that of `b`.
bool Stepper::dominates_by_value(const FrontEdge& front, const OnLine& a, const OnLine& b) {
  if (!a.has || !b.has) return a.has;
  return as_good(front.dimensions.front(), a.value, b.value);
}

void Stepper::forget_all(RunStore& store) const {
  forget_runs(store);
  store.skip_floor = store.event_count(layout_);
  store.log.clear();
}

void Stepper::step_again(RunStore& store, base::Pool& pool, const Seen& seen, Again again) {
  again_ = again;
  step(store, pool, seen);
  again_ = {};
}

}  // namespace weir::nfa
