#include "api/alert_collector.h"

#include <algorithm>
#include <utility>

#include "event/decimal.h"
#include "event/record_json.h"
#include "event/time.h"

namespace weir::api {
namespace {

constexpr std::size_t kMatchLines = 20;  // shown of one event's alerts

std::int64_t narrow(event::Int128 scaled) {
  return static_cast<std::int64_t>(
      std::clamp(scaled, event::Int128{INT64_MIN}, event::Int128{INT64_MAX}));
}

// Of scores: what does not fit stands at the limit.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return b < 0 ? INT64_MIN : INT64_MAX;
  return sum;
}

RuleMode public_mode(nfa::RuleMode mode) {
  if (mode == nfa::RuleMode::kLive) return RuleMode::live;
  if (mode == nfa::RuleMode::kCanary) return RuleMode::canary;
  return mode == nfa::RuleMode::kShadow ? RuleMode::shadow : RuleMode::off;
}

// Largest amounts first, then as they came.
bool is_before(const BacktestExample& a, const BacktestExample& b) {
  return a.amount_e4 != b.amount_e4 ? a.amount_e4 > b.amount_e4 : a.seq < b.seq;
}

}  // namespace

// ---- thresholds --------------------------------------------------------------------------------

base::Result<std::unique_ptr<ScoreDecider>> ScoreDecider::make(const nfa::Image& image) {
  auto loaded = runtime::load_image(image);
  if (!loaded) return std::unexpected(loaded.error());
  return std::unique_ptr<ScoreDecider>(new ScoreDecider(image, std::move(*loaded)));
}

ScoreDecider::ScoreDecider(const nfa::Image& image, runtime::LoadedImage loaded)
    : image_(image),
      loaded_(std::move(loaded)),
      context_(loaded_.conditions),
      decider_(image, context_) {
  for (std::uint32_t i = 0; i < image.rules.size() && !live_rule_; ++i) {
    const nfa::RuleMode mode = image.rules[i].mode;
    if (mode == nfa::RuleMode::kLive || mode == nfa::RuleMode::kCanary) live_rule_ = i;
  }
}

std::int32_t ScoreDecider::decide(std::int64_t score_e4) {
  const auto weakest = static_cast<std::int32_t>(image_.decisions.size()) - 1;
  if (!live_rule_ || image_.thresholds.empty()) return weakest;
  runtime::Alert alert;
  alert.rule = *live_rule_;
  alert.has_score = true;
  alert.score = event::Value::of_decimal(score_e4);
  const event::Row row;
  context_.begin(row);
  decider_.begin();
  decider_.add(alert);
  return decider_.decide(row).decision;
}

// ---- the collector -----------------------------------------------------------------------------

base::Result<std::unique_ptr<AlertCollector>> AlertCollector::make(const nfa::Image& image,
                                                                   const PurchaseReader& reader,
                                                                   const PurchaseLedger& ledger,
                                                                   CollectOptions options) {
  auto scores = ScoreDecider::make(image);
  if (!scores) return std::unexpected(scores.error());
  return std::unique_ptr<AlertCollector>(
      new AlertCollector(image, reader, ledger, options, std::move(*scores)));
}

AlertCollector::AlertCollector(const nfa::Image& image, const PurchaseReader& reader,
                               const PurchaseLedger& ledger, CollectOptions options,
                               std::unique_ptr<ScoreDecider> scores)
    : image_(image),
      reader_(reader),
      ledger_(ledger),
      options_(options),
      scores_(std::move(scores)) {
  for (const nfa::RuleImage& rule : image.rules) {
    RuleFacts& facts = facts_.rules.emplace_back();
    facts.name = rule.name;
    facts.version = rule.version;
    facts.mode = public_mode(rule.mode);
    const std::int32_t decision = rule.outcomes.decision;
    if (decision < 0) continue;
    facts.decision = image.decisions[static_cast<std::size_t>(decision)];
    facts.flags = decision <= options_.flag_from;
  }
  facts_.alerts.resize(image.rules.size());
}

