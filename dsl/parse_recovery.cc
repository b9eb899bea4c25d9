// Errors: what is said, and where the parser goes on (the rules are in dsl/parser_impl.h).
#include <algorithm>
#include <array>

#include "dsl/parser_impl.h"

namespace weir::dsl {
namespace {

bool is_opener(TokenKind kind) {
  return kind == TokenKind::kLeftParen || kind == TokenKind::kLeftBracket ||
         kind == TokenKind::kLeftBrace;
}
bool is_closer(TokenKind kind) {
  return kind == TokenKind::kRightParen || kind == TokenKind::kRightBracket ||
         kind == TokenKind::kRightBrace;
}

std::string_view closer_text(TokenKind kind) {
  switch (kind) {
    case TokenKind::kRightParen:
      return ")";
    case TokenKind::kRightBracket:
      return "]";
    default:
      return "}";
  }
}

std::string_view opener_text(TokenKind closer) {
  switch (closer) {
    case TokenKind::kRightParen:
      return "(";
    case TokenKind::kRightBracket:
      return "[";
    default:
      return "{";
  }
}

}  // namespace

Diagnostic& Parser::mend(DiagnosticCode code, Span where, std::string message) {
  const bool incomplete = incomplete_;
  Diagnostic& d = report(code, where, std::move(message));
  incomplete_ = incomplete;
  return d;
}

void Parser::replace(Diagnostic& issue, Span what, const std::string& by) {
  const std::string text = by.empty() ? "leave it out" : "write `" + by + "`";
  issue.suggestions.push_back({what, by, text});
}

Diagnostic& Parser::report(DiagnosticCode code, Span where, std::string message) {
  broken_ = true;
  incomplete_ = true;
  // A report about what was read before stands beside one about the token at hand.
  const bool about_this = pos_ == 0 || where.begin >= previous().end;
  if (about_this && reported_at_ == pos_) {
    discarded_ = {};
    return discarded_;
  }
  if (about_this) reported_at_ = pos_;
  return diagnostics_.add(code, where, std::move(message));
}

std::string Parser::shown(const Token& token) const {
  if (token.kind == TokenKind::kEnd) return in_hole_ ? "`}`" : "the end of the file";
  constexpr std::size_t kLongest = 40;
  const std::string_view spelled = text(token);
  if (spelled.size() <= kLongest) return "`" + std::string(spelled) + "`";
  std::size_t cut = kLongest;  // not within a code point
  while (cut > 0 && (static_cast<unsigned char>(spelled[cut]) & 0xC0U) == 0x80U) --cut;
  return "`" + std::string(spelled.substr(0, cut)) + "...`";
}

// Placed at the token that is wrong; where that begins a new line, at the end of the line before,
// where something is missing, unless the token itself should have begun something.
Diagnostic& Parser::unexpected(std::string_view wanted, bool begins_item) {
  if (peek().bad) {
    broken_ = true;
    incomplete_ = true;
    discarded_ = {};
    return discarded_;
  }
  const std::string message = "expected " + std::string(wanted) + ", found " + shown(peek());
  if (pos_ > 0 && !begins_item && (peek().line_start || at(TokenKind::kEnd))) {
    const std::uint32_t end = previous().end;
    return report(DiagnosticCode::kSyntax, {source_, end, end}, message);
  }
  return report(DiagnosticCode::kSyntax, here(), message);
}

bool Parser::begins_declaration(std::size_t ahead) const {
  const Token& token = peek(ahead);
  if (token.kind != TokenKind::kWord || token.quoted || !token.line_start) return false;
  const auto kind = [&](std::size_t n) { return peek(ahead + n).kind; };
  const bool named = at_name(ahead + 1) && !peek(ahead + 1).line_start;
  const bool opens = kind(2) == TokenKind::kLeftBrace;
  switch (token.word) {
    case Word::kRuleset:
      return kind(1) == TokenKind::kLeftBrace || (named && opens);
    case Word::kEvent:
      return named && (opens || (at(Word::kFrom, ahead + 2) && kind(3) == TokenKind::kString));
    case Word::kRule:
      return named && (opens || kind(2) == TokenKind::kString || kind(2) == TokenKind::kAssign);
    case Word::kRules:
      return named && at(Word::kFrom, ahead + 2);
    case Word::kTemplate:
    case Word::kDefine:
      return named && kind(2) == TokenKind::kLeftParen;
    case Word::kTest:
      return kind(1) == TokenKind::kLeftBrace || (kind(1) == TokenKind::kString && opens) ||
             (named && (opens || kind(2) == TokenKind::kString));
    case Word::kTable:
      return named && opens;
    case Word::kList:
      return named && !at_type(ahead + 1) && at_type(ahead + 2);
    case Word::kParam:
    case Word::kFeature:
      return named && kind(2) == TokenKind::kAssign;
    case Word::kStream:
      return named && at(Word::kBy, ahead + 2);
    case Word::kImport:
      return kind(1) == TokenKind::kString;
    default:
      return false;
  }
}

// A word that is an operator after an operand: `limit matches /x/` begins no clause.
bool Parser::at_word_operator(std::size_t ahead) const {
  return at(Word::kOtherwise, ahead) || at(Word::kMatches, ahead) || at(Word::kContains, ahead) ||
         at(Word::kStartsWith, ahead) || at(Word::kEndsWith, ahead);
}

// `alone`: what follows is not looked at for a clause of its own. Otherwise a name that begins one
// is no argument: in `where limit decide decline` limit is a field.
bool Parser::begins_clause(std::size_t ahead, bool alone) const {
  const Token& token = peek(ahead);
  if (token.kind != TokenKind::kWord || token.quoted) return false;
  const auto next = [&](TokenKind kind) { return at(kind, ahead + 1); };
  const auto word = [&](Word w) { return at(w, ahead + 1); };
  const bool name = at_name(ahead + 1) && !at_word_operator(ahead + 1) &&
                    (alone || !begins_clause(ahead + 1, true));
  const bool value = name || next(TokenKind::kInt) || next(TokenKind::kDecimal) ||
                     next(TokenKind::kFloat) || next(TokenKind::kLeftParen) ||
                     next(TokenKind::kString);
  switch (token.word) {
    case Word::kThen:
    case Word::kWhen:
      return true;
    case Word::kWithout:
    case Word::kWhere:
    case Word::kHaving:
    case Word::kUntil:
      return value || word(Word::kNext) || word(Word::kNot) || next(TokenKind::kMinus) ||
             word(Word::kTrue) || word(Word::kFalse);
    case Word::kWithin:
    case Word::kFor:
    case Word::kCooldown:
      return name || next(TokenKind::kDuration) || next(TokenKind::kInt);
    case Word::kBy:
      return name || next(TokenKind::kLeftParen) || word(Word::kAll);
    case Word::kDecide:
      return name;
    case Word::kScore:
      return value;
    case Word::kAdd:
    case Word::kRemove:
      return value && !next(TokenKind::kLeftParen);
    case Word::kTag:
    case Word::kReason:
    case Word::kOwner:
    case Word::kSend:
      return next(TokenKind::kString);
    case Word::kSeverity:
      return name || next(TokenKind::kString);
    case Word::kEmit:
      return name && at(TokenKind::kAssign, ahead + 2);
    case Word::kSkip:
      return word(Word::kPast) || word(Word::kNoneWord) || word(Word::kTo);
    case Word::kReport:
    case Word::kLimit:
      return next(TokenKind::kInt) || name;
    case Word::kPick:
      return word(Word::kAny);
    case Word::kUnbounded:
      return true;
    case Word::kEven:
      return word(Word::kWhen);
    case Word::kTimeout:
      return word(Word::kAs) || next(TokenKind::kLeftBrace);
    case Word::kMode:
      return word(Word::kShadow) || word(Word::kLive) || word(Word::kOff) || word(Word::kCanary);
    case Word::kActive:
      return word(Word::kFrom) || word(Word::kUntil);
    case Word::kMeta:
      return next(TokenKind::kLeftBrace);
    default:
      return false;
  }
}

bool Parser::begins_test_item(std::size_t ahead) const {
  const Token& token = peek(ahead);
  if (token.kind == TokenKind::kDuration) {
    return token.line_start || (at_name(ahead + 1) && at(TokenKind::kLeftBrace, ahead + 2));
  }
  if (token.kind != TokenKind::kWord || token.quoted) return false;
  switch (token.word) {
    case Word::kGiven:
      return at_name(ahead + 1);
    case Word::kExpect:
      return at_name(ahead + 1);
    case Word::kWatermark:
    case Word::kLateness:
      return at(TokenKind::kDuration, ahead + 1);
    case Word::kIgnore:
      return at(Word::kOthers, ahead + 1);
    default:
      return false;
  }
}

bool Parser::block_ends() const {
  return at(TokenKind::kEnd) || at(TokenKind::kRightBrace) || begins_declaration(0);
}

// Does the token at hand begin something of the block at hand? A soft keyword counts only at the
// start of a line or after what can end an expression, for it may be a field.
bool Parser::at_sync() const {
  if (at(TokenKind::kEnd) || begins_declaration(0)) return true;
  const TokenKind before = previous().kind;
  const bool fresh = peek().line_start || before == TokenKind::kWord || before == TokenKind::kInt ||
                     before == TokenKind::kDecimal || before == TokenKind::kDuration ||
                     before == TokenKind::kString || is_closer(before);
  switch (block_) {
    case Block::kFile:
      return false;
    case Block::kRuleset:
      return at(Word::kDecide) || at(Word::kDecisions);
    case Block::kFields:
      return peek().line_start;
    case Block::kStream:
      return at_name() && at(TokenKind::kAssign, 1);
    case Block::kRule:
    case Block::kOutcomes:
      return (begins_clause(0) && (fresh || is_reserved(peek().word))) || at_clause_line();
    case Block::kTest:
      return begins_test_item(0);
  }
  return false;
}

// A line that begins with the word of a clause, or nearly with one, whatever follows: what is
// skipped has ended there. A comparison (`limit > 5`) is the rest of an expression.
bool Parser::at_clause_line() const {
  if (!peek().line_start || !at(TokenKind::kWord) || peek().quoted) return false;
  switch (peek(1).kind) {
    case TokenKind::kInt:
    case TokenKind::kDecimal:
    case TokenKind::kDuration:
    case TokenKind::kString:
      return at_clause_word() || peek().word == Word::kOther;  // a value: no expression goes on so
    case TokenKind::kWord:
      return !at_word_operator(1) && !at(Word::kIn, 1) && !at(Word::kIs, 1) && !at(Word::kAnd, 1) &&
             !at(Word::kOr, 1) && (at_clause_word() || nearly_clause_word());
    case TokenKind::kColon:
    case TokenKind::kAssign:
      return at_clause_word();
    default:
      return false;
  }
}

// Skips to what begins something, or to the `}` of the block. Brackets opened on the way are
// skipped with what they hold, unless they turn out never to be closed.
void Parser::skip_to_sync(bool stop_at_closers) {
  int open = 0;
  while (!at(TokenKind::kEnd) && !begins_declaration(0)) {
    if (open == 0 && at(TokenKind::kRightBrace)) return;
    if (open == 0 && stop_at_closers && (is_closer(peek().kind) || at(TokenKind::kComma))) return;
    if (at_sync() && (open == 0 || peek().line_start)) return;
    if (is_opener(peek().kind)) ++open;
    if (is_closer(peek().kind) && open > 0) --open;
    take();
  }
}

bool Parser::skip_separators(bool commas) {
  bool any = false;
  while (at(TokenKind::kSemicolon) || (commas && at(TokenKind::kComma))) {
    // One habit is one mistake, however many fields an event has.
    const TokenKind kind = peek().kind;
    if (block_ != Block::kFields || std::exchange(told_separator_, kind) != kind) {
      replace(
          mend(DiagnosticCode::kStraySeparator, here(), shown(peek()) + " separates nothing here"),
          here(), "");
    }
    take();
    any = true;
  }
  return any;
}

bool Parser::missing_comma() {
  const bool literal = at(TokenKind::kString) || at(TokenKind::kInt) || at(TokenKind::kDecimal) ||
                       at(TokenKind::kFloat);
  if (!literal || expression_failed_) return false;
  const Span place{source_, previous().end, previous().end};
  Diagnostic& d = mend(DiagnosticCode::kSyntax, here(), "a `,` is missing before this");
  d.suggestions.push_back({place, ",", "write a `,` between them"});
  return true;
}

bool Parser::correct_word(const std::vector<Word>& candidates) {
  if (!at(TokenKind::kWord) || peek().quoted || peek().word != Word::kOther) return false;
  std::vector<std::string_view> spellings;
  spellings.reserve(candidates.size());
  for (const Word word : candidates) spellings.push_back(spelling(word));
  const bool tags = std::ranges::find(candidates, Word::kTag) != candidates.end();
  if (tags) spellings.push_back("tags");
  std::string_view nearest = nearest_name(text(peek()), spellings);
  if (nearest.empty()) return false;
  if (nearest == "tags") nearest = spelling(Word::kTag);
  const std::string meant(nearest);
  Diagnostic& d = mend(DiagnosticCode::kUnknownKeyword, here(),
                       shown(peek()) + " is no word of the language here");
  d.suggestions.push_back({here(), meant, "did you mean `" + meant + "`?"});
  tokens_[pos_].word = find_word(nearest);
  return true;
}

// The `{` of a block. Where it is missing but the block has plainly begun, it is taken as present.
bool Parser::open_brace(std::string_view of, Span& brace) {
  brace = here();
  if (accept(TokenKind::kLeftBrace)) return true;
  unexpected("`{` of " + std::string(of));
  if (begins_clause(0) || begins_test_item(0)) {
    brace = span(previous());
    return true;
  }
  while (!at(TokenKind::kEnd) && !at(TokenKind::kLeftBrace) && !at(TokenKind::kRightBrace) &&
         !begins_declaration(0)) {
    take();
  }
  brace = here();
  return accept(TokenKind::kLeftBrace);
}

void Parser::close_brace(Span open, std::string_view of) {
  if (accept(TokenKind::kRightBrace)) return;
  broken_ = true;
  if (unclosed_at_ == pos_) return;  // a block inside this one was reported
  unclosed_at_ = pos_;
  Diagnostic& d = diagnostics_.add(DiagnosticCode::kUnclosedBrace, open,
                                   "the `{` of " + std::string(of) + " has no `}`");
  if (!at(TokenKind::kEnd)) d.notes.push_back({here(), "the next declaration begins here"});
}

// The end of a bracket. After an error inside, what is left of it is skipped in silence.
bool Parser::close_bracket(TokenKind closer, Span open) {
  if (accept(closer)) return true;
  const std::string mark(closer_text(closer));
  if (!expression_failed_) {
    const std::string opener(opener_text(closer));
    const bool missing =
        at_sync() || peek().line_start || is_closer(peek().kind) || at(TokenKind::kLeftBrace);
    const bool incomplete = incomplete_;
    Diagnostic& d = unexpected("`" + mark + "`");
    d.code = missing ? DiagnosticCode::kUnclosedBracket : d.code;
    if (missing) incomplete_ = incomplete;  // taken as present
    d.notes.push_back({open, "to close this `" + opener + "`"});
    if (missing) return false;
    expression_failed_ = true;
  }
  int depth = 0;
  while (!at(TokenKind::kEnd) && !begins_declaration(0)) {
    if (depth == 0 && accept(closer)) return true;
    if (at(TokenKind::kRightBrace) && depth == 0) return false;
    if (at_sync() && (peek().line_start || (depth == 0 && is_reserved(peek().word)))) return false;
    if (is_opener(peek().kind)) ++depth;
    if (is_closer(peek().kind)) {
      if (depth == 0) return false;
      --depth;
    }
    take();
  }
  return false;
}

}  // namespace weir::dsl
