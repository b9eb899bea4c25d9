#include "runtime/loaded_features.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "base/mutants.h"
#include "nfa/calendar.h"

namespace weir::runtime {
namespace {

using event::TypeKind;
using nfa::AggregateKind;
using nfa::FeatureImage;

constexpr std::size_t kMostUpdates = 64;  // of an access

class CalendarOfZone final : public state::Calendar {
 public:
  explicit CalendarOfZone(std::shared_ptr<const nfa::ZoneCalendar> calendar)
      : calendar_(std::move(calendar)) {}
  state::TimeSpan unit_of(std::int64_t time_ms) const override {
    const nfa::ZoneCalendar::Span span = calendar_->unit_of(time_ms);
    return {span.begin_ms, span.end_ms};
  }

 private:
  std::shared_ptr<const nfa::ZoneCalendar> calendar_;
};

state::Aggregate aggregate_of(AggregateKind kind) {
  switch (kind) {
    case AggregateKind::kCount:
      return state::Aggregate::kCount;
    case AggregateKind::kSum:
      return state::Aggregate::kSum;
    case AggregateKind::kAvg:
      return state::Aggregate::kAvg;
    case AggregateKind::kMin:
      return state::Aggregate::kMin;
    case AggregateKind::kMax:
      return state::Aggregate::kMax;
    case AggregateKind::kStddev:
      return state::Aggregate::kStddev;
    case AggregateKind::kDistinct:
      return state::Aggregate::kDistinct;
    case AggregateKind::kApproxDistinct:
      return state::Aggregate::kApproxDistinct;
    case AggregateKind::kQuantile:
      return state::Aggregate::kQuantile;
    case AggregateKind::kFirst:
      return state::Aggregate::kFirst;
    case AggregateKind::kLast:
      return state::Aggregate::kLast;
    case AggregateKind::kRate:
      break;
  }
  return state::Aggregate::kRate;
}

state::WindowKind window_kind_of(nfa::WindowKind kind) {
  switch (kind) {
    case nfa::WindowKind::kSliding:
      return state::WindowKind::kSliding;
    case nfa::WindowKind::kHopping:
      return state::WindowKind::kHopping;
    case nfa::WindowKind::kTumbling:
      return state::WindowKind::kTumbling;
    case nfa::WindowKind::kCalendar:
      return state::WindowKind::kCalendar;
    case nfa::WindowKind::kSession:
      return state::WindowKind::kSession;
    case nfa::WindowKind::kLastEvents:
      break;
  }
  return state::WindowKind::kLastEvents;
}

// What tells values apart may be a hash; what gives them back may not.
state::ColumnKind column_of(TypeKind kind, AggregateKind aggregate) {
  const bool distinct =
      aggregate == AggregateKind::kDistinct || aggregate == AggregateKind::kApproxDistinct;
  switch (kind) {
    case TypeKind::kFloat:
      return state::ColumnKind::kFloat;
    case TypeKind::kString:
      return distinct ? state::ColumnKind::kHash128 : state::ColumnKind::kText;
    case TypeKind::kIp:
    case TypeKind::kGeo:
      return distinct ? state::ColumnKind::kHash128 : state::ColumnKind::kInt128;
    default:
      return state::ColumnKind::kInt64;
  }
}

class FeatureLoader {
 public:
  FeatureLoader(const nfa::Image& image, std::span<const FeatureImage> features,
                std::span<const nfa::FeatureRead> reads)
      : image_(image), features_(features), reads_(reads) {}

  base::Result<LoadedFeatures> load() {
    for (const event::EventType& type : image_.schema.types) {
      const auto derived = std::ranges::find_if(type.fields, &event::Field::derived);
      out_.slots.push_back({static_cast<std::uint16_t>(derived - type.fields.begin()),
                            static_cast<std::uint16_t>(type.fields.size())});
    }
    find_stages();
    const std::uint32_t levels = find_levels();
    for (const auto& [feature, stage] : wanted_) {
      if (auto added = add(feature, stage); !added) return std::unexpected(added.error());
    }
    for (std::size_t g = 0; g < out_.groups.size(); ++g) {
      auto layout = state::WindowLayout::make(std::move(specs_[g]));
      if (!layout) return std::unexpected(layout.error());
      out_.groups[g].layout = std::move(*layout);
    }
    out_.levels.assign(levels, {});
    for (auto& level : out_.levels) level.resize(image_.schema.types.size());
    for (std::uint32_t g = 0; g < out_.groups.size(); ++g) add_update(g);
    for (std::size_t r = 0; r < reads_.size(); ++r) {
      add_read(reads_[r], read_stages_[r]);
    }
    return std::move(out_);
  }