bool AlertCollector::is_judged(std::int64_t ts_ms) const {
  return (!options_.from_ms || ts_ms >= *options_.from_ms) &&
         (!options_.until_ms || ts_ms < *options_.until_ms);
}

void AlertCollector::on_refused(const event::Row& /*row*/, Refusal /*refusal*/) { refused_ = true; }

void AlertCollector::on_alert(const runtime::Alert& alert) {
  if (!is_judged(alert.ts_ms)) return;
  RuleAlerts& counts = facts_.alerts[alert.rule];
  ++counts.alerts;
  if (alert.live) {
    ++facts_.live_alerts;
    if (const std::int64_t day = day_of(alert.ts_ms); day != day_) {
      day_ = day;
      day_alerts_ = &facts_.live_alerts_by_day[day];
    }
    ++*day_alerts_;
  } else {
    ++facts_.shadow_alerts;
  }
  if (alert.is_timeout) ++counts.timeouts;
  if (!alert.has_seq || alert.of_deadline) {
    take_deadline(alert);
    return;
  }
  event_alerts_.push_back(alert.rule);
  if (options_.details) add_match_lines(alert);
}

void AlertCollector::take_deadline(const runtime::Alert& alert) {
  RuleAlerts& counts = facts_.alerts[alert.rule];
  if (!alert.is_timeout) ++counts.deadlines;
  std::int32_t first = -1;
  for (const runtime::MatchedPart& part : alert.match) {
    for (const runtime::MatchedEvent& event : part.events) {
      const std::int32_t fraud = ledger_.find(event.seq);
      if (fraud >= 0 && (first < 0 || fraud < first)) first = fraud;
    }
  }
  if (first < 0 || alert.is_timeout) return;
  ++counts.deadlines_on_fraud;
  facts_.late_hits.push_back(
      {alert.rule, static_cast<std::uint32_t>(first), alert.ts_ms, alert.live});
}

void AlertCollector::add_match_lines(const runtime::Alert& alert) {
  for (const runtime::MatchedPart& part : alert.match) {
    for (const runtime::MatchedEvent& event : part.events) {
      if (match_.size() >= kMatchLines) return;
      std::string& line = match_.emplace_back(image_.rules[alert.rule].name);
      line += ' ';
      line += part.name;
      const bool made = event.seq == event::Row::kNoPosition;
      line += made ? " " : " #" + std::to_string(event.seq) + " ";
      event::append_rfc3339(line, event.ts_ms);
      if (!event.identity.empty()) line += " " + std::string(event.identity);
    }
  }
}

void AlertCollector::on_decision(const runtime::Decision& decision) {
  const event::Row& row = *decision.event;
  if (decision.rules.empty()) return;
  const Truth truth = is_judged(row.ts_ms) ? reader_.truth(row) : Truth::kNone;
  if (truth == Truth::kNone || truth == Truth::kUndecidable) {
    take_elsewhere();
    return;
  }
  FiredEvent event = {row.seq, row.ts_ms, 0, kFiredHonest, pattern_of(decision)};
  reader_.amount(row, event.amount_e4);
  if (truth == Truth::kUnlabelled) event.fraud = kFiredUnlabelled;
  if (truth == Truth::kFraud) event.fraud = ledger_.find(row.seq);
  facts_.fired.push_back(event);
  if (options_.details && truth == Truth::kHonest && facts_.patterns[event.pattern].flagged) {
    facts_.flagged_ids.emplace_back(row.seq, row.identity);
    take_false_alarm(decision, event);
  }
  event_alerts_.clear();
  match_.clear();
}

void AlertCollector::take_elsewhere() {
  for (const std::uint32_t rule : event_alerts_) ++facts_.alerts[rule].elsewhere;
  event_alerts_.clear();
  match_.clear();
}

