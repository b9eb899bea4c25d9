// How one event moves the runs of a rule and key.
//
// Each cohort on an interested edge is considered once (consider()): first what may end it however
// the event is used (`without next`, a greedy repetition that would take the event), then whether
// the edge's part takes it, then, if the runs wait on, what ends a wait (strict contiguity, a
// `without`, an `until`). What is taken becomes staged cohorts on the edges that follow; commit()
// puts them in place, so that an event never moves a run twice.
#include "nfa/stepper.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"
#include "nfa/automaton_facts.h"
#include "nfa/mutants.h"
#include "nfa/run_aggregate.h"

namespace weir::nfa {
namespace {

std::int64_t within(std::int64_t limit_ms) {
  if (mutant(Mutant::kWithinOneLess)) return limit_ms - 1;
  return mutant(Mutant::kWithinOneMore) ? limit_ms + 1 : limit_ms;
}

}  // namespace

Stepper::Stepper(const Automaton& automaton, EventContext& context)
    : automaton_(automaton),
      context_(context),
      layout_(automaton),
      tells_combinations_apart_(tells_combinations_apart(automaton)),
      whole_(layout_.cohort_bytes),
      nothing_taken_(layout_.cohort_bytes),
      registers_(automaton.registers.size()),
      present_(event::presence_words(automaton.registers.size()), 0) {
  RunStore store;
  blank_run(store, *reinterpret_cast<Cohort*>(nothing_taken_.data()));
  trailing_interest_.assign(automaton.types.size(), 0);
  for (const TrailingAbsence& absence : automaton.trailing) {
    const Acceptor& acceptor = automaton.acceptors[absence.acceptor.index()];
    for (std::size_t type = 0; type < automaton.types.size(); ++type) {
      const TypeAcceptor& test = automaton.type_acceptors[acceptor.by_type.begin + type];
      if (test.symbol != kNeverAccepts) trailing_interest_[type] |= SymbolMask{1} << test.symbol;
    }
  }
  for (std::size_t e = 0; e < automaton.endings.size(); ++e) {
    if (open_at_first(static_cast<std::uint16_t>(e)) == 0) continue;
    next_ending_ = next_ending_ == kNone ? static_cast<std::int32_t>(e) : kSeveral;
  }
  for (const DynamicCondition& condition : automaton.conditions) {
    quick_.push_back(
        quick_condition(automaton, context.loaded().programs[condition.program.index()]));
  }
  has_deadlines_ = automaton.keeps_timeouts || !automaton.trailing.empty();
  find_seeds();
}

// ---- conditions --------------------------------------------------------------------------------

void Stepper::load_registers(const RunStore& store, Cohort* cohort, Range<std::uint16_t> list) {
  if (cohort == nullptr) cohort = reinterpret_cast<Cohort*>(nothing_taken_.data());
  for (std::uint32_t i = list.begin; i < list.end; ++i) {
    const std::uint16_t id = automaton_.register_lists[i];
    event::Value value;
    if (!register_value(store, *cohort, id, &value)) {
      event::set_absent(present_.data(), id);
      continue;
    }
    registers_[id] = value;
    event::set_present(present_.data(), id);
  }
}

// False: absent.
bool Stepper::register_value(const RunStore& store, Cohort& cohort, std::uint16_t id,
                             event::Value* out) {
  const RegisterSource& source = automaton_.sources[id];
  if (source.from == RegisterSource::From::kAggregate) {
    return load_aggregate(store, cohort, source.index, automaton_.registers[id], out);
  }
  if (source.from == RegisterSource::From::kKey) return false;
  const std::uint32_t event = const_cast<RunStore&>(store).remembered(cohort)[source.index];
  if (event == kNoEvent) return false;
  const KeptEvent& kept = store.event(layout_, event);
  if (source.from == RegisterSource::From::kTime) {
    *out = event::Value::of_int(kept.own_ts_ms);
    return true;
  }
  const std::int16_t slot = source.kept[kept.local_type];
  return slot >= 0 &&
         store.kept_value(layout_, automaton_, event, static_cast<std::size_t>(slot), out);
}

bool Stepper::load_aggregate(const RunStore& store, Cohort& cohort, std::uint16_t index,
                             const RegisterDesc& desc, event::Value* out) {
  auto& mutable_store = const_cast<RunStore&>(store);
  const AggregateState& state = mutable_store.aggregates(layout_, cohort)[index];
  const RunAggregate& aggregate = automaton_.aggregates[index];
  if (aggregate.kind == RegisterKind::kDistinct) {
    return distinct_along(store, layout_, automaton_, aggregate, cohort.set, out);
  }
  if (aggregate.kind == RegisterKind::kMin || aggregate.kind == RegisterKind::kMax) {
    if (state.extreme == kNoEvent) return false;
    const auto kept = aggregate.kept[store.event(layout_, state.extreme).local_type];
    return store.kept_value(layout_, automaton_, state.extreme, static_cast<std::size_t>(kept),
                            out);
  }
  return aggregate_result(aggregate, desc, state, context_.counters(), out);
}

bool Stepper::condition_holds(const RunStore& store, std::uint32_t index, Cohort* cohort) {
  const QuickCondition& quick = quick_[index];
  // Whoever listens may ask for the values of the registers.
  if (quick.value_class == QuickCondition::Class::kNone || observer_ != nullptr) {
    const DynamicCondition& condition = automaton_.conditions[index];
    load_registers(store, cohort, condition.registers);
    const auto& program = context_.loaded().programs[condition.program.index()];
    return holds(program, context_.input(seen_->row, registers_.data(), present_.data()),
                 context_.scratch());
  }
  if (cohort == nullptr || !seen_->row->has(quick.slot)) return false;
  const std::uint32_t event = const_cast<RunStore&>(store).remembered(*cohort)[quick.event];
  if (event == kNoEvent) return false;
  const std::int16_t kept = quick.kept_slot[store.event(layout_, event).local_type];
  event::Value value;
  return kept >= 0 &&
         store.kept_value(layout_, automaton_, event, static_cast<std::size_t>(kept), &value) &&
         quick.compare(seen_->row->slots[quick.slot], value);
}

bool Stepper::accepts(const RunStore& store, AcceptorId id, Cohort* cohort) {
  const Acceptor& acceptor = automaton_.acceptors[id.index()];
  const TypeAcceptor& test = automaton_.type_acceptors[acceptor.by_type.begin + seen_->local_type];
  if (test.symbol == kNeverAccepts) return false;
  if ((seen_->key_mask >> acceptor.key_expr & 1) == 0) return false;
  if ((seen_->symbols >> test.symbol & 1) == 0) {
    if (observer_ != nullptr) observer_->on_refuse(store, cohort, id, -1);
    return false;
  }
  for (std::uint32_t i = test.conditions.begin; i < test.conditions.end; ++i) {
    if (!condition_holds(store, i, cohort)) {
      if (observer_ != nullptr) {
        observer_->on_refuse(store, cohort, id,
                             static_cast<std::int32_t>(i - test.conditions.begin));
      }
      return false;
    }
  }
  return true;
}

// Whether the event is of a type that a `next` with this acceptor looks at (`among`).
bool Stepper::next_looks_at(AcceptorId id) const {
  return (automaton_.acceptors[id.index()].next_types >> seen_->local_type & 1) != 0;
}

AcceptorId Stepper::any_accepts(const RunStore& store, Range<AcceptorId> list, Cohort* cohort) {
  for (std::uint32_t i = list.begin; i < list.end; ++i) {
    if (accepts(store, automaton_.acceptor_lists[i], cohort)) return automaton_.acceptor_lists[i];
  }
  return AcceptorId();
}

bool Stepper::accepts_first(const RunStore& store, const Seen& seen) {
  seen_ = &seen;
  const Edge& edge = automaton_.edges[automaton_.start_edges.begin];
  return !any_accepts(store, edge.stops, nullptr).valid() &&
         accepts(store, automaton_.positions[edge.to.index()].acceptor, nullptr);
}

// ---- the step ----------------------------------------------------------------------------------

void Stepper::advance_floor(RunStore& store, std::int64_t now_ms) {
  store.alive_floor = std::max(store.alive_floor, store.skip_floor);
  const std::uint32_t count = store.event_count(layout_);
  while (store.alive_floor < count) {
    const KeptEvent& event = store.event(layout_, store.alive_floor);
    const bool in_window =
        automaton_.within_ms == kNoLimit || now_ms - event.ts_ms <= within(automaton_.within_ms);
    const std::uint32_t limit = automaton_.limit + (mutant(Mutant::kLimitOneMore) ? 1 : 0);
    if (in_window && store.retained < event.retained + limit) break;
    limited_ += in_window ? 1 : 0;
    ++store.alive_floor;
  }
}

void Stepper::step(RunStore& store, base::Pool& pool, const Seen& seen) {
  seen_ = &seen;
  event_ = kNoEvent;
  completed_.clear();
  staged_.clear();
  unexamined_ = false;
  store.prepare(layout_, pool);
  store.make_room(layout_, automaton_, pool, maps_);
  if (fronts_ != nullptr) note_in_log(store, pool);
  const std::size_t type = seen.local_type;
  advance_floor(store, seen.ts_ms);
  if (!store.empty()) {
    for (std::uint32_t e = 0; e < layout_.edges; ++e) {
      if (store.head(e) == kNoCohort) continue;
      if (!again_.completes && replayed_->edges[e].only_completes) continue;
      const Edge& edge = automaton_.edges[e];
      const bool interested =
          (automaton_.interests[edge.interest.begin + type] & seen.symbols) != 0 ||
          observer_ != nullptr;
      if (interested || edge.strict) walk_edge(store, pool, static_cast<std::uint16_t>(e));
    }
    if (store.head(layout_.edges) != kNoCohort) walk_pending(store, pool);
    const std::size_t next = store.cohorts_live() + staged_.size() / layout_.cohort_bytes;
    if (tells_combinations_apart_ && next > kMaxExamined) {
      forget_runs(store);
      staged_.clear();
      unexamined_ = true;
    }
  }
  if (again_.begins && (seen.symbols & automaton_.start_interest[type]) != 0) start(store, pool);
  if ((seen.symbols & automaton_.leading_interest[type]) != 0) note_leading(store, pool);
  if ((seen.symbols & automaton_.part_interest[type]) != 0) ++store.retained;
}

// All runs under way; what only waits for its deadline stays.
void Stepper::forget_runs(RunStore& store) const {
  for (std::uint32_t e = 0; e < layout_.edges; ++e) {
    while (store.head(e) != kNoCohort) store.drop_cohort(layout_, e, store.head(e));
  }
}

void Stepper::walk_edge(RunStore& store, base::Pool& pool, std::uint16_t e) {
  const Edge& edge = automaton_.edges[e];
  for (std::uint32_t id = store.head(e); id != kNoCohort;) {
    Cohort* cohort = &store.cohort(layout_, id);
    const std::uint32_t next = cohort->next;
    Verdict verdict = Verdict::kStay;
    if (cohort->max_start < store.alive_floor) {
      verdict = Verdict::kDead;
    } else if (!cohort->gap_over) {
      verdict = consider(store, pool, edge, *cohort);
    }
    if (verdict != Verdict::kStay) store.drop_cohort(layout_, e, id);
    id = next;
  }
}

bool Stepper::ended(const RunStore& store, const Cohort& cohort, StepObserver::End end,
                    AcceptorId by) {
  if (observer_ != nullptr) observer_->on_end(store, cohort, end, by);
  return true;
}

Stepper::Verdict Stepper::consider(RunStore& store, base::Pool& pool, const Edge& edge,
                                   Cohort& cohort) {
  using End = StepObserver::End;
  const std::int64_t gap = edge.needs_last_time ? seen_->ts_ms - cohort.last_ms : 0;
  // No later event can be in time either; for a timeout the run stands still from here on.
  if (gap > edge.within_ms - (mutant(Mutant::kGapWithinExcluded) ? 1 : 0)) {
    if (!automaton_.keeps_timeouts) return Verdict::kDead;
    cohort.gap_over = true;
    return Verdict::kStay;
  }
  std::uint32_t undecided = cohort.next_guards_open;
  for (std::uint32_t i = 0; i < edge.next_guards.size(); ++i) {
    const AcceptorId by = automaton_.acceptor_lists[edge.next_guards.begin + i];
    const bool open = (undecided >> i & 1) != 0 || mutant(Mutant::kWithoutNextStays);
    if (!open || !next_looks_at(by)) continue;
    if (accepts(store, by, &cohort) && !mutant(Mutant::kWithoutNextIgnored) &&
        ended(store, cohort, End::kNext, by)) {
      return Verdict::kDead;
    }
    undecided &= ~(std::uint32_t{1} << i);
  }
  if (mutant(Mutant::kWithoutBeforeTake) && any_accepts(store, edge.guards, &cohort).valid()) {
    return Verdict::kDead;
  }
  std::uint32_t shadows = cohort.shadows;
  for (std::uint32_t i = 0; i < edge.shadows.size(); ++i) {
    if ((shadows >> i & 1) == 0) continue;
    const Edge& shadow = automaton_.edges[automaton_.shadows[edge.shadows.begin + i].index()];
    const ShadowVerdict verdict = watch(store, shadow, cohort);
    if (verdict == ShadowVerdict::kTakes && !mutant(Mutant::kGreedyIgnored)) {
      (void)ended(store, cohort, End::kGreedy, AcceptorId());
      return Verdict::kDead;
    }
    if (verdict == ShadowVerdict::kEnds && !mutant(Mutant::kGreedyNeverEnds))
      shadows &= ~(std::uint32_t{1} << i);
  }
  const bool stopping = any_accepts(store, edge.stops, &cohort).valid();
  const bool takes = gap >= edge.after_ms + (mutant(Mutant::kGapAfterExcluded) ? 1 : 0) &&
                     (!stopping || mutant(Mutant::kUntilAfterTake)) &&
                     accepts(store, automaton_.positions[edge.to.index()].acceptor, &cohort);
  if (takes) {
    take(store, pool, &cohort, edge.to);
    if (edge.kind != EdgeKind::kEvery || mutant(Mutant::kEveryAsThen)) return Verdict::kConsumed;
  }
  const bool strict = (mutant(Mutant::kNextAsThen)   ? false
                       : mutant(Mutant::kThenAsNext) ? edge.kind != EdgeKind::kEvery
                                                     : edge.kind == EdgeKind::kNext) &&
                      next_looks_at(automaton_.positions[edge.to.index()].acceptor);
  if (strict && ended(store, cohort, End::kNext, AcceptorId())) {
    return Verdict::kDead;
  }
  AcceptorId by = any_accepts(store, edge.guards, &cohort);
  if (by.valid() && !mutant(Mutant::kWithoutIgnored) && ended(store, cohort, End::kWithout, by)) {
    return Verdict::kDead;
  }
  by = any_accepts(store, edge.kills, &cohort);
  if (by.valid() && !mutant(Mutant::kUntilIgnored) && ended(store, cohort, End::kUntil, by)) {
    return Verdict::kDead;
  }
  cohort.next_guards_open = undecided;
  cohort.fresh = false;
  cohort.shadows = shadows;
  return Verdict::kStay;
}

// What the event means to a greedy repetition that the runs of the cohort could still go on with.
Stepper::ShadowVerdict Stepper::watch(const RunStore& store, const Edge& shadow, Cohort& cohort) {
  const std::int64_t gap = shadow.needs_last_time ? seen_->ts_ms - cohort.last_ms : 0;
  if (cohort.fresh && any_accepts(store, shadow.next_guards, &cohort).valid()) {
    return ShadowVerdict::kEnds;
  }
  if (gap > shadow.within_ms) return ShadowVerdict::kEnds;
  if (gap >= shadow.after_ms && !any_accepts(store, shadow.stops, &cohort).valid() &&
      accepts(store, automaton_.positions[shadow.to.index()].acceptor, &cohort)) {
    return ShadowVerdict::kTakes;
  }
  const bool over = shadow.kind == EdgeKind::kNext &&
                    next_looks_at(automaton_.positions[shadow.to.index()].acceptor);
  if (over || any_accepts(store, shadow.guards, &cohort).valid() ||
      any_accepts(store, shadow.kills, &cohort).valid()) {
    return ShadowVerdict::kEnds;
  }
  return ShadowVerdict::kStays;
}

// ---- taking ------------------------------------------------------------------------------------

std::uint32_t Stepper::event_of(RunStore& store, base::Pool& pool) {
  if (event_ == kNoEvent) {
    event_ = store.keep(layout_, automaton_, pool, *seen_->row, seen_->ts_ms, seen_->local_type,
                        seen_->keep_raw);
  }
  return event_;
}

void Stepper::take(RunStore& store, base::Pool& pool, const Cohort* before,
                   PositionId position_id) {
  const std::uint32_t event = event_of(store, pool);
  const Position& position = automaton_.positions[position_id.index()];
  // By fronts no history is ever listed: nothing but its first event is kept of it.
  const bool histories = fronts_ == nullptr;
  const std::uint32_t node = store.add_take(
      pool, event, position_id.value, before == nullptr || !histories ? kNoNode : before->set);
  if (observer_ != nullptr) observer_->on_take(store, position_id, node);

  // The run as it stands now, before it is cut down to what each edge needs.
  auto* moved = reinterpret_cast<Cohort*>(whole_.data());
  if (before != nullptr) {
    std::memcpy(whole_.data(), before, layout_.cohort_bytes);
  } else {
    std::memcpy(whole_.data(), nothing_taken_.data(), layout_.cohort_bytes);
  }
  moved->set = node;
  moved->max_start =
      before == nullptr || histories ? store.node(node).max_start : before->max_start;
  if (before == nullptr) store.last_begin_ms = seen_->ts_ms;
  moved->last_ms = seen_->ts_ms;
  moved->fresh = true;
  moved->start = kNoEvent;
  if (automaton_.split_by_start) {
    moved->start = before != nullptr ? before->start : event;
  }
  const std::uint16_t name = automaton_.part_name[position.part.index()];
  if (name != 0xFFFF) update_registers(store, *moved, name, event);

  for (std::uint32_t e = position.endings.begin; e < position.endings.end; ++e) {
    if (automaton_.endings[e].trailing.size() == 0) {
      completed_.push_back(Root{node, store.alive_floor});
    } else {
      stage_ending(store, *moved, static_cast<std::uint16_t>(e));
    }
  }
  for (std::uint32_t e = position.edges.begin; e < position.edges.end; ++e) {
    stage_edge(store, *moved, static_cast<std::uint16_t>(e));
  }
}

Cohort& Stepper::stage(const Cohort& run) {
  const auto* bytes = reinterpret_cast<const char*>(&run);
  staged_.insert(staged_.end(), bytes, bytes + layout_.cohort_bytes);
  return *reinterpret_cast<Cohort*>(staged_.data() + staged_.size() - layout_.cohort_bytes);
}

void Stepper::blank_run(RunStore& store, Cohort& run) const {
  new (&run) Cohort;
  std::fill_n(store.remembered(run), layout_.registers, kNoEvent);
  std::fill_n(store.aggregates(layout_, run), layout_.aggregates, AggregateState{});
}

// Forgets what nothing downstream reads, so that runs with the same future compare equal.
void Stepper::forget(RunStore& store, Cohort& run, std::uint64_t live_events,
                     std::uint64_t live_aggregates) const {
  for (std::uint32_t i = 0; i < layout_.registers; ++i) {
    if ((live_events >> i & 1) == 0) store.remembered(run)[i] = kNoEvent;
  }
  for (std::uint32_t i = 0; i < layout_.aggregates; ++i) {
    if ((live_aggregates >> i & 1) == 0) store.aggregates(layout_, run)[i] = AggregateState{};
  }
}

void Stepper::stage_edge(RunStore& store, const Cohort& run, std::uint16_t e) {
  const Edge& edge = automaton_.edges[e];
  Cohort& staged = stage(run);
  staged.edge = e;
  staged.fresh = edge.strict;
  staged.next_guards_open = low_bits(edge.next_guards.size());
  staged.shadows = low_bits(edge.shadows.size());
  if (!edge.needs_last_time) staged.last_ms = 0;
  forget(store, staged, edge.live_events, edge.live_aggregates);
}

void Stepper::stage_ending(RunStore& store, const Cohort& run, std::uint16_t ending_id) {
  const Ending& ending = automaton_.endings[ending_id];
  Cohort& staged = stage(run);
  staged.edge = kPendingEdge;
  staged.ending = ending_id;
  staged.fresh = false;
  staged.floor = store.alive_floor;
  staged.next_guards_open = open_at_first(ending_id);
  staged.deadline_ms = INT64_MIN;
  for (std::uint32_t i = 0; i < ending.trailing.size(); ++i) {
    const TrailingAbsence& absence = automaton_.trailing_of(ending, i);
    staged.deadline_ms = std::max(staged.deadline_ms, trailing_deadline(store, staged, absence));
  }
  forget(store, staged, ending.live_events, ending.live_aggregates);
}

// The `without next` of an ending, all undecided.
std::uint32_t Stepper::open_at_first(std::uint16_t ending_id) const {
  const Ending& ending = automaton_.endings[ending_id];
  std::uint32_t open = 0;
  for (std::uint32_t i = 0; i < ending.trailing.size(); ++i) {
    if (automaton_.trailing_of(ending, i).next) open |= std::uint32_t{1} << i;
  }
  return open;
}

std::int64_t Stepper::trailing_deadline(RunStore& store, const Cohort& cohort,
                                        const TrailingAbsence& absence) const {
  if (absence.duration_ms != kNoLimit) return cohort.last_ms + absence.duration_ms;
  if (automaton_.within_ms == kNoLimit) return kNoLimit;  // `without next`: the next event decides
  return store.event(layout_, cohort.start).ts_ms + automaton_.within_ms;
}

void Stepper::update_registers(RunStore& store, Cohort& run, std::uint16_t name,
                               std::uint32_t event) {
  for (std::uint32_t i = 0; i < layout_.registers; ++i) {
    const EventRegister& reg = automaton_.event_registers[i];
    if (reg.name != name) continue;
    std::uint32_t& remembered = store.remembered(run)[i];
    if (!reg.first || remembered == kNoEvent || mutant(Mutant::kFirstIsLast)) remembered = event;
  }
  for (std::uint32_t i = 0; i < layout_.aggregates; ++i) {
    const RunAggregate& aggregate = automaton_.aggregates[i];
    if (aggregate.name != name) continue;
    AggregateState& state = store.aggregates(layout_, run)[i];
    if (aggregate.kind == RegisterKind::kDistinct) {
      state.exact_sum = static_cast<event::Int128>(++store.tokens);
    } else {
      add_event(store, layout_, automaton_, aggregate, state, event);
    }
  }
}

}  // namespace weir::nfa
