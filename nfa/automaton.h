// The automaton of one rule: a position (Glushkov) automaton over the parts of its pattern.
//
// Made by the compiler, carried in the image, stepped by nfa/stepper.h. Plain data, immutable,
// shared between threads.
//
// The idea. Every quantifier is unrolled to its minimum, so a *position* is one repetition of one
// part in one place of the text. A run that has taken an event at position p stands on an *edge*
// p -> q: it waits for the event that q takes. Since language L3.5 defines a pattern as the union
// of plain chains, each matched as if it stood alone, a run that may go on in several ways simply
// stands on several edges, and they never speak to each other. All that the links, gaps, `without`,
// `until` and `greedy` say is a property of the edge:
//
//   when A as a  without X  then some B greedy until c  then within 5m C
//
//   start ─► A ──┬─(then; without X; stop c)──► B1 ─┬─(then; kill by c)─► B2 ⟲
//                                                   └─(then within 5m; shadow B1→B2)─► C ─► match
//
// `greedy` becomes *shadow* edges of the edge that leaves the repetition: while the run waits for
// C, it watches as if it also waited for the next B. If that shadow wait would take an event, the
// run ends (L3.4: neither taken nor skipped); if the shadow itself ends (row broken, `until`,
// gap over), it falls silent.
//
// Invariants
// 1. Edges of one position are contiguous: Position::edges.
// 2. A shadow edge has no shadows of its own and belongs to no position's list.
// 3. Acceptors are dense over the rule's own event types (local types): by_type[local].
// 4. Symbols of a local type are fewer than kMaxSymbols; event registers and aggregates at most
//    kMaxRegisters each; kept slots of a type at most kMaxKept.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/ids.h"
#include "event/schema.h"
#include "nfa/register.h"

namespace weir::nfa {

using PositionId = base::Id<struct PositionTag, std::uint16_t>;
using EdgeId = base::Id<struct EdgeTag, std::uint16_t>;
using AcceptorId = base::Id<struct AcceptorTag, std::uint16_t>;
using PartId = base::Id<struct PartTag, std::uint16_t>;
using PredicateId = base::Id<struct PredicateTag>;  // image-wide: a single-event condition
using ProgramId = base::Id<struct ProgramTag>;      // image-wide

// Bit i: the event satisfies symbol i of its local type. One bit a distinct single-event condition
// of a part, `without` or `until`.
using SymbolMask = unsigned __int128;
inline constexpr int kMaxSymbols = 128;
inline constexpr int kMaxTypes = 64;  // event types of a rule
inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

template <typename T>
struct Range {  // [begin, end) of an array of the rule
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - begin; }
};

// What an event must satisfy beyond its symbol: conditions that look at earlier parts.
struct DynamicCondition {
  ProgramId program;
  Range<std::uint16_t> registers;  // of Automaton::register_lists: what the program reads
};

inline constexpr std::uint8_t kNeverAccepts = 0xFF;

struct TypeAcceptor {
  std::uint8_t symbol = kNeverAccepts;  // the single-event part of the condition
  Range<DynamicCondition> conditions;   // of Automaton::conditions
};

struct Acceptor {
  PartId part;                // of Automaton::parts; for an absence or a stop, what `explain` names
  std::uint8_t key_expr = 0;  // which of the rule's key expressions its events are keyed by
  std::uint64_t next_types =
      ~std::uint64_t{0};        // bit per local type: what `next` looks at (`among`)
  Range<TypeAcceptor> by_type;  // of Automaton::type_acceptors: one a local type
};

// A `without` at the end.
struct TrailingAbsence {
  AcceptorId acceptor;
  bool next = false;
  std::int64_t duration_ms = kNoLimit;  // kNoLimit: until the rule's `within` runs out
};

// A way for a chain to end at a position.
struct Ending {
  Range<TrailingAbsence> trailing;  // of Automaton::trailing; empty: the match completes at once
  std::uint64_t live_events = 0;    // what the trailing absences read
  std::uint64_t live_aggregates = 0;
  bool needs_start = false;  // a deadline counts from the first event
};

struct Position {
  PartId part;
  AcceptorId acceptor;
  Range<EdgeId> edges;    // of Automaton::edges
  Range<Ending> endings;  // of Automaton::endings: ways for a chain to end here
};

enum class EdgeKind : std::uint8_t {
  kThen,   // skip till next match: wait until q accepts
  kNext,   // strict contiguity: the very next event the rule sees
  kEvery,  // skip till any match: accept, and wait on as well
};

struct Edge {
  PositionId from;  // invalid: the start
  PositionId to;
  EdgeKind kind = EdgeKind::kThen;
  std::int64_t after_ms = 0;  // gap from the last taken event, limits included
  std::int64_t within_ms = kNoLimit;
  Range<AcceptorId>
      guards;  // `without X`: an event that one accepts, and q does not take, ends the run
  Range<AcceptorId> next_guards;  // `without next X`: the very next event must not be accepted
  Range<AcceptorId> stops;        // `until`: q takes no event that one accepts ...
  Range<AcceptorId> kills;  // ... and on an edge inside the repetition such an event ends the run
  Range<EdgeId> shadows;    // of Automaton::shadows: greedy repetitions that could still take
  bool strict = false;      // every event seen matters: `next`, `without next`, a strict shadow
  bool needs_last_time = false;   // its own or a shadow's gap: the last taken event's time is live
  Range<SymbolMask> interest;     // one a local type: symbols that can change a run on this edge
  std::uint64_t live_events = 0;  // event registers that something from here on reads
  std::uint64_t live_aggregates = 0;
};

