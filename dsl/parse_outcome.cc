// What a rule does when it matches (L5), and the clauses about the rule itself.
#include "dsl/parser_impl.h"

namespace weir::dsl {

// An outcome that begins with `word`, at hand. False: the word begins none.
bool Parser::outcome(Word word, std::vector<Outcome>& outcomes) {
  const std::uint32_t begin = peek().begin;
  switch (word) {
    case Word::kDecide: {
      take();
      auto decision = name("a decision");
      if (!decision) return true;
      const bool final = accept(Word::kFinal);
      outcomes.emplace_back(DecideClause{std::move(*decision), final, since(begin)});
      return true;
    }
    case Word::kScore: {
      take();
      const ExprId value = condition();
      if (value.valid()) outcomes.emplace_back(ScoreClause{value, since(begin)});
      return true;
    }
    case Word::kTag:
      tag_clause(outcomes);
      return true;
    case Word::kReason: {
      take();
      if (!at(TokenKind::kString)) {
        unexpected("a text in quotes");
        return true;
      }
      Interpolation reason = interpolation(take());
      outcomes.emplace_back(ReasonClause{std::move(reason), since(begin)});
      return true;
    }
    case Word::kSend: {
      take();
      auto sink = string("the name of a sink in quotes");
      if (sink) outcomes.emplace_back(SendClause{std::move(*sink), since(begin)});
      return true;
    }
    case Word::kEmit:
      emit_clause(outcomes);
      return true;
    case Word::kAdd:
      list_change(true, outcomes);
      return true;
    case Word::kRemove:
      list_change(false, outcomes);
      return true;
    default:
      return false;
  }
}

// One tag; of `tag "a", "b"` each.
void Parser::tag_clause(std::vector<Outcome>& outcomes) {
  const Token word = peek();
  const bool misspelt = text(word) != spelling(Word::kTag);  // reported: once is enough
  std::uint32_t begin = take().begin;
  for (;;) {
    auto tag = string("a tag in quotes");
    if (!tag) return;
    outcomes.emplace_back(TagClause{std::move(*tag), since(begin)});
    if (!at(TokenKind::kComma) || !at(TokenKind::kString, 1)) return;
    if (!misspelt) {
      Diagnostic& d =
          mend(DiagnosticCode::kStraySeparator, here(), "each tag has a `tag` before it");
      d.suggestions.push_back({here(), " tag", "write `tag` instead"});
    }
    take();
    begin = peek().begin;
  }
}

void Parser::emit_clause(std::vector<Outcome>& outcomes) {
  const std::uint32_t begin = take().begin;
  EmitClause result;
  bool more = true;
  while (more) {
    auto field = name("the name of a field");
    if (!field) break;
    if (!accept(TokenKind::kAssign)) {
      const bool doubled = at(TokenKind::kEqual) || at(TokenKind::kColon);
      unexpected("`=`");
      if (!doubled) break;
      take();
    }
    const ExprId value = condition();
    if (value.valid()) result.items.push_back({std::move(*field), value});
    more = accept(TokenKind::kComma);
    if (!more && at_name() && at(TokenKind::kAssign, 1)) {
      unexpected("`,` between fields");
      more = true;
    }
  }
  result.span = since(begin);
  if (!result.items.empty()) outcomes.emplace_back(std::move(result));
}

void Parser::list_change(bool add_value, std::vector<Outcome>& outcomes) {
  const std::uint32_t begin = take().begin;
  ListChangeClause result;
  result.add = add_value;
  result.value = condition();
  const Word preposition = add_value ? Word::kTo : Word::kFrom;
  if (!accept(preposition)) {
    if (!result.value.valid()) return;
    unexpected(add_value ? "`to` and a list" : "`from` and a list");
    if (!at(Word::kTo) && !at(Word::kFrom) && !at(Word::kIn)) return;
    take();
  }
  auto list = name("a list");
  if (!list) return;
  result.list = std::move(*list);
  if (at(Word::kFor)) {
    if (!add_value) {
      report(DiagnosticCode::kMisplacedClause, here(), "what is removed has no time to live");
    }
    take();
    result.duration = duration("a duration");
    if (!add_value) result.duration.reset();
  }
  result.span = since(begin);
  if (result.value.valid()) outcomes.emplace_back(std::move(result));
}

void Parser::timeout_clause(RuleBody& body) {
  const std::uint32_t begin = take().begin;
  TimeoutClause result;
  std::optional<Name> named;
  if (accept(Word::kAs)) {
    named = name("a name for the timeout");
  } else {
    unexpected("`as` and a name");
    if (at_name()) named = take_name();
  }
  if (named) result.name = std::move(*named);
  Span open;
  if (!open_brace("the timeout", open)) return;
  BlockScope scope(*this, Block::kOutcomes);
  while (!block_ends()) {
    const std::size_t before = pos_;
    if (skip_separators(true)) continue;
    const bool known = at(TokenKind::kWord) && !peek().quoted;
    if (!(known && outcome(peek().word, result.outcomes)) &&
        !correct_word({Word::kDecide, Word::kScore, Word::kTag, Word::kReason, Word::kSend,
                       Word::kEmit, Word::kRemove})) {
      unexpected("an outcome (decide, score, tag, reason, emit, send, add, remove)", true);
      take();
      skip_to_sync();
    }
    if (pos_ == before && !at(TokenKind::kWord)) take();
  }
  close_brace(open, "the timeout");
  result.span = since(begin);
  if (named) body.timeout = std::move(result);
}

void Parser::mode_clause(RuleBody& body) {
  const std::uint32_t begin = take().begin;
  ModeClause result;
  correct_word({Word::kLive, Word::kShadow, Word::kOff, Word::kCanary});
  if (accept(Word::kLive)) {
    result.kind = ModeKind::kLive;
  } else if (accept(Word::kShadow)) {
    result.kind = ModeKind::kShadow;
  } else if (accept(Word::kOff)) {
    result.kind = ModeKind::kOff;
  } else if (accept(Word::kCanary)) {
    result.kind = ModeKind::kCanary;
    if (!at(TokenKind::kInt) && !at(TokenKind::kDecimal)) {
      unexpected("a percentage such as `10%`");
      return;
    }
    result.percent = std::string(text(take()));
    if (!accept(TokenKind::kPercent)) unexpected("`%`");
  } else {
    unexpected("`live`, `shadow`, `canary 10%` or `off`");
    if (at_name() && !begins_clause(0)) take();
    return;
  }
  result.span = since(begin);
  body.mode = std::move(result);
}

void Parser::active_clause(RuleBody& body) {
  const std::uint32_t begin = take().begin;
  ActiveClause result;
  const auto moment = [&]() -> std::optional<std::string> {
    if (at(TokenKind::kTimestamp)) return std::string(text(take()));
    return string("a time such as \"2026-03-01T00:00:00Z\"");
  };
  const bool has_from = accept(Word::kFrom);
  if (has_from) result.from = moment();
  const bool has_until = accept(Word::kUntil);
  if (has_until) result.until = moment();
  if (!has_from && !has_until) unexpected("`from` or `until`");
  result.span = since(begin);
  if (result.from || result.until) body.active = std::move(result);
}

void Parser::severity_clause(RuleBody& body) {
  take();
  if (at(TokenKind::kString)) {
    body.severity = string_text(take());
  } else if (at_name() && !begins_clause(0)) {
    body.severity = take_name().text;
  } else {
    unexpected("a severity such as `high`");
  }
}

void Parser::meta_clause(RuleBody& body) {
  take();
  Span open;
  if (!open_brace("`meta`", open)) return;
  while (!block_ends()) {
    auto key = name("the name of an entry");
    const bool assigned = key && (accept(TokenKind::kColon) || accept(TokenKind::kAssign));
    if (!assigned) {
      if (key) unexpected("`:`");
      while (!block_ends() && !at(TokenKind::kComma) && !begins_clause(0)) take();
      if (begins_clause(0)) break;
    } else {
      const ExprId value = literal("an entry of `meta`");
      if (value.valid()) body.meta.push_back({std::move(*key), value});
    }
    accept(TokenKind::kComma);
  }
  close_brace(open, "`meta`");
}

}  // namespace weir::dsl
