#include "runtime/loaded_image.h"

#include <map>
#include <string>

namespace weir::runtime {
namespace {

// Rules whose keys are made of the same fields, of the same types, share a table of keys. The bytes
// of a key do not say its types, so another type under the same name is another table.
std::string dimension_name(const nfa::Image& image, const nfa::RuleImage& rule) {
  std::string name = rule.keyed ? "" : "none";
  for (const auto& key : rule.keys) {
    for (const auto& field : key.fields) name += field + '\n';
    for (std::size_t type = 0; type < key.slots.size(); ++type) {
      for (const std::uint16_t slot : key.slots[type]) {
        name += image.schema.types[type].fields[slot].type.name() + '\n';
      }
      if (!key.slots[type].empty()) break;  // the same types in every event type (L3.13)
    }
    name += '\t';
  }
  return name;
}

// A rule of one event that remembers nothing between events.
bool is_stateless(const nfa::RuleImage& rule) {
  const auto& a = rule.automaton;
  return a.positions.size() == 1 && a.edges.size() == 1 && a.leading.empty() &&
         a.trailing.empty() && a.event_registers.size() + a.aggregates.size() <= 64 &&
         rule.cooldown_ms == 0 && rule.timeout.empty() && !rule.keys_by_part;
}

}  // namespace

base::Result<LoadedImage> load_image(const nfa::Image& image) {
  LoadedImage loaded;
  loaded.image = &image;
  std::vector<nfa::ValueClass> lists;
  std::vector<nfa::VerifyContext::Table> tables;
  for (const auto& list : image.lists) {
    lists.push_back(list.values.value_class());
    loaded.conditions.lists.push_back(&list.values);
  }
  for (const auto& table : image.tables) {
    tables.push_back(table.rows.shape());
    loaded.conditions.tables.push_back(&table.rows);
  }
  nfa::VerifyContext context;
  context.schema = &image.schema;
  context.lists = lists;
  context.tables = tables;
  loaded.loader = std::make_unique<nfa::ProgramLoader>(context);
  for (std::size_t i = 0; i < image.programs.size(); ++i) {
    const std::uint32_t rule = image.program_rule[i];
    if (rule == nfa::Image::kThresholds) {
      loaded.loader->set_registers(image.threshold_registers);
    } else if (rule == nfa::Image::kNoRule) {
      loaded.loader->set_registers({});
    } else {
      loaded.loader->set_registers(image.rules[rule].automaton.registers);
    }
    auto program = loaded.loader->load(image.programs[i]);
    if (!program) return std::unexpected(program.error());
    loaded.conditions.programs.push_back(std::move(*program));
  }
  loaded.conditions.predicates = image.predicates;

  loaded.by_type.resize(image.schema.types.size());
  std::map<std::string, std::uint32_t> dimensions;
  for (std::uint32_t r = 0; r < image.rules.size(); ++r) {
    const auto& rule = image.rules[r];
    const auto place = dimensions.try_emplace(dimension_name(image, rule), loaded.dimensions).first;
    if (place->second == loaded.dimensions) ++loaded.dimensions;
    loaded.dimension.push_back(place->second);
    loaded.stateless.push_back(is_stateless(rule));
    if (rule.mode == nfa::RuleMode::kOff) continue;
    for (std::size_t local = 0; local < rule.automaton.types.size(); ++local) {
      loaded.by_type[rule.automaton.types[local].index()].push_back(
          {r, static_cast<std::uint16_t>(local), place->second});
    }
  }
  return loaded;
}

}  // namespace weir::runtime
