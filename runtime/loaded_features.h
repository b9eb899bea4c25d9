// The features of an image made ready to run: which windows are kept together, and what an event of
// each type does with them, level by level (nfa/feature.h). Immutable; shared by the shards.
//
// Features over the same events of a key (same source, conditions and key) are one window group:
// one structure a key in which all their windows share the events. Groups whose keys are made of
// fields of the same types are one dimension: a table of keys in each shard.
//
// Where rules look at alerts (nfa::RuleImage::stage), a feature that events of several stages read
// is kept for each of these, since each stage goes through its turns by itself.
//
// An event's dealings with one key are one access: the values to read before the event counts
// there, the groups in which it counts, the values to read after.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "nfa/feature.h"
#include "nfa/image.h"
#include "runtime/key_codec.h"
#include "state/window_layout.h"

namespace weir::runtime {

// A field of the source whose values a group aggregates, and the column that takes them.
struct FeatureColumn {
  std::uint16_t slot = 0;
  event::TypeKind kind = event::TypeKind::kInt;
  state::ColumnKind column = state::ColumnKind::kInt64;
};

struct FeatureGroup {
  event::EventTypeId source;
  std::vector<nfa::PredicateId> where;
  std::vector<std::uint16_t> key;  // slots of the source
  std::vector<FeatureColumn> columns;
  std::shared_ptr<const state::WindowLayout> layout;
  std::uint32_t dimension = 0;
  std::uint32_t level = 0;
};

struct FeatureKeyPart {
  event::TypeKind kind = event::TypeKind::kString;
  nfa::ReadKey from;
};

// A value to be put into a derived slot.
struct FeatureValue {
  std::uint16_t aggregate = 0;  // of the group's layout
  std::uint16_t slot = 0;       // of the event's type
  event::TypeKind kind = event::TypeKind::kInt;
};

// Values of one group.
struct FeatureReads {
  std::uint32_t group = 0;
  bool all = false;  // of as many aggregates of the group that they are best read all at once
  std::vector<FeatureValue> values;
};

struct FeatureAccess {
  std::uint32_t dimension = 0;
  std::vector<FeatureKeyPart> key;
  std::vector<FeatureReads> before;    // `excluding current`
  std::vector<std::uint32_t> updates;  // groups; at most 64
  std::vector<FeatureReads> after;
  // Bits of updates: those of groups without conditions, and of all others.
  std::uint64_t always = 0;
  std::uint64_t asked = 0;
};

// The slots of an event type: those that its rows come with, and with those of features behind.
struct FeatureSlots {
  std::uint16_t declared = 0;
  std::uint16_t all = 0;
};

// Where a feature's value comes from.
struct FeaturePlace {
  std::uint32_t group = 0;
  std::uint16_t aggregate = 0;  // of the group's layout
};

struct LoadedFeatures {
  std::vector<FeatureGroup> groups;
  std::vector<FeaturePlace> places;  // by feature: of Image::features; where it is kept first
  std::uint32_t dimensions = 0;
  // By level and event type. A level here is a level of the features of one stage (nfa/feature.h).
  std::vector<std::vector<std::vector<FeatureAccess>>> levels;
  std::vector<std::uint32_t> levels_before;  // by stage: levels of lower stages; then all of them
  std::vector<FeatureSlots> slots;           // by event type

  [[nodiscard]] bool any() const { return !groups.empty(); }
};

// A stream of window results (language L4.4): its columns as features that nothing reads.
struct LoadedStream {
  const nfa::StreamImage* image = nullptr;
  LoadedFeatures columns;
  std::vector<event::TypeKind> key_kinds;
  std::shared_ptr<const state::Calendar> calendar;  // of a calendar window
};

// kInvalidArgument: a time zone that this machine does not know.
[[nodiscard]] base::Result<LoadedFeatures> load_features(const nfa::Image& image);
[[nodiscard]] base::Result<LoadedStream> load_stream(const nfa::Image& image,
                                                     const nfa::StreamImage& stream);

}  // namespace weir::runtime
