// The plots of the backtest's page, from its figures. Pure; thread-safe.
#pragma once

#include <string>

#include <weir/backtest.h>

namespace weir::apps {

void append_curve_plots(std::string& out, const BacktestReport& report);
void append_day_plots(std::string& out, const BacktestReport& report);
void append_sweep_plot(std::string& out, const BacktestReport& report);  // report.sweep is there

}  // namespace weir::apps
