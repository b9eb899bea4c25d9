// What a backtest gathers while events go through rules, as plain data: the input of
// backtest_metrics. Filled by PurchaseLedger and AlertCollector. Money and scores are in
// ten-thousandths.
//
// Memory: `frauds` grows with the fraudulent purchases, `fired` and `patterns` with the alerts,
// `days` with the days; honest purchases on which nothing fired are only counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/backtest.h"

namespace weir::api {

inline constexpr std::uint32_t kNoKey = 0xFFFFFFFF;

struct FraudEvent {
  std::uint64_t seq = 0;
  std::int64_t ts_ms = 0;
  std::int64_t amount_e4 = 0;
  std::uint32_t key = kNoKey;  // of PurchaseFacts::keys
};

struct PurchaseDay {
  std::uint64_t purchases = 0;
  std::uint64_t fraud = 0;
};

// Of the events of the judged period, whatever the rules made of them.
struct PurchaseFacts {
  std::vector<FraudEvent> frauds;  // by seq
  std::vector<std::string> keys;   // JSON objects
  BacktestTally fraud;
  BacktestTally honest;
  BacktestTally unlabelled;
  std::uint64_t without_amount = 0;
  std::map<std::int64_t, PurchaseDay> days;  // by day number since the epoch
};

// The rules that completed on a purchase, with their scores: many purchases have the same.
struct FiredPattern {
  struct Fired {
    std::uint32_t rule = 0;
    std::int64_t score_e4 = 0;
    bool live = true;
  };
  std::vector<Fired> fired;
  std::int64_t score_e4 = 0;  // summed over the live ones
  bool flagged = false;
  bool overridden = false;            // flagged, and a final decision lets it pass
  std::vector<std::uint32_t> needed;  // live rules without each of which it would not be flagged
  std::vector<std::uint32_t> would;   // shadow rules each of which would flag it if it were live
};

inline constexpr std::int32_t kFiredHonest = -1;      // of FiredEvent::fraud
inline constexpr std::int32_t kFiredUnlabelled = -2;  // likewise

struct FiredEvent {
  std::uint64_t seq = 0;
  std::int64_t ts_ms = 0;
  std::int64_t amount_e4 = 0;
  std::int32_t fraud = kFiredHonest;  // of PurchaseFacts::frauds, or as above
  std::uint32_t pattern = 0;          // of RunFacts::patterns
};

struct RuleAlerts {
  std::uint64_t alerts = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t deadlines = 0;
  std::uint64_t deadlines_on_fraud = 0;
  std::uint64_t elsewhere = 0;
};

// A deadline that completed a match with a fraudulent purchase in it.
struct LateHit {
  std::uint32_t rule = 0;
  std::uint32_t fraud = 0;  // the earliest in the match
  std::int64_t ts_ms = 0;
  bool live = true;
};

struct RuleFacts {
  std::string name;
  std::string version;
  RuleMode mode = RuleMode::live;
  std::string decision;  // empty: none
  bool flags = false;    // by its own decision
};

// What one set of rules did in the judged period.
struct RunFacts {
  std::vector<RuleFacts> rules;
  std::vector<RuleAlerts> alerts;  // beside rules
  std::uint64_t live_alerts = 0;
  std::uint64_t shadow_alerts = 0;
  std::map<std::int64_t, std::uint64_t> live_alerts_by_day;
  std::vector<FiredEvent> fired;  // purchases on which a rule completed, in the order of decisions
  std::vector<FiredPattern> patterns;
  std::vector<LateHit> late_hits;
  std::vector<std::pair<std::uint64_t, std::string>> flagged_ids;  // seq and id, honest ones
  std::vector<BacktestExample> false_alarms;                       // largest amounts first
};

inline constexpr std::int64_t kDayMs = 86'400'000;

// The day that a time lies in, also before 1970.
[[nodiscard]] inline std::int64_t day_of(std::int64_t ts_ms) {
  return ts_ms >= 0 ? ts_ms / kDayMs : -((-ts_ms + kDayMs - 1) / kDayMs);
}

inline void tally(BacktestTally& to, std::int64_t amount_e4) {
  ++to.events;
  to.money_e4 += amount_e4;
}

}  // namespace weir::api
