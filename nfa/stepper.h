// Steps the partial matches of one rule and key by one event.
//
// Used by the shard: for each event that the rule sees for a key,
//
//   stepper.step(store, seen)      walks the cohorts that the event can change, takes, ends, starts
//   resolve(...)                   (nfa/moment.h) which of stepper.completed() are reported; skips
//   stepper.commit(store)          puts what began or moved in place, unless a skip dropped it
//
// A Stepper has scratch of its own and serves all keys of a rule in one shard, one after another.
// Not thread-safe.
//
// Invariants
// 1. Between step() and commit() the store is not compacted: ids stay.
// 2. A cohort is looked at only if its edge's interest meets the event's symbols, or if the edge is
//    strict .
// 3. Dead cohorts are dropped where they are met, never sought.
//
// Cost: O(cohorts on interested edges), each O(1) nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nfa/automaton.h"
#include "nfa/event_context.h"
#include "nfa/front_plan.h"
#include "nfa/quick_condition.h"
#include "nfa/run_seed.h"
#include "nfa/run_store.h"

namespace weir::nfa {

// An event as a rule sees it for one key.
struct Seen {
  const event::Row* row = nullptr;
  std::int64_t ts_ms = 0;  // when it is matched: its own time, or later
  std::uint16_t local_type = 0;
  SymbolMask symbols = 0;
  std::uint32_t key_mask = ~std::uint32_t{0};  // bit i: key expression i gives this key (L3.13)
  bool warm = true;                            // L3.6
  bool keep_raw = false;
};

// The end of some histories that have become whole matches.
struct Root {
  std::uint32_t node = kNoNode;
  std::uint32_t floor = 0;  // oldest first event alive when the last event was taken
};

// Assignments examined at one moment, for `having` or for a condition on an aggregate over
// `in any combination` (L3.11).
inline constexpr std::uint32_t kMaxExamined = 100'000;

// What `weir explain` and the failure reports of `weir test` listen to. Calls come in the order
// of processing; ids are valid during the call only.
class StepObserver {
 public:
  enum class End : std::uint8_t { kWithout, kNext, kUntil, kGreedy };
  virtual ~StepObserver() = default;
  virtual void on_take(const RunStore& store, PositionId position, std::uint32_t node) = 0;
  // The event is of a type that the next part takes, and this condition of it failed; kind of
  // failure: a condition, the gap, or an `until`.
  virtual void on_refuse(const RunStore& store, const Cohort* cohort, AcceptorId acceptor,
                         std::int32_t condition) = 0;
  virtual void on_end(const RunStore& store, const Cohort& cohort, End end, AcceptorId by) = 0;
};

class Stepper {
 public:
  Stepper(const Automaton& automaton, EventContext& context);

  [[nodiscard]] const RunStore::Layout& layout() const { return layout_; }
  [[nodiscard]] const Automaton& automaton() const { return automaton_; }

  void step(RunStore& store, base::Pool& pool, const Seen& seen);
  // Matches that the event of the last step, or the deadline of the last expire(), completed.
  [[nodiscard]] std::span<const Root> completed() const { return completed_; }
  void commit(RunStore& store, base::Pool& pool);
  // The event of the last step would have left more than kMaxExamined combinations to tell apart:
  // they are forgotten, all of them.
  [[nodiscard]] bool unexamined() const { return unexamined_; }

  // Whether what an event begins may be kept as a seed (nfa/run_seed.h).
  [[nodiscard]] bool seeds() const { return seeds_; }
  // The runs that the event begins for a key of which the rule holds nothing; null if it begins
  // none.
  [[nodiscard]] RunSeed* plant(const Seen& seen, base::Pool& pool);
  // Makes an empty store what the seed's event would have made it.
  void grow(RunStore& store, base::Pool& pool, const RunSeed& seed);
  // From then on the seed is dead; kNoLimit if it never is.
  [[nodiscard]] std::int64_t seed_expiry(const RunSeed& seed) const;

  // For a rule of one event: whether the one part takes it.
  [[nodiscard]] bool accepts_first(const RunStore& store, const Seen& seen);

  // The earliest time at which something of this store falls due; kNoLimit if nothing does.
  [[nodiscard]] std::int64_t next_deadline(RunStore& store) const;
  // First events that are out of the window at `now_ms`, or over the limit, are dead from now on.
  void advance_floor(RunStore& store, std::int64_t now_ms);
  // Takes out what completes at `deadline_ms`, into completed().
  void expire(RunStore& store, std::int64_t deadline_ms);
  // Drops what is dead at `now_ms`, all of it from expiry_time() on; true if the store holds
  // nothing any more.
  [[nodiscard]] bool prune(RunStore& store, std::int64_t now_ms);
  // A time after which prune() would find more to drop.
  [[nodiscard]] std::int64_t expiry_time(const RunStore& store) const;
  // How far that lies ahead of an event at most, where it has a bound.
  [[nodiscard]] std::int64_t horizon() const;

