#include "api/backtest_metrics.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>

namespace weir::api {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double money_share(BacktestMoney part, BacktestMoney whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// What the counted leave of the whole.
BacktestTally rest(const BacktestTally& whole, const BacktestTally& part) {
  return {whole.events - part.events, whole.money_e4 - part.money_e4};
}

void fill_rest(BacktestConfusion& confusion, const PurchaseFacts& purchases) {
  confusion.missed = rest(purchases.fraud, confusion.caught);
  confusion.passed = rest(purchases.honest, confusion.falsely);
}

// By fraud: the pattern of the rules that completed on it; -1.
std::vector<std::int32_t> patterns_by_fraud(const PurchaseFacts& purchases, const RunFacts& run) {
  std::vector<std::int32_t> out(purchases.frauds.size(), -1);
  for (const FiredEvent& each : run.fired) {
    if (each.fraud >= 0) {
      out[static_cast<std::size_t>(each.fraud)] = static_cast<std::int32_t>(each.pattern);
    }
  }
  return out;
}

// The frauds that have a key, by key and then time.
std::vector<std::uint32_t> frauds_by_key(const PurchaseFacts& purchases) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < purchases.frauds.size(); ++i) {
    if (purchases.frauds[i].key != kNoKey) out.push_back(i);
  }
  std::ranges::sort(out, {}, [&](std::uint32_t i) {
    const FraudEvent& fraud = purchases.frauds[i];
    return std::tuple(fraud.key, fraud.ts_ms, fraud.seq);
  });
  return out;
}

// Calls visit(begin, end) for the frauds of each key.
template <typename Visit>
void for_each_key(const PurchaseFacts& purchases, const std::vector<std::uint32_t>& order,
                  const Visit& visit) {
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    const std::uint32_t key = purchases.frauds[order[begin]].key;
    while (end < order.size() && purchases.frauds[order[end]].key == key) ++end;
    visit(begin, end);
    begin = end;
  }
}

std::int64_t mean_of(const std::vector<std::int64_t>& delays) {
  __int128 sum = 0;
  for (const std::int64_t delay : delays) sum += delay;
  return static_cast<std::int64_t>(sum / static_cast<__int128>(delays.size()));
}

// The nearest rank: with the median of two the smaller one.
std::int64_t rank_of(const std::vector<std::int64_t>& sorted, double quantile) {
  const auto rank =
      static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

BacktestDelay delay_of(std::vector<std::int64_t> delays) {
  BacktestDelay out;
  if (delays.empty()) return out;
  std::ranges::sort(delays);
  out.keys = delays.size();
  out.median_ms = rank_of(delays, 0.5);
  out.mean_ms = mean_of(delays);
  out.p90_ms = rank_of(delays, 0.9);
  out.longest_ms = delays.back();
  return out;
}

// An alert on a fraudulent purchase of a key.
struct KeyHit {
  std::uint32_t rule;  // kAnyRule: the set flagged it
  std::uint32_t key;
  std::int64_t ts_ms;
  friend auto operator<=>(const KeyHit&, const KeyHit&) = default;
};
constexpr std::uint32_t kAnyRule = 0xFFFFFFFF;

// By key: the time of its first fraud.
std::vector<std::int64_t> first_fraud(const PurchaseFacts& purchases) {
  std::vector<std::int64_t> out(purchases.keys.size(), INT64_MAX);
  for (const FraudEvent& fraud : purchases.frauds) {
    if (fraud.key != kNoKey) out[fraud.key] = std::min(out[fraud.key], fraud.ts_ms);
  }
  return out;
}

struct RuleDelays {
  std::vector<std::vector<std::int64_t>> by_rule;
  std::vector<std::int64_t> set;
};

// Of the first hit of each rule, and of the set's first flag, on each key.
RuleDelays delays_of(const PurchaseFacts& purchases, const RunFacts& run) {
  std::vector<KeyHit> hits;
  for (const FiredEvent& each : run.fired) {
    if (each.fraud < 0) continue;
    const FraudEvent& fraud = purchases.frauds[static_cast<std::size_t>(each.fraud)];
    if (fraud.key == kNoKey) continue;
    const FiredPattern& pattern = run.patterns[each.pattern];
    for (const auto& fired : pattern.fired) hits.push_back({fired.rule, fraud.key, fraud.ts_ms});
    if (pattern.flagged) hits.push_back({kAnyRule, fraud.key, fraud.ts_ms});
  }
  for (const LateHit& late : run.late_hits) {
    const std::uint32_t key = purchases.frauds[late.fraud].key;
    if (key == kNoKey) continue;
    hits.push_back({late.rule, key, late.ts_ms});
    if (late.live && run.rules[late.rule].flags) hits.push_back({kAnyRule, key, late.ts_ms});
  }
  std::ranges::sort(hits);
  const std::vector<std::int64_t> begun = first_fraud(purchases);
  RuleDelays out;
  out.by_rule.resize(run.rules.size());
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (i > 0 && hits[i].rule == hits[i - 1].rule && hits[i].key == hits[i - 1].key) continue;
    auto& to = hits[i].rule == kAnyRule ? out.set : out.by_rule[hits[i].rule];
    to.push_back(std::max<std::int64_t>(0, hits[i].ts_ms - begun[hits[i].key]));
  }
  return out;
}

