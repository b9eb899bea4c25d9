// The match store of one rule and one key: every partial match under way, shared where they share.
//
// Used by the Stepper (nfa/stepper.h), which is the only one to change it, by MatchEnumerator,
// which reads matches out of it, and by the shard that owns it. Not thread-safe.
//
// The idea. A *run* is a partial match. Runs that stand on the same edge and remember the same
// things have the same future, whatever they took before, so they are one *cohort*: its `set` is
// the root of a graph of nodes that stands for all their histories. A take node appends an event
// to every history in its child; a union node joins two sets (the compact set of CORE's tECS,
// VLDB 2022). One event costs O(1) nodes for each cohort that it moves, however many runs that is,
// and however many of them share a prefix.
//
//   a1 a2 b3 b4   under  `a then some b in any combination then c`
//   cohort(b->c):  union( take b4 ← union(take b3 ← (a1|a2), (a1|a2)) , take b3 ← (a1|a2) )
//
// Invariants
// 1. A node's children have smaller ids than the node. Events of a take are newer than those below.
// 2. max_start of a node is the newest first event of its histories; since events are numbered in
//    the order of processing, `max_start < floor` says that nothing below is alive.
// 3. Kept events are numbered in order; ids are indices, renumbered by compact().
// 4. Nothing is freed one by one: when an array is full, compact() copies what is still reachable
//    and alive, and the arrays double if that was more than half. So memory is at most four times
//    what is alive, amortised O(1) a node, and no sweep ever looks at a key that got no event.
//
// Cost: 20 bytes a node; a cohort is 64 bytes and 4 a remembered event, 64 a running aggregate.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "event/row.h"
#include "nfa/automaton.h"

namespace weir::nfa {

inline constexpr std::uint32_t kNoNode = 0xFFFFFFFF;
inline constexpr std::uint32_t kNoEvent = 0xFFFFFFFF;
inline constexpr std::uint32_t kNoCohort = 0xFFFFFFFF;
inline constexpr std::uint16_t kUnionPosition = 0xFFFF;

struct Node {
  std::uint32_t event = kNoEvent;  // take: the event taken
  std::uint32_t left =
      kNoNode;  // take: the set before it, kNoNode for a first event; union: one side
  std::uint32_t right = kNoNode;            // union: the other side
  std::uint32_t max_start = 0;              // the newest first event below
  std::uint16_t position = kUnionPosition;  // take: the position that took it
  [[nodiscard]] bool is_union() const { return position == kUnionPosition; }
};

// An event that some run has taken, followed by its kept fields (Automaton::kept_slots).
struct alignas(16) KeptEvent {
  std::int64_t ts_ms = 0;      // at which it was matched
  std::int64_t own_ts_ms = 0;  // its own; earlier, where it came after its time
  std::uint64_t seq = 0;
  std::uint64_t present = 0;   // bit i: kept field i
  std::uint32_t identity = 0;  // offset in the texts; size 0: the event has none
  std::uint32_t identity_size = 0;
  std::uint32_t raw = 0;  // likewise the whole record, if it is kept
  std::uint32_t raw_size = 0;
  std::uint64_t retained = 0;  // events retained up to it, itself included (L3.11)
  std::uint16_t local_type = 0;

