#include "compiler/rule_overlaps.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "base/bytes.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

constexpr std::size_t kMaxPairs = 300'000;

bool follows(const EventConditions::Condition& condition, const EventConditions& from) {
  return std::ranges::any_of(from.conditions, [&](const EventConditions::Condition& other) {
    if (other.canonical == condition.canonical) return true;
    return other.fact && condition.fact && implies(*other.fact, *condition.fact);
  });
}

// Whether a rule of one event takes every event that the other does.
bool takes_all_of(const RuleShape& rule, const RuleShape& other) {
  return std::ranges::all_of(other.events, [&](const EventConditions& from) {
    const auto own = std::ranges::find(rule.events, from.type, &EventConditions::type);
    return own != rule.events.end() &&
           std::ranges::all_of(own->conditions, [&](const EventConditions::Condition& condition) {
             return follows(condition, from);
           });
  });
}

void report(const RuleReport& rule, const RuleReport& other, bool both,
            dsl::Diagnostics& diagnostics) {
  auto& issue = diagnostics.add(DiagnosticCode::kFiresWhenever, rule.name_span,
                                "rule `" + rule.name + "` fires whenever `" + other.name +
                                    "` does" + (both ? ", and the other way round" : ""));
  issue.notes.push_back({other.name_span, "the other rule"});
  issue.help = both ? "leave one of them out, or join their outcomes"
                    : "if an event is to fire only one of them, exclude here what the other takes";
}

// Rules of one frame by the conditions that can follow from equal ones only: equalities, and what
// is no comparison. Rules of a template that ask for another shop each are not compared with each
// other then.
class ConditionIndex {
 public:
  ConditionIndex(const std::vector<RuleShape>& shapes, const std::vector<std::size_t>& rules)
      : shapes_(shapes), rules_(rules) {
    for (const std::size_t rule : rules) {
      for (const auto& event : shapes[rule].events) {
        for (const auto& condition : event.conditions) {
          if (is_pinned(condition)) by_condition_[key(event, condition)].push_back(rule);
        }
      }
    }
  }

  // All rules of which this one may take every event, in order; others as well.
  [[nodiscard]] std::vector<std::size_t> candidates(std::size_t rule) const {
    std::vector<std::size_t> out;
    for (const auto& event : shapes_[rule].events) {
      const auto pinned = std::ranges::find_if(event.conditions, is_pinned);
      if (pinned == event.conditions.end()) return rules_;
      const auto& some = by_condition_.find(key(event, *pinned))->second;
      out.insert(out.end(), some.begin(), some.end());
    }
    if (out.empty()) return rules_;
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

 private:
  static bool is_pinned(const EventConditions::Condition& condition) {
    return !condition.fact || condition.fact->op == IrOp::kEq;
  }
  // `5 == x` and `x == 5` have one.
  static std::string key(const EventConditions& event,
                         const EventConditions::Condition& condition) {
    if (!condition.fact) return event.type + ' ' + condition.canonical;
    const nfa::Constant& value = condition.fact->values.front();
    base::ByteWriter bytes;
    switch (value.value_class) {
      case nfa::ValueClass::kString:
        bytes.string(value.text);
        break;
      case nfa::ValueClass::kInteger:
        bytes.i64(value.value.integer);
        break;
      default:
        bytes.u8(0);  // compared one by one
        break;
    }
    return event.type + " = " + condition.fact->subject + bytes.bytes();
  }

  const std::vector<RuleShape>& shapes_;
  const std::vector<std::size_t>& rules_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_condition_;
};

}  // namespace

void lint_overlaps(const std::vector<RuleReport>& reports, const std::vector<RuleShape>& shapes,
                   dsl::Diagnostics& diagnostics) {
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (shapes[i].comparable) alike[shapes[i].frame].push_back(i);
  }
  std::size_t pairs = 0;
  for (const auto& [frame, rules] : alike) {
    const ConditionIndex index(shapes, rules);
    for (const std::size_t rule : rules) {
      if (pairs > kMaxPairs) return;
      for (const std::size_t other : index.candidates(rule)) {
        if (rule == other || ++pairs > kMaxPairs) continue;
        if (!takes_all_of(shapes[rule], shapes[other])) continue;
        const bool both = takes_all_of(shapes[other], shapes[rule]);
        if (both && other > rule) continue;  // told of the later one
        report(reports[rule], reports[other], both, diagnostics);
        break;
      }
    }
  }
}

void lint_outcomes(std::span<const dsl::Ast> asts, const Declared& declared,
                   dsl::Diagnostics& diagnostics) {
  std::set<std::string, std::less<>> looked_at;
  for (const auto& ast : asts) {
    for (const auto& pattern : ast.patterns) {
      for (const auto& item : pattern.items) {
        const auto* part = std::get_if<dsl::Part>(&item.body);
        if (part == nullptr) continue;
        for (const auto& type : part->types.types) looked_at.insert(type.text);
      }
    }
  }
  for (const auto& rule : declared.rules) {
    const auto& body = rule.decl->body;
    if (!body.outcomes.empty() || body.timeout || looked_at.contains(rule.decl->name.text)) {
      continue;
    }
    diagnostics
        .add(DiagnosticCode::kNoOutcome, rule.decl->name.span,
             "nothing but an alert comes of rule `" + rule.decl->name.text + "`")
        .help = "say what follows: `decide review`, `score 50` or `tag \"...\"`";
  }
}

}  // namespace weir::compiler