 private:
  // A feature is kept for each stage in which events read it: by then, lower stages have been
  // through all of the slice.
  void find_stages() {
    std::vector<std::uint32_t> of_type(image_.schema.types.size(), 0);
    for (const nfa::RuleImage& rule : image_.rules) {
      if (rule.alert_type.valid()) of_type[rule.alert_type.index()] = rule.stage + 1;
    }
    for (const nfa::StreamImage& stream : image_.streams) {
      of_type[stream.type.index()] = stream.stage + 1;
    }
    std::set<std::pair<std::uint32_t, std::uint32_t>> wanted;
    for (const nfa::FeatureRead& read : reads_) {
      const std::uint32_t own = features_[read.feature].stage;
      read_stages_.push_back(std::max(own, of_type[read.type.index()]));
      wanted.emplace(read.feature, read_stages_.back());
    }
    for (std::uint32_t f = 0; f < features_.size(); ++f) {
      const auto first = wanted.lower_bound({f, 0});
      if (first == wanted.end() || first->first != f) wanted.emplace(f, features_[f].stage);
    }
    wanted_.assign(wanted.begin(), wanted.end());
  }

  // Those of a lower stage come first; within a stage what others read.
  std::uint32_t find_levels() {
    std::set<std::pair<std::uint32_t, std::uint32_t>> all;
    for (const auto& [f, stage] : wanted_) all.emplace(stage, features_[f].level);
    std::uint32_t count = 0;
    for (const auto& level : all) {
      while (out_.levels_before.size() <= level.first) out_.levels_before.push_back(count);
      levels_[level] = count++;
    }
    out_.levels_before.push_back(count);
    return count;
  }

  base::Result<void> add(std::uint32_t f, std::uint32_t stage) {
    const FeatureImage& feature = features_[f];
    const std::uint32_t g = group_of(feature, levels_.at({stage, feature.level}));
    state::WindowGroupSpec& spec = specs_[g];
    state::AggregateSpec aggregate;
    aggregate.kind = aggregate_of(feature.aggregate);
    aggregate.quantile = feature.quantile;
    auto window = window_of(feature.window, g);
    if (!window) return std::unexpected(window.error());
    aggregate.window = *window;
    if (feature.slot != FeatureImage::kNoSlot) {
      const TypeKind kind = fields_of(feature)[feature.slot].type.kind;
      aggregate.column = column_of_group(feature, g);
      if (feature.aggregate == AggregateKind::kAvg && kind == TypeKind::kInt) {
        aggregate.multiplier = event::kDecimalScale;
      }
      if (kind == TypeKind::kDecimal) aggregate.unit = event::kDecimalScale;
    }
    const FeaturePlace place{g, static_cast<std::uint16_t>(spec.aggregates.size())};
    if (out_.places.size() == f) out_.places.push_back(place);  // of the lowest stage
    places_[{f, stage}] = place;
    spec.aggregates.push_back(aggregate);
    return {};
  }

  [[nodiscard]] const std::vector<event::Field>& fields_of(const FeatureImage& feature) const {
    return image_.schema.types[feature.source.index()].fields;
  }

  std::uint32_t group_of(const FeatureImage& feature, std::uint32_t level) {
    for (std::uint32_t g = 0; g < out_.groups.size(); ++g) {
      const FeatureGroup& group = out_.groups[g];
      const bool full = specs_[g].columns.size() >= state::kMaxColumns ||
                        specs_[g].aggregates.size() >= kMostAggregates;
      if (!full && group.level == level && group.source == feature.source &&
          group.where == feature.where &&
          (group.key == feature.key || base::mutant(base::Mutant::kFeatureKeyIgnored))) {
        return g;
      }
    }
    FeatureGroup& group = out_.groups.emplace_back();
    group.source = feature.source;
    group.where = feature.where;
    group.key = feature.key;
    group.level = level;
    group.dimension = dimension_of(feature);
    specs_.emplace_back();
    windows_.emplace_back();
    return static_cast<std::uint32_t>(out_.groups.size() - 1);
  }

  // The bytes of a key do not say its types, nor which event type it came from.
  std::uint32_t dimension_of(const FeatureImage& feature) {
    std::string name;
    for (std::size_t i = 0; i < feature.key.size(); ++i) {
      name += feature.key_fields[i] + '\n' + fields_of(feature)[feature.key[i]].type.name() + '\n';
    }
    const auto known = std::ranges::find(dimensions_, name);
    const auto dimension = static_cast<std::uint32_t>(known - dimensions_.begin());
    if (known == dimensions_.end()) dimensions_.push_back(std::move(name));
    out_.dimensions = static_cast<std::uint32_t>(dimensions_.size());
    return dimension;
  }

  base::Result<std::uint16_t> window_of(const nfa::WindowSpec& window, std::uint32_t g) {
    auto& known = windows_[g];
    const auto place = std::ranges::find(known, window);
    const auto index = static_cast<std::uint16_t>(place - known.begin());
    if (place != known.end()) return index;
    state::WindowSpec spec;
    spec.kind = window_kind_of(window.kind);
    spec.length_ms = window.length_ms;
    spec.every_ms = window.every_ms;
    spec.events = window.events;
    if (window.kind == nfa::WindowKind::kCalendar) {
      auto calendar = nfa::ZoneCalendar::create(window.zone, window.unit);
      if (!calendar) return std::unexpected(calendar.error());
      spec.calendar = std::make_shared<CalendarOfZone>(std::move(*calendar));
    }
    known.push_back(window);
    specs_[g].windows.push_back(std::move(spec));
    return index;
  }

