// Hears what an engine reports and keeps what a backtest needs of it: one an engine, used by the
// thread that runs the engine. Everything it is made of must outlive it.
//
// Invariants
// 1. The ledger has an event before the engine runs it.
// 2. An event's alerts come before its decision, with those of no other event between them.
//
// Memory: the purchases on which a rule completed, the different sets of rules and scores among
// them, and the days.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/backtest_facts.h"
#include "api/purchase_ledger.h"
#include "nfa/event_context.h"
#include "nfa/image.h"
#include "runtime/decider.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"

namespace weir::api {

// The decision that the score thresholds of an image give to a sum.
class ScoreDecider {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<ScoreDecider>> make(const nfa::Image& image);
  // Of Image::decisions; the weakest if no threshold holds.
  [[nodiscard]] std::int32_t decide(std::int64_t score_e4);

 private:
  ScoreDecider(const nfa::Image& image, runtime::LoadedImage loaded);

  const nfa::Image& image_;
  runtime::LoadedImage loaded_;
  nfa::EventContext context_;
  runtime::Decider decider_;
  std::optional<std::uint32_t> live_rule_;  // any; the score stands for its own
};

struct CollectOptions {
  std::int32_t flag_from = 0;  // of Image::decisions: this one and those before it flag
  std::optional<std::int64_t> from_ms;
  std::optional<std::int64_t> until_ms;
  std::size_t false_alarms = 0;  // examples to keep
  bool details = true;           // else no examples and no ids
};

class AlertCollector final : public runtime::Sink {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<AlertCollector>> make(
      const nfa::Image& image, const PurchaseReader& reader, const PurchaseLedger& ledger,
      CollectOptions options);

  void on_alert(const runtime::Alert& alert) override;
  void on_decision(const runtime::Decision& decision) override;
  void on_refused(const event::Row& row, Refusal refusal) override;

  // Whether the engine has refused an event since this was last asked.
  [[nodiscard]] bool take_refused() { return std::exchange(refused_, false); }
  // Of the batch at hand: its records are no JSON.
  void set_csv(bool is_csv) { is_csv_ = is_csv; }
  // Once, at the end.
  [[nodiscard]] RunFacts take();

 private:
  AlertCollector(const nfa::Image& image, const PurchaseReader& reader,
                 const PurchaseLedger& ledger, CollectOptions options,
                 std::unique_ptr<ScoreDecider> scores);
  [[nodiscard]] bool is_judged(std::int64_t ts_ms) const;
  [[nodiscard]] std::uint32_t pattern_of(const runtime::Decision& decision);
  [[nodiscard]] FiredPattern make_pattern(const runtime::Decision& decision);
  void ask_what_if(FiredPattern& pattern, std::size_t deciders);
  void take_deadline(const runtime::Alert& alert);
  void take_elsewhere();
  void take_false_alarm(const runtime::Decision& decision, const FiredEvent& event);
  void add_match_lines(const runtime::Alert& alert);

  const nfa::Image& image_;
  const PurchaseReader& reader_;
  const PurchaseLedger& ledger_;
  CollectOptions options_;
  std::unique_ptr<ScoreDecider> scores_;
  RunFacts facts_;
  std::unordered_map<std::string, std::uint32_t> patterns_;  // by rules and scores, as bytes
  std::string pattern_bytes_;
  std::vector<std::uint32_t> event_alerts_;  // rules that alerted on the event under way
  std::vector<std::string> match_;           // its matches, a line an event
  std::int64_t day_ = INT64_MIN;
  std::uint64_t* day_alerts_ = nullptr;
  bool refused_ = false;
  bool is_csv_ = false;
};

}  // namespace weir::api
