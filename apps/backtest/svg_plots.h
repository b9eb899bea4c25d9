// Plots as inline SVG, drawn once for light and dark: colours are the page's CSS variables. Each
// has a title and a description for who cannot see it. Pure; thread-safe; no locale.
#pragma once

#include <string>
#include <vector>

namespace weir::apps {

struct PlotPoint {
  double x = 0;
  double y = 0;
  std::string title;  // shown on it, not escaped yet; empty: no mark
  bool strong = false;
};

struct PlotLine {
  std::string name;
  std::string colour;  // a class of the page: accent, good, bad, muted
  std::vector<PlotPoint> points;
  bool joined = true;
  bool steps = false;
};

struct XyPlot {
  std::string title;
  std::string description;
  std::string x_name;
  std::string y_name;
  std::vector<PlotLine> lines;
  double x_least = 0;
  double x_most = 1;
  double y_least = 0;
  double y_most = 1;
  bool x_share = false;  // 0 to 1, written as percent
  bool y_share = false;
};
void append_xy_plot(std::string& out, const XyPlot& plot);

struct Bar {
  std::string name;             // of the bar: a date; not escaped yet
  std::vector<double> heights;  // stacked, beside BarPlot::series
};

struct BarPlot {
  std::string title;
  std::string description;
  std::vector<std::pair<std::string, std::string>> series;  // name and colour
  std::vector<Bar> bars;
};
void append_bar_plot(std::string& out, const BarPlot& plot);

// Sets where the axes begin and end: round numbers around all points.
void fit_axes(XyPlot& plot);

// The least of 1, 2, 2.5, 5 times a power of ten that is not below; 1 of what is not above 0.
[[nodiscard]] double round_up(double value);

}  // namespace weir::apps
