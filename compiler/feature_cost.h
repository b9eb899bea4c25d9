// What a feature keeps for one key (language L3.11, L8): of how many things, and how large each is.
//
// Used by `weir check`. Pure. The sizes are those of state/window_group.h, rounded up and after
// growth; features over the same events and key share what they keep, which is not counted here.
#pragma once

#include <cstdint>
#include <string>

#include "nfa/feature.h"

namespace weir::compiler {

struct FeatureCost {
  static constexpr std::uint64_t kUnbounded = UINT64_MAX;

  std::uint64_t things = 1;  // that are kept for a key at most: events, values, steps, or one total
  std::uint32_t bytes_each = 0;
  std::string what;  // "event in the window", "different value in the window", ...; empty: a total

  // "keeps about 12 bytes for each event in the window of a key, however many there are"
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] FeatureCost feature_cost(const nfa::FeatureImage& feature);

}  // namespace weir::compiler
