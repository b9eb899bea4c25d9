#include "apps/backtest/text_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <weir/values.h>

#include "apps/backtest/figures_text.h"

namespace weir::apps {
namespace {

constexpr std::size_t kMostRules = 40;   // rows; --json and --report have all
constexpr std::size_t kMostSweeps = 30;  // likewise
constexpr std::size_t kExamples = 5;

using Row = std::vector<std::string>;

// Columns of code points, the first one to the left, others to the right.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width_of(row[i]), ' ');
      line += i == 0 ? " " + row[i] + space : "  " + space + row[i];
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string number(std::uint64_t count, const char* one, const char* many) {
  return count_text(count) + " " + (count == 1 ? one : many);
}

std::string decimal3(std::optional<double> value) {
  return value ? fmt::format("{:.3f}", *value) : "–";
}

std::string period_text(const BacktestReport& report) {
  if (!report.first_ms || !report.last_ms) return "no events in the period\n";
  std::string out =
      fmt::format("{} to {}, {} days; {} read, labels from {}\n",
                  format_time(report.from_ms.value_or(*report.first_ms)),
                  format_time(report.until_ms.value_or(*report.last_ms)), rate_text(report.days),
                  number(report.run.read, "event", "events"), report.labels);
  if (report.warm_up > 0) {
    out += fmt::format("  {} before only moved state\n", number(report.warm_up, "event", "events"));
  }
  const std::uint64_t left = report.run.bad + report.run.late + report.run.future +
                             report.run.duplicate + report.run.unknown_type;
  if (left > 0) {
    out += fmt::format(
        "  not judged: {} bad, {} late, {} of unknown type, {} duplicate, {} too far "
        "ahead\n",
        report.run.bad, report.run.late, report.run.unknown_type, report.run.duplicate,
        report.run.future);
  }
  if (!report.run.first_bad.empty()) out += "  first bad record: " + report.run.first_bad + "\n";
  return out;
}

std::string purchases_text(const BacktestReport& report) {
  const std::uint64_t labelled = report.fraud.events + report.honest.events;
  std::string out = fmt::format(
      "{}: {} fraud ({}), {} honest", number(labelled, "labelled purchase", "labelled purchases"),
      count_text(report.fraud.events),
      share_text(static_cast<double>(report.fraud.events) / static_cast<double>(labelled)),
      count_text(report.honest.events));
  if (report.unlabelled.events > 0) {
    out += fmt::format("; {} without a label, {} of them flagged",
                       count_text(report.unlabelled.events),
                       count_text(report.unlabelled_flagged.events));
  }
  out += '\n';
  if (report.labels_unused > 0) {
    out += fmt::format("  {} of no purchase in the period\n",
                       number(report.labels_unused, "label is", "labels are"));
  }
  if (report.labels_misfit > 0) {
    out += fmt::format("  warning: {} not of the declared type, and not known\n",
                       number(report.labels_misfit, "label is", "labels are"));
  }
  if (report.rules_read_label) {
    out += "  warning: the rules read the label that they are measured by\n";
  }
  return out;
}

std::string set_text(const BacktestReport& report) {
  const BacktestConfusion& c = report.figures.confusion;
  std::vector<Row> rows = {
      {"caught", count_text(c.caught.events) + " of " + count_text(report.fraud.events),
       "recall " + decimal3(c.recall())},
      {"false alarms", count_text(c.falsely.events), "precision " + decimal3(c.precision())}};
  if (!report.amount.empty()) {
    rows.push_back({"money caught",
                    money_text(c.caught.money_e4) + " of " + money_text(report.fraud.money_e4),
                    "by value " + decimal3(c.money_recall())});
    rows.push_back({"money missed", money_text(c.missed.money_e4), ""});
  }
  rows.push_back({"alerts a day", rate_text(report.figures.alerts_per_day),
                  "flagged a day " + rate_text(report.figures.flagged_per_day)});
  std::string out = "\nthe set";
  if (!report.flag_from.empty()) out += ", flagged from `" + report.flag_from + "` upwards";
  out += "\n" + table(rows);
  if (report.overridden > 0) {
    out += fmt::format("  {} of the flagged a final decision lets pass\n",
                       count_text(report.overridden));
  }
  return out;
}

std::string keys_text(const BacktestReport& report) {
  if (!report.keys || report.keys->frauded == 0) return "";
  const BacktestKeys& keys = *report.keys;
  const auto share_of = [&](std::uint64_t count) {
    return share_text(static_cast<double>(count) / static_cast<double>(keys.frauded));
  };
  std::string out = "\nby key (";
  for (const std::string& field : keys.fields)
    out += (&field == keys.fields.data() ? "" : ", ") + field;
  out += fmt::format(")\n  {} of {} frauded flagged ({})", count_text(keys.flagged),
                     count_text(keys.frauded), share_of(keys.flagged));
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < std::min(kShown, keys.flagged_by.size()); ++i) {
    out += fmt::format(", {} by fraud {}", share_of(keys.flagged_by[i]), i + 1);
  }
  const BacktestTally& before = keys.before_first_flag;
  out +=
      fmt::format("\n  passed before the first flag: {}", number(before.events, "fraud", "frauds"));
  if (!report.amount.empty()) out += ", " + money_text(before.money_e4);
  out += fmt::format("; on keys never flagged: {}", count_text(keys.never_flagged.events));
  if (!report.amount.empty()) out += ", " + money_text(keys.never_flagged.money_e4);
  if (keys.delay.keys > 0) {
    out += fmt::format("\n  first fraud to first alert: median {}, 9 in 10 within {}, longest {}",
                       span_text(keys.delay.median_ms), span_text(keys.delay.p90_ms),
                       span_text(keys.delay.longest_ms));
  }
  return out + "\n";
}

std::string rules_text(const BacktestReport& report) {
  const bool any_deadline = std::ranges::any_of(
      report.rules, [](const BacktestRule& rule) { return rule.deadlines > 0; });
  std::vector<Row> rows = {{"rule", "mode", "alerts", "a day", "true", "false", "precision",
                            "recall", "money caught", "adds true", "adds false"}};
  for (std::size_t i = 0; i < std::min(kMostRules, report.rules.size()); ++i) {
    const BacktestRule& rule = report.rules[i];
    rows.push_back({rule.name, mode_text(rule.mode), count_text(rule.alerts),
                    rate_text(rule.alerts_per_day), count_text(rule.hits.caught.events),
                    count_text(rule.hits.falsely.events), decimal3(rule.hits.precision()),
                    decimal3(rule.hits.recall()), money_text(rule.hits.caught.money_e4),
                    count_text(rule.adds_caught.events), count_text(rule.adds_falsely.events)});
  }
  if (any_deadline) {  // they are on no purchase, and may follow one
    rows[0].push_back("by deadline");
    rows[0].push_back("on fraud");
    for (std::size_t i = 1; i < rows.size(); ++i) {
      rows[i].push_back(count_text(report.rules[i - 1].deadlines));
      rows[i].push_back(count_text(report.rules[i - 1].deadlines_on_fraud));
    }
  }
  std::string out = "\nby rule (adds: flagged by nothing else)\n" + table(rows);
  if (report.rules.size() > kMostRules) {
    out += fmt::format("  and {} more\n", report.rules.size() - kMostRules);
  }
  return out;
}

std::string curve_text(const BacktestReport& report) {
  std::vector<Row> rows = {{"asked", "score from", "precision", "recall", "flagged a day"}};
  const auto add = [&](const std::vector<BacktestAsked>& asked, const char* what) {
    for (const BacktestAsked& each : asked) {
      const std::string name = fmt::format("{} {}", what, each.asked);
      if (!each.point) {
        rows.push_back({name, "not reached"});
        continue;
      }
      rows.push_back({name, score_text(each.point->score_e4), decimal3(each.point->precision),
                      decimal3(each.point->recall), rate_text(each.point->flagged_per_day)});
    }
  };
  if (report.curve.size() < 2) return "";  // no rule has a score
  add(report.at_recall, "recall");
  add(report.at_precision, "precision");
  std::string out = fmt::format("\nby the summed score (average precision {:.3f})\n",
                                report.figures.average_precision);
  return out + (rows.size() > 1 ? table(rows) : "");
}

std::string sweep_text(const BacktestReport& report) {
  if (!report.sweep) return "";
  const BacktestSweep& sweep = *report.sweep;
  std::vector<const BacktestSweep::Result*> shown;
  for (const auto& result : sweep.results) {
    if (result.on_frontier || (sweep.best && &result == &sweep.results[*sweep.best])) {
      shown.push_back(&result);
    }
  }
  std::ranges::stable_sort(shown, {}, [&](const auto* result) {
    return result->figures.of(sweep.frontier_by).value_or(0);
  });
  std::vector<Row> rows = {{"params", "recall", "precision", "by value", "alerts a day",
                            "flagged a day", "false a day", ""}};
  for (std::size_t i = 0; i < std::min(kMostSweeps, shown.size()); ++i) {
    const BacktestFigures& f = shown[i]->figures;
    const bool is_best = sweep.best && shown[i] == &sweep.results[*sweep.best];
    rows.push_back({params_text(shown[i]->params), decimal3(f.confusion.recall()),
                    decimal3(f.confusion.precision()), decimal3(f.confusion.money_recall()),
                    rate_text(f.alerts_per_day), rate_text(f.flagged_per_day),
                    rate_text(f.false_per_day), is_best ? "best" : ""});
  }
  return fmt::format("\nsweep: {}, the frontier of recall against {}\n",
                     number(sweep.results.size(), "combination", "combinations"),
                     backtest_measure_name(sweep.frontier_by)) +
         table(rows);
}

std::string change_text(const char* what, const BacktestChange& change) {
  std::string out = fmt::format("  {}: {}, {}", what, count_text(change.total.events),
                                money_text(change.total.money_e4));
  for (const auto& [rule, tally] : change.by_rule) {
    out += fmt::format("{}{} {}", &rule == &change.by_rule.front().first ? "; by " : ", ", rule,
                       count_text(tally.events));
  }
  out += '\n';
  for (std::size_t i = 0; i < std::min(kExamples, change.examples.size()); ++i) {
    const BacktestExample& each = change.examples[i];
    out += fmt::format("    #{} {} {} {}\n", each.seq, each.id, format_time(each.ts_ms),
                       money_text(each.amount_e4));
  }
  return out;
}

std::string comparison_text(const BacktestReport& report) {
  if (!report.comparison) return "";
  const BacktestComparison& c = *report.comparison;
  const BacktestConfusion& now = report.figures.confusion;
  const BacktestConfusion& before = c.before.confusion;
  std::string out = fmt::format(
      "\nagainst the other version: recall {} (was {}), precision {} (was {}), alerts a day {} "
      "(was {})\n",
      decimal3(now.recall()), decimal3(before.recall()), decimal3(now.precision()),
      decimal3(before.precision()), rate_text(report.figures.alerts_per_day),
      rate_text(c.before.alerts_per_day));
  out += change_text("newly caught", c.newly_caught);
  out += change_text("newly lost", c.newly_lost);
  out += change_text("newly false", c.newly_false);
  return out + change_text("no longer false", c.no_longer_false);
}

std::string targets_text(const BacktestReport& report) {
  if (report.targets.empty()) return "";
  std::string out = "\n";
  for (const auto& [target, met] : report.targets) {
    out += fmt::format("target {}: {}\n", target, met ? "met" : "not met by the rules as they are");
  }
  if (report.sweep) {
    out += report.sweep->best
               ? "best of the sweep: " +
                     params_text(report.sweep->results[*report.sweep->best].params) + "\n"
               : "no combination of the sweep meets all targets\n";
  }
  return out;
}

}  // namespace

std::string text_report(const BacktestReport& report) {
  return period_text(report) + purchases_text(report) + set_text(report) + keys_text(report) +
         rules_text(report) + curve_text(report) + sweep_text(report) + comparison_text(report) +
         targets_text(report);
}

}  // namespace weir::apps
