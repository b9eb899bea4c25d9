// From the syntax tree to the model of unfold.h: numbers and durations resolved, keys handed down,
// and the refusals of L3.5, L3.6, L3.13 and R9.
#include <algorithm>
#include <utility>

#include "tests/reference/unfold.h"

namespace weir::reference {
namespace {

using Keys = std::vector<std::string>;

std::vector<std::string> texts(const std::vector<dsl::Name>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(name.text);
  return out;
}

bool can_be_empty(const PatternModel& pattern);

bool content_can_be_empty(const ItemModel& item) {
  if (item.is_part) return false;
  const auto empty = std::count_if(item.patterns.begin(), item.patterns.end(), can_be_empty);
  if (item.pick == 1) return empty > 0;
  return empty >= item.pick;
}

bool can_be_empty(const PatternModel& pattern) {
  return std::all_of(pattern.items.begin(), pattern.items.end(), [](const ItemModel& item) {
    return item.may_be_left_out || content_can_be_empty(item);
  });
}

class Reader {
 public:
  Reader(const dsl::Ast& ast, const Keys& rule_by, Evaluator& evaluator)
      : ast_(ast), rule_by_(rule_by), evaluator_(evaluator) {}

  RulePattern read(dsl::PatternId id) {
    RulePattern out;
    gather_part_keys(ast_.pattern(id));
    out.pattern = pattern(ast_.pattern(id), &out.leading, true);
    out.parts = parts_;
    if (can_be_empty(out.pattern)) refuse("the pattern can be empty (L3.5)");
    for (const AbsenceModel& absence : out.leading) {
      if (!absence.duration_ms) refuse("a `without` at the start needs `for` (R9)");
      if (absence.next) refuse("`without next` stands not at the start (L3)");
    }
    return out;
  }

  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  void refuse(const std::string& why) {
    if (refusal_.empty()) refusal_ = why;
  }

  // R19: the keys that parts give to their types, for what has no `by` where the rule has none.
  void gather_part_keys(const dsl::Pattern& source) {
    for (const auto& item : source.items) {
      if (const auto* part = std::get_if<dsl::Part>(&item.body)) {
        if (part->by) any_part_by_ = true;
        const Keys by = part->by ? texts(part->by->fields) : rule_by_;
        for (const auto& type : part->types.types) part_keys_.emplace_back(type.text, by);
      } else if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
        for (const auto id : group->patterns) gather_part_keys(ast_.pattern(id));
      }
    }
  }

  Keys keys_for(const std::optional<dsl::Keys>& own, const std::string& type) {
    if (own) return texts(own->fields);
    if (!rule_by_.empty() || !any_part_by_) return rule_by_;
    const Keys* found = nullptr;
    for (const auto& [part_type, keys] : part_keys_) {
      if (part_type != type) continue;
      if (found != nullptr && *found != keys) refuse("the parts of " + type + " disagree (R19)");
      found = &keys;
    }
    if (found == nullptr) {
      refuse("no part gives " + type + " a key (R19)");
      return {};
    }
    return *found;
  }

  AbsenceModel absence(const dsl::Absence& source) {
    AbsenceModel out;
    out.next = source.next;
    out.types = texts(source.types.types);
    out.among = texts(source.types.among);
    out.by = keys_for(source.by, out.types.empty() ? "" : out.types[0]);
    out.where = source.where;
    if (source.duration) out.duration_ms = evaluator_.milliseconds(*source.duration);
    return out;
  }

  // `at_end`: what ends here ends the pattern (L3.6).
  PatternModel pattern(const dsl::Pattern& source, std::vector<AbsenceModel>* leading,
                       bool at_end) {
    PatternModel out;
    std::vector<AbsenceModel> waiting;
    std::size_t last = source.items.size();
    while (last > 0 && std::holds_alternative<dsl::Absence>(source.items[last - 1].body)) --last;
    for (std::size_t i = 0; i < source.items.size(); ++i) {
      const dsl::PatternItem& item = source.items[i];
      if (const auto* body = std::get_if<dsl::Absence>(&item.body)) {
        const bool at_start = leading != nullptr && out.items.empty();
        if (body->duration && !at_start && i < last) refuse("`for` inside a pattern (L3, R9)");
        waiting.push_back(absence(*body));
        continue;
      }
      ItemModel next = this->item(item, at_end && i + 1 >= last);
      if (out.items.empty() && leading != nullptr) {
        *leading = std::move(waiting);
      } else {
        next.absences_before = std::move(waiting);
      }
      waiting.clear();
      out.items.push_back(std::move(next));
    }
    if (!waiting.empty() && !at_end) refuse("`without` at the end of an inner group (L3.6)");
    out.trailing = std::move(waiting);
    return out;
  }

