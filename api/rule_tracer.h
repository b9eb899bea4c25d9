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
#include <string>
#include <string_view>
#include <vector>

#include "nfa/event_context.h"
#include "nfa/explain.h"
#include "nfa/match_enumerator.h"
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
  // A line for each first event that gave no match: how far it got, and what came then.
  [[nodiscard]] std::vector<std::string> open_starts() const;

  [[nodiscard]] static std::vector<std::string> parts_of(const nfa::RuleImage& rule);
  [[nodiscard]] static std::vector<std::string> conditions_of(const nfa::RuleImage& rule);

 private:
  struct Start {  // of a run
    std::string key;
    std::string reached;  // the longest history from it, as text
    std::size_t length = 0;
    std::string last;  // what came last: a refusal, an end
    bool matched = false;
  };
  struct Key {
    std::string text;
    runtime::KeyEntry* entry = nullptr;
    nfa::RunStore* store = nullptr;
  };
  using Match = std::vector<nfa::TakenEvent>;

  void see(const std::string& bytes, const nfa::KeyExpr& expr, const nfa::Seen& seen);
  void see_all_keys(const nfa::Seen& seen);
  [[nodiscard]] Key& key_of(const std::string& bytes, const nfa::KeyExpr& expr,
                            const event::Row& row);
  void fall_due(Key& key, std::int64_t before_ms);
  [[nodiscard]] bool is_warm(std::int64_t ts_ms);
  void note(ExplainNote::Kind kind, std::string text);
  void cover_conditions(const nfa::Seen& seen);
  void explain_start(const nfa::Seen& seen);

  void on_take(const nfa::RunStore& store, nfa::PositionId position, std::uint32_t node) override;
  void on_refuse(const nfa::RunStore& store, const nfa::Cohort* cohort, nfa::AcceptorId acceptor,
                 std::int32_t condition) override;
  void on_end(const nfa::RunStore& store, const nfa::Cohort& cohort, End end,
              nfa::AcceptorId by) override;
  void on_match(const runtime::Alert& alert, bool withheld, bool first) override;

  [[nodiscard]] Match preferred(const nfa::RunStore& store, std::uint32_t node);
  [[nodiscard]] std::string history_text(const nfa::RunStore& store, const Match& match) const;
  [[nodiscard]] std::string part_name(std::size_t part) const;
  [[nodiscard]] std::string refusal_text(nfa::AcceptorId acceptor, std::int32_t condition);
  [[nodiscard]] std::string condition_text(nfa::AcceptorId acceptor, std::size_t index,
                                           bool with_registers);
  void cover(nfa::AcceptorId acceptor, std::size_t index);
  [[nodiscard]] std::size_t first_false(nfa::AcceptorId acceptor);
  [[nodiscard]] std::string when(std::int64_t ts_ms) const { return time_text_(ts_ms); }

  const runtime::LoadedImage& loaded_;
  std::uint32_t index_;
  const nfa::RuleImage& rule_;
  TraceListener* listener_;
  RuleCoverage* coverage_;
  runtime::EngineOptions options_;
  base::Pool pool_;
  nfa::EventContext context_;
  runtime::RuleRunner runner_;
  const nfa::RunStore::Layout& layout_;
  nfa::MatchEnumerator histories_;
  std::unique_ptr<runtime::KeyTable> table_;
  std::map<std::string, Key> keys_;        // by key bytes
  std::map<std::uint64_t, Start> starts_;  // by the first event's seq
  KeyFilter filter_;
  TimeText time_text_;
  std::int64_t first_seen_ms_ = INT64_MIN;
  std::int64_t warm_after_ms_ = 0;

  // Of the step under way.
  Key* key_ = nullptr;
  const nfa::Seen* seen_ = nullptr;
  std::int64_t now_ms_ = 0;
  std::set<std::string> said_;  // notes of this event, each once
};

}  // namespace weir::api
