#include "compiler/pattern_parts.h"

#include <algorithm>
#include <utility>

namespace weir::compiler {
namespace {

using dsl::DiagnosticCode;

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::vector<std::string> texts(const std::vector<dsl::Name>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(name.text);
  return out;
}

void dedupe(std::vector<PartIndex>& list) {
  std::ranges::sort(list);
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

void PatternParts::declare(dsl::PatternId pattern) {
  declare_pattern(pattern, true);
  (void)mark_visible(pattern, {});
}

void PatternParts::make_visible(PartIndex to, PartIndex part) {
  parts_[to].visible.push_back(part);
  dedupe(parts_[to].visible);
}

PartIndex PatternParts::add_part(PatternPart part) {
  parts_.push_back(std::move(part));
  return static_cast<PartIndex>(parts_.size() - 1);
}

void PatternParts::declare_pattern(dsl::PatternId id, bool always) {
  for (const auto& item : ast_.pattern(id).items) declare_item(item, always);
}

void PatternParts::declare_item(const dsl::PatternItem& item, bool always) {
  const bool left_out = item.quantifier && (item.quantifier->optional || counts(item).min == 0);
  std::vector<std::string> own_types;
  std::optional<std::uint16_t> own_part;
  if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
    const std::size_t first = parts_.size();
    const bool whole =
        group->kind == dsl::GroupKind::kSequence || group->kind == dsl::GroupKind::kAllOf;
    for (const auto inner : group->patterns) declare_pattern(inner, always && whole && !left_out);
    for (std::size_t i = first; i < parts_.size(); ++i) {
      if (parts_[i].kind != PatternPart::Kind::kPart) continue;
      for (const auto& type : parts_[i].types) {
        if (std::ranges::find(own_types, type) == own_types.end()) own_types.push_back(type);
      }
      if (item.quantifier && repeats(*item.quantifier)) parts_[i].repeated = true;
    }
  } else if (const auto* part = std::get_if<dsl::Part>(&item.body)) {
    PatternPart entry;
    entry.item = &item;
    entry.types = texts(part->types.types);
    entry.among = texts(part->types.among);
    entry.name = part->name;
    entry.by = part->by;
    entry.where = part->where;
    entry.span = item.span;
    entry.repeated = item.quantifier && repeats(*item.quantifier);
    entry.min_count = counts(item).min;
    entry.always = always && !left_out;
    own_types = entry.types;
    own_part = add_part(std::move(entry));
    part_of_item_[&item] = *own_part;
  } else {
    const auto& absence = std::get<dsl::Absence>(item.body);
    PatternPart entry;
    entry.kind = PatternPart::Kind::kAbsence;
    entry.item = &item;
    entry.types = texts(absence.types.types);
    entry.among = texts(absence.types.among);
    entry.name = absence.name;
    entry.by = absence.by;
    entry.where = absence.where;
    entry.span = item.span;
    part_of_item_[&item] = add_part(std::move(entry));
  }
  if (item.until) {
    PatternPart stop;
    stop.kind = PatternPart::Kind::kStop;
    stop.item = &item;
    stop.types = item.until->type ? std::vector<std::string>{item.until->type->text} : own_types;
    stop.where = item.until->condition;
    stop.span = item.until->span;
    stop.stop_of = own_part;
    if (own_part && !item.until->type) stop.by = parts_[*own_part].by;
    stop_of_item_[&item] = add_part(std::move(stop));
  }
}

// Whether the conditions of a part look at what the part itself has taken so far.
bool PatternParts::looks_at_itself(const dsl::PatternItem& item) const {
  const auto* part = std::get_if<dsl::Part>(&item.body);
  if (part == nullptr) return false;
  const std::string& own = part->name ? part->name->text : part->types.types.front().text;
  std::vector<dsl::ExprId> open;
  if (part->where.valid()) open.push_back(part->where);
  while (!open.empty()) {
    const auto& expr = ast_.expr(open.back());
    open.pop_back();
    if (expr.kind == dsl::ExprKind::kName && expr.text == own) return true;
    open.insert(open.end(), expr.args.begin(), expr.args.end());
  }
  return false;
}

bool PatternParts::repeats(const dsl::Quantifier& quantifier) const {
  if (!quantifier.max) return true;
  return constants_.number(*quantifier.max).value_or(1) > 1;
}

// Which parts a condition may look at: those that stand before it in some chain.
std::vector<PartIndex> PatternParts::mark_visible(dsl::PatternId id,
                                                  std::vector<PartIndex> before) {
  for (const auto& item : ast_.pattern(id).items) {
    if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
      before = mark_group(item, *group, std::move(before));
    } else {
      const PartIndex index = part_of_item_.at(&item);
      auto& part = parts_[index];
      append(part.visible, before);
      if (part.kind == PatternPart::Kind::kPart) {
        part.visible.push_back(index);
        before.push_back(index);
      }
    }
    if (const auto stop = stop_of_item_.find(&item); stop != stop_of_item_.end()) {
      parts_[stop->second].visible = before;
    }
    dedupe(before);
  }
  return before;
}

std::vector<PartIndex> PatternParts::mark_group(const dsl::PatternItem& item,
                                                const dsl::Group& group,
                                                std::vector<PartIndex> before) {
  // Members of all/some of may stand before each other; a repeated group before itself.
  const bool any_order =
      group.kind == dsl::GroupKind::kAllOf || group.kind == dsl::GroupKind::kSomeOf;
  std::vector<PartIndex> inside;
  if (any_order || (item.quantifier && repeats(*item.quantifier))) {
    for (const auto inner : group.patterns) collect_parts(inner, inside);
  }
  std::vector<PartIndex> entering = before;
  append(entering, inside);
  dedupe(entering);
  std::vector<PartIndex> after = before;
  for (const auto inner : group.patterns) {
    append(after, mark_visible(inner, entering));
  }
  dedupe(after);
  return after;
}

void PatternParts::collect_parts(dsl::PatternId id, std::vector<PartIndex>& out) const {
  for (const auto& item : ast_.pattern(id).items) {
    if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
      for (const auto inner : group->patterns) collect_parts(inner, out);
    } else if (std::holds_alternative<dsl::Part>(item.body)) {
      out.push_back(part_of_item_.at(&item));
    }
  }
}

