#include "event/decode_plan.h"

#include <array>

namespace weir::event {

std::string_view token_kind_name(TokenKind kind) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "missing",  "null",      "true",     "false", "a number",
      "a string", "an object", "an array", "text",  "inside what is not an object"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string join_path(const std::vector<std::string>& path) {
  std::string joined;
  for (const std::string& part : path) {
    if (!joined.empty()) joined += '.';
    joined += part;
  }
  return joined;
}

ConstantTable::ConstantTable(const std::vector<std::string>& constants) : constants_(&constants) {
  if (constants.size() <= kFew) return;
  for (std::size_t i = 0; i < constants.size(); ++i) {
    by_text_.emplace(constants[i], static_cast<std::int64_t>(i));
  }
}

std::int64_t ConstantTable::find(std::string_view text) const {
  if (constants_->size() > kFew) {
    const auto found = by_text_.find(text);
    return found == by_text_.end() ? -1 : found->second;
  }
  for (std::size_t i = 0; i < constants_->size(); ++i) {
    if ((*constants_)[i] == text) return static_cast<std::int64_t>(i);
  }
  return -1;
}

base::Result<DecodePlan> DecodePlan::build(const Schema& schema, const ReaderOptions& options) {
  DecodePlan plan;
  plan.nodes_.emplace_back();
  plan.parents_.push_back(0);
  if (!options.type_name.empty()) {
    plan.forced_type_ = schema.find(options.type_name);
    const auto forced = plan.forced_type_;
    if (!forced.valid() || !schema.types[forced.index()].is_input()) {
      return base::fail(base::ErrorCode::kInvalidArgument,
                        "no event is declared with the name " + options.type_name);
    }
  }
  for (const EventType& type : schema.types) plan.add_type(type, options.strict);
  if (!plan.forced_type_.valid()) plan.add_selectors(schema);
  plan.link_below();
  return plan;
}

void DecodePlan::add_type(const EventType& type, bool strict) {
  const bool asked = !forced_type_.valid() || forced_type_.index() == types_.size();
  const bool wanted = asked && type.is_input();
  TypePlan& plan = types_.emplace_back();
  plan.type = &type;
  if (!wanted) return;
  if (!type.time_path.empty()) plan.time = capture(type.time_path);
  if (!type.id_path.empty()) plan.id = capture(type.id_path);
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const Field& field = type.fields[i];
    if (field.derived || (!field.read && !strict)) continue;
    plan.fields.push_back({&field, static_cast<std::uint32_t>(i), capture(field.path),
                           ConstantTable(field.type.constants),
                           field.role == FieldRole::kLabel && field.read});
  }
}

void DecodePlan::add_selectors(const Schema& schema) {
  for (std::size_t i = 0; i < schema.types.size(); ++i) {
    const EventType& type = schema.types[i];
    if (type.type_path.empty()) continue;
    const CaptureId place = capture(type.type_path);
    std::size_t at = 0;
    while (at < selectors_.size() && selectors_[at].capture != place) ++at;
    if (at == selectors_.size()) selectors_.push_back({place, type.type_path, {}});
    // emplace keeps the first: of two types with the same mapping the one declared first wins.
    const std::string& value = type.type_value.empty() ? type.name : type.type_value;
    selectors_[at].by_value.emplace(value, EventTypeId(i));
  }
}

CaptureId DecodePlan::capture(const std::vector<std::string>& path) {
  std::uint32_t node = 0;
  for (const std::string& part : path) {
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    const auto [found, added] = nodes_[node].children.emplace(part, next);
    const std::uint32_t child = found->second;
    if (added) {
      nodes_.emplace_back();
      parents_.push_back(node);
    }
    node = child;
  }
  if (!nodes_[node].capture.valid()) {
    nodes_[node].capture = CaptureId(capture_names_.size());
    capture_names_.push_back(join_path(path));
  }
  return nodes_[node].capture;
}

void DecodePlan::link_below() {
  for (std::uint32_t i = 1; i < nodes_.size(); ++i) {
    if (!nodes_[i].capture.valid()) continue;
    for (std::uint32_t up = parents_[i]; up != 0; up = parents_[up]) {
      nodes_[up].below.push_back(nodes_[i].capture);
    }
  }
}

}  // namespace weir::event