void add_to(BacktestConfusion& confusion, const FiredEvent& event) {
  if (event.fraud == kFiredUnlabelled) return;
  tally(event.fraud >= 0 ? confusion.caught : confusion.falsely, event.amount_e4);
}

// By rule: the frauded keys that would have no flagged purchase without it, or of a shadow rule
// that have one only with it.
std::vector<std::uint64_t> keys_added(const PurchaseFacts& purchases, const RunFacts& run) {
  const std::vector<std::int32_t> patterns = patterns_by_fraud(purchases, run);
  const std::vector<std::uint32_t> order = frauds_by_key(purchases);
  std::vector<std::uint64_t> out(run.rules.size(), 0);
  for_each_key(purchases, order, [&](std::size_t begin, std::size_t end) {
    std::uint64_t flagged = 0;
    std::unordered_map<std::uint32_t, std::uint64_t> needed;
    std::unordered_map<std::uint32_t, std::uint64_t> would;
    for (std::size_t i = begin; i < end; ++i) {
      if (patterns[order[i]] < 0) continue;
      const FiredPattern& pattern = run.patterns[static_cast<std::size_t>(patterns[order[i]])];
      if (pattern.flagged) ++flagged;
      for (const std::uint32_t rule : pattern.needed) ++needed[rule];
      for (const std::uint32_t rule : pattern.would) ++would[rule];
    }
    for (const auto& [rule, count] : needed) out[rule] += count == flagged ? 1 : 0;
    for (const auto& [rule, count] : would) out[rule] += flagged == 0 ? 1 : 0;
  });
  return out;
}

BacktestRule begin_rule(const RuleFacts& facts, const RuleAlerts& alerts, double days) {
  BacktestRule out;
  out.name = facts.name;
  out.mode = facts.mode;
  out.decision = facts.decision;
  out.flags = facts.flags;
  out.alerts = alerts.alerts;
  out.alerts_per_day = static_cast<double>(alerts.alerts) / days;
  out.timeouts = alerts.timeouts;
  out.deadlines = alerts.deadlines;
  out.deadlines_on_fraud = alerts.deadlines_on_fraud;
  out.elsewhere = alerts.elsewhere;
  return out;
}

// Purchases of one score.
struct ScoreGroup {
  std::uint64_t fraud = 0;
  std::uint64_t honest = 0;
  std::uint64_t unlabelled = 0;
  BacktestMoney money_e4 = 0;  // of the fraud
};

}  // namespace