std::uint32_t AlertCollector::pattern_of(const runtime::Decision& decision) {
  pattern_bytes_.clear();
  for (const runtime::FiredRule& fired : decision.rules) {
    const std::int64_t score = fired.has_score ? narrow(fired.score.decimal) : 0;
    pattern_bytes_.append(reinterpret_cast<const char*>(&fired.rule), sizeof fired.rule);
    pattern_bytes_.append(reinterpret_cast<const char*>(&score), sizeof score);
    pattern_bytes_ += fired.live ? '\1' : '\0';
  }
  const auto next = static_cast<std::uint32_t>(facts_.patterns.size());
  const auto [found, added] = patterns_.try_emplace(pattern_bytes_, next);
  if (added) facts_.patterns.push_back(make_pattern(decision));
  return found->second;
}

FiredPattern AlertCollector::make_pattern(const runtime::Decision& decision) {
  FiredPattern pattern;
  std::size_t deciders = 0;
  bool any_live = false;
  for (const runtime::FiredRule& fired : decision.rules) {
    const std::int64_t score = fired.has_score ? narrow(fired.score.decimal) : 0;
    pattern.fired.push_back({fired.rule, score, fired.live});
    const RuleFacts& rule = facts_.rules[fired.rule];
    if (!fired.live) continue;
    any_live = true;
    pattern.score_e4 = plus(pattern.score_e4, score);
    if (rule.flags) ++deciders;
  }
  pattern.flagged =
      deciders > 0 || (any_live && scores_->decide(pattern.score_e4) <= options_.flag_from);
  pattern.overridden = pattern.flagged && decision.decision > options_.flag_from;
  ask_what_if(pattern, deciders);
  return pattern;
}

// Without each live rule, and with each shadow rule as if it were live. Only a rule that decides,
// or has a score, can make a difference.
void AlertCollector::ask_what_if(FiredPattern& pattern, std::size_t deciders) {
  const auto flags = [&](std::int64_t score_e4) {
    return scores_->decide(score_e4) <= options_.flag_from;
  };
  const auto live =
      std::ranges::count_if(pattern.fired, [&](const auto& fired) { return fired.live; });
  for (const auto& fired : pattern.fired) {
    const RuleFacts& rule = facts_.rules[fired.rule];
    if (fired.live) {
      const bool others = deciders - (rule.flags ? 1 : 0) > 0;
      const std::int64_t score = plus(pattern.score_e4, -fired.score_e4);
      if (pattern.flagged && !others && !(live > 1 && flags(score))) {
        pattern.needed.push_back(fired.rule);
      }
    } else if (!pattern.flagged && (rule.flags || flags(plus(pattern.score_e4, fired.score_e4)))) {
      pattern.would.push_back(fired.rule);
    }
  }
}

void AlertCollector::take_false_alarm(const runtime::Decision& decision, const FiredEvent& event) {
  if (options_.false_alarms == 0) return;
  auto& kept = facts_.false_alarms;
  BacktestExample example;
  example.seq = event.seq;
  example.ts_ms = event.ts_ms;
  example.amount_e4 = event.amount_e4;
  if (kept.size() == options_.false_alarms && !is_before(example, kept.back())) return;
  const event::Row& row = *decision.event;
  example.id = row.identity;
  example.score_e4 = facts_.patterns[event.pattern].score_e4;
  (void)reader_.append_key(example.key, row);
  if (is_csv_ || row.raw.empty()) {
    event::append_record_json(example.event, image_.schema, row);
  } else {
    example.event = row.raw;
  }
  for (const runtime::FiredRule& fired : decision.rules) {
    std::string text = image_.rules[fired.rule].name;
    if (!fired.reason.empty()) text += ": " + fired.reason;
    example.rules.push_back(std::move(text));
  }
  example.match = match_;
  const auto place = std::ranges::upper_bound(kept, example, is_before);
  kept.insert(place, std::move(example));
  if (kept.size() > options_.false_alarms) kept.pop_back();
}

RunFacts AlertCollector::take() { return std::move(facts_); }

}  // namespace weir::api
