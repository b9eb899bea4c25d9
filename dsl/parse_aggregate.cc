// Aggregates over a window (L4.1) and texts with expressions in them (L5.1).
#include "dsl/literal_text.h"
#include "dsl/parser_impl.h"

namespace weir::dsl {

// Is `name (` at hand the beginning of an aggregate, not of a call? A name that is not followed by
// an operator but by `where`, `by` or a window is no argument.
bool Parser::at_aggregate() const {
  if (at(TokenKind::kRightParen, 3) && at(TokenKind::kLeftParen, 4)) return true;  // f(p)(
  if (!at_name(2)) return false;
  std::size_t next = 3;
  if (at(TokenKind::kDot, next)) next += 2;
  if (at(TokenKind::kComma, next)) next += 2;  // quantile(auth.amount, 0.95 by ...)
  return at(Word::kWhere, next) || at(Word::kBy, next) || at(Word::kOver, next) ||
         at(Word::kEach, next) || at(Word::kSession, next) || at(Word::kExcluding, next);
}

AggregateId Parser::aggregate(bool stream_column) {
  Aggregate result;
  const std::uint32_t begin = peek().begin;
  result.function = take_name();
  Span open = here();
  if (at(TokenKind::kRightParen, 2) && at(TokenKind::kLeftParen, 3)) {
    take();
    aggregate_argument(result);
    close_bracket(TokenKind::kRightParen, open);
    open = here();
  }
  if (!accept(TokenKind::kLeftParen)) {
    unexpected("`(` of the aggregate");
    expression_failed_ = true;
  } else {
    aggregate_subject(result);
    aggregate_parts(result);
    close_bracket(TokenKind::kRightParen, open);
  }
  if (at(Word::kExcluding) && at(Word::kCurrent, 1)) {
    take();
    take();
    result.excluding_current = true;
  }
  result.span = since(begin);
  check_aggregate(result, stream_column);
  ast_.aggregates.push_back(std::move(result));
  return AggregateId(ast_.aggregates.size() - 1);
}

void Parser::aggregate_subject(Aggregate& aggregate) {
  std::optional<Name> type = name("an event type");
  if (!type) {
    expression_failed_ = true;
    return;
  }
  aggregate.type = std::move(*type);
  if (accept(TokenKind::kDot)) {
    aggregate.field = name("a field");
    expression_failed_ = expression_failed_ || !aggregate.field;
  }
  if (accept(TokenKind::kComma)) aggregate_argument(aggregate);
}

// The p of quantile(p): a number or the name of a param.
void Parser::aggregate_argument(Aggregate& aggregate) {
  const bool number = at(TokenKind::kInt) || at(TokenKind::kDecimal) || at(TokenKind::kFloat);
  if ((!number && !at_name()) || !aggregate.arguments.empty()) {
    unexpected("one number or param");
    expression_failed_ = true;
    return;
  }
  aggregate.arguments.push_back(primary());
}

void Parser::aggregate_parts(Aggregate& aggregate) {
  while (!expression_failed_) {
    if (accept(Word::kWhere)) {
      aggregate.where = binary(1);
    } else if (accept(Word::kBy)) {
      aggregate.by = keys(true);
      expression_failed_ = expression_failed_ || !aggregate.by;
    } else if (at(Word::kExcluding)) {
      take();
      aggregate.excluding_current = accept(Word::kCurrent);
      if (!aggregate.excluding_current) unexpected("`current` after `excluding`");
    } else if (!window(aggregate)) {
      return;
    }
  }
}

bool Parser::window(Aggregate& aggregate) {
  const bool over = at(Word::kOver);
  const bool each = at(Word::kEach);
  if (!over && !each && !at(Word::kSession)) return false;
  if (aggregate.window != WindowKind::kNone) {
    report(DiagnosticCode::kDuplicateClause, here(), "an aggregate has one window");
  }
  take();
  if (over && at(Word::kLast) && (at(TokenKind::kInt, 1) || at_name(1))) {
    take();
    aggregate.window = WindowKind::kLastN;
    if (const auto last = number("a number of events")) aggregate.last = *last;
    return true;
  }
  const bool calendar = each && at(TokenKind::kWord) && at(Word::kIn, 1);
  if (calendar) {
    if (!at(Word::kDay) && !at(Word::kWeek) && !at(Word::kMonth)) unexpected("`day`");
    aggregate.window = WindowKind::kCalendar;
    aggregate.calendar_unit = take_name().text;
    take();
    aggregate.zone_span = here();
    aggregate.zone = string("a time zone such as \"Europe/London\"").value_or("");
    return true;
  }
  const auto length = duration("a duration");
  expression_failed_ = expression_failed_ || !length;
  if (length) aggregate.length = *length;
  aggregate.window = over   ? WindowKind::kSliding
                     : each ? WindowKind::kTumbling
                            : WindowKind::kSession;
  if (over && accept(Word::kEvery)) {
    aggregate.window = WindowKind::kHopping;
    if (const auto step = duration("a duration")) aggregate.every = *step;
  }
  return true;
}

// A column of a stream has the stream's keys and window, every other aggregate its own.
void Parser::check_aggregate(const Aggregate& aggregate, bool stream_column) {
  if (expression_failed_) return;
  const bool windowed = aggregate.window != WindowKind::kNone;
  if (stream_column && (windowed || aggregate.by)) {
    report(DiagnosticCode::kMisplacedClause, aggregate.span,
           "a column of a stream has the keys and the window of the stream");
  } else if (!stream_column && !aggregate.by) {
    report(DiagnosticCode::kMissingClause, aggregate.span, "the aggregate has no key").help =
        "as in `count(auth by card over 10m)`";
  } else if (!stream_column && !windowed) {
    report(DiagnosticCode::kMissingClause, aggregate.span, "the aggregate has no window").help =
        "one of `over 10m`, `over 1h every 5m`, `each 1d`, `session 30m`, `over last 5`";
  }
}

// ---- texts with expressions --------------------------------------------------------------------

Interpolation Parser::interpolation(const Token& token) {
  Interpolation result;
  result.span = span(token);
  const std::string_view whole = text(token);
  if (token.bad || whole.size() < 2) {
    result.segments.push_back({string_text(token), {}});
    return result;
  }
  const std::uint32_t end = token.end - 1;
  std::uint32_t text_begin = token.begin + 1;
  std::string literal;
  const auto flush = [&](std::uint32_t until) {
    literal += unescape(source_text_.substr(text_begin, until - text_begin),
                        {source_, text_begin, until}, diagnostics_);
  };
  const auto complain = [&](std::uint32_t place, std::string message, std::string help) {
    broken_ = true;
    diagnostics_
        .add(DiagnosticCode::kBadInterpolation, {source_, place, place + 1}, std::move(message))
        .help = std::move(help);
  };
  for (std::uint32_t place = text_begin; place < end;) {
    const char c = source_text_[place];
    if (c == '\\') {
      place += 2;
    } else if ((c == '{' || c == '}') && source_text_[place + 1] == c) {
      flush(place + 1);
      place += 2;
      text_begin = place;
    } else if (c == '{') {
      const std::uint32_t close = hole_end(place, end);
      flush(place);
      if (close == end) {
        complain(place, "this `{` of the text has no `}`", "a brace in a text is written `{{`");
        text_begin = ++place;
        continue;
      }
      if (!literal.empty()) result.segments.push_back({std::move(literal), {}});
      literal.clear();
      const ExprId value = hole({source_, place + 1, close});
      if (value.valid()) result.segments.push_back({"", value});
      place = close + 1;
      text_begin = place;
    } else if (c == '}') {
      flush(place);
      complain(place, "this `}` of the text has no `{`", "a brace in a text is written `}}`");
      text_begin = ++place;
    } else {
      ++place;
    }
  }
  flush(end);
  if (!literal.empty()) result.segments.push_back({std::move(literal), {}});
  return result;
}

// Where the hole that begins at `open` has its `}`, or `end`. Strings in it, in plain or escaped
// quotes, are passed over.
std::uint32_t Parser::hole_end(std::uint32_t open, std::uint32_t end) const {
  bool in_string = false;
  for (std::uint32_t place = open + 1; place < end; ++place) {
    const char c = source_text_[place];
    if (c == '"') {
      in_string = !in_string;
    } else if (c == '\\' && in_string && source_text_[place + 1] != '"') {
      ++place;
    } else if (!in_string && c == '}') {
      return place;
    } else if (!in_string && c == '{') {
      return end;
    }
  }
  return end;
}

ExprId Parser::hole(Span inside) {
  if (sources_.text(inside).find_first_not_of(" \t") == std::string_view::npos) {
    broken_ = true;
    diagnostics_.add(DiagnosticCode::kBadInterpolation, {source_, inside.begin - 1, inside.end + 1},
                     "there is no expression between these braces");
    return {};
  }
  const std::size_t errors = diagnostics_.error_count();
  Lexed lexed = lex(source_text_, inside, true, diagnostics_);
  broken_ = broken_ || diagnostics_.error_count() > errors;
  std::swap(tokens_, lexed.tokens);
  const std::size_t outer_pos = std::exchange(pos_, 0);
  const std::size_t outer_reported = std::exchange(reported_at_, static_cast<std::size_t>(-1));
  in_hole_ = true;
  expression_failed_ = false;
  too_deep_ = false;
  ExprId value = binary(1);
  if (!at(TokenKind::kEnd) && !expression_failed_) {
    unexpected("`}` after the expression");
    expression_failed_ = true;
  }
  if (expression_failed_) value = {};
  expression_failed_ = false;
  in_hole_ = false;
  std::swap(tokens_, lexed.tokens);
  pos_ = outer_pos;
  reported_at_ = outer_reported;
  return value;
}

}  // namespace weir::dsl
