#include "compiler/feature_cost.h"

namespace weir::compiler {
namespace {

using nfa::AggregateKind;
using nfa::WindowKind;

constexpr std::uint32_t kTotalBytes = 64;     // running values of one window
constexpr std::uint32_t kStepBytes = 48;      // those of one step of a hopping one
constexpr std::uint32_t kTimeBytes = 8;       // an event in a ring, without a value
constexpr std::uint32_t kEventBytes = 16;     // with one
constexpr std::uint32_t kExtremeBytes = 32;   // what may still become the least or greatest
constexpr std::uint32_t kValueBytes = 32;     // a different value, with when it was last seen
constexpr std::uint64_t kSketchValues = 256;  // of approx_distinct: then a sketch takes over

// Whether the events themselves have to be there, so as to leave the window one by one.
bool needs_events(const nfa::FeatureImage& feature) {
  if (feature.aggregate == AggregateKind::kQuantile) return true;
  if (feature.aggregate == AggregateKind::kLast) return false;
  return feature.window.kind == WindowKind::kSliding ||
         feature.window.kind == WindowKind::kLastEvents;
}

}  // namespace

FeatureCost feature_cost(const nfa::FeatureImage& feature) {
  FeatureCost cost;
  const bool counted = feature.window.kind == WindowKind::kLastEvents;
  cost.things = counted ? feature.window.events : FeatureCost::kUnbounded;
  const auto of = [&](std::uint32_t bytes, const char* what) {
    cost.bytes_each = bytes;
    cost.what = what;
    return cost;
  };
  switch (feature.aggregate) {
    case AggregateKind::kDistinct:
      return of(kValueBytes, "different value in the window");
    case AggregateKind::kApproxDistinct:
      cost.things = kSketchValues;
      return of(kValueBytes, "different value in the window");
    case AggregateKind::kMin:
    case AggregateKind::kMax:
      return of(kExtremeBytes, feature.aggregate == AggregateKind::kMin
                                   ? "event in the window that may still be the least"
                                   : "event in the window that may still be the greatest");
    default:
      break;
  }
  if (needs_events(feature)) {
    const bool bare = feature.slot == nfa::FeatureImage::kNoSlot;
    return of(bare ? kTimeBytes : kEventBytes, "event in the window");
  }
  if (feature.window.kind == WindowKind::kHopping && feature.aggregate != AggregateKind::kLast) {
    const auto& window = feature.window;
    cost.things =
        static_cast<std::uint64_t>((window.length_ms + window.every_ms - 1) / window.every_ms) + 1;
    return of(kStepBytes, "step of the window");
  }
  cost.things = 1;
  return of(kTotalBytes, "");
}

std::string FeatureCost::text() const {
  const std::string bytes = "keeps about " + std::to_string(bytes_each) + " bytes ";
  if (what.empty()) return bytes + "a key";
  const std::string each = bytes + "for each " + what + " of a key";
  if (things == kUnbounded) return each + ", however many there are";
  return each + ", at most " + std::to_string(things);
}

}  // namespace weir::compiler