  [[nodiscard]] const event::Value* values() const {
    return reinterpret_cast<const event::Value*>(this + 1);
  }
  [[nodiscard]] event::Value* values() { return reinterpret_cast<event::Value*>(this + 1); }
};

// A running aggregate. Extremes are kept as the event that holds them.
struct AggregateState {
  event::Int128 exact_sum = 0;
  double float_sum = 0;
  double mean = 0;
  double squares = 0;
  std::uint64_t count = 0;  // values fed; for kCount, events
  std::uint32_t extreme = kNoEvent;
  std::uint32_t padding[3] = {0, 0, 0};  // cohorts are compared as bytes
};
static_assert(sizeof(AggregateState) == 64);

inline constexpr std::uint16_t kPendingEdge = 0xFFFF;  // waits for trailing absences only
inline constexpr std::uint16_t kFreedEdge = 0xFFFE;    // none: the cohort is free

struct Cohort {
  std::uint32_t next = kNoCohort;  // of the same edge; or of the free list
  std::uint32_t previous = kNoCohort;
  std::uint32_t set = kNoNode;
  std::uint32_t max_start = 0;          // of the set
  std::uint32_t start = kNoEvent;       // the one first event, where runs are split by it
  std::int64_t last_ms = 0;             // time of the last taken event, where it matters
  std::int64_t deadline_ms = kNoLimit;  // pending: when the match completes
  std::uint32_t floor = 0;    // pending: oldest first event that was alive at the last take
  std::uint32_t shadows = 0;  // bit i: the i-th shadow of the edge still watches
  std::uint32_t next_guards_open = 0;  // bit i: the i-th `without next` is undecided
  std::uint16_t edge = 0;              // kPendingEdge: see ending
  std::uint16_t ending = 0;            // pending: of Automaton::endings
  bool fresh = false;                  // no event seen since the last taken one
  bool gap_over = false;               // only kept for its timeout
};

// What a store keeps besides when it has had a long list of cohorts, so that no step or deadline
// has to walk one to find a single cohort in it. Entries are left behind by cohorts that have gone
// or changed: whoever finds one looks whether it still says the truth. compact() empties both
// arrays, and they are made again when they are wanted.
struct Crowd {
  struct Due {
    std::int64_t deadline_ms = 0;
    std::uint32_t cohort = kNoCohort;
  };
  // Ids by the hash of what a run remembers: open addressing, a power of two; empty: not made.
  base::PoolVector<std::uint32_t> by_future;
  std::uint32_t futures = 0;  // entries of by_future
  base::PoolVector<Due> due;  // pending cohorts: a heap, the earliest deadline on top
  bool has_due = false;       // due is made
  // prune() need not look at every cohort for so many calls: as many as it found alive last time.
  std::uint32_t calls_to_spare = 0;
};

struct RunSeed;

class RunStore {
 public:
  // What follows from the automaton once.
  struct Layout {
    explicit Layout(const Automaton& automaton);
    std::uint32_t event_bytes = 0;
    std::uint32_t cohort_bytes = 0;
    std::uint32_t registers = 0;  // remembered events a cohort
    std::uint32_t aggregates = 0;
    std::uint32_t edges = 0;
    std::uint32_t aggregates_at = 0;  // offset in a cohort
    // Nodes or events that a store may have before it is looked at for gaps the first time. Tests
    // set it low.
    std::uint32_t first_compaction = 16;
    // A list of more cohorts is long. Likewise.
    std::uint32_t few = 8;
    // Where create() puts the first arrays, behind the store itself; the last is the block's size.
    std::uint32_t first_cohorts = 0, first_nodes = 0, first_events = 0, block_bytes = 0;
  };

  // A store in one block of the pool, with room for a run or two before it needs more.
  [[nodiscard]] static RunStore* create(const Layout& layout, base::Pool& pool);
  static void destroy(RunStore* store, base::Pool& pool);

  [[nodiscard]] bool empty() const { return cohorts_live_ == 0; }
  [[nodiscard]] std::uint32_t cohorts_live() const { return cohorts_live_; }
  void release(base::Pool& pool);

  // ---- events
  [[nodiscard]] const KeptEvent& event(const Layout& layout, std::uint32_t id) const {
    return *reinterpret_cast<const KeptEvent*>(events_.data() +
                                               std::size_t{id} * layout.event_bytes);
  }
  [[nodiscard]] std::uint32_t event_count(const Layout& layout) const {
    return events_.size() / layout.event_bytes;
  }
  std::uint32_t keep(const Layout& layout, const Automaton& automaton, base::Pool& pool,
                     const event::Row& row, std::int64_t match_ms, std::uint16_t local_type,
                     bool keep_raw);
  // The event of a seed, in a store that has none.
  std::uint32_t keep(const Layout& layout, base::Pool& pool, const RunSeed& seed);
  // Forgets all events, for a store that holds the one event of a match and no runs.
  void forget_events() {
    events_.clear();
    texts_.clear();
  }
  [[nodiscard]] std::string_view text(std::uint32_t offset, std::uint32_t size) const {
    return {texts_.data() + offset, size};
  }
  // The value of a kept field; false if absent. Points into the store until it next changes.
  [[nodiscard]] bool kept_value(const Layout& layout, const Automaton& automaton,
                                std::uint32_t event, std::size_t kept, event::Value* out) const;

  // ---- nodes
  [[nodiscard]] const Node& node(std::uint32_t id) const { return nodes_[id]; }
  [[nodiscard]] std::uint32_t node_count() const { return nodes_.size(); }
  std::uint32_t add_take(base::Pool& pool, std::uint32_t event, std::uint16_t position,
                         std::uint32_t before);
  std::uint32_t add_union(base::Pool& pool, std::uint32_t left, std::uint32_t right);

