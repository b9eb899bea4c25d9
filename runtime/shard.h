// One shard: the rules over the keys that it owns, fed with what the router found out about events,
// in the order in which they are to be matched. Single-threaded; owns all its mutable state. The
// Engine puts events in order, gives it the time, and puts what it reports in order.
//
// Invariants
// 1. Times given to advance() never go back, and deadlines at T are completed before an event of
//    a later time is processed, after all events of T.
// 2. A key has an entry only while a rule holds something for it.
// 3. What is seen of a key depends on the events of that key and on the clock alone: not on which
//    other keys the shard owns, nor on when memory is given back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/engine.h"
#include "runtime/expiry_queue.h"
#include "runtime/key_table.h"
#include "runtime/loaded_image.h"
#include "runtime/match_output.h"
#include "runtime/routed.h"
#include "runtime/rule_runner.h"
#include "runtime/timer_wheel.h"
#include "runtime/turn.h"
#include "runtime/warm_up.h"

namespace weir::runtime {

class Shard {
 public:
  // All three must outlive it. `stage`: of whose rules.
  Shard(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
        const WarmUp& warm_up);
  ~Shard();

  // Turns follow, of which process() and advance() will speak.
  void begin(std::span<const Turn> turns);
  // The next of them, in order, as far as they were routed here: to the shard with this number.
  void process(const RoutedChunk& chunk, std::size_t shard, MatchReceiver& receiver);
  // Completes the deadlines before now_ms.
  void advance(std::int64_t now_ms, MatchReceiver& receiver);

  // By how much the number of open partial matches changed with each turn since begin(), and, in
  // the last element, behind them.
  [[nodiscard]] std::span<const std::int32_t> open_changes() const { return open_changes_; }
  [[nodiscard]] std::vector<nfa::CountedPredicate>& counted() { return context_.counted(); }
  // When the next deadline may complete something; INT64_MAX if none is set.
  [[nodiscard]] std::int64_t next_deadline_ms() const { return timers_.earliest_ms(); }
  void add_stats(EngineStats& stats) const;

 private:
  // A rule that the event under way may matter to, and under which of its keys.
  struct Asked {
    std::uint32_t place = 0;  // of LoadedImage::by_type
    std::uint32_t key = 0;
  };

  struct SeenKey {
    std::string_view bytes;
    std::uint64_t hash = 0;
    std::uint32_t index = 0;  // of the event's keys
  };

  void prefetch(std::size_t event) const;
  void process_event(const RoutedEvent& event);
  void look_up(const RoutedEvent& event);
  void find_held(const RoutedEvent& event);
  void see(const RoutedEvent& event, const RoutedRule& rule);
  void see_held(const RoutedEvent& event, const Asked& asked);
  [[nodiscard]] SeenKey seen_key(const RoutedEvent& event, std::uint32_t index) const {
    const RoutedKey& key = routed_->keys[event.first_key + index];
    return {chunk_->bytes(key), key.hash, index};
  }
  void see_for_key(const RuleOfType& of_type, const SeenKey& key, nfa::Seen& seen);
  [[nodiscard]] nfa::Seen seen_by(const RuleOfType& of_type, nfa::SymbolMask symbols) const;
  [[nodiscard]] RuleRunner& runner(std::uint32_t rule) {
    if (runners_[rule] == nullptr) make_runner(rule);
    return *runners_[rule];
  }
  void make_runner(std::uint32_t rule);
  [[nodiscard]] bool is_over(std::uint32_t rule, const RuleStore& held);
  [[nodiscard]] static bool waits_for_deadline(const nfa::Stepper& stepper,
                                               const nfa::RunStore& store);
  [[nodiscard]] std::int64_t match_time(const RuleStore& held);
  void plant(const RuleOfType& of_type, const SeenKey& key, const nfa::Seen& seen);
  void grow(std::uint32_t rule, RuleStore& held);
  void settle(std::uint32_t rule, KeyEntry* entry, RuleStore& held, std::int64_t now_ms);
  void arm(std::uint32_t rule, KeyEntry& entry, RuleStore& held, std::int64_t now_ms);
  [[nodiscard]] KeyEntry* entry_of(const Timer& timer) const;
  void fall_due(const Timer& timer);
  void expire(const RuleExpiry& expiry);
  bool drop(std::uint32_t rule, KeyEntry* entry);
  void clean_up(std::uint32_t rule, KeyEntry* entry, RuleStore& held, std::int64_t now_ms);
  void note_open(std::int64_t change) {
    open_ += static_cast<std::uint64_t>(change);
    open_changes_[turn_] += static_cast<std::int32_t>(change);
  }
  void move_to(std::int64_t time_ms);

  const LoadedImage& loaded_;
  const LoadedStage& stage_;
  const EngineOptions& options_;
  const WarmUp& warm_up_;
  base::Pool pool_;
  nfa::EventContext context_;
  std::vector<std::unique_ptr<RuleRunner>> runners_;  // by rule; made when first wanted
  std::vector<std::uint32_t> expiry_queue_;           // by rule, where there is a runner
  std::vector<std::unique_ptr<KeyTable>> tables_;     // by dimension
  const bool out_of_order_;  // an event may be older than what its key has seen
  TimerWheel timers_;
  std::vector<Timer> due_;
  ExpiryQueues<RuleExpiry> expiries_;
  MatchReceiver* receiver_ = nullptr;
  std::span<const Turn> turns_;
  std::uint32_t turn_ = 0;    // under way; what happens by time belongs to the turn that follows it
  std::uint32_t family_ = 0;  // of the turn under way

  // Of the chunk under way.
  const RoutedChunk* chunk_ = nullptr;
  const RoutedEvents* routed_ = nullptr;

  // Of the event under way.
  const event::Row* row_ = nullptr;
  bool clamp_ = false;
  std::int64_t clock_ms_ = INT64_MIN;
  std::vector<KeyEntry*> entries_;  // by key
  std::vector<Asked> held_;         // rules that hold something and were not routed

  std::uint64_t clamped_ = 0;
  std::uint64_t open_ = 0;  // cohorts, and those that seeds stand for
  std::vector<std::int32_t> open_changes_;
};

}  // namespace weir::runtime
