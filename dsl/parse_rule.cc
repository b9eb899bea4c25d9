// The body of a rule or a template: clauses in any order, each once.
#include <algorithm>
#include <utility>

#include "dsl/parser_impl.h"

namespace weir::dsl {
namespace {

const std::vector<Word>& clause_words() {
  static const std::vector<Word> words = {
      Word::kBy,        Word::kWhen,    Word::kThen,     Word::kWithout, Word::kWithin,
      Word::kHaving,    Word::kSkip,    Word::kReport,   Word::kPick,    Word::kLimit,
      Word::kUnbounded, Word::kEven,    Word::kCooldown, Word::kDecide,  Word::kScore,
      Word::kTag,       Word::kReason,  Word::kEmit,     Word::kSend,    Word::kAdd,
      Word::kRemove,    Word::kTimeout, Word::kMode,     Word::kActive,  Word::kOwner,
      Word::kSeverity,  Word::kMeta,    Word::kWhere};
  return words;
}

// The kind of a clause that stands at most once; kOutcome if it is none of these.
ClauseKind clause_kind(Word word) {
  switch (word) {
    case Word::kBy:
      return ClauseKind::kBy;
    case Word::kWhen:
      return ClauseKind::kWhen;
    case Word::kWithin:
      return ClauseKind::kWithin;
    case Word::kHaving:
      return ClauseKind::kHaving;
    case Word::kSkip:
      return ClauseKind::kSkip;
    case Word::kReport:
      return ClauseKind::kReport;
    case Word::kPick:
      return ClauseKind::kPick;
    case Word::kLimit:
      return ClauseKind::kLimit;
    case Word::kUnbounded:
      return ClauseKind::kUnbounded;
    case Word::kEven:
      return ClauseKind::kWarming;
    case Word::kCooldown:
      return ClauseKind::kCooldown;
    case Word::kTimeout:
      return ClauseKind::kTimeout;
    case Word::kMode:
      return ClauseKind::kMode;
    case Word::kActive:
      return ClauseKind::kActive;
    case Word::kOwner:
      return ClauseKind::kOwner;
    case Word::kSeverity:
      return ClauseKind::kSeverity;
    case Word::kMeta:
      return ClauseKind::kMeta;
    default:
      return ClauseKind::kOutcome;
  }
}

const Span* span_of(const std::vector<Outcome>& outcomes, Word word) {
  for (const Outcome& outcome : outcomes) {
    const auto* decide = std::get_if<DecideClause>(&outcome);
    const auto* score = std::get_if<ScoreClause>(&outcome);
    const auto* reason = std::get_if<ReasonClause>(&outcome);
    if (word == Word::kDecide && decide != nullptr) return &decide->span;
    if (word == Word::kScore && score != nullptr) return &score->span;
    if (word == Word::kReason && reason != nullptr) return &reason->span;
  }
  return nullptr;
}

}  // namespace

bool Parser::at_clause_word() const {
  if (!at(TokenKind::kWord) || peek().quoted || at(Word::kWhere)) return false;
  const auto& words = clause_words();
  return std::ranges::find(words, peek().word) != words.end();
}

// A misspelt word that may go on with the pattern behind a condition.
bool Parser::nearly_link_word() const {
  static const std::vector<std::string_view> kSpellings = {"then",  "without", "within",
                                                           "until", "where",   "greedy"};
  return !nearest_name(text(peek()), kSpellings).empty();
}

// A misspelt word of a clause with what such a clause could begin with behind it.
bool Parser::nearly_clause_word() const {
  if (!at(TokenKind::kWord) || peek().quoted || peek().word != Word::kOther) return false;
  const bool value = at(TokenKind::kString, 1) || at(TokenKind::kInt, 1) ||
                     at(TokenKind::kDecimal, 1) || at(TokenKind::kDuration, 1) || at_name(1);
  if (!value || peek(1).line_start) return false;
  std::vector<std::string_view> spellings = {"tags"};
  for (const Word word : clause_words()) spellings.push_back(spelling(word));
  return !nearest_name(text(peek()), spellings).empty();
}

void Parser::rule_body(RuleBody& body, Span open, std::string_view of) {
  BlockScope scope(*this, Block::kRule);
  do {
    while (!block_ends()) {
      const std::size_t before = pos_;
      if (!skip_separators(true)) clause(body);
      if (pos_ == before) take();
    }
  } while (goes_on_behind_brace(body, of));
  const bool when_tried = std::ranges::any_of(
      body.clauses, [](const ClauseSpan& c) { return c.kind == ClauseKind::kWhen; });
  if (!when_tried && !broken_) {
    report(DiagnosticCode::kMissingClause, open, std::string(of) + " has no `when`");
  }
  close_brace(open, of);
}

// A `}` with a clause behind it, which nothing outside of rules begins with: it is taken for one
// too many.
bool Parser::goes_on_behind_brace(RuleBody& body, std::string_view of) {
  if (!at(TokenKind::kRightBrace) || !begins_clause(1) || begins_declaration(1)) return false;
  Diagnostic& d = mend(DiagnosticCode::kUnmatchedClose, here(),
                       "this `}` ends " + std::string(of) + ", but a clause follows");
  replace(d, here(), "");
  take();
  const bool in_pattern = !body.clauses.empty() && body.clauses.back().kind == ClauseKind::kWhen;
  if (in_pattern && (at(Word::kThen) || at(Word::kWithout))) resume_pattern(body);
  return true;
}

// Reads the rest of a pattern that something stood in the middle of.
void Parser::resume_pattern(RuleBody& body) {
  if (!body.pattern.valid()) return;
  Pattern whole = ast_.patterns[body.pattern.index()];
  const bool incomplete = std::exchange(incomplete_, false);
  pattern_items(whole);
  body.pattern_incomplete = body.pattern_incomplete || incomplete_;
  incomplete_ = incomplete_ || incomplete;
  ast_.patterns[body.pattern.index()] = std::move(whole);
}

// `score = 5`, `within: 10m`: a clause's word is followed by its value.
void Parser::drop_sign() {
  if (!at(TokenKind::kAssign, 1) && !at(TokenKind::kColon, 1)) return;
  const Span sign = span(peek(1));
  Diagnostic& d = mend(DiagnosticCode::kSyntax, sign,
                       shown(peek()) + " is followed by its value, without " + shown(peek(1)));
  replace(d, sign, "");
  const bool line_start = peek().line_start;
  tokens_[pos_ + 1] = peek();  // the sign gives way to the word
  take();
  tokens_[pos_].line_start = line_start;
}

void Parser::clause(RuleBody& body) {
  if (!at(TokenKind::kWord) || peek().quoted) return unknown_clause();
  if (peek().word == Word::kOther) correct_word(clause_words());
  if (at_clause_word()) drop_sign();
  const Word word = peek().word;
  if (word == Word::kThen || word == Word::kWithout) return misplaced_pattern(body);
  if (std::ranges::find(clause_words(), word) == clause_words().end() || word == Word::kWhere) {
    return unknown_clause();
  }
  const ClauseKind kind = clause_kind(word);
  const std::uint32_t begin = peek().begin;
  if (duplicate(body, word, kind)) {
    RuleBody dropped;
    known_clause(dropped, word);
    return;
  }
  const std::size_t outcomes = body.outcomes.size();
  known_clause(body, word);
  if (kind != ClauseKind::kOutcome || body.outcomes.size() > outcomes) {
    body.clauses.push_back({kind, since(begin)});
  }
}

bool Parser::duplicate(const RuleBody& body, Word word, ClauseKind kind) {
  const Span* first = span_of(body.outcomes, word);
  for (const ClauseSpan& given : body.clauses) {
    if (kind != ClauseKind::kOutcome && given.kind == kind) first = &given.span;
  }
  if (first == nullptr) return false;
  Diagnostic& d = mend(DiagnosticCode::kDuplicateClause, here(),
                       shown(peek()) + " is given twice in this rule");
  d.notes.push_back({*first, "it was given here"});
  return true;
}

void Parser::read_pattern(RuleBody& body) {
  const bool incomplete = std::exchange(incomplete_, false);
  body.pattern = pattern();
  if (ast_.patterns[body.pattern.index()].items.empty()) body.pattern = {};
  body.pattern_incomplete = body.pattern_incomplete || incomplete_ || !body.pattern.valid();
  incomplete_ = incomplete_ || incomplete;
}

void Parser::known_clause(RuleBody& body, Word word) {
  switch (word) {
    case Word::kBy:
      return rule_keys(body);
    case Word::kWhen: {
      take();
      const std::size_t before = pos_;
      read_pattern(body);
      if (pos_ == before) broken_ = true;
      return;
    }
    case Word::kHaving:
      take();
      body.having = condition();
      return;
    case Word::kTimeout:
      return timeout_clause(body);
    case Word::kMode:
      return mode_clause(body);
    case Word::kActive:
      return active_clause(body);
    case Word::kSeverity:
      return severity_clause(body);
    case Word::kMeta:
      return meta_clause(body);
    case Word::kOwner:
      take();
      body.owner = string("an owner in quotes");
      return;
    default:
      break;
  }
  if (!outcome(word, body.outcomes)) bound_clause(body, word);
}

// Clauses that bound what is kept or said.
void Parser::bound_clause(RuleBody& body, Word word) {
  take();
  switch (word) {
    case Word::kWithin:
      body.within = duration("a duration");
      return;
    case Word::kCooldown:
      body.cooldown = duration("a duration");
      return;
    case Word::kReport:
      body.report = number("a number of matches");
      return;
    case Word::kLimit:
      body.limit = number("a number of events");
      return;
    case Word::kUnbounded:
      body.unbounded = true;
      return;
    case Word::kPick:
      body.pick_any = accept(Word::kAny);
      if (!body.pick_any) unexpected("`any` after `pick`");
      return;
    case Word::kEven:
      body.even_when_warming = at(Word::kWhen) && at(Word::kWarming, 1);
      if (!body.even_when_warming) {
        unexpected("`when warming` after `even`");
        return;
      }
      take();
      take();
      return;
    default:
      return skip_clause(body);
  }
}

void Parser::skip_clause(RuleBody& body) {
  SkipClause result;
  const std::uint32_t begin = previous().begin;
  if (accept(Word::kPast)) {
    if (!accept(Word::kLast)) unexpected("`last` of `skip past last`");
  } else if (accept(Word::kNoneWord)) {
    result.kind = SkipKind::kNone;
  } else if (at(Word::kTo) && at(Word::kNext, 1)) {
    take();
    take();
    result.kind = SkipKind::kToNext;
  } else if (at(Word::kTo) && (at(Word::kFirst, 1) || at(Word::kLast, 1))) {
    take();
    result.kind = take().word == Word::kFirst ? SkipKind::kToFirst : SkipKind::kToLast;
    result.name = name("the name of a part");
    if (!result.name) return;
  } else {
    unexpected("`past last`, `none`, `to next`, `to first NAME` or `to last NAME`");
    while (at(TokenKind::kWord) && !begins_clause(0) && !peek().line_start && !block_ends()) take();
    return;
  }
  result.span = since(begin);
  body.skip = std::move(result);
}

void Parser::rule_keys(RuleBody& body) {
  const Token by = peek();
  const bool late = std::ranges::any_of(
      body.clauses, [](const ClauseSpan& c) { return c.kind == ClauseKind::kWhen; });
  if (late) {
    mend(DiagnosticCode::kMisplacedClause, here(), "the `by` of a rule stands before its `when`");
  }
  take();
  if (accept(Word::kAll)) {
    body.by_all = true;
  } else {
    body.by = keys(true);
  }
  body.by_span = since(by.begin);
}

// `then` or `without` where no pattern is being read: behind another clause, or with no `when`.
void Parser::misplaced_pattern(RuleBody& body) {
  const bool begun = std::ranges::any_of(
      body.clauses, [](const ClauseSpan& c) { return c.kind == ClauseKind::kWhen; });
  const Token word = peek();
  mend(DiagnosticCode::kMisplacedClause, here(),
       begun ? shown(word) + " continues the pattern: it stands before the other clauses"
             : "a pattern begins with `when`");
  if (begun && body.pattern.valid()) {
    resume_pattern(body);
    return;
  }
  if (word.word == Word::kThen) take();
  const std::uint32_t begin = peek().begin;
  read_pattern(body);
  if (!begun) body.clauses.push_back({ClauseKind::kWhen, since(begin)});
}

// What begins no clause. A word in the middle of a line is more likely the rest of an expression.
void Parser::unknown_clause() {
  const Token& token = peek();
  if (token.kind == TokenKind::kRightParen || token.kind == TokenKind::kRightBracket) {
    report(DiagnosticCode::kUnmatchedClose, here(), shown(token) + " closes nothing");
    take();
    if (at_sync() || at(TokenKind::kRightBrace)) return;
  } else if (at(Word::kWhere)) {
    mend(DiagnosticCode::kMisplacedClause, here(), "`where` belongs to a part of the pattern")
        .help = "a condition on the whole match is written `having`";
    take();
    static_cast<void>(condition());
    return;
  } else if (token.kind == TokenKind::kWord && token.line_start && !token.bad) {
    report(DiagnosticCode::kUnknownKeyword, here(), shown(token) + " begins no clause of a rule");
  } else {
    unexpected("an operator or the next clause", true);
  }
  if (at(TokenKind::kRightBrace)) return;
  if (at(TokenKind::kLeftBrace) || at(TokenKind::kLeftParen) || at(TokenKind::kLeftBracket)) {
    skip_to_sync();
    return;
  }
  take();
  skip_to_sync();
}

}  // namespace weir::dsl
