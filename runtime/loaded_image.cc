#include "runtime/loaded_image.h"

#include <algorithm>
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

// L3.13: the keys of the parts that name the type.
std::vector<PartKey> part_keys(const nfa::Image& image, const nfa::RuleImage& rule,
                               std::size_t local) {
  std::vector<PartKey> keys;
  const event::EventTypeId type = rule.automaton.types[local];
  for (std::size_t i = 0; i < rule.keys.size() && i < rule.key_types.size(); ++i) {
    if (rule.keys[i].slots[type.index()].empty() || rule.key_types[i][local] == 0) continue;
    keys.push_back({key_fields(image.schema, rule.keys[i], type), std::uint32_t{1} << i});
  }
  return keys;
}

RuleOfType rule_of_type(const nfa::Image& image, std::uint32_t r, std::size_t local,
                        std::uint32_t dimension) {
  const nfa::RuleImage& rule = image.rules[r];
  const nfa::Automaton& automaton = rule.automaton;
  RuleOfType made;
  made.rule = r;
  made.dimension = dimension;
  made.local_type = static_cast<std::uint16_t>(local);
  made.by_part = rule.keys_by_part;
  made.stateless = is_stateless(rule);
  made.strict = automaton.strict;
  made.automaton = &automaton;
  made.begins = automaton.start_interest[local] | automaton.leading_interest[local];
  if (rule.keyed) made.key = key_fields(image.schema, rule.keys.front(), automaton.types[local]);
  if (made.by_part) made.part_keys = part_keys(image, rule, local);
  return made;
}

// What the index has to know of a rule: the conditions of the symbols that begin something.
void add_conjunctions(const nfa::Image& image, const RuleOfType& of_type,
                      std::vector<nfa::PredicateIndex::Conjunction>& all) {
  const auto& a = image.rules[of_type.rule].automaton;
  const std::size_t local = of_type.local_type;
  const nfa::SymbolMask begins = a.start_interest[local] | a.leading_interest[local];
  for (std::size_t s = 0; s < a.symbols[local].size(); ++s) {
    if ((begins >> s & 1) == 0) continue;
    std::vector<const nfa::Program*> programs;
    const auto range = a.symbols[local][s].predicates;
    for (std::uint32_t p = range.begin; p < range.end; ++p) {
      const auto predicate = a.predicates[p].index();
      programs.push_back(&image.programs[image.predicates[predicate].index()]);
    }
    nfa::PredicateIndex::Conjunction conjunction{of_type.rule, {}};
    if (nfa::PredicateIndex::understand(programs, conjunction.tests)) {
      all.push_back(std::move(conjunction));
    }
  }
}

TypeDispatch make_dispatch(const LoadedImage& loaded, const std::vector<RuleOfType>& rules) {
  TypeDispatch dispatch;
  dispatch.indexed = rules.size() > TypeDispatch::kMany;
  if (!dispatch.indexed) return dispatch;
  dispatch.place.assign(loaded.image->rules.size(), -1);
  std::vector<nfa::PredicateIndex::Conjunction> conjunctions;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleOfType& of_type = rules[i];
    dispatch.place[of_type.rule] = static_cast<std::int32_t>(i);
    if (loaded.image->rules[of_type.rule].keys_by_part) {
      dispatch.always.push_back(of_type.rule);
      continue;
    }
    add_conjunctions(*loaded.image, of_type, conjunctions);
    const auto known = std::ranges::find(dispatch.keyed, of_type.dimension, &RuleOfType::dimension);
    if (!of_type.stateless && known == dispatch.keyed.end()) {
      dispatch.keyed.push_back(of_type);
    }
  }
  dispatch.index.build(std::move(conjunctions));
  return dispatch;
}

// What looks at results of streams and at alerts, or has to see them because a feature does.
std::size_t stages_of(const nfa::Image& image) {
  std::uint32_t last = 0;
  for (const auto& rule : image.rules) last = std::max(last, rule.stage);
  for (const auto& stream : image.streams) last = std::max(last, stream.stage + 1);
  for (const auto& feature : image.features) last = std::max(last, feature.stage);
  return last + 1;
}

