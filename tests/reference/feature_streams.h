// Streams of events for generated cases with features: at the edges of windows, tied, a millisecond
// off, and days apart around the changes of the clocks. Used by feature_cases.cc. Deterministic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/reference/expr_eval.h"
#include "tests/reference/random.h"
#include "tests/reference/test_blocks.h"

namespace weir::reference {

// No event lies before it, so that a test block can play them.
inline constexpr std::int64_t kStreamOriginMs = kTestOriginMs;

struct FeatureStream {
  std::vector<std::string> types;
  bool day_jumps = false;  // around a change of the clocks of `zone`, over some days
  std::string zone;
};

// Zones whose clocks change in 2026: by an hour, by half an hour, and at midnight.
[[nodiscard]] const std::vector<std::string>& stream_zones();

// Half of `max_events` to all of them, in order, with the fields of case_declarations().
[[nodiscard]] std::vector<RefEvent> feature_stream(Random& random, const FeatureStream& stream,
                                                   std::size_t max_events);

}  // namespace weir::reference
