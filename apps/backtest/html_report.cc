#include "apps/backtest/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <weir/values.h>

#include "apps/backtest/figures_text.h"
#include "apps/backtest/html_page.h"
#include "apps/backtest/html_plots.h"
#include "apps/backtest/html_writer.h"

namespace weir::apps {
namespace {

constexpr std::size_t kMostRules = 500;    // rows of a table; the JSON report has all
constexpr std::size_t kMostMatrix = 24;    // rules
constexpr std::size_t kMostSweeps = 1000;  // rows

HtmlCell count(std::uint64_t value) { return {count_text(value), static_cast<double>(value)}; }
HtmlCell money(BacktestMoney value) { return {money_text(value), static_cast<double>(value)}; }
HtmlCell rate(double value) { return {rate_text(value), value}; }
HtmlCell share(std::optional<double> value) { return {share_text(value), value.value_or(-1)}; }

void begin_section(std::string& out, const char* id, const char* title, const char* what) {
  out += fmt::format("<section id=\"{}\"><h2>{}</h2>\n", id, title);
  if (*what != '\0') out += fmt::format("<p class=\"muted\">{}</p>\n", what);
}

void tile(std::string& out, const char* name, const std::string& value, const std::string& more) {
  out += fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", name,
                     escape_html(value), escape_html(more));
}

void append_head(std::string& out, const BacktestReport& report) {
  out += "<header><h1>Backtest</h1>\n<p class=\"muted\">";
  if (report.first_ms && report.last_ms) {
    out += fmt::format("{} to {}, {} days. ",
                       escape_html(format_time(report.from_ms.value_or(*report.first_ms))),
                       escape_html(format_time(report.until_ms.value_or(*report.last_ms))),
                       rate_text(report.days));
  }
  out += fmt::format("{} events read; labels from {}.", count_text(report.run.read),
                     escape_html(report.labels));
  if (report.warm_up > 0) {
    out += fmt::format(" {} events before only moved state.", count_text(report.warm_up));
  }
  if (!report.flag_from.empty()) {
    out += " Flagged from <b>" + escape_html(report.flag_from) + "</b> upwards.";
  }
  out += "</p>\n";
  if (report.rules_read_label) {
    out += "<p class=\"warn\">The rules read the label that they are measured by.</p>\n";
  }
  if (report.run.bad > 0) {
    out +=
        fmt::format("<p class=\"warn\">{} records were bad and are not judged. The first: {}</p>\n",
                    count_text(report.run.bad), escape_html(report.run.first_bad));
  }
  out += "<nav><a href=\"#rules\">Rules</a>";
  if (report.curve.size() > 1) out += "<a href=\"#score\">Score</a>";
  out += "<a href=\"#days\">Days</a><a href=\"#overlap\">Overlap</a>";
  if (report.sweep) out += "<a href=\"#sweep\">Sweep</a>";
  if (report.comparison) out += "<a href=\"#against\">Comparison</a>";
  out +=
      "<a href=\"#missed\">Missed</a><a href=\"#false\">False alarms</a></nav></header>\n<main>\n";
}

void append_tiles(std::string& out, const BacktestReport& report) {
  const BacktestConfusion& c = report.figures.confusion;
  out += "<section id=\"set\"><dl class=\"tiles\">\n";
  tile(out, "Recall", share_text(c.recall()),
       count_text(c.caught.events) + " of " + count_text(report.fraud.events) + " frauds");
  tile(out, "Precision", share_text(c.precision()), count_text(c.falsely.events) + " false alarms");
  if (!report.amount.empty()) {
    tile(out, "Money caught", share_text(c.money_recall()),
         money_text(c.caught.money_e4) + " of " + money_text(report.fraud.money_e4));
    tile(out, "Money missed", money_text(c.missed.money_e4), "");
  }
  tile(out, "Alerts a day", rate_text(report.figures.alerts_per_day),
       rate_text(report.figures.flagged_per_day) + " purchases flagged");
  if (report.keys && report.keys->frauded > 0) {
    tile(out, "Frauded keys flagged", share_text(report.figures.keys_flagged),
         count_text(report.keys->flagged) + " of " + count_text(report.keys->frauded));
    tile(out, "First fraud to alert", span_text(report.keys->delay.median_ms),
         "in the median; 9 in 10 within " + span_text(report.keys->delay.p90_ms));
  }
  out += "</dl>\n";
  const auto row = [](const char* name, const BacktestTally& flagged, const BacktestTally& passed) {
    return std::vector<HtmlCell>{name, count(flagged.events), money(flagged.money_e4),
                                 count(passed.events), money(passed.money_e4)};
  };
  const BacktestTally unlabelled_passed = {
      report.unlabelled.events - report.unlabelled_flagged.events,
      report.unlabelled.money_e4 - report.unlabelled_flagged.money_e4};
  HtmlTable table = {"Purchases by what they were and what became of them",
                     {"", "flagged", "money", "not flagged", "money"},
                     {row("fraud", c.caught, c.missed), row("honest", c.falsely, c.passed)},
                     false};
  if (report.unlabelled.events > 0) {
    table.rows.push_back(row("no label", report.unlabelled_flagged, unlabelled_passed));
  }
  append_table(out, table);
  if (report.overridden > 0) {
    out += fmt::format("<p>{} of the flagged purchases a final decision lets pass.</p>\n",
                       count_text(report.overridden));
  }
  out += "</section>\n";
}

void append_keys(std::string& out, const BacktestReport& report) {
  if (!report.keys || report.keys->frauded == 0) return;
  const BacktestKeys& keys = *report.keys;
  std::string fields;
  for (const std::string& field : keys.fields) fields += (fields.empty() ? "" : ", ") + field;
  begin_section(out, "keys", "Frauded keys", "");
  out += fmt::format(
      "<p>By {}. Before their first flag {} frauds ({}) passed on keys that were "
      "flagged, and {} ({}) on keys that never were. First fraud to first alert: "
      "median {}, nine in ten within {}, longest {}.</p>\n",
      escape_html(fields), count_text(keys.before_first_flag.events),
      money_text(keys.before_first_flag.money_e4), count_text(keys.never_flagged.events),
      money_text(keys.never_flagged.money_e4), span_text(keys.delay.median_ms),
      span_text(keys.delay.p90_ms), span_text(keys.delay.longest_ms));
  HtmlTable table = {
      "Keys flagged by their first frauds", {"by fraud", "keys", "share"}, {}, false};
  for (std::size_t i = 0; i < keys.flagged_by.size(); ++i) {
    const double part = static_cast<double>(keys.flagged_by[i]) / static_cast<double>(keys.frauded);
    const bool is_last = i + 1 == keys.flagged_by.size();
    table.rows.push_back(
        {is_last ? "any" : std::to_string(i + 1), count(keys.flagged_by[i]), share(part)});
  }
  append_table(out, table);
  out += "</section>\n";
}

void append_rules(std::string& out, const BacktestReport& report) {
  begin_section(out, "rules", "Rules",
                "True and false: purchases on which the rule completed, whatever it decides. "
                "Adds: what nothing else flags, and what would be lost without the rule (of a "
                "shadow rule, what it would add).");
  HtmlTable table = {"Each rule",
                     {"rule", "mode", "decision", "alerts", "a day", "true", "false", "precision",
                      "recall", "money caught", "money missed", "adds true", "adds money",
                      "adds false", "adds keys", "median delay", "by deadline", "on fraud"},
                     {},
                     false};
  for (std::size_t i = 0; i < std::min(kMostRules, report.rules.size()); ++i) {
    const BacktestRule& r = report.rules[i];
    const std::string delay = r.delay.keys > 0 ? span_text(r.delay.median_ms) : "–";
    table.rows.push_back(
        {r.name, mode_text(r.mode), r.decision, count(r.alerts), rate(r.alerts_per_day),
         count(r.hits.caught.events), count(r.hits.falsely.events), share(r.hits.precision()),
         share(r.hits.recall()), money(r.hits.caught.money_e4), money(r.hits.missed.money_e4),
         count(r.adds_caught.events), money(r.adds_caught.money_e4), count(r.adds_falsely.events),
         count(r.adds_keys), HtmlCell(delay, static_cast<double>(r.delay.median_ms)),
         count(r.deadlines), count(r.deadlines_on_fraud)});
  }
  append_table(out, table);
  if (report.rules.size() > kMostRules) {
    out += fmt::format("<p>And {} more.</p>\n", report.rules.size() - kMostRules);
  }
  out += "</section>\n";
}

void append_score(std::string& out, const BacktestReport& report) {
  if (report.curve.size() < 2) return;
  begin_section(out, "score", "The summed score",
                "Every threshold, as if purchases from that score on were flagged.");
  append_curve_plots(out, report);
  HtmlTable table = {"At a recall or a precision that was asked for",
                     {"asked", "score from", "precision", "recall", "money", "flagged a day"},
                     {},
                     false};
  const auto add = [&](const std::vector<BacktestAsked>& asked, const char* what) {
    for (const BacktestAsked& each : asked) {
      const std::string name = fmt::format("{} {}", what, share_text(each.asked));
      if (!each.point) {
        table.rows.push_back({name, "not reached"});
        continue;
      }
      const BacktestPoint& p = *each.point;
      table.rows.push_back({name, HtmlCell(score_text(p.score_e4), static_cast<double>(p.score_e4)),
                            share(p.precision), share(p.recall), share(p.money_recall),
                            rate(p.flagged_per_day)});
    }
  };
  add(report.at_recall, "recall");
  add(report.at_precision, "precision");
  if (!table.rows.empty()) append_table(out, table);
  out += "</section>\n";
}

// The rules that complete most often on purchases.
std::vector<std::uint32_t> busiest(const BacktestReport& report) {
  const auto hits = [&](std::uint32_t i) {
    const BacktestRule& rule = report.rules[i];
    return rule.hits.caught.events + rule.hits.falsely.events + rule.unlabelled;
  };
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < report.rules.size(); ++i) {
    if (hits(i) > 0) out.push_back(i);
  }
  std::ranges::stable_sort(out, std::greater<>{}, hits);
  out.resize(std::min(out.size(), kMostMatrix));
  std::ranges::sort(out);
  return out;
}

