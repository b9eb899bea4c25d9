#include "apps/backtest/svg_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/backtest/html_writer.h"

namespace weir::apps {
namespace {

// Small enough for the letters to be readable where a phone shows all of it.
constexpr double kWidth = 440;
constexpr double kHeight = 280;
constexpr double kLeft = 52;
constexpr double kRight = 12;
constexpr double kTop = 14;
constexpr double kBottom = 44;
constexpr int kTicks = 4;

double place_x(double share) { return kLeft + share * (kWidth - kLeft - kRight); }
double place_y(double share) { return kHeight - kBottom - share * (kHeight - kTop - kBottom); }

std::string tick_text(double value, bool is_share) {
  return is_share ? fmt::format("{:.4g}%", value * 100) : fmt::format("{:.6g}", value);
}

void begin(std::string& out, const std::string& title, const std::string& description) {
  out += fmt::format(
      "<figure><svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\"><title>{}</title>"
      "<desc>{}</desc>\n",
      kWidth, kHeight, escape_html(title + ". " + description), escape_html(title),
      escape_html(description));
}

void end(std::string& out, const std::string& title,
         const std::vector<std::pair<std::string, std::string>>& series) {
  out += "</svg><figcaption>" + escape_html(title);
  for (const auto& [name, colour] : series) {
    out += fmt::format(" <span class=\"key\"><i class=\"{}\"></i>{}</span>", colour,
                       escape_html(name));
  }
  out += "</figcaption></figure>\n";
}

void text(std::string& out, double x, double y, const char* anchor, const std::string& what) {
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     escape_html(what));
}

void grid_y(std::string& out, double least, double most, bool is_share) {
  for (int i = 0; i <= kTicks; ++i) {
    const double share = static_cast<double>(i) / kTicks;
    const double y = place_y(share);
    out += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", kLeft, y,
                       kWidth - kRight);
    text(out, kLeft - 6, y + 4, "end", tick_text(least + share * (most - least), is_share));
  }
}

void grid_x(std::string& out, double least, double most, bool is_share) {
  for (int i = 0; i <= kTicks; ++i) {
    const double share = static_cast<double>(i) / kTicks;
    out += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>", place_x(share), kTop,
                       kHeight - kBottom);
    text(out, place_x(share), kHeight - kBottom + 16, i == kTicks ? "end" : "middle",
         tick_text(least + share * (most - least), is_share));
  }
}

void append_line(std::string& out, const XyPlot& plot, const PlotLine& line) {
  const auto x = [&](const PlotPoint& p) {
    return place_x(std::min((p.x - plot.x_least) / (plot.x_most - plot.x_least), 1.0));
  };
  const auto y = [&](const PlotPoint& p) {
    return place_y(std::min((p.y - plot.y_least) / (plot.y_most - plot.y_least), 1.0));
  };
  if (line.joined && line.points.size() > 1) {
    out += fmt::format("<path class=\"line {}\" d=\"", line.colour);
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const PlotPoint& p = line.points[i];
      if (i == 0) {
        out += fmt::format("M{:.1f} {:.1f}", x(p), y(p));
      } else if (line.steps) {
        out += fmt::format("H{:.1f}V{:.1f}", x(p), y(p));
      } else {
        out += fmt::format("L{:.1f} {:.1f}", x(p), y(p));
      }
    }
    out += "\"/>";
  }
  for (const PlotPoint& p : line.points) {
    if (p.title.empty()) continue;
    out += fmt::format(
        "<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}"
        "</title></circle>",
        line.colour, x(p), y(p), p.strong ? 6 : 3, escape_html(p.title));
  }
  out += '\n';
}

}  // namespace

double round_up(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (value <= step * power * (1 + 1e-9)) return step * power;
  }
  return 10 * power;
}

void fit_axes(XyPlot& plot) {
  const auto fit = [&](double PlotPoint::* value, bool is_share, double& least, double& most) {
    double low = INFINITY;
    double high = -INFINITY;
    for (const PlotLine& line : plot.lines) {
      for (const PlotPoint& point : line.points) {
        low = std::min(low, point.*value);
        high = std::max(high, point.*value);
      }
    }
    if (!(low <= high)) return;
    const double step = round_up(std::max((high - low) / kTicks, high / 100));
    least = std::max(0.0, std::floor(low / step) * step);
    most = least + step * kTicks;
    if (most < high) most = least + round_up((high - least) / kTicks) * kTicks;
    if (is_share && most > 1) {
      least = std::max(0.0, least - (most - 1));
      most = 1;
    }
  };
  fit(&PlotPoint::x, plot.x_share, plot.x_least, plot.x_most);
  fit(&PlotPoint::y, plot.y_share, plot.y_least, plot.y_most);
}

void append_xy_plot(std::string& out, const XyPlot& plot) {
  begin(out, plot.title, plot.description);
  grid_x(out, plot.x_least, plot.x_most, plot.x_share);
  grid_y(out, plot.y_least, plot.y_most, plot.y_share);
  text(out, place_x(0.5), kHeight - 8, "middle", plot.x_name);
  out += fmt::format(
      "<text transform=\"translate(12 {:.1f}) rotate(-90)\" text-anchor=\"middle\">"
      "{}</text>\n",
      place_y(0.5), escape_html(plot.y_name));
  std::vector<std::pair<std::string, std::string>> series;
  for (const PlotLine& line : plot.lines) {
    append_line(out, plot, line);
    if (!line.name.empty()) series.emplace_back(line.name, line.colour);
  }
  end(out, plot.title, series);
}

void append_bar_plot(std::string& out, const BarPlot& plot) {
  if (plot.bars.empty()) return;
  double most = 0;
  for (const Bar& bar : plot.bars) {
    double sum = 0;
    for (const double height : bar.heights) sum += height;
    most = std::max(most, sum);
  }
  most = round_up(most);
  begin(out, plot.title, plot.description);
  grid_y(out, 0, most, false);
  const auto bars = static_cast<double>(plot.bars.size());
  const double gap = plot.bars.size() > 60 ? 0 : 0.15 / bars;
  for (std::size_t i = 0; i < plot.bars.size(); ++i) {
    const Bar& bar = plot.bars[i];
    const double from = place_x(static_cast<double>(i) / bars + gap);
    const double until = place_x(static_cast<double>(i + 1) / bars - gap);
    std::string title = bar.name;
    double below = 0;
    std::string shapes;
    for (std::size_t s = 0; s < bar.heights.size(); ++s) {
      title += fmt::format(", {} {:.6g}", plot.series[s].first, bar.heights[s]);
      if (bar.heights[s] <= 0) continue;
      const double top = place_y((below + bar.heights[s]) / most);
      shapes += fmt::format(
          "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"/>",
          plot.series[s].second, from, top, until - from, place_y(below / most) - top);
      below += bar.heights[s];
    }
    if (!shapes.empty()) {
      out += "<g><title>" + escape_html(title) + "</title>" + shapes + "</g>\n";
    }
  }
  text(out, place_x(0), kHeight - kBottom + 18, "start", plot.bars.front().name);
  if (plot.bars.size() > 1) {
    text(out, place_x(1), kHeight - kBottom + 18, "end", plot.bars.back().name);
  }
  end(out, plot.title, plot.series);
}

}  // namespace weir::apps
