#include "dsl/format_rule.h"

#include <algorithm>

#include "dsl/lexer.h"
#include "dsl/literal_text.h"

namespace weir::dsl {
namespace {

std::string name(const Name& name) { return TermFormatter::name(name); }

bool is_short(const Outcome& outcome) {
  return std::holds_alternative<DecideClause>(outcome) ||
         std::holds_alternative<ScoreClause>(outcome) || std::holds_alternative<TagClause>(outcome);
}

Span span_of(const Outcome& outcome) {
  return std::visit([](const auto& one) { return one.span; }, outcome);
}

std::string skip_text(const SkipClause& skip) {
  switch (skip.kind) {
    case SkipKind::kPastLast:
      return "skip past last";
    case SkipKind::kNone:
      return "skip none";
    case SkipKind::kToNext:
      return "skip to next";
    case SkipKind::kToFirst:
      return "skip to first " + name(*skip.name);
    case SkipKind::kToLast:
      return "skip to last " + name(*skip.name);
  }
  return "";
}

std::string mode_text(const ModeClause& mode) {
  switch (mode.kind) {
    case ModeKind::kLive:
      return "mode live";
    case ModeKind::kShadow:
      return "mode shadow";
    case ModeKind::kOff:
      return "mode off";
    case ModeKind::kCanary:
      return "mode canary " + mode.percent + "%";
  }
  return "";
}

std::string active_text(const ActiveClause& active) {
  std::string text = "active";
  if (active.from) text += " from " + quote(*active.from);
  if (active.until) text += " until " + quote(*active.until);
  return text;
}

}  // namespace

void RuleFormatter::fill(LayoutNode& rule, const RuleBody& body) const {
  rule.block = true;
  std::size_t next_outcome = 0;
  for (const ClauseSpan& given : body.clauses) {
    if (given.kind == ClauseKind::kWhen) {
      pattern(rule, ast_.pattern(body.pattern), given.span);
    } else if (given.kind == ClauseKind::kOutcome) {
      const Outcome& one = body.outcomes[next_outcome++];
      AtomWriter out;
      outcome(out, one);
      LayoutNode node;
      node.head = out.take();
      node.begin = span_of(one).begin;
      node.end = span_of(one).end;
      node.joins = is_short(one);
      node.rank = static_cast<int>(ClauseKind::kOutcome);
      rule.children.push_back(std::move(node));
    } else {
      rule.children.push_back(clause(body, given));
    }
  }
  // A condition on one event with its outcome reads well on one line.
  const bool plain = std::ranges::all_of(rule.children, [](const LayoutNode& node) {
    return node.joins || node.rank == static_cast<int>(ClauseKind::kWhen);
  });
  rule.one_line = plain && body.pattern.valid() && ast_.pattern(body.pattern).items.size() == 1;
}

void RuleFormatter::pattern(LayoutNode& rule, const Pattern& pattern, Span clause) const {
  bool absences = false;
  for (std::size_t i = 0; i < pattern.items.size(); ++i) {
    AtomWriter out;
    if (i == 0) out.put("when");
    terms_.item(out, pattern.items[i], i == 0, absences, Break::kOperand);
    absences = std::holds_alternative<Absence>(pattern.items[i].body);
    LayoutNode node;
    node.head = out.take();
    node.begin = i == 0 ? clause.begin : pattern.items[i].span.begin;
    node.end = pattern.items[i].span.end;
    node.rank = static_cast<int>(ClauseKind::kWhen);
    rule.children.push_back(std::move(node));
  }
}

LayoutNode RuleFormatter::clause(const RuleBody& body, const ClauseSpan& given) const {
  LayoutNode node;
  AtomWriter out;
  if (given.kind == ClauseKind::kTimeout) {
    node = timeout(*body.timeout);
  } else if (given.kind == ClauseKind::kHaving) {
    out.put("having");
    terms_.condition(out, body.having);
    node.head = out.take();
  } else if (given.kind == ClauseKind::kMeta) {
    meta(out, body.meta);
    node.head = out.take();
  } else {
    out.put(clause_text(body, given.kind));
    node.head = out.take();
  }
  node.begin = given.span.begin;
  node.end = given.span.end;
  node.rank = static_cast<int>(given.kind);
  return node;
}

std::string RuleFormatter::clause_text(const RuleBody& body, ClauseKind kind) const {
  switch (kind) {
    case ClauseKind::kBy:
      return body.by_all ? "by all" : "by " + TermFormatter::names(body.by->fields);
    case ClauseKind::kWithin:
      return "within " + terms_.duration(*body.within);
    case ClauseKind::kSkip:
      return skip_text(*body.skip);
    case ClauseKind::kReport:
      return "report " + terms_.number(*body.report);
    case ClauseKind::kPick:
      return "pick any";
    case ClauseKind::kLimit:
      return "limit " + terms_.number(*body.limit);
    case ClauseKind::kUnbounded:
      return "unbounded";
    case ClauseKind::kWarming:
      return "even when warming";
    case ClauseKind::kCooldown:
      return "cooldown " + terms_.duration(*body.cooldown);
    case ClauseKind::kMode:
      return mode_text(*body.mode);
    case ClauseKind::kActive:
      return active_text(*body.active);
    case ClauseKind::kOwner:
      return "owner " + quote(*body.owner);
    case ClauseKind::kSeverity:
      return "severity " + (is_plain_name(*body.severity) ? *body.severity : quote(*body.severity));
    default:
      return "";
  }
}

void RuleFormatter::outcome(AtomWriter& out, const Outcome& outcome) const {
  if (const auto* decide = std::get_if<DecideClause>(&outcome)) {
    out.put("decide " + name(decide->decision));
    if (decide->final) out.put("final");
  } else if (const auto* score = std::get_if<ScoreClause>(&outcome)) {
    out.put("score");
    terms_.value(out, score->value);
  } else if (const auto* tag = std::get_if<TagClause>(&outcome)) {
    out.put("tag " + quote(tag->tag));
  } else if (const auto* reason = std::get_if<ReasonClause>(&outcome)) {
    out.put("reason " + terms_.text(reason->text));
  } else if (const auto* emit = std::get_if<EmitClause>(&outcome)) {
    out.put("emit");
    for (std::size_t i = 0; i < emit->items.size(); ++i) {
      if (i > 0) {
        out.glue(",");
        out.allow(Break::kPart, emit->items[i].name.span.begin);
      }
      out.put(name(emit->items[i].name) + " =");
      terms_.value(out, emit->items[i].value);
    }
  } else if (const auto* send = std::get_if<SendClause>(&outcome)) {
    out.put("send " + quote(send->sink));
  } else if (const auto* change = std::get_if<ListChangeClause>(&outcome)) {
    out.put(change->add ? "add" : "remove");
    terms_.value(out, change->value);
    out.put((change->add ? "to " : "from ") + name(change->list));
    if (change->duration) out.put("for " + terms_.duration(*change->duration));
  }
}

LayoutNode RuleFormatter::timeout(const TimeoutClause& timeout) const {
  LayoutNode result;
  AtomWriter head;
  head.put("timeout as " + name(timeout.name));
  result.head = head.take();
  result.block = true;
  result.one_line = true;
  result.separator = "  ";
  for (const Outcome& one : timeout.outcomes) {
    AtomWriter out;
    outcome(out, one);
    LayoutNode node;
    node.head = out.take();
    node.begin = span_of(one).begin;
    node.end = span_of(one).end;
    node.joins = is_short(one);
    result.children.push_back(std::move(node));
  }
  return result;
}

void RuleFormatter::meta(AtomWriter& out, const std::vector<MetaEntry>& entries) const {
  if (entries.empty()) return out.put("meta {}");
  out.put("meta {");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) {
      out.glue(",");
      out.allow(Break::kAnywhere, entries[i].name.span.begin);
    }
    out.put(name(entries[i].name) + ":");
    terms_.value(out, entries[i].value);
  }
  out.put("}");
}

}  // namespace weir::dsl