// A `without` at the start of the pattern: no event like this at most `duration` before the first.
struct LeadingAbsence {
  AcceptorId acceptor;
  std::int64_t duration_ms = 0;
  bool reads_first = false;  // its condition looks at the first part's event
};

struct PartInfo {
  std::string name;    // as bound by `as`; empty if unnamed
  std::string source;  // for explain: `auth as hit where ...`
  std::uint32_t min_count = 1;
  bool absence = false;  // a `without` or an `until`, never taken
};

inline constexpr int kMaxKept = 64;
inline constexpr int kMaxRegisters = 64;  // remembered events, and likewise aggregates, of a rule

// An event that a run remembers: the first or the last that parts of one name have taken.
struct EventRegister {
  std::uint16_t name = 0;  // of Automaton::names
  bool first = false;      // first(name); else the last
};

// A running aggregate over what parts of one name have taken.
struct RunAggregate {
  RegisterKind kind = RegisterKind::kCount;      // kCount or an aggregate
  std::uint16_t name = 0;                        // of Automaton::names
  event::TypeKind type = event::TypeKind::kInt;  // of the field
  std::vector<std::int16_t> kept;  // by local type: the field's place in a kept event; -1
};

// Where the value of a register comes from while a run is under way.
struct RegisterSource {
  enum class From : std::uint8_t {
    kEvent,
    kTime,
    kAggregate,
    kKey,
    kCompleting,  // the event that completes a match: for `having` and outcomes only
  } from = From::kEvent;
  std::uint16_t index = 0;  // of event_registers, aggregates, or the key's fields
  // kEvent, kCompleting: by local type, the field's place in a kept event; -1.
  std::vector<std::int16_t> kept;
};

struct Automaton {
  std::vector<event::EventTypeId> types;  // by local type
  std::vector<std::int16_t> local_type;   // by EventTypeId: local type or -1
  std::vector<std::string> names;         // the names of parts, in the order of the text
  std::vector<PartInfo> parts;
  // By PartId: the name under which conditions and outcomes know it (an unnamed part: its type's,
  // if that is unique), and the name that it was given; of names, 0xFFFF if there is none.
  std::vector<std::uint16_t> part_name;
  std::vector<std::uint16_t> part_label;
  bool labels_shared = false;  // two parts that take events have one label

  std::vector<Acceptor> acceptors;
  std::vector<TypeAcceptor> type_acceptors;
  std::vector<DynamicCondition> conditions;
  std::vector<std::uint16_t> register_lists;
  std::vector<AcceptorId> acceptor_lists;  // what the guards, stops and kills of edges index
  std::vector<SymbolMask> interests;

  // Symbols: by local type, each a conjunction of predicates.
  struct Symbol {
    Range<PredicateId> predicates;  // of Automaton::predicates
  };
  std::vector<std::vector<Symbol>> symbols;
  std::vector<PredicateId> predicates;

  std::vector<Position> positions;
  std::vector<Edge> edges;
  std::vector<EdgeId> shadows;
  Range<EdgeId> start_edges;  // of edges, from the start
  std::vector<LeadingAbsence> leading;
  std::vector<TrailingAbsence> trailing;
  std::vector<Ending> endings;

  std::vector<RegisterDesc> registers;  // what conditions and outcomes read, by register
  std::vector<RegisterSource> sources;  // by register
  std::vector<EventRegister> event_registers;
  std::vector<RunAggregate> aggregates;
  // By local type: the fields that are kept of an event that a run takes, by slot.
  std::vector<std::vector<std::uint16_t>> kept_slots;
  std::vector<std::vector<std::uint8_t>> kept_is_text;  // likewise: 1 where the field is a string

  // By local type.
  std::vector<SymbolMask> start_interest;    // symbols of first parts
  std::vector<SymbolMask> leading_interest;  // symbols of leading absences
  std::vector<SymbolMask> other_interest;    // all other symbols
  std::vector<SymbolMask> part_interest;     // symbols of parts: what is retained (L3.11)
  bool strict =
      false;  // some edge is strict, or a trailing `without next`: every event seen counts
  bool split_by_start = false;  // runs with other first events are kept apart (deadlines, timeouts)
  std::int64_t within_ms = kNoLimit;  // the rule's: last taken event at most this after the first
  std::uint32_t limit = 10'000;       // events retained for a key (L3.11)
  bool keeps_timeouts = false;        // the rule has a `timeout`
  bool even_when_warming = false;

  [[nodiscard]] const TrailingAbsence& trailing_of(const Ending& ending, std::uint32_t i) const {
    return trailing[ending.trailing.begin + i];
  }
};

}  // namespace weir::nfa