void append_overlap(std::string& out, const BacktestReport& report) {
  begin_section(out, "overlap", "Overlap",
                "Purchases on which both rules completed; the shade is the share of the row's "
                "rule. On the diagonal: all of the rule's.");
  const std::vector<std::uint32_t> rules = busiest(report);
  HtmlTable table = {"Rules that complete together", {""}, {}, true};
  for (const std::uint32_t a : rules) {
    table.columns.push_back(report.rules[a].name);
    const BacktestRule& rule = report.rules[a];
    const std::uint64_t all = rule.hits.caught.events + rule.hits.falsely.events + rule.unlabelled;
    std::vector<HtmlCell> row = {rule.name};
    for (const std::uint32_t b : rules) {
      std::uint64_t both = a == b ? all : 0;
      for (const BacktestOverlap& pair : report.overlap) {
        if (pair.a == std::min(a, b) && pair.b == std::max(a, b)) both = pair.events;
      }
      HtmlCell cell = both == 0 ? HtmlCell("", 0.0) : count(both);
      if (a != b && both > 0) cell.heat = static_cast<double>(both) / static_cast<double>(all);
      row.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
  if (rules.empty()) {
    out += "<p>No rule completed on a purchase.</p>\n";
  } else {
    append_table(out, table);
  }
  out += "</section>\n";
}

void append_sweep(std::string& out, const BacktestReport& report) {
  if (!report.sweep) return;
  const BacktestSweep& sweep = *report.sweep;
  begin_section(out, "sweep", "Sweep",
                "Every combination of the values. On the frontier no other has more recall for "
                "no more.");
  if (sweep.best) {
    out += "<p>Best by the targets: <b>" +
           escape_html(params_text(sweep.results[*sweep.best].params)) + "</b></p>\n";
  } else if (!report.targets.empty()) {
    out += "<p class=\"warn\">No combination meets all targets.</p>\n";
  }
  append_sweep_plot(out, report);
  HtmlTable table = {"Combinations",
                     {"params", "recall", "precision", "money", "alerts a day", "flagged a day",
                      "false a day", "keys flagged", "frontier", "targets"},
                     {},
                     false};
  for (std::size_t i = 0; i < std::min(kMostSweeps, sweep.results.size()); ++i) {
    const auto& result = sweep.results[i];
    const BacktestFigures& f = result.figures;
    table.rows.push_back({params_text(result.params), share(f.confusion.recall()),
                          share(f.confusion.precision()), share(f.confusion.money_recall()),
                          rate(f.alerts_per_day), rate(f.flagged_per_day), rate(f.false_per_day),
                          share(f.keys_flagged), result.on_frontier ? "yes" : "",
                          sweep.best == i ? "best" : (result.meets_targets ? "met" : "")});
  }
  append_table(out, table);
  out += "</section>\n";
}

void append_example(std::string& out, const BacktestExample& example) {
  out += fmt::format("<details><summary>{} <b>{}</b>", escape_html(format_time(example.ts_ms)),
                     money_text(example.amount_e4));
  out += " " + escape_html(example.id.empty() ? fmt::format("#{}", example.seq) : example.id);
  if (!example.key.empty()) out += " " + escape_html(example.key);
  out += fmt::format(" score {}", score_text(example.score_e4)) + "</summary>\n";
  if (!example.rules.empty()) {
    out += "<ul>";
    for (const std::string& rule : example.rules) out += "<li>" + escape_html(rule) + "</li>";
    out += "</ul>\n";
  }
  if (!example.match.empty()) {
    out += "<p class=\"muted\">Matched events</p><pre>";
    for (const std::string& line : example.match) out += escape_html(line) + "\n";
    out += "</pre>\n";
  }
  if (!example.event.empty()) out += "<pre>" + escape_html(example.event) + "</pre>\n";
  out += "</details>\n";
}

void append_examples(std::string& out, const char* id, const char* title, const char* what,
                     const std::vector<BacktestExample>& examples) {
  begin_section(out, id, title, what);
  if (examples.empty()) out += "<p>None.</p>\n";
  for (const BacktestExample& example : examples) append_example(out, example);
  out += "</section>\n";
}

void append_change(std::string& out, const char* title, const BacktestChange& change) {
  out += fmt::format("<h3>{}: {}, {}</h3>\n", title, count_text(change.total.events),
                     money_text(change.total.money_e4));
  if (change.total.events == 0) return;
  HtmlTable table = {
      "By the rules that completed on them", {"rule", "purchases", "money"}, {}, false};
  for (const auto& [rule, tally] : change.by_rule) {
    table.rows.push_back({rule, count(tally.events), money(tally.money_e4)});
  }
  append_table(out, table);
  for (const BacktestExample& example : change.examples) append_example(out, example);
}

void append_comparison(std::string& out, const BacktestReport& report) {
  if (!report.comparison) return;
  const BacktestComparison& c = *report.comparison;
  begin_section(out, "against", "Against the other version", "");
  const auto row = [](const char* name, const BacktestFigures& f) {
    return std::vector<HtmlCell>{name,
                                 share(f.confusion.recall()),
                                 share(f.confusion.precision()),
                                 money(f.confusion.caught.money_e4),
                                 count(f.confusion.falsely.events),
                                 rate(f.alerts_per_day),
                                 rate(f.flagged_per_day)};
  };
  append_table(out, {"The two versions",
                     {"", "recall", "precision", "money caught", "false alarms", "alerts a day",
                      "flagged a day"},
                     {row("these rules", report.figures), row("the other", c.before)},
                     false});
  const auto names = [&](const char* what, const std::vector<std::string>& list) {
    if (list.empty()) return;
    out += fmt::format("<p>{}:", what);
    for (const std::string& name : list) out += " <code>" + escape_html(name) + "</code>";
    out += "</p>\n";
  };
  names("New rules", c.added);
  names("Rules that went", c.removed);
  names("Rules that changed", c.changed);
  append_change(out, "Newly caught", c.newly_caught);
  append_change(out, "Newly lost", c.newly_lost);
  append_change(out, "Newly false", c.newly_false);
  append_change(out, "No longer false", c.no_longer_false);
  out += "</section>\n";
}

void append_days(std::string& out, const BacktestReport& report) {
  begin_section(out, "days", "Days", "");
  append_day_plots(out, report);
  out += "</section>\n";
}

}  // namespace

std::string html_report(const BacktestReport& report) {
  std::string out(kPageHead);
  append_head(out, report);
  append_tiles(out, report);
  if (!report.targets.empty()) {
    out += "<ul>\n";
    for (const auto& [target, met] : report.targets) {
      out += fmt::format("<li>Target <code>{}</code>: {}</li>\n", escape_html(target),
                         met ? "met" : "not met");
    }
    out += "</ul>\n";
  }
  append_keys(out, report);
  append_rules(out, report);
  append_score(out, report);
  append_days(out, report);
  append_overlap(out, report);
  append_sweep(out, report);
  append_comparison(out, report);
  append_examples(out, "missed", "Missed fraud", "Not flagged; the largest amounts first.",
                  report.missed);
  append_examples(out, "false", "False alarms", "Honest and flagged; the largest amounts first.",
                  report.false_alarms);
  out += "</main>\n";
  out += kPageTail;
  return out;
}

}  // namespace weir::apps