  void quantifier(const std::optional<dsl::Quantifier>& source, ItemModel& out) {
    if (!source) return;
    using Form = dsl::Quantifier::Form;
    switch (source->form) {
      case Form::kOnce:
        break;
      case Form::kSome:
        out.max = kNoMaximum;
        break;
      case Form::kAnyNumber:
        out.min = 0;
        out.max = kNoMaximum;
        break;
      case Form::kExact:
        out.min = out.max = evaluator_.number(source->min);
        break;
      case Form::kAtLeast:
        out.min = evaluator_.number(source->min);
        out.max = kNoMaximum;
        break;
      case Form::kRange:
        out.min = evaluator_.number(source->min);
        out.max = source->max ? evaluator_.number(*source->max) : kNoMaximum;
        break;
    }
    if (out.max < out.min || out.max < 1 || out.min < 0) refuse("an impossible quantifier");
    out.may_be_left_out = source->optional || out.min == 0;
  }

  ItemModel item(const dsl::PatternItem& source, bool at_end) {
    ItemModel out;
    quantifier(source.quantifier, out);
    if (source.link) {
      out.link.kind = source.link->kind;
      if (source.link->after) out.link.after_ms = evaluator_.milliseconds(*source.link->after);
      if (source.link->within) out.link.within_ms = evaluator_.milliseconds(*source.link->within);
    }
    out.inner = source.inner;
    out.greedy = source.greedy;
    if (const auto* body = std::get_if<dsl::Part>(&source.body)) {
      part(*body, out);
    } else {
      group(std::get<dsl::Group>(source.body), out, at_end);
    }
    if (source.until) out.until = stop(*source.until, out);
    if (out.max > 1 && content_can_be_empty(out)) {
      refuse("a repeated group can be empty (L3.5)");
    }
    return out;
  }

  void part(const dsl::Part& source, ItemModel& out) {
    out.text_place = parts_++;
    out.types = texts(source.types.types);
    out.among = texts(source.types.among);
    if (!source.by && rule_by_.empty() && any_part_by_) refuse("a part without a key (L3.13)");
    out.by = source.by ? texts(source.by->fields) : rule_by_;
    out.name = source.name ? source.name->text : "";
    out.where = source.where;
  }

  void group(const dsl::Group& source, ItemModel& out, bool at_end) {
    out.is_part = false;
    const auto size = static_cast<std::int64_t>(source.patterns.size());
    if (source.kind == dsl::GroupKind::kAllOf) out.pick = size;
    if (source.kind == dsl::GroupKind::kSomeOf) out.pick = evaluator_.number(source.count);
    if (out.pick < 1 || out.pick > size || size > 60) refuse("an impossible `of`");
    // A trailing `without` is written after the last part only where nothing can follow it.
    const bool end = at_end && out.max == 1 && out.pick == 1;
    for (const auto id : source.patterns) {
      out.patterns.push_back(pattern(ast_.pattern(id), nullptr, end));
    }
  }

  StopModel stop(const dsl::Stop& source, const ItemModel& of) {
    StopModel out;
    out.condition = source.condition;
    if (source.type) {
      out.tests.emplace_back(source.type->text, keys_for(std::nullopt, source.type->text));
    } else {
      gather_tests(of, out);  // L3.4, R6
    }
    return out;
  }

  static void gather_tests(const ItemModel& item, StopModel& out) {
    for (const auto& type : item.types) out.tests.emplace_back(type, item.by);
    for (const auto& inner : item.patterns) {
      for (const auto& child : inner.items) gather_tests(child, out);
    }
  }

  const dsl::Ast& ast_;
  const Keys& rule_by_;
  Evaluator& evaluator_;
  int parts_ = 0;
  bool any_part_by_ = false;
  std::vector<std::pair<std::string, Keys>> part_keys_;
  std::string refusal_;
};

}  // namespace

base::Result<RulePattern> read_pattern(const dsl::Ast& ast, dsl::PatternId id,
                                       const std::vector<std::string>& rule_by,
                                       Evaluator& evaluator) {
  Reader reader(ast, rule_by, evaluator);
  RulePattern out = reader.read(id);
  if (!reader.refusal().empty()) {
    return base::fail(base::ErrorCode::kInvalidArgument, reader.refusal());
  }
  if (!evaluator.error().empty()) {
    return base::fail(base::ErrorCode::kInvalidArgument, evaluator.error());
  }
  return out;
}

}  // namespace weir::reference
