// What is asked of a sweep, from text: values of params, targets; and the measures by name.
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "api/env.h"
#include "event/decimal.h"
#include "weir/backtest.h"
#include "weir/values.h"

namespace weir {
namespace {

using api::fail;

struct MeasureName {
  BacktestMeasure measure;
  const char* name;
};
constexpr std::array<MeasureName, 7> kMeasures = {{
    {BacktestMeasure::recall, "recall"},
    {BacktestMeasure::precision, "precision"},
    {BacktestMeasure::money_recall, "money_recall"},
    {BacktestMeasure::keys_flagged, "keys_flagged"},
    {BacktestMeasure::alerts_per_day, "alerts_per_day"},
    {BacktestMeasure::flagged_per_day, "flagged_per_day"},
    {BacktestMeasure::false_per_day, "false_per_day"},
}};

std::optional<double> share(std::uint64_t part, std::uint64_t rest) {
  if (part + rest == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(part + rest);
}

struct Dimension {
  std::string param;
  std::vector<std::string> values;
};

std::optional<std::int64_t> scaled(std::string_view text) {
  const event::ParsedDecimal parsed = event::parse_decimal(text);
  if (parsed.status != event::DecimalStatus::kExact) return std::nullopt;
  return parsed.scaled;
}

Result<void> too_many(const std::string& what) {
  return fail(ErrorCode::limit, what + " gives more than " + std::to_string(kMostVariants) +
                                    " combinations; take fewer values or a longer step");
}

// FIRST..LAST/STEP, numbers or durations.
Result<void> add_range(Dimension& to, const std::string& text) {
  const std::size_t dots = text.find("..");
  const std::size_t slash = text.find('/', dots);
  const std::string first = text.substr(0, dots);
  const std::string last =
      text.substr(dots + 2, slash == std::string::npos ? slash : slash - dots - 2);
  const std::string step = slash == std::string::npos ? "1" : text.substr(slash + 1);
  auto from = scaled(first);
  auto until = scaled(last);
  auto by = scaled(step);
  const bool numbers = from && until && by;
  if (!numbers) {
    from = parse_duration(first);
    until = parse_duration(last);
    by = parse_duration(step);
  }
  if (!from || !until || !by || *by <= 0 || *from > *until) {
    return fail(ErrorCode::invalid_argument,
                "--sweep: " + text + " is no range; write 10..50/10 or 1h..6h/1h, from the least");
  }
  for (event::Int128 value = *from; value <= *until; value += *by) {
    if (to.values.size() == kMostVariants) return too_many("--sweep " + to.param);
    to.values.push_back(numbers ? event::print_decimal(value)
                                : format_duration(static_cast<std::int64_t>(value)));
  }
  return {};
}

Result<Dimension> parse_dimension(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    return fail(ErrorCode::invalid_argument,
                "--sweep: " + text + " is not of the form PARAM=VALUE,VALUE or PARAM=10..50/10");
  }
  Dimension out;
  out.param = text.substr(0, equals);
  std::size_t at = equals + 1;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string value = text.substr(at, comma - at);
    at = comma + 1;
    if (value.empty()) {
      return fail(ErrorCode::invalid_argument, "--sweep: " + text + " has an empty value");
    }
    if (value.find("..") != std::string::npos) {
      if (auto added = add_range(out, value); !added) return std::unexpected(added.error());
    } else {
      out.values.push_back(value);
    }
  }
  return out;
}

}  // namespace

const char* backtest_measure_name(BacktestMeasure measure) {
  for (const MeasureName& each : kMeasures) {
    if (each.measure == measure) return each.name;
  }
  return "";
}

std::optional<double> BacktestConfusion::precision() const {
  return share(caught.events, falsely.events);
}

std::optional<double> BacktestConfusion::recall() const {
  return share(caught.events, missed.events);
}

std::optional<double> BacktestConfusion::money_recall() const {
  const double all = static_cast<double>(caught.money_e4) + static_cast<double>(missed.money_e4);
  if (all == 0) return std::nullopt;
  return static_cast<double>(caught.money_e4) / all;
}

std::optional<double> BacktestFigures::of(BacktestMeasure measure) const {
  switch (measure) {
    case BacktestMeasure::recall:
      return confusion.recall();
    case BacktestMeasure::precision:
      return confusion.precision();
    case BacktestMeasure::money_recall:
      return confusion.money_recall();
    case BacktestMeasure::keys_flagged:
      return keys_flagged;
    case BacktestMeasure::alerts_per_day:
      return alerts_per_day;
    case BacktestMeasure::flagged_per_day:
      return flagged_per_day;
    case BacktestMeasure::false_per_day:
      return false_per_day;
  }
  return std::nullopt;
}

bool meets(const BacktestFigures& figures, const std::vector<BacktestTarget>& targets) {
  for (const BacktestTarget& target : targets) {
    const std::optional<double> value = figures.of(target.measure);
    if (!value) return false;
    if (target.at_least ? *value < target.value : *value > target.value) return false;
  }
  return true;
}

Result<BacktestTarget> parse_backtest_target(const std::string& text) {
  const std::size_t sign = text.find_first_of("<>");
  std::string names;
  for (const MeasureName& each : kMeasures)
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  if (sign == std::string::npos || sign + 1 >= text.size() || text[sign + 1] != '=') {
    return fail(ErrorCode::invalid_argument,
                text + " is no target; write precision>=0.9 or alerts_per_day<=20");
  }
  BacktestTarget out;
  out.text = text;
  out.at_least = text[sign] == '>';
  const std::string name = text.substr(0, sign);
  bool known = false;
  for (const MeasureName& each : kMeasures) {
    if (name != each.name) continue;
    out.measure = each.measure;
    known = true;
  }
  if (!known) {
    return fail(ErrorCode::invalid_argument, name + " is no measure; there are " + names);
  }
  const char* const begin = text.data() + sign + 2;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(begin, end, out.value);
  if (code != std::errc{} || stop != end || !std::isfinite(out.value)) {
    return fail(ErrorCode::invalid_argument, text + ": what stands behind >= or <= is no number");
  }
  return out;
}

Result<std::vector<BacktestParams>> expand_sweep(const std::vector<std::string>& texts) {
  std::vector<BacktestParams> out;
  if (texts.empty()) return out;
  out.emplace_back();
  for (const std::string& text : texts) {
    const auto dimension = parse_dimension(text);
    if (!dimension) return std::unexpected(dimension.error());
    std::vector<BacktestParams> wider;
    if (out.size() * dimension->values.size() > kMostVariants) {
      return std::unexpected(too_many("--sweep").error());
    }
    for (const BacktestParams& params : out) {
      for (const auto& [param, value] : params) {
        if (param != dimension->param) continue;
        return fail(ErrorCode::invalid_argument, "--sweep names the param " + param + " twice");
      }
      for (const std::string& value : dimension->values) {
        wider.push_back(params);
        wider.back().emplace_back(dimension->param, value);
      }
    }
    out = std::move(wider);
  }
  return out;
}

}  // namespace weir
