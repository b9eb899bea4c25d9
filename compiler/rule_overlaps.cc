#include "compiler/rule_overlaps.h"

#include <algorithm>
#include <map>
#include <set>

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

}  // namespace

void lint_overlaps(const std::vector<RuleReport>& reports, const std::vector<RuleShape>& shapes,
                   dsl::Diagnostics& diagnostics) {
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (shapes[i].comparable) alike[shapes[i].frame].push_back(i);
  }
  std::size_t pairs = 0;
  for (const auto& [frame, rules] : alike) {
    for (const std::size_t rule : rules) {
      for (const std::size_t other : rules) {
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
