#include "apps/backtest/figures_text.h"

#include <fmt/format.h>

#include <cmath>

#include <weir/values.h>

namespace weir::apps {
namespace {

constexpr std::int64_t kScale = 10'000;

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                   : static_cast<std::uint64_t>(value);
}

std::string grouped(std::string digits) {
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

std::string count_text(std::uint64_t count) { return grouped(std::to_string(count)); }

std::string money_text(BacktestMoney money_e4) {
  constexpr BacktestMoney kCent = kScale / 100;
  constexpr BacktestMoney kWhole = 1'000'000;  // from here on cents say nothing
  const BacktestMoney cents = ((money_e4 < 0 ? -money_e4 : money_e4) + kCent / 2) / kCent;
  std::string out = money_e4 < 0 && cents > 0 ? "-" : "";
  out += grouped(fmt::format("{}", cents / 100));
  if (cents % 100 != 0 && cents / 100 < kWhole) {
    out += fmt::format(".{:02}", static_cast<int>(cents % 100));
  }
  return out;
}

std::string score_text(std::int64_t score_e4) {
  std::string out = score_e4 < 0 ? "-" : "";
  const std::uint64_t size = magnitude(score_e4);
  out += std::to_string(size / kScale);
  if (size % kScale == 0) return out;
  out += fmt::format(".{:04}", size % kScale);
  while (out.back() == '0') out.pop_back();
  return out;
}

std::string share_text(std::optional<double> share) {
  if (!share || std::isnan(*share)) return "–";
  return fmt::format("{:.1f}%", *share * 100);
}

std::string rate_text(double rate) {
  if (rate >= 1000) return count_text(static_cast<std::uint64_t>(std::llround(rate)));
  if (rate >= 1 || rate == 0) return fmt::format("{:.1f}", rate);
  return fmt::format("{:.2g}", rate);
}

std::string span_text(std::int64_t ms) {
  constexpr std::int64_t kSecond = 1000;
  constexpr std::int64_t kMinute = 60 * kSecond;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  std::int64_t unit = kSecond;
  if (ms >= kDay) {
    unit = kHour;
  } else if (ms >= kHour) {
    unit = kMinute;
  } else if (ms < kSecond) {
    unit = 1;
  }
  const std::int64_t rounded = (ms + unit / 2) / unit * unit;
  return rounded == 0 ? "0s" : format_duration(rounded);
}

std::string day_text(std::int64_t ms) { return format_time(ms).substr(0, 10); }

std::string params_text(const BacktestParams& params) {
  std::string out;
  for (const auto& [param, value] : params) out += (out.empty() ? "" : " ") + param + "=" + value;
  return out;
}

std::string mode_text(RuleMode mode) {
  if (mode == RuleMode::live) return "live";
  if (mode == RuleMode::canary) return "canary";
  return mode == RuleMode::shadow ? "shadow" : "off";
}

}  // namespace weir::apps
