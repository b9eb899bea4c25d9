// Names, durations, counts, strings and keys.
#include <charconv>

#include "dsl/literal_text.h"
#include "dsl/parser_impl.h"

namespace weir::dsl {

Name Parser::take_name() {
  const Token token = take();
  std::string_view spelled = text(token);
  if (token.quoted) spelled = spelled.substr(1, spelled.size() - 2);
  return {std::string(spelled), span(token), token.quoted};
}

std::optional<Name> Parser::name(std::string_view wanted) {
  if (at_name()) return take_name();
  // `as within 10m`: the name is missing, and the next clause has begun.
  const bool reserved = at(TokenKind::kWord);
  const bool in_rule = block_ == Block::kRule || block_ == Block::kOutcomes;
  const bool joins_clauses = (at(Word::kThen) || at(Word::kWhen)) && begins_clause(1);
  const bool clause_follows =
      reserved && in_rule && begins_clause(0) && !joins_clauses && !at(TokenKind::kLeftBrace, 1);
  if (!reserved || clause_follows) {
    unexpected(wanted);
    return std::nullopt;
  }
  const std::string spelled(text(peek()));
  Diagnostic& d =
      report(DiagnosticCode::kReservedWord, here(),
             "`" + spelled + "` is a reserved word and cannot be " + std::string(wanted));
  d.suggestions.push_back({here(), "`" + spelled + "`", "put it in backquotes"});
  return take_name();
}

std::int64_t Parser::integer(const Token& token) {
  const std::string_view digits = text(token);
  std::int64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec == std::errc::result_out_of_range && !token.bad) {
    report(DiagnosticCode::kBadNumber, span(token), "the number does not fit 64 bits");
  }
  return value;
}

// In milliseconds; of a malformed one what was likely meant.
std::int64_t Parser::duration_value(const Token& token) const {
  const std::int64_t ms = duration_ms(text(token));
  if (ms >= 0) return ms;
  return std::max<std::int64_t>(duration_ms(guess_number(text(token)).replacement), 0);
}

std::optional<DurationArg> Parser::duration(std::string_view wanted) {
  DurationArg result;
  const std::uint32_t begin = peek().begin;
  if (at(TokenKind::kDuration)) {
    result.ms = duration_value(take());
  } else if (at(TokenKind::kInt)) {
    const Token amount = take();
    const std::int64_t count = integer(amount);
    const std::int64_t unit =
        at(TokenKind::kWord) && !peek().line_start ? unit_ms(text(peek())) : 0;
    if (unit > 0) take();
    if (__builtin_mul_overflow(count, unit > 0 ? unit : 1, &result.ms)) result.ms = 0;
    Diagnostic& d =
        report(DiagnosticCode::kBadDuration, since(begin),
               unit > 0 ? "a number and its unit are written together" : "a duration needs a unit");
    if (unit > 0) {
      const std::string meant = duration_text(result.ms);
      d.suggestions.push_back({since(begin), meant, "did you mean `" + meant + "`?"});
    }
    d.help = "a duration is written 250ms, 10s, 5m, 1h30m or 7d";
  } else if (at_name() && !begins_clause(0)) {
    result.name = take_name();
  } else {
    unexpected(wanted);
    return std::nullopt;
  }
  result.span = since(begin);
  return result;
}

std::optional<NumberArg> Parser::number(std::string_view wanted) {
  NumberArg result;
  const std::uint32_t begin = peek().begin;
  if (at(TokenKind::kInt)) {
    result.value = integer(take());
  } else if (at_name() && !begins_clause(0)) {
    result.name = take_name();
  } else {
    unexpected(wanted);
    if (at(TokenKind::kDecimal) || at(TokenKind::kFloat) || at(TokenKind::kDuration)) take();
    return std::nullopt;
  }
  result.span = since(begin);
  return result;
}

std::string Parser::string_text(const Token& token) {
  std::string_view body = text(token);
  const std::uint32_t quote_bytes = body.starts_with('\\') ? 2 : 1;
  if (token.bad) {  // mended by the lexer: the quotes may be of any kind, or missing
    while (!body.empty() && (body.front() == '"' || body.front() == '\'')) body.remove_prefix(1);
    return std::string(body);
  }
  body = body.substr(quote_bytes, body.size() - 2 * std::size_t{quote_bytes});
  const std::size_t before = diagnostics_.error_count();
  std::string result =
      unescape(body, {source_, token.begin + quote_bytes, token.end - quote_bytes}, diagnostics_);
  broken_ = broken_ || diagnostics_.error_count() > before;
  return result;
}

std::optional<std::string> Parser::string(std::string_view wanted) {
  if (!at(TokenKind::kString)) {
    unexpected(wanted);
    return std::nullopt;
  }
  return string_text(take());
}

// After `by`. Without parentheses one field, or several in a comma list where no comma can follow.
std::optional<Keys> Parser::keys(bool comma_list) {
  Keys result;
  const std::uint32_t begin = peek().begin;
  const Span open = here();
  const bool in_parens = accept(TokenKind::kLeftParen);
  do {
    std::optional<Name> field = name("a key field");
    if (!field) break;
    result.fields.push_back(std::move(*field));
  } while ((in_parens || comma_list) && accept(TokenKind::kComma));
  if (in_parens) close_bracket(TokenKind::kRightParen, open);
  if (result.fields.empty()) return std::nullopt;
  result.span = since(begin);
  return result;
}

}  // namespace weir::dsl
