// Figures as people read them: 1,234,567, 12,500.50, 94.6%, 3h20m. Used by both reports of
// `weir backtest`. Free functions; no locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <weir/backtest.h>

namespace weir::apps {

[[nodiscard]] std::string count_text(std::uint64_t count);  // 1,234,567
[[nodiscard]] std::string money_text(
    BacktestMoney money_e4);  // 12,500.50; whole numbers from 10^6 on
[[nodiscard]] std::string score_text(std::int64_t score_e4);  // 70, 0.25
[[nodiscard]] std::string share_text(
    std::optional<double> share);                  // 94.6%; a dash if there is none
[[nodiscard]] std::string rate_text(double rate);  // 12.3; 0.04
// Of the two largest units: 3h20m, 45s, 0s.
[[nodiscard]] std::string span_text(std::int64_t ms);
[[nodiscard]] std::string day_text(std::int64_t ms);                  // 2026-01-31
[[nodiscard]] std::string params_text(const BacktestParams& params);  // probes=3 limit=50
[[nodiscard]] std::string mode_text(RuleMode mode);

}  // namespace weir::apps
