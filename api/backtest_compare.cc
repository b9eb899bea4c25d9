// Purchases are told by their position in the input, which both passes have alike.
#include "api/backtest_compare.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace weir::api {
namespace {

// Flagged labelled purchases, fraudulent or honest ones.
std::vector<const FiredEvent*> flagged(const RunFacts& run, bool fraud) {
  std::vector<const FiredEvent*> out;
  for (const FiredEvent& each : run.fired) {
    const bool is_kind = fraud ? each.fraud >= 0 : each.fraud == kFiredHonest;
    if (is_kind && run.patterns[each.pattern].flagged) out.push_back(&each);
  }
  return out;
}

BacktestExample example_of(const ComparedRun& of, const FiredEvent& event,
                           const std::unordered_map<std::uint64_t, const std::string*>& ids) {
  BacktestExample out;
  if (event.fraud >= 0) {
    out = of.ledger->example(static_cast<std::size_t>(event.fraud));
  } else {
    out.seq = event.seq;
    out.ts_ms = event.ts_ms;
    out.amount_e4 = event.amount_e4;
    if (const auto id = ids.find(event.seq); id != ids.end()) out.id = *id->second;
  }
  const FiredPattern& pattern = of.run->patterns[event.pattern];
  out.score_e4 = pattern.score_e4;
  for (const auto& fired : pattern.fired) out.rules.push_back(of.run->rules[fired.rule].name);
  return out;
}

// What is flagged by the one and not by the other.
BacktestChange change(const ComparedRun& by, const ComparedRun& not_by, bool fraud,
                      std::size_t examples) {
  std::unordered_set<std::uint64_t> known;
  for (const FiredEvent* each : flagged(*not_by.run, fraud)) known.insert(each->seq);
  std::vector<const FiredEvent*> fresh = flagged(*by.run, fraud);
  std::erase_if(fresh, [&](const FiredEvent* each) { return known.contains(each->seq); });
  BacktestChange out;
  std::map<std::uint32_t, BacktestTally> rules;
  for (const FiredEvent* each : fresh) {
    tally(out.total, each->amount_e4);
    for (const auto& fired : by.run->patterns[each->pattern].fired) {
      tally(rules[fired.rule], each->amount_e4);
    }
  }
  for (const auto& [rule, count] : rules) out.by_rule.emplace_back(by.run->rules[rule].name, count);
  std::ranges::sort(fresh, [](const FiredEvent* a, const FiredEvent* b) {
    return a->amount_e4 != b->amount_e4 ? a->amount_e4 > b->amount_e4 : a->seq < b->seq;
  });
  fresh.resize(std::min(fresh.size(), examples));
  std::unordered_map<std::uint64_t, const std::string*> ids;
  for (const auto& [seq, id] : by.run->flagged_ids) ids.emplace(seq, &id);
  for (const FiredEvent* each : fresh) out.examples.push_back(example_of(by, *each, ids));
  return out;
}

void compare_rules(BacktestComparison& out, const RunFacts& newer, const RunFacts& older) {
  std::map<std::string, std::string> before;
  std::unordered_set<std::string> names;
  for (const RuleFacts& rule : older.rules) before[rule.name] = rule.version;
  for (const RuleFacts& rule : newer.rules) {
    names.insert(rule.name);
    const auto was = before.find(rule.name);
    if (was == before.end()) {
      out.added.push_back(rule.name);
    } else if (was->second != rule.version) {
      out.changed.push_back(rule.name);
    }
  }
  for (const RuleFacts& rule : older.rules) {
    if (!names.contains(rule.name)) out.removed.push_back(rule.name);
  }
}

}  // namespace

BacktestComparison compare(const ComparedRun& newer, const ComparedRun& older,
                           std::size_t examples) {
  BacktestComparison out;
  compare_rules(out, *newer.run, *older.run);
  out.newly_caught = change(newer, older, true, examples);
  out.newly_lost = change(older, newer, true, examples);
  out.newly_false = change(newer, older, false, examples);
  out.no_longer_false = change(older, newer, false, examples);
  return out;
}

}  // namespace weir::api