// By event type: the rule whose alerts are of it; -1.
std::vector<std::int32_t> makers_of(const nfa::Image& image) {
  std::vector<std::int32_t> makers(image.schema.types.size(), -1);
  for (std::size_t r = 0; r < image.rules.size(); ++r) {
    const auto type = image.rules[r].alert_type;
    if (type.valid()) makers[type.index()] = static_cast<std::int32_t>(r);
  }
  return makers;
}

// L5.3: alerts of shadow rules are seen only by shadow rules.
bool sees(const nfa::Image& image, const nfa::RuleImage& rule, std::int32_t maker) {
  return maker < 0 || rule.mode == nfa::RuleMode::kShadow ||
         image.rules[static_cast<std::size_t>(maker)].mode != nfa::RuleMode::kShadow;
}

void load_stages(const nfa::Image& image, LoadedImage& loaded) {
  loaded.stages.resize(stages_of(image));
  for (auto& stage : loaded.stages) stage.by_type.resize(image.schema.types.size());
  loaded.alerts_are_seen.assign(image.rules.size(), false);
  const std::vector<std::int32_t> makers = makers_of(image);
  const auto note_seen = [&](event::EventTypeId type) {
    if (makers[type.index()] >= 0) {
      loaded.alerts_are_seen[static_cast<std::size_t>(makers[type.index()])] = true;
    }
  };
  for (std::uint32_t r = 0; r < image.rules.size(); ++r) {
    const auto& rule = image.rules[r];
    if (rule.mode == nfa::RuleMode::kOff) continue;
    for (std::size_t local = 0; local < rule.automaton.types.size(); ++local) {
      const event::EventTypeId type = rule.automaton.types[local];
      if (!sees(image, rule, makers[type.index()])) continue;
      note_seen(type);
      loaded.stages[rule.stage].by_type[type.index()].push_back(
          rule_of_type(image, r, local, loaded.dimension[r]));
    }
  }
  for (const auto& feature : image.features) note_seen(feature.source);
  for (const auto& stream : image.streams) {
    for (const auto& column : stream.columns) note_seen(column.source);
  }
  for (auto& stage : loaded.stages) {
    for (const auto& rules : stage.by_type) {
      stage.dispatch.push_back(make_dispatch(loaded, rules));
    }
  }
}

}  // namespace

base::Result<LoadedImage> load_image(const nfa::Image& image, std::shared_ptr<LiveLists> lists) {
  LoadedImage loaded;
  loaded.image = &image;
  for (const auto& list : image.lists) {
    loaded.list_classes.push_back(list.values.value_class());
  }
  for (const auto& table : image.tables) {
    loaded.table_shapes.push_back(table.rows.shape());
  }
  if (lists != nullptr && !lists->is_of(image)) {
    return base::fail(base::ErrorCode::kInvalidArgument, "the lists are of another ruleset");
  }
  loaded.lists = lists != nullptr ? std::move(lists) : std::make_shared<LiveLists>(image);
  loaded.conditions.lists = loaded.lists->list_views();
  loaded.conditions.tables = loaded.lists->table_views();
  loaded.feedback = list_feedback(image);
  nfa::VerifyContext context;
  context.schema = &image.schema;
  context.lists = loaded.list_classes;
  context.tables = loaded.table_shapes;
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
  loaded.conditions.set_predicates(image.predicates, image.programs);
  auto features = load_features(image);
  if (!features) return std::unexpected(features.error());
  loaded.features = std::move(*features);
  for (const auto& stream : image.streams) {
    auto made = load_stream(image, stream);
    if (!made) return std::unexpected(made.error());
    loaded.streams.push_back(std::move(*made));
  }

  std::map<std::string, std::uint32_t> dimensions;
  for (const auto& rule : image.rules) {
    const auto place = dimensions.try_emplace(dimension_name(image, rule), loaded.dimensions).first;
    if (place->second == loaded.dimensions) ++loaded.dimensions;
    loaded.fronts.push_back(nfa::front_plan(rule, image.programs));
    loaded.dimension.push_back(place->second);
  }
  load_stages(image, loaded);
  return loaded;
}

}  // namespace weir::runtime