BacktestFigures figures_of(const PurchaseFacts& purchases, const RunFacts& run, double days) {
  BacktestFigures out;
  std::uint64_t flagged = 0;
  for (const FiredEvent& each : run.fired) {
    if (!run.patterns[each.pattern].flagged) continue;
    ++flagged;
    add_to(out.confusion, each);
  }
  fill_rest(out.confusion, purchases);
  out.alerts = run.live_alerts;
  out.alerts_per_day = static_cast<double>(run.live_alerts) / days;
  out.flagged_per_day = static_cast<double>(flagged) / days;
  out.false_per_day = static_cast<double>(out.confusion.falsely.events) / days;
  const BacktestKeys keys = keys_of(purchases, run, {});
  out.keys_flagged = share(keys.flagged, keys.frauded);
  out.average_precision = average_precision(curve_of(purchases, run, days));
  return out;
}

BacktestKeys keys_of(const PurchaseFacts& purchases, const RunFacts& run,
                     std::vector<std::string> fields) {
  constexpr std::size_t kShown = 10;  // the first fraudulent purchases that are told apart
  BacktestKeys out;
  out.fields = std::move(fields);
  const std::vector<std::int32_t> patterns = patterns_by_fraud(purchases, run);
  const std::vector<std::uint32_t> order = frauds_by_key(purchases);
  out.keyless = purchases.frauds.size() - order.size();
  std::vector<std::uint64_t> first_at(kShown, 0);
  for_each_key(purchases, order, [&](std::size_t begin, std::size_t end) {
    ++out.frauded;
    std::size_t first = begin;
    const auto is_flagged = [&](std::size_t i) {
      const std::int32_t pattern = patterns[order[i]];
      return pattern >= 0 && run.patterns[static_cast<std::size_t>(pattern)].flagged;
    };
    while (first < end && !is_flagged(first)) ++first;
    if (first < end) ++out.flagged;
    if (first - begin < kShown && first < end) ++first_at[first - begin];
    BacktestTally& passed = first < end ? out.before_first_flag : out.never_flagged;
    for (std::size_t i = begin; i < first; ++i) {
      tally(passed, purchases.frauds[order[i]].amount_e4);
    }
  });
  std::uint64_t so_far = 0;
  for (const std::uint64_t count : first_at) {
    if (so_far == out.flagged) break;
    so_far += count;
    out.flagged_by.push_back(so_far);
  }
  if (so_far != out.flagged) out.flagged_by.push_back(out.flagged);
  out.delay = delay_of(delays_of(purchases, run).set);
  return out;
}

std::vector<BacktestRule> rules_of(const PurchaseFacts& purchases, const RunFacts& run,
                                   double days) {
  std::vector<BacktestRule> out;
  for (std::size_t i = 0; i < run.rules.size(); ++i) {
    out.push_back(begin_rule(run.rules[i], run.alerts[i], days));
  }
  for (const FiredEvent& each : run.fired) {
    const FiredPattern& pattern = run.patterns[each.pattern];
    for (const auto& fired : pattern.fired) {
      add_to(out[fired.rule].hits, each);
      if (each.fraud == kFiredUnlabelled) ++out[fired.rule].unlabelled;
    }
    if (each.fraud == kFiredUnlabelled) continue;
    for (const auto* rules : {&pattern.needed, &pattern.would}) {
      for (const std::uint32_t rule : *rules) {
        tally(each.fraud >= 0 ? out[rule].adds_caught : out[rule].adds_falsely, each.amount_e4);
      }
    }
  }
  RuleDelays delays = delays_of(purchases, run);
  const std::vector<std::uint64_t> added = keys_added(purchases, run);
  for (std::size_t i = 0; i < out.size(); ++i) {
    fill_rest(out[i].hits, purchases);
    out[i].delay = delay_of(std::move(delays.by_rule[i]));
    out[i].keys = out[i].delay.keys;
    out[i].adds_keys = added[i];
  }
  return out;
}

