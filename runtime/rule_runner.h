// One rule in one shard: its stepper, and what a match of it becomes (language L5): outcomes
// evaluated, cooldown, the alert with its id. Reused for every key. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "nfa/match_rebuilder.h"
#include "nfa/moment.h"
#include "nfa/stepper.h"
#include "runtime/engine.h"
#include "runtime/key_table.h"
#include "runtime/loaded_image.h"
#include "runtime/match_output.h"

namespace weir::runtime {

class RuleRunner {
 public:
  RuleRunner(const LoadedImage& loaded, std::uint32_t rule, nfa::EventContext& context,
             base::Pool& pool, const EngineOptions& options);

  [[nodiscard]] const nfa::RuleImage& rule() const { return rule_; }
  [[nodiscard]] nfa::Stepper& stepper() { return stepper_; }

  // An event that the rule sees for a key. `seq` of the alert is the event's.
  void see(nfa::RunStore& store, const KeyEntry& entry, const nfa::Seen& seen,
           MatchReceiver& receiver);
  // A rule of one event: no store, no key entry.
  void see_stateless(const nfa::Seen& seen, std::string_view key, MatchReceiver& receiver);
  // Deadlines and timeouts of `store` at deadline_ms.
  void fall_due(nfa::RunStore& store, const KeyEntry& entry, std::int64_t deadline_ms,
                MatchReceiver& receiver);

  // What a key of the rule was made of; valid until the next event, deadline or call.
  [[nodiscard]] std::span<const event::Value> key_values(std::string_view key);

  [[nodiscard]] std::uint64_t unexamined() const { return unexamined_; }

 private:
  struct Completion {
    std::int64_t ts_ms = 0;
    const event::Row* row = nullptr;  // null: a deadline
  };
  struct KeyRef {
    std::string_view bytes;
    std::span<const event::Value> values;
  };

  void fire(nfa::RunStore& store, const KeyEntry& entry, const nfa::Seen& seen,
            MatchReceiver& receiver);
  [[nodiscard]] bool fire_rebuilt(nfa::RunStore& store, const KeyRef& key,
                                  const Completion& completion, bool keep_raw,
                                  MatchReceiver& receiver);
  [[nodiscard]] bool is_active(std::int64_t ts_ms) const {
    return (ts_ms >= rule_.active_from_ms && ts_ms < rule_.active_until_ms) || options_.all_active;
  }
  [[nodiscard]] bool is_live(std::string_view key) const;
  void report(nfa::RunStore& store, const KeyRef& key, const Completion& completion,
              MatchReceiver& receiver);
  void report_one(nfa::RunStore& store, const KeyRef& key, std::span<const nfa::TakenEvent> match,
                  const Completion& completion, const nfa::Outcomes& outcomes, Alert& alert);
  void fill_match(const nfa::RunStore& store, std::span<const nfa::TakenEvent> match);
  void fill_key(const KeyRef& key);
  void fill_changes(nfa::RunStore& store, const KeyRef& key, std::span<const nfa::TakenEvent> match,
                    const nfa::Outcomes& outcomes, std::int64_t ts_ms);
  [[nodiscard]] bool value_of(const nfa::RunStore& store, const KeyRef& key,
                              std::span<const nfa::TakenEvent> match, const nfa::ValueExpr& expr,
                              event::Value* out);
  [[nodiscard]] std::span<const MatchedPart> parts() const { return {parts_.data(), parts_used_}; }
  [[nodiscard]] base::Hash128 alert_id(std::string_view key, std::string_view timeout);
  void report_timeouts(nfa::RunStore& store, const KeyRef& key, std::int64_t deadline_ms,
                       MatchReceiver& receiver);
  [[nodiscard]] bool best_open(nfa::RunStore& store, const KeyRef& key, std::uint32_t start,
                               std::vector<nfa::TakenEvent>& best);
  [[nodiscard]] bool may_match(const nfa::RunStore& store, const KeyRef& key);
  [[nodiscard]] std::size_t parts_done(std::span<const nfa::TakenEvent> match) const;

  const LoadedImage& loaded_;
  const nfa::RuleImage& rule_;
  std::uint32_t index_;
  nfa::EventContext& context_;
  base::Pool& pool_;
  const EngineOptions& options_;
  nfa::Stepper stepper_;
  std::optional<nfa::MatchRebuilder> rebuilder_;  // if detection is by fronts
  bool any_end_will_do_ = false;  // the alert is the same whatever led to the last event
  nfa::Moment moment_;
  nfa::MatchEnumerator open_runs_;
  nfa::RunStore single_;  // see_stateless: holds the one event
  std::uint64_t unexamined_ = 0;

  std::vector<event::TypeKind> key_kinds_;

  // Of the alert under way.
  std::vector<event::Value> key_fields_;
  std::vector<std::string> key_texts_;
  std::vector<ReportedValue> key_values_;
  std::vector<ReportedValue> emits_;
  std::deque<std::string> emit_texts_;  // what strings of emits_ point to
  std::vector<ListChange> changes_;
  std::vector<MatchedPart> parts_;      // the first parts_used_; the others keep their memory
  std::size_t parts_used_ = 0;
  std::string id_bytes_;
  std::string reason_;
};

}  // namespace weir::runtime
