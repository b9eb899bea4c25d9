// The report of a backtest for a terminal: what an analyst looks at first. Pure; thread-safe.
#pragma once

#include <string>

#include <weir/backtest.h>

namespace weir::apps {

[[nodiscard]] std::string text_report(const BacktestReport& report);

}  // namespace weir::apps