std::vector<BacktestOverlap> overlap_of(const RunFacts& run, std::size_t most) {
  std::vector<std::uint64_t> events(run.patterns.size(), 0);
  std::vector<std::uint64_t> frauds(run.patterns.size(), 0);
  std::vector<std::uint64_t> hits(run.rules.size(), 0);
  for (const FiredEvent& each : run.fired) {
    ++events[each.pattern];
    if (each.fraud >= 0) ++frauds[each.pattern];
    for (const auto& fired : run.patterns[each.pattern].fired) ++hits[fired.rule];
  }
  std::vector<std::uint32_t> shown;
  for (std::uint32_t i = 0; i < hits.size(); ++i) {
    if (hits[i] > 0) shown.push_back(i);
  }
  std::ranges::stable_sort(shown, std::greater<>{}, [&](std::uint32_t i) { return hits[i]; });
  shown.resize(std::min(shown.size(), most));
  std::vector<bool> is_shown(run.rules.size(), false);
  for (const std::uint32_t rule : shown) is_shown[rule] = true;
  std::map<std::pair<std::uint32_t, std::uint32_t>, BacktestOverlap> pairs;
  for (std::size_t p = 0; p < run.patterns.size(); ++p) {
    std::vector<std::uint32_t> rules;
    for (const auto& fired : run.patterns[p].fired) {
      if (is_shown[fired.rule]) rules.push_back(fired.rule);
    }
    std::ranges::sort(rules);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      for (std::size_t j = i + 1; j < rules.size(); ++j) {
        BacktestOverlap& pair = pairs[{rules[i], rules[j]}];
        pair.events += events[p];
        pair.fraud += frauds[p];
      }
    }
  }
  std::vector<BacktestOverlap> out;
  for (const auto& [rules, pair] : pairs) {
    out.push_back({rules.first, rules.second, pair.events, pair.fraud});
  }
  return out;
}

std::vector<BacktestPoint> curve_of(const PurchaseFacts& purchases, const RunFacts& run,
                                    double days) {
  if (purchases.fraud.events == 0) return {};
  std::map<std::int64_t, ScoreGroup, std::greater<>> groups;
  ScoreGroup unscored = {purchases.fraud.events, purchases.honest.events,
                         purchases.unlabelled.events, purchases.fraud.money_e4};
  for (const FiredEvent& each : run.fired) {
    ScoreGroup& group = groups[run.patterns[each.pattern].score_e4];
    if (each.fraud >= 0) {
      ++group.fraud;
      --unscored.fraud;
      group.money_e4 += each.amount_e4;
      unscored.money_e4 -= each.amount_e4;
    } else if (each.fraud == kFiredUnlabelled) {
      ++group.unlabelled;
      --unscored.unlabelled;
    } else {
      ++group.honest;
      --unscored.honest;
    }
  }
  ScoreGroup& zero = groups[0];
  zero.fraud += unscored.fraud;
  zero.honest += unscored.honest;
  zero.unlabelled += unscored.unlabelled;
  zero.money_e4 += unscored.money_e4;
  std::vector<BacktestPoint> out;
  BacktestPoint point;
  BacktestMoney money_e4 = 0;
  std::uint64_t unlabelled = 0;
  for (const auto& [score, group] : groups) {
    unlabelled += group.unlabelled;
    if (group.fraud + group.honest == 0) continue;
    point.score_e4 = score;
    point.caught += group.fraud;
    point.falsely += group.honest;
    money_e4 += group.money_e4;
    point.precision = share(point.caught, point.caught + point.falsely);
    point.recall = share(point.caught, purchases.fraud.events);
    point.money_recall = money_share(money_e4, purchases.fraud.money_e4);
    point.flagged_per_day = static_cast<double>(point.caught + point.falsely + unlabelled) / days;
    out.push_back(point);
  }
  return out;
}

