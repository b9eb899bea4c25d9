// Steps one rule over events as the engine would, and says what it saw: what each event was taken
// as, which condition refused it and with which values, what ended a run. For `weir explain` and
// for the failure reports and the coverage of `weir test`; not for the hot path.
//
// It runs the engine's own RuleRunner over stores of its own, so that what it tells is what the
// engine does; only the routing is its own, since the shard leaves out events that cannot matter,
// and those are what an explanation is about. Events come in the order in which they are matched.
// Not thread-safe; the loaded image and the listener must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/rule_words.h"
#include "api/shown_events.h"
#include "api/start_book.h"
#include "nfa/event_context.h"
#include "nfa/explain.h"
#include "nfa/match_enumerator.h"
#include "nfa/match_registers.h"
#include "runtime/key_table.h"
#include "runtime/loaded_image.h"
#include "runtime/rule_runner.h"
#include "weir/explain.h"

namespace weir::api {

// What no event made true, gathered over many tracers of one rule (language L7).
struct RuleCoverage {
  bool fired = false;
  std::set<std::size_t> parts;       // taken, by nfa::PartId
  std::set<std::string> conditions;  // that were true, as in the texts of conditions_of()
};

class TraceListener {
 public:
  virtual ~TraceListener() = default;
  // `key` is as people read it: card=c1. `row` is null at a deadline.
  virtual void on_note(std::string_view rule, std::string_view key, const event::Row* row,
                       std::int64_t ts_ms, ExplainNote note) = 0;
};

class RuleTracer final : private nfa::StepObserver, private runtime::MatchReceiver {
 public:
  // Whether the rule's key of this event, by these fields, is one to be traced.
  using KeyFilter = std::function<bool(const nfa::KeyExpr& expr, const event::EventType& type,
                                       const event::Row& row)>;
  // How times are written in notes; the default is RFC 3339.
  using TimeText = std::function<std::string(std::int64_t)>;

  RuleTracer(const runtime::LoadedImage& loaded, std::uint32_t rule, TraceListener* listener,
             RuleCoverage* coverage);
  ~RuleTracer() override;

  void set_filter(KeyFilter filter) { filter_ = std::move(filter); }
  void set_time_text(TimeText text) { time_text_ = std::move(text); }

  void process(const event::Row& row);
  // Completes the deadlines before now_ms.
  void advance(std::int64_t now_ms);
  // A line for each first event that gave no match: how far it got, and what came then, up to the
  // time of the last event or advance(). To be called once, at the end.
  [[nodiscard]] std::vector<std::string> open_starts();
  // The deadlines that have not been passed, of absences at the end or of timeouts; in order.
  [[nodiscard]] std::vector<std::int64_t> open_deadlines(bool timeouts);

  [[nodiscard]] static std::vector<std::string> conditions_of(const nfa::RuleImage& rule);

 private:
  // First events that one refusal or end is told of at most; of them, each in a line of its own.
  static constexpr std::size_t kMostStarts = 1'000;
  static constexpr std::size_t kMostNotes = 10;
  // What an event is to a part, besides the condition that refuses it (StepObserver's numbers).
  static constexpr std::int32_t kTaken = -2;
  static constexpr std::int32_t kNotAsked = -3;  // of another type or key

  struct Key {
    std::string text;
    runtime::KeyEntry* entry = nullptr;
    nfa::RunStore* store = nullptr;
  };
  using Match = std::span<const nfa::TakenEvent>;
  using ForStart = std::function<void(const StartBook::Id& id, Match match)>;

  void see(const std::string& bytes, const nfa::KeyExpr& expr, const nfa::Seen& seen);
  void see_all_keys(const nfa::Seen& seen);
  [[nodiscard]] Key& key_of(const std::string& bytes, const nfa::KeyExpr& expr,
                            const event::Row& row);
  void fall_due(Key& key, std::int64_t before_ms);
  [[nodiscard]] bool is_warm(std::int64_t ts_ms);
  void note(ExplainNote::Kind kind, std::string text);
  void cover_conditions(const nfa::Seen& seen);
  void explain_start(const nfa::Seen& seen);
  void explain_no_start(const nfa::Seen& seen);
  void explain_waits(const nfa::Seen& seen);
  void explain_wait(const nfa::Edge& edge, nfa::Cohort& cohort);
  void explain_gap_over(const nfa::Edge& edge, nfa::Cohort& cohort);
  [[nodiscard]] std::string gap_over_text(const nfa::Edge& edge, const nfa::Cohort& cohort) const;
  void explain_expired(const nfa::Seen& seen);
  void settle();
  void explain_having();
  void close(Key& key);

