#include "compiler/rule_checks.h"

#include <algorithm>
#include <string>

#include "compiler/declarations.h"
#include "compiler/rule_keys.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

// How long a run may stand on an edge is bounded by the gap of its link, or by the next event,
// whatever that is. A `without` or an `until` may end it too, but nothing says that it comes.
bool is_bounded(const GraphEdge& edge) {
  return edge.from == kStart || edge.shadow || edge.within_ms != nfa::kNoLimit ||
         edge.kind == nfa::EdgeKind::kNext;
}

void check_trailing(const CheckInput& input, dsl::Diagnostics& diagnostics) {
  if (input.rule->body.within) return;
  for (const auto& absence : input.graph->trailing) {
    if (absence.has_duration || absence.next) continue;  // the next event decides a `next`
    diagnostics
        .add(DiagnosticCode::kTrailingNeedsLimit, input.graph->parts[absence.part].span,
             "nothing says until when this has to be absent")
        .help = "write `for D` behind it, or give the rule a `within`";
  }
}

const std::string& shown_name(const PatternPart& part) {
  return part.name ? part.name->text : part.types.front();
}

}  // namespace

void check_bounded(const CheckInput& input, dsl::Diagnostics& diagnostics) {
  check_trailing(input, diagnostics);
  const auto& body = input.rule->body;
  if (body.within || body.unbounded) return;
  const auto& graph = *input.graph;
  const auto open = std::ranges::find_if_not(graph.edges, is_bounded);
  if (open == graph.edges.end()) return;
  const auto& from = graph.parts[graph.positions[open->from].part];
  const auto& to = graph.parts[graph.positions[open->to].part];
  const std::string what =
      &from == &to ? "wait for another `" + shown_name(to) + "`"
                   : "wait for `" + shown_name(to) + "` after `" + shown_name(from) + "`";
  auto& issue = diagnostics.add(
      DiagnosticCode::kUnboundedRule, input.rule->name.span,
      "partial matches of `" + input.rule->name.text + "` may " + what + " for ever");
  issue.notes.push_back({to.span, "this part may be waited for without end"});
  issue.help = "give the rule a `within`, or say `unbounded` if it is meant so";
}

void check_timeout(const CheckInput& input, dsl::Diagnostics& diagnostics) {
  const auto& body = input.rule->body;
  if (!body.timeout) return;
  if (!body.within) {
    diagnostics.add(DiagnosticCode::kBadTimeout, body.timeout->span,
                    "`timeout` needs the rule to have a `within`: it comes when that runs out");
  } else if (!looks_at_several_events(*input.graph)) {
    diagnostics.add(DiagnosticCode::kBadTimeout, body.timeout->span,
                    "the pattern is done with one event, so nothing can time out");
  }
}

std::uint16_t find_skip_name(const dsl::SkipClause& skip, const std::vector<PartView>& parts,
                             dsl::Diagnostics& diagnostics) {
  const auto found = std::ranges::find(parts, skip.name->text, &PartView::name);
  if (found != parts.end()) return found->part;
  auto& issue = diagnostics.add(DiagnosticCode::kBadSkip, skip.name->span,
                                "no part of the pattern is called `" + skip.name->text + "`");
  std::vector<std::string_view> known;
  for (const auto& part : parts) known.push_back(part.name);
  suggest_name(issue, *skip.name, known);
  return 0xFFFF;
}

namespace {

// Whether a register holds something of the event that completes the match, by whatever part.
bool is_of_last_event(const nfa::RegisterDesc& desc, const nfa::Automaton& automaton) {
  if (desc.kind == nfa::RegisterKind::kKeyField) return true;
  const bool field =
      desc.kind == nfa::RegisterKind::kField || desc.kind == nfa::RegisterKind::kTime;
  if (desc.part == nfa::RegisterDesc::kCompleting) return true;
  if (!field || desc.which != nfa::RegisterWhich::kLast) return false;
  return std::ranges::all_of(automaton.positions, [&](const nfa::Position& position) {
    return position.endings.size() == 0 || automaton.part_name[position.part.index()] == desc.part;
  });
}

bool reads_whole_match(const nfa::RuleImage& rule) {
  const auto& out = rule.outcomes;
  const auto reads = [&](const nfa::ValueExpr& value) {
    return std::ranges::any_of(value.registers, [&](std::uint16_t index) {
      return !is_of_last_event(rule.automaton.registers[index], rule.automaton);
    });
  };
  return std::ranges::any_of(out.score, reads) || std::ranges::any_of(out.reason_values, reads) ||
         std::ranges::any_of(out.emits, [&](const auto& emit) { return reads(emit.value); }) ||
         std::ranges::any_of(out.list_changes, [&](const auto& each) { return reads(each.value); });
}

}  // namespace

void check_pick(const CheckInput& input, const nfa::RuleImage& rule,
                dsl::Diagnostics& diagnostics) {
  const auto& body = input.rule->body;
  if (!body.pick_any) return;
  dsl::Span span = input.rule->name.span;
  for (const auto& clause : body.clauses) {
    if (clause.kind == dsl::ClauseKind::kPick) span = clause.span;
  }
  if (rule.skip != nfa::SkipKind::kPastLast) {
    diagnostics.add(DiagnosticCode::kBadPick, span, "`pick any` goes with `skip past last` only");
  } else if (!input.graph->trailing.empty()) {
    diagnostics.add(DiagnosticCode::kBadPick, span,
                    "`pick any` lists the event that completes the match, but a `without` at the "
                    "end completes this one");
  } else if (reads_whole_match(rule)) {
    diagnostics
        .add(DiagnosticCode::kBadPick, span,
             "with `pick any` the outcomes see only the event that completes the match")
        .help = "drop `pick any`, or what the outcomes say of other events";
  }
}

}  // namespace weir::compiler
