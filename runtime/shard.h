// One shard: the rules over the keys that it owns, fed in the order in which events are to be
// matched. Single-threaded; owns all its mutable state. The Engine puts events in order and gives
// it the time.
//
// Invariants
// 1. Times given to advance() never go back, and deadlines at T are completed before an event of
//    a later time is processed, after all events of T.
// 2. A key has an entry only while a rule holds something for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/decider.h"
#include "runtime/engine.h"
#include "runtime/expiry_queue.h"
#include "runtime/key_table.h"
#include "runtime/loaded_image.h"
#include "runtime/rule_runner.h"
#include "runtime/timer_wheel.h"

namespace weir::runtime {

class Shard final : public MatchReceiver {
 public:
  Shard(const LoadedImage& loaded, const EngineOptions& options);
  ~Shard() override;

  // The event is next in order. With `clamp`, an event older than what its key has seen is matched
  // at that time (arrival order).
  void process(const event::Row& row, bool clamp, Sink& sink);
  // Completes the deadlines before now_ms.
  void advance(std::int64_t now_ms, Sink& sink);
  void add_stats(EngineStats& stats) const;

  void on_match(const Alert& alert, bool withheld, bool first) override;

 private:
  // The key of the event under way in one dimension, looked up once.
  struct KeyOfEvent {
    std::uint64_t event = 0;  // serial of the event that it was made for
    bool absent = false;
    bool looked_up = false;
    std::uint64_t hash = 0;
    KeyEntry* entry = nullptr;
    std::string bytes;
  };

  void find_candidates(const event::Row& row);
  void look_up(std::uint32_t dimension, KeyOfEvent& key);
  void see(const RuleOfType& of_type, const event::Row& row, bool clamp);
  void see_by_part(const RuleOfType& of_type, const nfa::Seen& seen, bool clamp);
  void see_for_key(const RuleOfType& of_type, KeyOfEvent& key, nfa::Seen& seen, bool clamp);
  [[nodiscard]] KeyOfEvent& key_of(const RuleOfType& of_type, const event::Row& row);
  [[nodiscard]] std::int64_t match_time(const RuleStore* held, const event::Row& row, bool clamp);
  void plant(const RuleOfType& of_type, KeyOfEvent& key, const nfa::Seen& seen);
  nfa::RunStore* grow(std::uint32_t rule, RuleStore& held);
  void settle(std::uint32_t rule, KeyEntry* entry, nfa::RunStore* store, std::int64_t now_ms);
  void arm(std::uint32_t rule, KeyEntry& entry, nfa::RunStore& store, std::int64_t now_ms);
  void fall_due(const Timer& timer);
  void expire(const Expiry& expiry);
  void drop(std::uint32_t rule, KeyEntry* entry);
  void clean_up(std::uint32_t rule, KeyEntry* entry, nfa::RunStore* store, std::int64_t now_ms);
  [[nodiscard]] bool is_warm(const RuleOfType& of_type, std::int64_t ts_ms);

  const LoadedImage& loaded_;
  const EngineOptions& options_;
  base::Pool pool_;
  nfa::EventContext context_;
  std::vector<std::unique_ptr<RuleRunner>> runners_;  // by rule
  std::vector<std::unique_ptr<KeyTable>> tables_;     // by dimension
  std::vector<KeyOfEvent> keys_;                      // by dimension
  std::vector<std::int64_t> first_seen_ms_;           // by rule: its input began (R11)
  std::vector<std::int64_t> warm_after_ms_;           // by rule: longest leading absence
  std::vector<std::vector<std::uint32_t>> unseen_;    // by type: rules whose input has not begun
  nfa::CandidateSet candidates_;                      // rules, of the event under way
  TimerWheel timers_;
  std::vector<Timer> due_;
  ExpiryQueues expiries_;
  std::vector<std::uint32_t> expiry_queue_;  // by rule
  Decider decider_;
  std::uint64_t event_serial_ = 0;
  Sink* sink_ = nullptr;
  bool on_event_ = false;

  std::uint64_t alerts_ = 0;
  std::uint64_t withheld_ = 0;
  std::uint64_t clamped_ = 0;
  std::uint64_t open_ = 0;  // cohorts, and those that seeds stand for
  std::uint64_t peak_open_ = 0;
  std::vector<std::uint64_t> alerts_by_rule_;
  std::vector<std::uint64_t> decisions_;
};

}  // namespace weir::runtime
