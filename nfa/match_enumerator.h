// Whole matches out of a match store, one at a time, in the order of preference (language L3.9):
// earliest first event, then more events, then the lexicographically smallest list of (event,
// part).
//
// Used at the moment that matches complete. Scratch is kept between uses; one per shard. Not
// thread-safe. The store must not change while a round is under way, but for its floors.
//
// The idea. The histories that end at the given roots form a graph with shared prefixes; it may
// stand for exponentially many. Turned round, from first events to roots, each node knows how
// many events at most still follow it, so the longest assignment from a first event is found by
// walking forward, always to the smallest (event, part) that still leads to the length wanted.
// Nodes that take the same event in the same part are walked as one set, however many ways the
// pattern has to get there. Parts that share a name can still give equal assignments (L3.5): those
// are remembered, and given once.
//
//   roots {d}    a1 ─► b2 ─► c3 ─► d4        from a1: length 4 first: a1 b2 c3 d4,
//                 └───────► c3 ─► d4                  then length 3: a1 c3 d4
//
// Cost: O(nodes below the roots) for the first match; for more, O(nodes * length / 64) once, then
// linear in the length of each match.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "nfa/automaton.h"
#include "nfa/run_store.h"
#include "nfa/stepper.h"

namespace weir::nfa {

struct TakenEvent {
  std::uint32_t event = 0;     // of the store
  std::uint16_t position = 0;  // of the automaton
};

class MatchEnumerator {
 public:
  // Begins a round over the histories that end at `roots`. `every`: those that give the same events
  // to the same names as one before are given too.
  void begin(const RunStore& store, const RunStore::Layout& layout, const Automaton& automaton,
             std::span<const Root> roots, bool every = false);
  // The next assignment, oldest event first; false: no more. Skips first events before
  // `start_floor`, and those in store.dead_starts.
  [[nodiscard]] bool next(std::uint32_t start_floor);
  [[nodiscard]] std::span<const TakenEvent> match() const { return match_; }
  // No more assignments from the first event of the last match.
  void leave_start() { leave_start_ = true; }

 private:
  void begin_locals();
  [[nodiscard]] std::uint32_t local_of(std::uint32_t node) const {
    return places_[node].walk == walk_ ? places_[node].local : kNoNode;
  }
  void set_local(std::uint32_t node, std::uint32_t local) { places_[node] = {walk_, local}; }
  struct Local {  // a reachable node
    std::uint32_t node = 0;
    std::int32_t longest = -1;  // most events after it on the way to a root; -1: none leads there
    std::uint32_t floor = kNoEvent;  // the lowest floor of the roots that it leads to
    bool root = false;
    std::uint32_t root_floor = 0;
    std::uint32_t up_begin = 0;  // of ups_: nodes that stand on it
    std::uint32_t up_end = 0;
  };
  // The event taken at one depth of the walk, and the nodes that take it in one part. Frames
  // hold the choice made only; the next one is sought when it is needed, so that a walk of n
  // events never holds n lists of n choices.
  struct Frame {
    bool chosen = false;
    std::uint32_t event = 0;
    std::uint16_t order = 0;
    std::uint16_t position = 0;
    std::vector<std::uint32_t> nodes;  // locals
  };

  void collect();
  void measure();
  [[nodiscard]] bool next_start(std::uint32_t start_floor);
  void open_length();
  [[nodiscard]] bool leads(std::uint32_t local, std::int32_t remaining);
  void measure_lengths();
  template <typename Body>
  void for_candidates(std::size_t depth, std::int32_t remaining, Body body);
  [[nodiscard]] bool advance(std::size_t depth, std::int32_t remaining);
  [[nodiscard]] bool choose_at(std::size_t depth, std::int32_t remaining, std::uint32_t event,
                               bool after_current);
  [[nodiscard]] bool is_repeated();
  [[nodiscard]] std::uint16_t order_of(std::uint32_t local) const;

  const RunStore* store_ = nullptr;
  const RunStore::Layout* layout_ = nullptr;
  const Automaton* automaton_ = nullptr;
  std::span<const Root> roots_;
  std::vector<Local> locals_;  // ascending by node
  std::vector<std::uint32_t> ups_;
  struct Place {
    std::uint32_t walk = 0;  // of which begin()
    std::uint32_t local = 0;
  };
  std::vector<Place> places_;  // by node
  std::uint32_t walk_ = 0;
  std::vector<std::uint32_t> starts_;  // locals that take a first event, ascending by event
  std::size_t next_start_ = 0;
  std::vector<std::uint32_t> current_starts_;
  std::uint32_t start_event_ = 0;
  std::int32_t length_ = -1;  // events after the first, of the matches under way
  std::int32_t max_length_ = -1;
  bool lengths_known_ = false;
  std::vector<std::uint64_t> lengths_;  // by local: bit r, a root is r events away
  std::size_t length_words_ = 0;
  std::vector<Frame> frames_;
  std::size_t depth_ = 0;
  std::vector<TakenEvent> match_;
  bool leave_start_ = false;
  bool open_ = false;  // frames_ hold a walk under way
  std::vector<std::uint32_t> pending_;
  std::vector<std::uint32_t> at_event_;  // candidates of one event, in choose_at()
  std::vector<std::uint32_t> visited_;   // by local: epoch of the last expand()
  std::uint32_t epoch_ = 0;
  bool every_ = false;
  std::unordered_set<std::string> given_;  // assignments, as events and labels
};

}  // namespace weir::nfa
