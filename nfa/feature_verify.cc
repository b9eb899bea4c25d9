#include "nfa/feature_verify.h"

#include <algorithm>
#include <map>
#include <utility>

#include "event/time.h"
#include "nfa/builtins.h"

namespace weir::nfa {
namespace {

class FeatureVerifier {
 public:
  explicit FeatureVerifier(const Image& image) : image_(image) {}

  const char* run() {
    for (const auto& feature : image_.features) {
      if (wrong_ == nullptr) check(feature);
    }
    for (const auto& stream : image_.streams) {
      for (const auto& column : stream.columns) {
        if (wrong_ == nullptr) check(column);
      }
    }
    for (const auto& read : image_.feature_reads) {
      if (wrong_ == nullptr) check(read);
    }
    if (wrong_ == nullptr) check_slots();
    for (std::size_t i = 0; wrong_ == nullptr && i < image_.features.size(); ++i) check_order(i);
    return wrong_;
  }

 private:
  void need(bool holds, const char* what) {
    if (!holds && wrong_ == nullptr) wrong_ = what;
  }

  [[nodiscard]] const std::vector<event::Field>* fields_of(event::EventTypeId type) const {
    if (!type.valid() || type.index() >= image_.schema.types.size()) return nullptr;
    return &image_.schema.types[type.index()].fields;
  }

  // ---- features ---------------------------------------------------------------------------------

  void check(const FeatureImage& feature) {
    const auto* fields = fields_of(feature.source);
    if (fields == nullptr) return need(false, "the events of a feature");
    need(feature.where.size() == feature.where_texts.size(), "the conditions of a feature");
    for (const auto predicate : feature.where) {
      need(predicate.valid() && predicate.index() < image_.predicates.size(),
           "a condition of a feature");
      if (wrong_ != nullptr) return;
      const Program& program = condition_of(predicate);
      need(program.slots_read().empty() || program.event_type == feature.source,
           "a condition of a feature on another event type");
    }
    const event::Field* field = nullptr;
    if (feature.slot != FeatureImage::kNoSlot) {
      need(feature.slot < fields->size() && !(*fields)[feature.slot].derived,
           "the field of a feature");
      if (wrong_ != nullptr) return;
      field = &(*fields)[feature.slot];
    }
    const auto type = feature_type(feature.aggregate, field == nullptr ? nullptr : &field->type);
    need(type && *type == feature.result, "the type of a feature");
    need((feature.aggregate == AggregateKind::kQuantile) == (feature.quantile > 0) &&
             feature.quantile <= kWholeQuantile,
         "the quantile of a feature");
    need(!feature.key.empty() && feature.key.size() == feature.key_fields.size(),
         "the key of a feature");
    for (const auto slot : feature.key) {
      need(slot < fields->size() && !(*fields)[slot].derived && can_be_key((*fields)[slot].type),
           "a field of a feature's key");
    }
    const bool no_length = feature.window.kind == WindowKind::kSession ||
                           feature.window.kind == WindowKind::kLastEvents;
    need(feature.aggregate != AggregateKind::kRate || !no_length, "the window of a rate");
    check(feature.window);
  }

  void check(const WindowSpec& window) {
    const bool lasts = window.length_ms > 0 && window.length_ms <= event::kMaxDurationMs;
    switch (window.kind) {
      case WindowKind::kSliding:
      case WindowKind::kTumbling:
      case WindowKind::kSession:
        return need(lasts, "the time of a window");
      case WindowKind::kHopping:
        return need(lasts && window.every_ms > 0 && window.every_ms <= window.length_ms &&
                        window.length_ms / window.every_ms <= kMaxWindowSteps,
                    "the steps of a window");
      case WindowKind::kCalendar:
        return need(zone_exists(window.zone), "the time zone of a window");
      case WindowKind::kLastEvents:
        return need(window.events > 0 && window.events <= kMaxWindowEvents,
                    "the events of a window");
    }
  }

  [[nodiscard]] const Program& condition_of(PredicateId predicate) const {
    return image_.programs[image_.predicates[predicate.index()].index()];
  }

  // ---- reads ------------------------------------------------------------------------------------

  void check(const FeatureRead& read) {
    const auto* fields = fields_of(read.type);
    need(fields != nullptr && read.feature < image_.features.size(), "where a feature is read");
    if (wrong_ != nullptr) return;
    const FeatureImage& feature = image_.features[read.feature];
    need(read.slot < fields->size() && (*fields)[read.slot].derived &&
             (*fields)[read.slot].type == feature.result,
         "the slot of a feature");
    need(read.key.size() == feature.key.size(), "the key of a read");
    const auto& keys = image_.schema.types[feature.source.index()].fields;
    for (std::size_t i = 0; wrong_ == nullptr && i < read.key.size(); ++i) {
      check(read.key[i], read.type, keys[feature.key[i]].type);
    }
  }

  void check(const ReadKey& key, event::EventTypeId type, const event::Type& wanted) {
    const auto& fields = *fields_of(type);
    if (key.slot != FeatureImage::kNoSlot) {
      need(!key.program.valid() && key.slot < fields.size() && !fields[key.slot].derived &&
               fields[key.slot].type == wanted,
           "the key of a read");
      return;
    }
    need(key.program.valid() && key.program.index() < image_.programs.size() &&
             image_.program_rule[key.program.index()] == Image::kNoRule,
         "the key of a read");
    if (wrong_ != nullptr) return;
    const Program& program = image_.programs[key.program.index()];
    need(!program.condition && program.result == wanted, "the type of a read's key");
    const auto slots = program.slots_read();
    need(slots.empty() || program.event_type == type, "the key of a read");
    for (const auto slot : slots) {
      need(slot < fields.size() && !fields[slot].derived, "a key made of another feature");
    }
  }

  // Every derived slot is filled by one read.
  void check_slots() {
    for (const auto& read : image_.feature_reads) {
      const bool added =
          filled_.emplace(std::pair(read.type.index(), read.slot), read.feature).second;
      need(added, "a slot that two features fill");
    }
    for (std::size_t type = 0; type < image_.schema.types.size(); ++type) {
      const auto& fields = image_.schema.types[type].fields;
      for (std::size_t slot = 0; slot < fields.size(); ++slot) {
        need(fields[slot].derived == filled_.contains({type, slot}), "a slot that nothing fills");
      }
    }
  }

  // What a feature's conditions read stands before it.
  void check_order(std::size_t index) {
    const FeatureImage& feature = image_.features[index];
    std::uint32_t level = 0;
    for (const auto predicate : feature.where) {
      for (const auto slot : condition_of(predicate).slots_read()) {
        const auto read = filled_.find({feature.source.index(), slot});
        if (read == filled_.end()) continue;
        need(read->second < index, "features that read each other");
        if (wrong_ != nullptr) return;
        level = std::max(level, image_.features[read->second].level + 1);
      }
    }
    need(feature.level == level, "the level of a feature");
  }

  const Image& image_;
  // By event type and slot: the feature whose value stands there.
  std::map<std::pair<std::size_t, std::size_t>, std::uint32_t> filled_;
  const char* wrong_ = nullptr;
};

}  // namespace

const char* verify_features(const Image& image) { return FeatureVerifier(image).run(); }

}  // namespace weir::nfa