  // Events that `limit` has made this stepper forget, of all stores.
  [[nodiscard]] std::uint64_t limited() const { return limited_; }

  // Steps by fronts from now on (nfa/front_plan.h): of what completed() then tells only that there
  // is something is to be relied on. The plan must outlive the stepper.
  void detect_by(const FrontPlan& plan) { fronts_ = &plan; }
  // By fronts, after a firing: all that began is over.
  void forget_all(RunStore& store) const;
  // For the exact plan, to step again what the other has seen, following one first event.
  void replay(const FrontPlan& plan) { replayed_ = &plan; }
  // step() with such an event: runs begin and complete only where it is said.
  struct Again {
    bool begins = true;
    bool completes = true;
  };
  void step_again(RunStore& store, base::Pool& pool, const Seen& seen, Again again);
  // A kept event as the row that it was, as far as its fields were kept; valid until the next.
  [[nodiscard]] event::Row restored_row(const RunStore& store, std::uint32_t event);

  void set_observer(StepObserver* observer) { observer_ = observer; }
  // See RunStore::Layout.
  void set_first_compaction(std::uint32_t count) {
    layout_.first_compaction = count;
    layout_.few = count / 2;
  }

  // The values of registers for a cohort (null: nothing taken yet), as conditions see them.
  void load_registers(const RunStore& store, Cohort* cohort, Range<std::uint16_t> list);
  [[nodiscard]] const event::Value* registers() const { return registers_.data(); }
  [[nodiscard]] const std::uint64_t* register_present() const { return present_.data(); }
  [[nodiscard]] EventContext& context() { return context_; }

 private:
  enum class Verdict : std::uint8_t { kStay, kConsumed, kDead };
  enum class ShadowVerdict : std::uint8_t { kStays, kEnds, kTakes };

  struct SeedStart {  // one a start edge
    std::int64_t life_ms = kNoLimit;
    std::uint16_t runs = 0;
    std::vector<SymbolMask> taken;  // by local type: symbols with which the event is taken ...
    bool plain = false;             // ... if nothing else is asked
  };

