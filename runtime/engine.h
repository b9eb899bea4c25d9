// Events in, alerts and decisions out: the engine over one loaded image.
//
// Used by the api room, which feeds it rows and turns what it reports into lines. An Engine is used
// by one thread at a time and owns all mutable state; with an executor it shares its work out: rows
// are routed in parallel, each shard steps the keys that it owns, and what they report is put in
// order again. The image must outlive it.
//
// Invariants
// 1. Output depends on the input alone: not on threads, batches, times of calls or hash seeds.
// 2. Alerts and decisions are reported in the order of the events and deadlines that completed
//    them; at one moment by rule, then key bytes, then preference (product.md P1).
// 3. What a report points to is valid during the call only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "base/hash.h"
#include "event/row.h"
#include "nfa/image.h"
#include "runtime/live_lists.h"

namespace weir::runtime {

enum class Order : std::uint8_t {
  kWatermark,  // event-time order up to the lateness, ties by arrival
  kArrival,    // each event as it comes
};

enum class LatePolicy : std::uint8_t {
  kDrop,     // counted, not processed
  kProcess,  // counted, matched at the clock
};

struct EngineOptions {
  Order order = Order::kWatermark;
  std::int64_t lateness_ms = 0;
  LatePolicy late = LatePolicy::kDrop;
  std::int64_t max_future_ms = -1;  // ahead of the stream's newest time; < 0: not checked
  bool keep_raw = false;            // whole records of matched events (`--match events`)
  bool all_decisions = false;       // a decision also for events on which no rule fired
  bool show_events = false;         // Sink::on_event() is called
  // Every rule keeps all its partial matches, also one that could detect by fronts: to look at
  // them.
  bool exact_plans = false;
  // As tests in rule files want it: every rule is active at any time, a canary live for all keys.
  bool all_active = false;
  // Nodes or events at which a key's match store is first looked at for gaps; tests set it low.
  std::uint32_t first_compaction = 16;
  // Events of a window group up to which a key is kept as these alone; tests set it low.
  std::uint32_t few_events = 16;
  // Runs the shards; must outlive the engine. None: one shard, on the calling thread.
  base::Executor* executor = nullptr;
  std::size_t shards = 0;  // 0: as many as the executor runs at a time
  // Of the same image; none: the engine's own, as the image has them.
  std::shared_ptr<LiveLists> lists;
};

struct ReportedValue {
  std::string_view name;
  const event::Type* type = nullptr;
  bool present = false;
  event::Value value;
};

struct MatchedEvent {
  std::uint64_t seq = 0;  // event::Row::kNoPosition: an alert or a result of a stream
  std::int64_t ts_ms = 0;
  std::string_view identity;  // from `id`; empty if it has none
  std::string_view raw;       // if kept
};

struct MatchedPart {
  std::string_view name;  // as bound, or the event's type
  std::vector<MatchedEvent> events;
};

struct Alert {
  base::Hash128 id;
  std::string_view key_bytes;  // as runtime/key_codec.h makes them
  std::uint32_t rule = 0;      // of Image::rules
  bool live = true;            // has effect; else what a shadow rule says
  bool is_timeout = false;
  bool truncated = false;
  std::span<const ReportedValue> key;
  std::int64_t ts_ms = 0;  // when the match completed
  bool has_seq = false;    // an event completed it
  std::uint64_t seq = 0;   // kNoPosition: one that the engine made, called `completed_by`
  std::string_view completed_by;
  // Of what an alert or a result of a stream completed: no event of the input led to it, so it
  // counts for no decision.
  bool of_deadline = false;
  std::int32_t decision = -1;  // of Image::decisions
  bool has_score = false;
  event::Value score;  // decimal
  std::string_view reason;
  std::span<const ReportedValue> emits;
  std::span<const MatchedPart> match;   // in the order of the first event of each
  std::span<const ListChange> changes;  // of lists, in the order written
};

struct FiredRule {
  std::uint32_t rule = 0;
  bool live = true;
  bool has_score = false;
  event::Value score;  // decimal
  std::string reason;
  base::Hash128 alert;
  bool overridden = false;  // a final decision of another won (L5.2)
};

struct Decision {
  const event::Row* event = nullptr;
  std::int32_t decision = 0;  // of Image::decisions
  event::Value score;         // decimal: of the live rules, added up
  std::span<const FiredRule> rules;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_alert(const Alert& alert) = 0;
  virtual void on_decision(const Decision& decision) = 0;
  // An event in its turn, alerts and results of streams that rules look at included, with the
  // values of features; after all that the events and deadlines about it completed has been
  // reported. For those who show what rules do with it.
  virtual void on_event(const event::Row& /*row*/) {}
  // An event that was not processed (dropped as late, or too far ahead).
  enum class Refusal : std::uint8_t { kLate, kFuture };
  virtual void on_refused(const event::Row& row, Refusal refusal) = 0;
};

struct EngineStats {
  std::uint64_t accepted = 0;
  std::uint64_t late = 0;
  std::uint64_t future = 0;
  std::uint64_t clamped = 0;  // matched at a later time than their own (arrival order)
  std::uint64_t alerts = 0;
  std::uint64_t withheld = 0;          // by cooldown
  std::uint64_t late_for_streams = 0;  // events that came when their window's result was out
  std::uint64_t limited = 0;           // events forgotten by `limit`
  std::uint64_t unexamined = 0;        // moments at which more than 100,000 assignments stood
  std::vector<std::uint64_t> alerts_by_rule;
  std::vector<std::uint64_t> decisions;  // by Image::decisions
  std::uint64_t overflow = 0;
  std::uint64_t division_by_zero = 0;
  std::uint64_t partial_matches = 0;  // cohorts open now
  // The most that were open after an event. What is over counts until its memory is given back.
  std::uint64_t peak_partial_matches = 0;
  std::uint64_t state_bytes = 0;
  bool has_watermark = false;
  std::int64_t watermark_ms = 0;
};

class Engine {
 public:
  // kCorrupt if a program of the image does not load (an unknown time zone, for one).
  [[nodiscard]] static base::Result<std::unique_ptr<Engine>> create(const nfa::Image& image,
                                                                    const EngineOptions& options);
  virtual ~Engine() = default;

  // Whether process() would take the event, or refuse it as late or too far ahead.
  [[nodiscard]] virtual bool takes(const event::Row& row) const = 0;
  // Takes an event, which has to live until the next run(), or refuses it: the sink hears of that
  // at once.
  virtual void add(const event::Row& row, Sink& sink) = 0;
  // What the events taken, and the deadlines before them, complete goes to the sink. To add many
  // and then run is faster than to process each; the output is the same.
  virtual void run(Sink& sink) = 0;
  // Takes one event; what it and the deadlines before it complete goes to the sink.
  void process(const event::Row& row, Sink& sink) {
    add(row, sink);
    run(sink);
  }
  // These three run what was added first. Event time has reached now_ms: no event before it will
  // come. Completes what fell due before.
  virtual void advance_time(std::int64_t now_ms, Sink& sink) = 0;
  // The input has ended, and with it time: everything still open falls due.
  virtual void finish(Sink& sink) = 0;
  // The input has ended and will go on: what waits for its turn is processed, deadlines stay open.
  virtual void flush(Sink& sink) = 0;
  [[nodiscard]] virtual EngineStats stats() const = 0;
  // To look at, and to change between two calls of the above: see there for other threads.
  [[nodiscard]] virtual LiveLists& lists() = 0;
};

}  // namespace weir::runtime