double average_precision(const std::vector<BacktestPoint>& curve) {
  double sum = 0;
  double recall = 0;
  for (const BacktestPoint& point : curve) {
    sum += point.precision * (point.recall - recall);
    recall = point.recall;
  }
  return sum;
}

BacktestAsked at_recall(const std::vector<BacktestPoint>& curve, double recall) {
  for (const BacktestPoint& point : curve) {
    if (point.recall >= recall) return {recall, point};
  }
  return {recall, std::nullopt};
}

BacktestAsked at_precision(const std::vector<BacktestPoint>& curve, double precision) {
  for (auto point = curve.rbegin(); point != curve.rend(); ++point) {
    if (point->precision >= precision) return {precision, *point};
  }
  return {precision, std::nullopt};
}

std::vector<BacktestPoint> thinned(const std::vector<BacktestPoint>& curve, std::size_t most) {
  if (curve.size() <= most || most < 2) return curve;
  std::vector<BacktestPoint> out;
  const double step = 1.0 / static_cast<double>(most - 2);
  std::size_t taken = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const auto slot = static_cast<std::size_t>(curve[i].recall / step);
    const bool is_end = i == 0 || i + 1 == curve.size();
    if (!is_end && slot < taken) continue;
    taken = slot + 1;
    out.push_back(curve[i]);
  }
  return out;
}

std::vector<BacktestDay> timeline_of(const PurchaseFacts& purchases, const RunFacts& run) {
  std::map<std::int64_t, BacktestDay> days;
  for (const auto& [day, counts] : purchases.days) {
    days[day].purchases = counts.purchases;
    days[day].fraud = counts.fraud;
  }
  for (const auto& [day, count] : run.live_alerts_by_day) days[day].alerts = count;
  for (const FiredEvent& each : run.fired) {
    if (!run.patterns[each.pattern].flagged || each.fraud == kFiredUnlabelled) continue;
    BacktestDay& day = days[day_of(each.ts_ms)];
    ++(each.fraud >= 0 ? day.caught : day.falsely);
  }
  std::vector<BacktestDay> out;
  for (auto& [day, counts] : days) {
    counts.day_ms = day * kDayMs;
    out.push_back(counts);
  }
  return out;
}

void judge_sweep(BacktestSweep& sweep, const std::vector<BacktestTarget>& targets) {
  std::vector<std::size_t> order(sweep.results.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto recall = [&](std::size_t i) {
    return sweep.results[i].figures.of(BacktestMeasure::recall).value_or(0);
  };
  const auto cost = [&](std::size_t i) {
    return sweep.results[i].figures.of(sweep.frontier_by).value_or(0);
  };
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return cost(a) != cost(b) ? cost(a) < cost(b) : recall(a) > recall(b);
  });
  double most = -1;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const std::size_t i = order[at];
    const bool ties = at > 0 && sweep.results[order[at - 1]].on_frontier &&
                      cost(i) == cost(order[at - 1]) && recall(i) == recall(order[at - 1]);
    sweep.results[i].on_frontier = recall(i) > most || ties;
    most = std::max(most, recall(i));
  }
  // With nothing said of recall the best reaches the most of it; else what it leaves free counts.
  const bool asks_recall = std::ranges::any_of(
      targets, [](const auto& each) { return each.measure == BacktestMeasure::recall; });
  const auto goal = asks_recall ? BacktestMeasure::precision : BacktestMeasure::recall;
  for (std::size_t i = 0; i < sweep.results.size(); ++i) {
    auto& result = sweep.results[i];
    result.meets_targets = meets(result.figures, targets);
    if (targets.empty() || !result.meets_targets) continue;
    const double reached = result.figures.of(goal).value_or(0);
    if (!sweep.best) {
      sweep.best = i;
      continue;
    }
    const double so_far = sweep.results[*sweep.best].figures.of(goal).value_or(0);
    if (reached > so_far || (reached == so_far && cost(i) < cost(*sweep.best))) sweep.best = i;
  }
}

}  // namespace weir::api
