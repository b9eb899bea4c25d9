// The plan by fronts (nfa/front_plan.h): cohorts that another dominates are dropped where they
// would be placed, and the events of the key are logged, so that they can be stepped again.
#include <cstring>

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
  const std::uint32_t event = event_of(store, pool);
  store.log.push_back(pool, RunStore::Logged{seen_->symbols, event});
}

// Whether `a` completes whenever `b` would. Both wait on the same edge.
bool Stepper::dominates(const RunStore& store, const FrontEdge& front, Cohort& a, Cohort& b) {
  const bool dies_first = a.max_start < b.max_start && !mutant(Mutant::kFrontIgnoresStart);
  if (dies_first || a.fresh != b.fresh || a.last_ms != b.last_ms || a.gap_over != b.gap_over ||
      a.next_guards_open != b.next_guards_open) {
    return false;
  }
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
    if (!has_b) continue;  // no condition that reads it will ever hold for b
    if (!has_a || !as_good(dimension, of_a, of_b)) return false;
  }
  return true;
}

// Drops what the staged cohort dominates; true if it is itself dominated.
bool Stepper::join_front(RunStore& store, std::uint32_t list, Cohort& staged) {
  const FrontEdge& front = fronts_->edges[list];
  for (std::uint32_t id = store.head(list); id != kNoCohort;) {
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

void Stepper::step_again(RunStore& store, base::Pool& pool, const Seen& seen, bool begins,
                         bool completes) {
  may_begin_here_ = begins;
  may_complete_here_ = completes;
  step(store, pool, seen);
}

}  // namespace weir::nfa