  std::uint16_t column_of_group(const FeatureImage& feature, std::uint32_t g) {
    const event::Field& field = fields_of(feature)[feature.slot];
    const FeatureColumn wanted{feature.slot, field.type.kind,
                               column_of(field.type.kind, feature.aggregate)};
    auto& columns = out_.groups[g].columns;
    const auto place = std::ranges::find_if(columns, [&](const FeatureColumn& column) {
      return column.slot == wanted.slot && column.column == wanted.column;
    });
    const auto index = static_cast<std::uint16_t>(place - columns.begin());
    if (place != columns.end()) return index;
    columns.push_back(wanted);
    specs_[g].columns.push_back({wanted.column, field.optional});
    return index;
  }

  FeatureAccess& access(std::uint32_t level, event::EventTypeId type, std::uint32_t dimension,
                        std::vector<FeatureKeyPart> key) {
    auto& all = out_.levels[level][type.index()];
    for (FeatureAccess& each : all) {
      const bool same =
          each.dimension == dimension && each.updates.size() < kMostUpdates &&
          std::ranges::equal(each.key, key, {}, &FeatureKeyPart::from, &FeatureKeyPart::from);
      if (same) return each;
    }
    FeatureAccess& made = all.emplace_back();
    made.dimension = dimension;
    made.key = std::move(key);
    return made;
  }

  void add_update(std::uint32_t g) {
    const FeatureGroup& group = out_.groups[g];
    std::vector<FeatureKeyPart> key;
    for (const std::uint16_t slot : group.key) {
      const TypeKind kind = image_.schema.types[group.source.index()].fields[slot].type.kind;
      key.push_back({kind, {slot, {}}});
    }
    FeatureAccess& by_key = access(group.level, group.source, group.dimension, std::move(key));
    const std::uint64_t bit = std::uint64_t{1} << by_key.updates.size();
    (group.where.empty() ? by_key.always : by_key.asked) |= bit;
    by_key.updates.push_back(g);
  }

  void add_read(const nfa::FeatureRead& read, std::uint32_t stage) {
    const FeatureImage& feature = features_[read.feature];
    const FeaturePlace& place = places_.at({read.feature, stage});
    std::vector<FeatureKeyPart> key;
    for (std::size_t i = 0; i < read.key.size(); ++i) {
      key.push_back({fields_of(feature)[feature.key[i]].type.kind, read.key[i]});
    }
    FeatureAccess& by_key = access(out_.groups[place.group].level, read.type,
                                   out_.groups[place.group].dimension, std::move(key));
    auto& reads = feature.excluding_current ? by_key.before : by_key.after;
    auto of_group = std::ranges::find(reads, place.group, &FeatureReads::group);
    if (of_group == reads.end()) of_group = reads.insert(reads.end(), {place.group, false, {}});
    of_group->values.push_back({place.aggregate, read.slot, feature.result.kind});
    const std::size_t aggregates = out_.groups[place.group].layout->aggregates.size();
    of_group->all = aggregates <= 2 * of_group->values.size();
  }

  static constexpr std::size_t kMostAggregates = INT16_MAX;

  const nfa::Image& image_;
  const std::span<const FeatureImage> features_;
  const std::span<const nfa::FeatureRead> reads_;
  LoadedFeatures out_;
  std::vector<state::WindowGroupSpec> specs_;          // beside groups
  std::vector<std::vector<nfa::WindowSpec>> windows_;  // beside groups: of specs_
  std::vector<std::string> dimensions_;
  std::vector<std::uint32_t> read_stages_;                       // beside Image::feature_reads
  std::vector<std::pair<std::uint32_t, std::uint32_t>> wanted_;  // features and stages
  std::map<std::pair<std::uint32_t, std::uint32_t>, FeaturePlace> places_;  // of these
  // By stage and level of the image: that of LoadedFeatures.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> levels_;
};

}  // namespace

base::Result<LoadedFeatures> load_features(const nfa::Image& image) {
  return FeatureLoader(image, image.features, image.feature_reads).load();
}

base::Result<LoadedStream> load_stream(const nfa::Image& image, const nfa::StreamImage& stream) {
  auto columns = FeatureLoader(image, stream.columns, {}).load();
  if (!columns) return std::unexpected(columns.error());
  LoadedStream out;
  out.image = &stream;
  out.columns = std::move(*columns);
  const auto& fields = image.schema.types[stream.type.index()].fields;
  for (std::size_t k = 0; k < stream.key_fields.size(); ++k) {
    out.key_kinds.push_back(fields[k].type.kind);
  }
  if (stream.window.kind == nfa::WindowKind::kCalendar) {
    auto calendar = nfa::ZoneCalendar::create(stream.window.zone, stream.window.unit);
    if (!calendar) return std::unexpected(calendar.error());
    out.calendar = std::make_shared<CalendarOfZone>(std::move(*calendar));
  }
  return out;
}

}  // namespace weir::runtime