PartCounts PatternParts::counts(const dsl::PatternItem& item) const {
  PartCounts out;
  if (!item.quantifier) return out;
  const auto& quantifier = *item.quantifier;
  const auto min = constants_.number(quantifier.min);
  if (!min || *min < 0 || *min > static_cast<std::int64_t>(kMaxPositions)) {
    bad_count(quantifier.span, min);
    return out;
  }
  out.min = static_cast<std::uint32_t>(*min);
  out.max = kMany;
  if (quantifier.max) {
    const auto max = constants_.number(*quantifier.max);
    if (!max || *max < std::max<std::int64_t>(*min, 1) ||
        *max > static_cast<std::int64_t>(kMaxPositions)) {
      bad_count(quantifier.span, max);
      return PartCounts{};
    }
    out.max = static_cast<std::uint32_t>(*max);
  }
  if (quantifier.optional && out.min > 1) return out;  // 0 or at least min: see repeat()
  if (quantifier.optional) out.min = 0;
  return out;
}

void PatternParts::bad_count(dsl::Span span, std::optional<std::int64_t> value) const {
  std::string message = "this is no count of repetitions";
  if (value) {
    message = "a repetition of " + std::to_string(*value) + " cannot be";
    if (*value > static_cast<std::int64_t>(kMaxPositions)) {
      message = "a count of more than " + std::to_string(kMaxPositions) + " is too large";
    }
  }
  diagnostics_.add(DiagnosticCode::kBadCount, span, message).help =
      "write a count of 1 or more, and a range from the smaller to the larger";
}

bool PatternParts::can_be_empty(const dsl::PatternItem& item) const {
  if (std::holds_alternative<dsl::Absence>(item.body)) return true;
  if (item.quantifier && (item.quantifier->optional || counts(item).min == 0)) return true;
  const auto* group = std::get_if<dsl::Group>(&item.body);
  if (group == nullptr) return false;
  const auto empty = static_cast<std::size_t>(std::ranges::count_if(
      group->patterns, [&](dsl::PatternId member) { return can_be_empty(member); }));
  switch (group->kind) {
    case dsl::GroupKind::kSequence:
    case dsl::GroupKind::kAnyOf:
      return empty > 0;
    case dsl::GroupKind::kAllOf:
      return empty == group->patterns.size();
    case dsl::GroupKind::kSomeOf:
      break;
  }
  return static_cast<std::int64_t>(empty) >= constants_.number(group->count).value_or(kMany);
}

bool PatternParts::can_be_empty(dsl::PatternId id) const {
  return std::ranges::all_of(ast_.pattern(id).items,
                             [&](const dsl::PatternItem& item) { return can_be_empty(item); });
}

// R7: a name may stand in several alternatives, not twice in one chain.
void PatternParts::check_names() const {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto& part = parts_[i];
    if (part.kind != PatternPart::Kind::kPart || !part.name) continue;
    for (const PartIndex other : part.visible) {
      const auto& earlier = parts_[other];
      if (other == i || !earlier.name || earlier.name->text != part.name->text) continue;
      auto& issue = diagnostics_.add(DiagnosticCode::kDuplicatePartName, part.name->span,
                                     "the name `" + part.name->text + "` is taken already");
      issue.notes.push_back({earlier.name->span, "here"});
      issue.help = "give the parts of one chain different names";
      break;
    }
  }
}

}  // namespace weir::compiler
