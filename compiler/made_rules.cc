#include "compiler/made_rules.h"

#include <algorithm>
#include <optional>
#include <string>

namespace weir::compiler {
namespace {

bool contains(dsl::Span outer, dsl::Span inner) {
  return outer.source == inner.source && outer.begin <= inner.begin && inner.end <= outer.end;
}

// Nothing also where several stand at one place: the rows of a table have no places of their own.
std::optional<std::size_t> argument_at(const MadeFrom& from, dsl::Span span) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < from.arguments.size(); ++i) {
    const auto& [ast, value] = from.arguments[i];
    if (ast == nullptr || !contains(ast->expr(value).span, span)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

}  // namespace

void MadeRuleDiagnostics::add_place(const MadeFrom& from, const dsl::Name& rule,
                                    dsl::Diagnostic& issue) {
  // What is said of the arguments themselves has its places already.
  if (issue.code == dsl::DiagnosticCode::kTemplateArgument ||
      issue.code == dsl::DiagnosticCode::kTemplateArguments) {
    return;
  }
  const auto& decl = from.of->expander.decl();
  if (contains(decl.span, issue.span)) {
    issue.notes.push_back({from.place, "in rule `" + rule.text + "`, which is made here"});
    return;
  }
  const auto argument = argument_at(from, issue.span);
  const auto use = argument ? from.of->expander.first_use(*argument) : std::nullopt;
  if (use) {
    issue.notes.push_back({*use, "template `" + decl.name.text + "` uses `" +
                                     decl.args[*argument].name.text + "` here"});
  } else {
    issue.notes.push_back({decl.name.span, "made from this template"});
  }
}

void MadeRuleDiagnostics::hold(const MadeFrom& from, const dsl::Name& rule,
                               const dsl::Diagnostic& issue) {
  std::uint32_t begin = 0, end = 0;
  if (contains(from.of->expander.decl().span, issue.span)) {
    begin = issue.span.begin;
    end = issue.span.end;
  } else if (const auto argument = argument_at(from, issue.span)) {
    begin = static_cast<std::uint32_t>(*argument);
    end = UINT32_MAX;  // no place in the template
  }
  const auto [place, added] =
      known_.try_emplace(Key{from.of, issue.code, begin, end}, held_.size());
  if (!added) {
    Told& told = held_[place->second];
    if (told.last == &from) return;  // a rule may have it twice
    told.last = &from;
    if (told.others++ < kMostNamed) told.named += ", `" + rule.text + "`";
    return;
  }
  held_.push_back({issue, &from, 0, ""});
  add_place(from, rule, held_.back().issue);
}

void MadeRuleDiagnostics::take(const RuleRef& rule, const dsl::Diagnostics& found,
                               dsl::Diagnostics& out) {
  for (const auto& issue : found.list()) {
    if (rule.made != nullptr) {
      hold(*rule.made, rule.decl->name, issue);
    } else {
      out.add(issue.code, issue.span, issue.message) = issue;
    }
  }
}

void MadeRuleDiagnostics::take_lints(const dsl::Diagnostics& found, dsl::Diagnostics& out) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, const RuleRef*> by_name;
  if (!declared_.made_from.empty()) {
    for (const RuleRef& rule : declared_.rules) {
      const dsl::Span span = rule.decl->name.span;
      if (rule.made != nullptr) by_name.try_emplace({span.source.value, span.begin}, &rule);
    }
  }
  for (const auto& issue : found.list()) {
    const auto rule = by_name.find({issue.span.source.value, issue.span.begin});
    if (rule != by_name.end()) {
      hold(*rule->second->made, rule->second->decl->name, issue);
    } else {
      out.add(issue.code, issue.span, issue.message) = issue;
    }
  }
}

void MadeRuleDiagnostics::tell(dsl::Diagnostics& out) const {
  for (const Told& told : held_) {
    auto& issue = out.add(told.issue.code, told.issue.span, told.issue.message);
    issue = told.issue;
    if (told.others == 0) continue;
    issue.notes.push_back({{},
                           "and so it is with " + std::to_string(told.others) + " more " +
                               (told.others == 1 ? "rule" : "rules") + " of the template"});
  }
}

}  // namespace weir::compiler