  void on_take(const nfa::RunStore& store, nfa::PositionId position, std::uint32_t node) override;
  void on_refuse(const nfa::RunStore& store, const nfa::Cohort* cohort, nfa::AcceptorId acceptor,
                 std::int32_t condition) override;
  void on_end(const nfa::RunStore& store, const nfa::Cohort& cohort, End end,
              nfa::AcceptorId by) override;
  void on_match(const runtime::Alert& alert, bool withheld, bool first) override;

  [[nodiscard]] std::string changes_text(std::span<const runtime::ListChange> changes) const;

  // The preferred history of each first event that is alive below the root.
  void for_each_start(const nfa::RunStore& store, const nfa::Root& root, const ForStart& body);
  // The same, and notes of them: BEFORE history BEHIND.
  void tell_starts(const nfa::RunStore& store, const nfa::Root& root, ExplainNote::Kind kind,
                   const std::string& before, const std::string& behind, const ForStart& body);
  [[nodiscard]] static nfa::Root root_of(const nfa::RunStore& store, const nfa::Cohort& cohort);
  void refuse(const nfa::RunStore& store, const nfa::Cohort& cohort, const std::string& part,
              const std::string& why);
  [[nodiscard]] StartBook::Id start_id(const nfa::RunStore& store, Match match) const;
  [[nodiscard]] std::string history_text(const nfa::RunStore& store, Match match) const;
  // kTaken, kNotAsked, or the condition that refuses the event at hand, its registers loaded.
  [[nodiscard]] std::int32_t test(nfa::AcceptorId acceptor, nfa::Cohort& cohort);
  [[nodiscard]] std::string part_of(nfa::AcceptorId acceptor) const;
  [[nodiscard]] std::string refusal_text(nfa::AcceptorId acceptor, std::int32_t condition);
  [[nodiscard]] std::string condition_text(nfa::AcceptorId acceptor, std::size_t index,
                                           bool with_registers);
  [[nodiscard]] std::string having_text(const nfa::HavingCondition& condition);
  void cover(nfa::AcceptorId acceptor, std::size_t index);
  [[nodiscard]] std::size_t first_false(nfa::AcceptorId acceptor);
  [[nodiscard]] std::string when(std::int64_t ts_ms) const { return time_text_(ts_ms); }

  const runtime::LoadedImage& loaded_;
  std::uint32_t index_;
  const nfa::RuleImage& rule_;
  TraceListener* listener_;
  RuleCoverage* coverage_;
  runtime::EngineOptions options_{.exact_plans = true};  // all partial matches are told of
  base::Pool pool_;
  nfa::EventContext context_;
  runtime::RuleRunner runner_;
  const nfa::RunStore::Layout& layout_;
  nfa::MatchEnumerator histories_;
  nfa::MatchRegisters registers_;  // of a whole match, for `having`
  RuleWords words_;
  std::vector<bool> sees_;  // by event type; a rule that is off sees nothing
  std::unique_ptr<runtime::KeyTable> table_;
  std::map<std::string, Key> keys_;  // by key bytes
  StartBook starts_;
  // By acceptor, local type and condition: loaded once, since the loader keeps what it loads.
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, nfa::LoadedExplain> explains_;
  KeyFilter filter_;
  TimeText time_text_;
  std::int64_t first_seen_ms_ = INT64_MIN;
  std::int64_t warm_after_ms_ = 0;
  std::int64_t reached_ms_ = INT64_MIN;

  // Of the step under way.
  Key* key_ = nullptr;
  const nfa::Seen* seen_ = nullptr;
  std::int64_t now_ms_ = 0;
  std::set<std::string> said_;  // notes of this event, each once
  bool matched_ = false;        // a match was reported
  bool begun_ = false;          // the event was taken first, or was told why not
};

}  // namespace weir::api
