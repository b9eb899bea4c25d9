#include "compiler/rule_mode.h"

#include <charconv>
#include <string>

#include "event/decimal.h"
#include "event/time.h"

namespace weir::compiler {
namespace {

using dsl::DiagnosticCode;

nfa::RuleMode mode_of(dsl::ModeKind kind) {
  switch (kind) {
    case dsl::ModeKind::kLive:
      return nfa::RuleMode::kLive;
    case dsl::ModeKind::kShadow:
      return nfa::RuleMode::kShadow;
    case dsl::ModeKind::kOff:
      return nfa::RuleMode::kOff;
    case dsl::ModeKind::kCanary:
      return nfa::RuleMode::kCanary;
  }
  return nfa::RuleMode::kLive;
}

std::optional<std::int64_t> moment(const std::optional<std::string>& text, dsl::Span span,
                                   dsl::Diagnostics& diagnostics) {
  if (!text) return std::nullopt;
  const auto ms = event::parse_rfc3339(*text);
  if (!ms) {
    diagnostics.add(DiagnosticCode::kBadBound, span, "`" + *text + "` is no time").help =
        "a time with its zone, such as 2026-03-01T00:00:00Z";
  }
  return ms;
}

void take_active(const dsl::ActiveClause& clause, nfa::RuleImage& rule,
                 dsl::Diagnostics& diagnostics) {
  const auto from = moment(clause.from, clause.span, diagnostics);
  const auto until = moment(clause.until, clause.span, diagnostics);
  if (from && until && *from >= *until) {
    diagnostics.add(DiagnosticCode::kBadBound, clause.span,
                    "the rule would end to be active before it begins");
    return;
  }
  rule.active_from_ms = from.value_or(rule.active_from_ms);
  rule.active_until_ms = until.value_or(rule.active_until_ms);
}

}  // namespace

std::optional<std::uint32_t> canary_ppm(std::string_view percent) {
  constexpr std::int64_t kAll = 1'000'000;  // 100, with the four digits of a decimal
  const event::ParsedDecimal parsed = event::parse_decimal(percent);
  if (parsed.status != event::DecimalStatus::kExact) return std::nullopt;
  if (parsed.scaled < 1 || parsed.scaled > kAll) return std::nullopt;
  return static_cast<std::uint32_t>(parsed.scaled);
}

void take_mode(const dsl::RuleBody& body, nfa::RuleImage& rule, dsl::Diagnostics& diagnostics) {
  if (body.active) take_active(*body.active, rule, diagnostics);
  if (!body.mode) return;
  rule.mode = mode_of(body.mode->kind);
  if (rule.mode != nfa::RuleMode::kCanary) return;
  const auto ppm = canary_ppm(body.mode->percent);
  if (!ppm) {
    diagnostics.add(DiagnosticCode::kBadBound, body.mode->span,
                    "a canary's share of the keys is from 0.0001% to 100%");
    rule.mode = nfa::RuleMode::kShadow;
    return;
  }
  rule.canary_ppm = *ppm;
}

}  // namespace weir::compiler
