// Which events lie in a window of L4.1, straight from its definition. Used by eval_feature.cc.
//
// A window is asked once for each value, of the whole list of events that the feature counts; there
// is no state. Pure; thread-safe. Zones come from the system's database, by way of cctz.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/ast.h"

namespace weir::reference {

// A window with its params resolved.
struct NaiveWindow {
  dsl::WindowKind kind = dsl::WindowKind::kNone;
  std::int64_t length_ms = 0;  // D
  std::int64_t every_ms = 0;   // S of a hopping window
  std::int64_t last = 0;       // N of `over last N`
  std::string unit;            // of a calendar window: day, week, month
  std::string zone;
};

// Of the events that a feature counts, by their times in order, those that its window holds at
// `now_ms`: their places in the list, in order. None of them is later than `now_ms`.
[[nodiscard]] std::vector<std::size_t> in_window(const NaiveWindow& window,
                                                 const std::vector<std::int64_t>& times,
                                                 std::int64_t now_ms);

// The start of the aligned window of this length that holds the time: a multiple of the length
// since the epoch.
[[nodiscard]] std::int64_t aligned_start(std::int64_t time_ms, std::int64_t length_ms);

// How long the window is, for `rate`; nullopt if it has no length. A calendar window is as long as
// that day, week or month is in its zone.
[[nodiscard]] std::optional<std::int64_t> length_at(const NaiveWindow& window, std::int64_t now_ms);

// Why the language refuses the window; empty if it does not.
[[nodiscard]] std::string window_problem(const NaiveWindow& window);

}  // namespace weir::reference