  void find_seeds();
  [[nodiscard]] bool may_begin() const;
  [[nodiscard]] SeedStart seed_start(const Edge& edge) const;
  [[nodiscard]] bool begins_on(const RunStore& store, const Edge& edge);
  void forget_runs(RunStore& store) const;
  void walk_edge(RunStore& store, base::Pool& pool, std::uint16_t edge);
  [[nodiscard]] bool next_looks_at(AcceptorId acceptor) const;
  [[nodiscard]] Verdict consider(RunStore& store, base::Pool& pool, const Edge& edge,
                                 Cohort& cohort);
  [[nodiscard]] ShadowVerdict watch(const RunStore& store, const Edge& shadow, Cohort& cohort);
  [[nodiscard]] bool accepts(const RunStore& store, AcceptorId acceptor, Cohort* cohort);
  [[nodiscard]] bool condition_holds(const RunStore& store, std::uint32_t index, Cohort* cohort);
  [[nodiscard]] AcceptorId any_accepts(const RunStore& store, Range<AcceptorId> list,
                                       Cohort* cohort);
  void walk_pending(RunStore& store, base::Pool& pool);
  [[nodiscard]] bool pending_survives(RunStore& store, Cohort& cohort, bool* complete);
  void start(RunStore& store, base::Pool& pool);
  [[nodiscard]] bool leading_hold(RunStore& store, base::Pool& pool, PositionId first);
  void note_leading(RunStore& store, base::Pool& pool);
  static void forget_leading(RunStore& store, std::uint32_t absence);
  [[nodiscard]] bool half_over(const RunStore& store, std::int64_t now_ms) const;
  void cut_leading(RunStore& store, std::int64_t now_ms);
  void take(RunStore& store, base::Pool& pool, const Cohort* before, PositionId position);
  void blank_run(RunStore& store, Cohort& run) const;
  [[nodiscard]] Cohort& stage(const Cohort& run);
  void forget(RunStore& store, Cohort& run, std::uint64_t live_events,
              std::uint64_t live_aggregates) const;
  void stage_edge(RunStore& store, const Cohort& run, std::uint16_t edge);
  void stage_ending(RunStore& store, const Cohort& run, std::uint16_t ending);
  void update_registers(RunStore& store, Cohort& run, std::uint16_t name, std::uint32_t event);
  [[nodiscard]] bool register_value(const RunStore& store, Cohort& cohort, std::uint16_t id,
                                    event::Value* out);
  void note_in_log(RunStore& store, base::Pool& pool);
  [[nodiscard]] bool dominates(const RunStore& store, const FrontEdge& front, Cohort& a, Cohort& b);
  [[nodiscard]] bool join_front(RunStore& store, std::uint32_t list, Cohort& staged);
  struct OnLine {
    Cohort* cohort = nullptr;
    std::uint32_t id = kNoCohort;  // none: it is staged
    bool has = false;
    event::Value value;
  };
  void thin_lines(RunStore& store);
  void thin_line(RunStore& store, std::uint32_t list);
  [[nodiscard]] static bool dominates_by_value(const FrontEdge& front, const OnLine& a,
                                               const OnLine& b);
  [[nodiscard]] bool load_aggregate(const RunStore& store, Cohort& cohort, std::uint16_t index,
                                    const RegisterDesc& desc, event::Value* out);
  [[nodiscard]] std::uint32_t event_of(RunStore& store, base::Pool& pool);
  [[nodiscard]] std::int64_t trailing_deadline(RunStore& store, const Cohort& cohort,
                                               const TrailingAbsence& absence) const;
  void place(RunStore& store, base::Pool& pool, Cohort& staged);
  void order_deadlines(RunStore& store, base::Pool& pool);
  void note_deadline(RunStore& store, base::Pool& pool, std::uint32_t id);
  [[nodiscard]] std::uint32_t first_due(RunStore& store) const;
  [[nodiscard]] bool worth_a_walk(RunStore& store, std::int64_t now_ms) const;
  void drop_dead(RunStore& store, std::int64_t now_ms) const;
  [[nodiscard]] bool ends_with_gap(const Edge& edge) const;
  [[nodiscard]] std::int64_t longest_leading() const;
  [[nodiscard]] bool same_future(const Cohort& a, const Cohort& b) const;
  [[nodiscard]] std::uint64_t future_hash(const Cohort& cohort) const;
  [[nodiscard]] bool untouched(const Cohort& cohort) const;
  [[nodiscard]] std::uint32_t open_at_first(std::uint16_t ending) const;
  [[nodiscard]] static std::uint32_t low_bits(std::uint32_t count) {
    return count >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << count) - 1;
  }
  // The cohort with the same future; or the place of Crowd::by_future where it would stand, if
  // that is made.
  struct Found {
    std::uint32_t cohort = kNoCohort;
    std::uint32_t slot = kNoSlot;
  };
  static constexpr std::uint32_t kNoSlot = 0xFFFFFFFF;
  [[nodiscard]] Found find_equal(RunStore& store, base::Pool& pool, std::uint32_t list,
                                 const Cohort& staged);
  void index_futures(RunStore& store, base::Pool& pool);
  [[nodiscard]] bool ended(const RunStore& store, const Cohort& cohort, StepObserver::End end,
                           AcceptorId by);

  const Automaton& automaton_;
  EventContext& context_;
  RunStore::Layout layout_;
  bool tells_combinations_apart_ = false;
  std::vector<QuickCondition> quick_;  // beside Automaton::conditions
  bool has_deadlines_ = false;         // some store of the rule may wait for one
  bool seeds_ = false;
  std::vector<SeedStart> seed_starts_;
  const RunStore nothing_;
  std::vector<SymbolMask> trailing_interest_;  // by local type: symbols of trailing absences
  static constexpr std::int32_t kNone = -1;
  static constexpr std::int32_t kSeveral = -2;
  std::int32_t next_ending_ = kNone;  // the ending with a trailing `without next`
  bool unexamined_ = false;
  std::uint64_t limited_ = 0;
  StepObserver* observer_ = nullptr;
  const FrontPlan* fronts_ = nullptr;    // the plan is by fronts
  const FrontPlan* replayed_ = nullptr;  // the plan is exact, for what was seen by fronts
  Again again_;
  std::vector<std::uint32_t> staged_on_;  // by edge: cohorts of the step under way
  std::vector<OnLine> line_;

  // Of the step under way.
  const Seen* seen_ = nullptr;
  std::uint32_t event_ = kNoEvent;
  std::vector<Root> completed_;
  RunStore::Maps maps_;
  std::vector<char> staged_;         // cohorts to be placed by commit()
  std::vector<char> whole_;          // the run that take() is moving
  std::vector<char> nothing_taken_;  // a run before its first event
  std::vector<event::Value> registers_;
  std::vector<std::uint64_t> present_;
  std::vector<std::uint32_t> leading_seen_;  // by leading absence
  std::vector<event::Value> restored_slots_;
  std::vector<std::uint64_t> restored_present_;
};

}  // namespace weir::nfa