  // ---- cohorts
  [[nodiscard]] Cohort& cohort(const Layout& layout, std::uint32_t id) {
    return *reinterpret_cast<Cohort*>(cohorts_.data() + std::size_t{id} * layout.cohort_bytes);
  }
  [[nodiscard]] std::uint32_t* remembered(Cohort& cohort) {
    return reinterpret_cast<std::uint32_t*>(&cohort + 1);
  }
  [[nodiscard]] AggregateState* aggregates(const Layout& layout, Cohort& cohort) {
    return reinterpret_cast<AggregateState*>(reinterpret_cast<char*>(&cohort) +
                                             layout.aggregates_at);
  }
  std::uint32_t new_cohort(const Layout& layout, base::Pool& pool, const Cohort& like);
  // Puts a cohort at the head of a list; takes it out and frees it.
  void link(const Layout& layout, std::uint32_t list, std::uint32_t id);
  void drop_cohort(const Layout& layout, std::uint32_t list, std::uint32_t id);
  [[nodiscard]] std::uint32_t& head(std::uint32_t edge) { return heads_[edge]; }
  [[nodiscard]] std::uint32_t head(std::uint32_t edge) const { return heads_[edge]; }
  void prepare(const Layout& layout, base::Pool& pool);
  Crowd& need_crowd(base::Pool& pool);

  // Drops what is dead and closes the gaps, if the arrays have doubled since the last time. Ids
  // change: hold none across it.
  struct Maps {                        // scratch: by old id
    std::vector<std::uint32_t> node;   // its new id; kNoNode: dropped. While marking: 0 is marked
    std::vector<std::uint32_t> event;  // number of kept events before it
    std::vector<std::uint8_t> kept;    // 1: the event is kept
  };
  void make_room(const Layout& layout, const Automaton& automaton, base::Pool& pool, Maps& maps);
  [[nodiscard]] std::size_t bytes() const;

  // ---- what the Stepper keeps here
  std::uint32_t alive_floor = 0;  // first events before it are dead: window, limit or skip
  std::uint32_t skip_floor = 0;   // likewise, by skip alone
  Crowd* crowd = nullptr;         // if there ever was a long list
  // From then on no run is alive that was placed on an edge whose gap has a limit.
  std::int64_t gaps_over_ms = INT64_MIN;
  std::int64_t last_begin_ms = INT64_MIN;  // when the newest run began
  std::uint64_t tokens = 0;                // given to runs that must stay apart (distinct)
  std::uint64_t retained = 0;  // events seen that satisfy some part's single-event conditions
  std::int64_t cooldown_until_ms = INT64_MIN;
  std::int64_t newest_ms = INT64_MIN;           // newest event or deadline that it has seen
  std::int64_t armed_ms = kNoLimit;             // the timer of this key and rule stands here
  std::uint32_t serial = 0;                     // of the table of keys: no other store has it
  bool awaits_expiry = false;                   // it stands in a queue of those that may be over
  base::PoolVector<std::uint32_t> dead_starts;  // skip to next; ascending
  struct Leading {                              // an event that a leading absence looks at
    std::uint32_t absence;
    std::uint32_t event;
  };
  base::PoolVector<Leading> leading;  // in order
  struct Start {                      // for timeouts, in order
    std::uint32_t event;
    std::uint32_t matched;
  };
  base::PoolVector<Start> starts;
  struct Logged {  // an event that the rule saw
    SymbolMask symbols = 0;
    std::uint32_t event = 0;
    std::uint16_t local_type = 0;
  };
  base::PoolVector<Logged> log;  // in order, where the plan is by fronts

 private:
  struct Compaction;

  base::PoolVector<char> events_;
  base::PoolVector<char> texts_;
  base::PoolVector<Node> nodes_;
  base::PoolVector<char> cohorts_;
  base::PoolVector<std::uint32_t> heads_;  // by edge; the last: pending
  std::uint32_t block_bytes_ = 0;          // of create()
  std::uint32_t free_cohort_ = kNoCohort;
  std::uint32_t cohorts_live_ = 0;
  std::uint32_t compact_at_nodes_ = 0;
  std::uint32_t compact_at_events_ = 0;
};

}  // namespace weir::nfa
