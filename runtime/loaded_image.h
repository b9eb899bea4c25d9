// An image made ready to run: programs loaded, key dimensions found, and for each event type the
// rules that look at it. Immutable but for its lists; shared by the shards. The image must outlive
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "nfa/event_context.h"
#include "nfa/front_plan.h"
#include "nfa/image.h"
#include "nfa/loaded_program.h"
#include "nfa/predicate_index.h"
#include "runtime/key_codec.h"
#include "runtime/live_lists.h"
#include "runtime/loaded_features.h"

namespace weir::runtime {

// A key that parts of a rule have of their own, as one event type has it.
struct PartKey {
  std::vector<KeyField> key;
  std::uint32_t mask = 0;  // the bit of the key expression (nfa::Seen::key_mask)
};

// One rule as one event type sees it: all that decides whether an event matters to the rule before
// anything is known of its key.
struct RuleOfType {
  std::uint32_t rule = 0;
  std::uint32_t dimension = 0;
  std::uint16_t local_type = 0;
  bool by_part = false;    // its parts have keys of their own
  bool stateless = false;  // one event, nothing to remember
  bool strict = false;     // every event that it sees counts, whatever conditions it satisfies
  const nfa::Automaton* automaton = nullptr;
  nfa::SymbolMask begins = 0;  // symbols of first parts and of leading absences
  std::vector<KeyField> key;
  std::vector<PartKey> part_keys;  // by_part
};

// How the rules are found that an event of one type may matter to, where they are many: those in
// which it could begin something, by the index, and those that hold something for its keys, by
// looking there.
struct TypeDispatch {
  static constexpr std::size_t kMany = 8;  // rules; fewer are asked one by one

  bool indexed = false;
  nfa::PredicateIndex index;          // gives rules
  std::vector<std::uint32_t> always;  // rules whose parts have keys of their own
  std::vector<RuleOfType> keyed;      // one rule for each dimension that rules with state have
  std::vector<std::int32_t> place;    // by rule: where it stands in by_type; -1
};

// The rules of one stage (nfa::RuleImage::stage).
struct LoadedStage {
  std::vector<std::vector<RuleOfType>> by_type;  // by EventTypeId, in rule order; rules not off
  std::vector<TypeDispatch> dispatch;            // by EventTypeId
};

struct LoadedImage {
  const nfa::Image* image = nullptr;
  nfa::LoadedConditions conditions;
  std::vector<LoadedStage> stages;    // one, unless rules look at alerts or streams
  std::vector<bool> alerts_are_seen;  // by rule: its alerts are events for some rule or feature
  LoadedFeatures features;
  std::vector<LoadedStream> streams;     // of Image::streams
  std::vector<nfa::FrontPlan> fronts;    // by rule
  std::vector<std::uint32_t> dimension;  // by rule: rules with the same keys share one
  std::uint32_t dimensions = 0;
  // What the loader checks programs against: it may be asked for more of them later.
  std::vector<nfa::ValueClass> list_classes;
  std::vector<nfa::VerifyContext::Table> table_shapes;
  std::unique_ptr<nfa::ProgramLoader> loader;  // owns what the programs point to
  std::shared_ptr<LiveLists> lists;            // what conditions look at
  ListFeedback feedback;
};

// `lists`: made of this image, or none: then they are made.
[[nodiscard]] base::Result<LoadedImage> load_image(const nfa::Image& image,
                                                   std::shared_ptr<LiveLists> lists = nullptr);

}  // namespace weir::runtime
