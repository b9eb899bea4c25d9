// The report of a backtest as one HTML page that asks nothing of the network: styles, plots and a
// small script stand in it; without the script everything is there too, only tables do not sort.
// Pure; thread-safe.
#pragma once

#include <string>

#include <weir/backtest.h>

namespace weir::apps {

[[nodiscard]] std::string html_report(const BacktestReport& report);

}  // namespace weir::apps
