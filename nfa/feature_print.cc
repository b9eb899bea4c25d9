// Features as text: what `weir explain --stage features` shows and tests compare.
//
//   feature 0  spend_1h
//   is         sum(auth_result.amount where approved by card over 1h): decimal
//   source     auth_result
//   where      approved
//   key        card
//   window     over 1h
//   read       by auth in slot 6, for card
#include <algorithm>
#include <set>
#include <string>

#include "nfa/image.h"

namespace weir::nfa {
namespace {

std::string joined(const std::vector<std::string>& texts, const char* between) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : between) + text;
  return out;
}

// The features whose slots the rule keeps, tests or shows, and those that these read in turn.
std::set<std::uint32_t> features_of(const Image& image, const RuleImage& rule) {
  std::set<std::uint32_t> out;
  const auto add = [&](event::EventTypeId type, std::uint16_t slot) {
    for (const auto& read : image.feature_reads) {
      if (read.type == type && read.slot == slot) out.insert(read.feature);
    }
  };
  const auto add_program = [&](const Program& program) {
    for (const auto slot : program.slots_read()) add(program.event_type, slot);
  };
  const Automaton& a = rule.automaton;
  for (const auto predicate : a.predicates) {
    add_program(image.programs[image.predicates[predicate.index()].index()]);
  }
  for (const auto& condition : a.conditions) {
    add_program(image.programs[condition.program.index()]);
  }
  for (std::size_t local = 0; local < a.kept_slots.size(); ++local) {
    for (const auto slot : a.kept_slots[local]) add(a.types[local], slot);
  }
  // Backwards: what a feature reads stands before it.
  for (std::size_t i = image.features.size(); i-- > 0;) {
    if (!out.contains(static_cast<std::uint32_t>(i))) continue;
    for (const auto predicate : image.features[i].where) {
      add_program(image.programs[image.predicates[predicate.index()].index()]);
    }
  }
  return out;
}

void append_feature(std::string& out, const Image& image, std::uint32_t index) {
  const FeatureImage& feature = image.features[index];
  const auto line = [&](std::string label, const std::string& text) {
    if (!text.empty()) label.resize(10, ' ');
    out += text.empty() ? label : label + ' ' + text;
    out += '\n';
  };
  line("feature " + std::to_string(index), joined(feature.names, ", "));
  line("is", feature.text(image.schema) + ": " + feature.result.name());
  const event::EventType& source = image.schema.types[feature.source.index()];
  line("source", source.name + (feature.excluding_current ? ", the current event excluded" : ""));
  if (!feature.where_texts.empty()) line("where", joined(feature.where_texts, " and "));
  line("key", joined(feature.key_fields, ", "));
  line("window", feature.window.text());
  if (feature.level > 0) line("level", std::to_string(feature.level));
  if (feature.stage > 0) line("stage", std::to_string(feature.stage));
  for (const auto& read : image.feature_reads) {
    if (read.feature != index) continue;
    line("read", "by " + image.schema.types[read.type.index()].name + " in slot " +
                     std::to_string(read.slot) + ", for " + read_key_text(image, read));
  }
}

bool sees(const RuleImage& rule, event::EventTypeId type) {
  return std::ranges::find(rule.automaton.types, type) != rule.automaton.types.end();
}

void append_stream(std::string& out, const Image& image, const StreamImage& stream) {
  const auto line = [&](std::string label, const std::string& text) {
    label.resize(10, ' ');
    out += label + ' ' + text + '\n';
  };
  line("stream", stream.name);
  line("key", joined(stream.key_fields, ", "));
  line("window", stream.window.text());
  if (stream.stage > 0) line("stage", std::to_string(stream.stage));
  for (const FeatureImage& column : stream.columns) {
    line("column",
         column.names.front() + " = " + column.text(image.schema) + ": " + column.result.name());
  }
}

}  // namespace

std::string read_key_text(const Image& image, const FeatureRead& read) {
  std::string out;
  const auto& fields = image.schema.types[read.type.index()].fields;
  for (const auto& key : read.key) {
    if (!out.empty()) out += ", ";
    out += key.slot != FeatureImage::kNoSlot ? fields[key.slot].name
                                             : "program " + std::to_string(key.program.index());
  }
  return out;
}

std::string print_features(const Image& image, const RuleImage* rule) {
  std::string out;
  const auto wanted = rule == nullptr ? std::set<std::uint32_t>() : features_of(image, *rule);
  for (std::uint32_t i = 0; i < image.features.size(); ++i) {
    if (rule == nullptr || wanted.contains(i)) append_feature(out, image, i);
  }
  for (const StreamImage& stream : image.streams) {
    if (rule == nullptr || sees(*rule, stream.type)) append_stream(out, image, stream);
  }
  return out;
}

}  // namespace weir::nfa
