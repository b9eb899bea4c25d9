#include "apps/backtest/html_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "apps/backtest/figures_text.h"
#include "apps/backtest/svg_plots.h"

namespace weir::apps {
namespace {

constexpr std::size_t kMostBars = 130;
constexpr std::size_t kMostMarks = 60;  // thresholds with a mark that says what they are
constexpr std::int64_t kDayMs = 86'400'000;

std::string point_title(const BacktestPoint& point) {
  return fmt::format("score from {}: precision {}, recall {}, {} flagged a day",
                     score_text(point.score_e4), share_text(point.precision),
                     share_text(point.recall), rate_text(point.flagged_per_day));
}

// Days in so many bars at most; days without anything are there too.
struct DayBars {
  std::size_t days_each = 1;
  std::vector<BacktestDay> bars;
};

DayBars day_bars(const std::vector<BacktestDay>& timeline) {
  DayBars out;
  if (timeline.empty()) return out;
  const std::int64_t first = timeline.front().day_ms;
  const auto days = static_cast<std::size_t>((timeline.back().day_ms - first) / kDayMs) + 1;
  out.days_each = (days + kMostBars - 1) / kMostBars;
  out.bars.resize((days + out.days_each - 1) / out.days_each);
  for (std::size_t i = 0; i < out.bars.size(); ++i) {
    out.bars[i].day_ms = first + static_cast<std::int64_t>(i * out.days_each) * kDayMs;
  }
  for (const BacktestDay& day : timeline) {
    const auto at = static_cast<std::size_t>((day.day_ms - first) / kDayMs) / out.days_each;
    BacktestDay& bar = out.bars[at];
    bar.alerts += day.alerts;
    bar.fraud += day.fraud;
    bar.caught += day.caught;
    bar.falsely += day.falsely;
    bar.purchases += day.purchases;
  }
  return out;
}

std::string each_text(const DayBars& bars) {
  return bars.days_each == 1 ? "a day" : fmt::format("in {} days", bars.days_each);
}

}  // namespace

void append_curve_plots(std::string& out, const BacktestReport& report) {
  PlotLine precision = {"", "accent", {}, true, false};
  PlotLine flagged = {"", "accent", {}, true, false};
  double most = 0;
  const std::size_t every = report.curve.size() / kMostMarks + 1;
  for (std::size_t i = 0; i < report.curve.size(); ++i) {
    const BacktestPoint& point = report.curve[i];
    const std::string title = i % every == 0 ? point_title(point) : "";
    precision.points.push_back({point.recall, point.precision, title, false});
    // The threshold that flags everything would leave no room for the others.
    if (i + 1 == report.curve.size()) continue;
    flagged.points.push_back({point.flagged_per_day, point.recall, title, false});
    most = std::max(most, point.flagged_per_day);
  }
  PlotLine now = {"the rules as they decide", "bad", {}, false, false};
  const BacktestConfusion& c = report.figures.confusion;
  if (c.recall() && c.precision()) {
    now.points.push_back({*c.recall(), *c.precision(),
                          fmt::format("as the rules decide: precision {}, recall {}",
                                      share_text(c.precision()), share_text(c.recall())),
                          true});
  }
  const std::string mean =
      fmt::format("Average precision {:.3f}.", report.figures.average_precision);
  out += "<div class=\"plots\">\n";
  XyPlot curve;
  curve.title = "Precision and recall by threshold";
  curve.description = mean;
  curve.x_name = "recall";
  curve.y_name = "precision";
  curve.lines = {precision, now};
  curve.x_share = curve.y_share = true;
  append_xy_plot(out, curve);
  PlotLine here = {"the rules as they decide", "bad", {}, false, false};
  if (c.recall()) {
    most = std::max(most, report.figures.flagged_per_day);
    here.points.push_back(
        {report.figures.flagged_per_day, *c.recall(),
         fmt::format("as the rules decide: {} a day, recall {}",
                     rate_text(report.figures.flagged_per_day), share_text(c.recall())),
         true});
  }
  XyPlot by_day;
  by_day.title = "Recall by purchases flagged a day";
  by_day.description = mean;
  by_day.x_name = "flagged a day";
  by_day.y_name = "recall";
  by_day.lines = {flagged, here};
  by_day.x_most = round_up(most);
  by_day.y_share = true;
  append_xy_plot(out, by_day);
  out += "</div>\n";
}

void append_day_plots(std::string& out, const BacktestReport& report) {
  const DayBars days = day_bars(report.timeline);
  BarPlot alerts = {"Alerts " + each_text(days), "", {{"alerts", "accent"}}, {}};
  BarPlot frauds = {"Fraud " + each_text(days), "", {{"caught", "good"}, {"missed", "bad"}}, {}};
  BarPlot falsely = {"False alarms " + each_text(days), "", {{"false alarms", "bad"}}, {}};
  std::uint64_t busiest = 0;
  for (const BacktestDay& day : days.bars) {
    const std::string name = day_text(day.day_ms);
    const auto height = [](std::uint64_t count) { return static_cast<double>(count); };
    alerts.bars.push_back({name, {height(day.alerts)}});
    frauds.bars.push_back({name, {height(day.caught), height(day.fraud - day.caught)}});
    falsely.bars.push_back({name, {height(day.falsely)}});
    busiest = std::max(busiest, day.alerts);
  }
  alerts.description = fmt::format(
      "In the mean {} in 24 hours from the first event to the last; at most {} {} (UTC).",
      rate_text(report.figures.alerts_per_day), count_text(busiest), each_text(days));
  frauds.description = fmt::format("{} caught and {} missed in all.",
                                   count_text(report.figures.confusion.caught.events),
                                   count_text(report.figures.confusion.missed.events));
  falsely.description =
      fmt::format("{} in all.", count_text(report.figures.confusion.falsely.events));
  out += "<div class=\"plots\">\n";
  append_bar_plot(out, alerts);
  append_bar_plot(out, frauds);
  append_bar_plot(out, falsely);
  out += "</div>\n";
}

void append_sweep_plot(std::string& out, const BacktestReport& report) {
  const BacktestSweep& sweep = *report.sweep;
  PlotLine others = {"combinations", "muted", {}, false, false};
  PlotLine frontier = {"frontier", "accent", {}, true, true};
  PlotLine best = {"best", "good", {}, false, false};
  for (std::size_t i = 0; i < sweep.results.size(); ++i) {
    const auto& result = sweep.results[i];
    PlotPoint point;
    point.x = result.figures.of(sweep.frontier_by).value_or(0);
    point.y = result.figures.confusion.recall().value_or(0);
    point.title = fmt::format("{}: recall {}, precision {}", params_text(result.params),
                              share_text(result.figures.confusion.recall()),
                              share_text(result.figures.confusion.precision()));
    (result.on_frontier ? frontier : others).points.push_back(point);
    if (sweep.best == i) {
      point.strong = true;
      best.points.push_back(point);
    }
  }
  std::ranges::stable_sort(frontier.points, {}, &PlotPoint::x);
  std::string name = backtest_measure_name(sweep.frontier_by);
  std::ranges::replace(name, '_', ' ');
  XyPlot plot;
  plot.title = "Recall against " + name;
  plot.description = fmt::format("{} combinations, {} on the frontier.", sweep.results.size(),
                                 frontier.points.size());
  plot.x_name = name;
  plot.y_name = "recall";
  plot.lines = {others, frontier, best};
  plot.y_share = true;
  fit_axes(plot);
  append_xy_plot(out, plot);
}

}  // namespace weir::apps
