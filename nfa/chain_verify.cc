#include "nfa/chain_verify.h"

#include <algorithm>
#include <set>

namespace weir::nfa {
namespace {

class ChainVerifier {
 public:
  explicit ChainVerifier(const Image& image) : image_(image) {}

  const char* run() {
    for (const RuleImage& rule : image_.rules) {
      need(rule.stage < kMaxStages, "the stage of a rule");
      if (rule.alert_type.valid()) check_alert(rule);
    }
    for (const FeatureImage& feature : image_.features) {
      need(feature.stage <= kMaxStages, "the stage of a feature");
    }
    for (const StreamImage& stream : image_.streams) {
      if (wrong_ == nullptr) check(stream);
    }
    return wrong_;
  }

 private:
  void need(bool holds, const char* what) {
    if (!holds && wrong_ == nullptr) wrong_ = what;
  }

  // Which no input has, and nothing else makes.
  [[nodiscard]] bool is_made_once(event::EventTypeId type) {
    return type.index() < image_.schema.types.size() &&
           !image_.schema.types[type.index()].is_input() && made_.insert(type).second;
  }

  [[nodiscard]] std::size_t declared_fields(event::EventTypeId type) const {
    const auto& fields = image_.schema.types[type.index()].fields;
    const auto derived = std::ranges::find_if(fields, &event::Field::derived);
    return static_cast<std::size_t>(derived - fields.begin());
  }

  void check_alert(const RuleImage& rule) {
    need(is_made_once(rule.alert_type), "the event type of an alert");
    if (wrong_ != nullptr) return;
    need(rule.alert_fields.size() == declared_fields(rule.alert_type), "the fields of an alert");
    if (wrong_ != nullptr) return;
    const auto& fields = image_.schema.types[rule.alert_type.index()].fields;
    for (std::size_t i = 0; i < rule.alert_fields.size(); ++i) {
      need(fits(rule, rule.alert_fields[i], fields[i].type), "a field of an alert");
    }
  }

  [[nodiscard]] bool fits(const RuleImage& rule, const AlertField& from,
                          const event::Type& type) const {
    const Outcomes& outcomes = rule.outcomes;
    switch (from.kind) {
      case AlertFieldKind::kKey:
        return rule.keyed && is_key(rule.keys[rule.shown_key], from.index, type);
      case AlertFieldKind::kEmit:
        return from.index < outcomes.emits.size() && outcomes.emits[from.index].value.type == type;
      case AlertFieldKind::kScore:
        return !outcomes.score.empty() && type.kind == event::TypeKind::kDecimal;
      case AlertFieldKind::kDecision:
        break;
    }
    return type.kind == event::TypeKind::kEnum && type.constants == image_.decisions;
  }

  // The first event type that has the key says of what types its fields are.
  [[nodiscard]] bool is_key(const KeyExpr& key, std::size_t at, const event::Type& type) const {
    if (at >= key.fields.size()) return false;
    for (std::size_t t = 0; t < key.slots.size(); ++t) {
      if (key.slots[t].empty()) continue;
      return image_.schema.types[t].fields[key.slots[t][at]].type == type;
    }
    return false;
  }

  void check(const StreamImage& stream) {
    need(stream.stage < kMaxStages && stream.type.valid() && is_made_once(stream.type),
         "the event type of a stream");
    need(!stream.columns.empty() && !stream.key_fields.empty(), "the columns of a stream");
    need(stream.window.kind == WindowKind::kTumbling || stream.window.kind == WindowKind::kCalendar,
         "the window of a stream");
    if (wrong_ != nullptr) return;
    const std::size_t keys = stream.key_fields.size();
    need(declared_fields(stream.type) == keys + stream.columns.size(), "the fields of a stream");
    if (wrong_ != nullptr) return;
    const auto& fields = image_.schema.types[stream.type.index()].fields;
    for (std::size_t c = 0; wrong_ == nullptr && c < stream.columns.size(); ++c) {
      const FeatureImage& column = stream.columns[c];
      need(column.window == stream.window && column.key_fields == stream.key_fields &&
               !column.excluding_current && column.result == fields[keys + c].type,
           "a column of a stream");
      if (wrong_ != nullptr) return;
      const auto& source = image_.schema.types[column.source.index()].fields;
      for (std::size_t k = 0; k < keys; ++k) {
        need(source[column.key[k]].type == fields[k].type, "the key of a stream");
      }
    }
  }

  const Image& image_;
  std::set<event::EventTypeId> made_;
  const char* wrong_ = nullptr;
};

}  // namespace

const char* verify_chains(const Image& image) { return ChainVerifier(image).run(); }

}  // namespace weir::nfa
