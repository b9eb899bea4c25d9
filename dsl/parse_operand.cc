// What operators join: literals, names, calls, brackets; and the literals that stand alone in
// params, tests and meta.
#include <algorithm>
#include <charconv>

#include "dsl/literal_text.h"
#include "dsl/parser_impl.h"

namespace weir::dsl {

ExprId Parser::number_literal(const Token& token, bool negative) {
  Expr expr;
  expr.span = {source_, token.begin, token.end};
  std::string digits = (negative ? "-" : "") + std::string(text(token));
  switch (token.kind) {
    case TokenKind::kDecimal:
      expr.kind = ExprKind::kDecimal;
      break;
    case TokenKind::kFloat:
      expr.kind = ExprKind::kFloat;
      break;
    default:
      expr.kind = ExprKind::kInt;
      break;
  }
  if (expr.kind == ExprKind::kInt) {
    constexpr std::string_view kLeast = "-9223372036854775808";
    if (digits == kLeast) {
      expr.integer = INT64_MIN;
    } else {
      const std::int64_t value = integer(token);
      expr.integer = negative ? -value : value;
    }
  } else {
    expr.text = std::move(digits);
  }
  if (negative) expr.span.begin = tokens_[pos_ - 2].begin;
  expr.text_span = expr.span;
  return add(std::move(expr));
}

// `1,000`, where no comma separates values.
bool Parser::at_thousands(const Token& before) const {
  if (before.kind != TokenKind::kInt || list_depth_ > 0 || !at(TokenKind::kComma)) return false;
  const Token& next = peek(1);
  const bool number = next.kind == TokenKind::kInt || next.kind == TokenKind::kDecimal;
  const std::string_view digits = text(next).substr(0, text(next).find('.'));
  return number && digits.size() == 3 && peek().begin == before.end && next.begin == peek().end;
}

ExprId Parser::thousands(const Token& first) {
  const std::size_t start = pos_;
  while (at_thousands(previous())) {
    take();
    take();
  }
  const Span wrong{source_, first.begin, previous().end};
  std::string meant(sources_.text(wrong));
  std::erase(meant, ',');
  pos_ = start;  // the report is about what begins here
  Diagnostic& d = mend(DiagnosticCode::kBadNumber, wrong,
                       "a number is written without commas: `" + meant + "`");
  replace(d, wrong, meant);
  while (peek().begin < wrong.end) take();
  Expr expr;
  expr.span = wrong;
  expr.text_span = wrong;
  expr.kind = previous().kind == TokenKind::kDecimal ? ExprKind::kDecimal : ExprKind::kInt;
  if (expr.kind == ExprKind::kDecimal) {
    expr.text = std::move(meant);
  } else if (std::from_chars(meant.data(), meant.data() + meant.size(), expr.integer).ec !=
             std::errc()) {
    expr.mistaken = true;
  }
  return add(std::move(expr));
}

ExprId Parser::unary() {
  if (!at(TokenKind::kMinus)) return postfix(primary());
  DepthScope scope(*this);
  if (!scope.allowed("the expression")) return fail_expression();
  const std::uint32_t begin = take().begin;
  if (at(TokenKind::kInt) || at(TokenKind::kDecimal) || at(TokenKind::kFloat)) {
    const Token token = take();
    return number_literal(token, true);
  }
  const ExprId operand = unary();
  Expr expr;
  expr.kind = ExprKind::kUnary;
  expr.op = Op::kNegate;
  expr.span = Span{source_, begin, expr_span(operand).end};
  expr.args = {operand};
  return add(std::move(expr));
}

ExprId Parser::primary() {
  Expr expr;
  expr.span = here();
  switch (peek().kind) {
    case TokenKind::kInt:
    case TokenKind::kDecimal:
    case TokenKind::kFloat: {
      const Token token = take();
      return at_thousands(token) ? thousands(token) : number_literal(token, false);
    }
    case TokenKind::kString:
      if (peek().bad && text(peek()).front() >= '0' && text(peek()).front() <= '9') {
        take();  // `1.2.3`: nobody knows of what type
        expr.kind = ExprKind::kString;
        expr.mistaken = true;
        return add(std::move(expr));
      }
      expr.kind = ExprKind::kString;
      expr.text = string_text(take());
      return add(std::move(expr));
    case TokenKind::kDuration:
      expr.kind = ExprKind::kDuration;
      expr.text_span = expr.span;
      expr.integer = duration_value(take());
      return add(std::move(expr));
    case TokenKind::kTimestamp: {
      const std::string spelled(text(peek()));
      Diagnostic& d = mend(DiagnosticCode::kSyntax, here(), "a time stands in quotes");
      d.suggestions.push_back({here(), quote(spelled), "write " + quote(spelled)});
      take();
      expr.kind = ExprKind::kString;
      expr.text = spelled;
      return add(std::move(expr));
    }
    case TokenKind::kLeftParen:
      return parenthesized();
    case TokenKind::kLeftBracket:
      return list_literal();
    case TokenKind::kWord:
      return name_or_call();
    default:
      break;
  }
  unexpected("a value");
  return fail_expression();
}

// `( ... )`; with commas in it, the list of another language.
ExprId Parser::parenthesized() {
  DepthScope scope(*this);
  if (!scope.allowed("the expression")) return fail_expression();
  const bool after_in = previous().kind == TokenKind::kWord && previous().word == Word::kIn;
  const int outer = std::exchange(list_depth_, after_in ? 1 : list_depth_);
  const Token open = take();
  const ExprId inside = binary(1);
  if (at(TokenKind::kComma) && !expression_failed_) {
    mend(DiagnosticCode::kSyntax, span(open), "a list stands in square brackets: [a, b]");
    Expr list;
    list.kind = ExprKind::kList;
    list.args.push_back(inside);
    while (accept(TokenKind::kComma)) list.args.push_back(binary(1));
    close_bracket(TokenKind::kRightParen, span(open));
    list_depth_ = outer;
    list.span = since(open.begin);
    return add(std::move(list));
  }
  list_depth_ = outer;
  close_bracket(TokenKind::kRightParen, span(open));
  Expr& expr = ast_.exprs[inside.index()];
  expr.parenthesized = true;
  expr.span = since(open.begin);
  return inside;
}

ExprId Parser::list_literal() {
  DepthScope scope(*this);
  if (!scope.allowed("the expression")) return fail_expression();
  const Token open = take();
  Expr list;
  list.kind = ExprKind::kList;
  ++list_depth_;
  if (!at(TokenKind::kRightBracket)) {
    do {
      if (at(TokenKind::kRightBracket)) break;  // a comma at the end is as good as none
      list.args.push_back(binary(1));
    } while (accept(TokenKind::kComma) || missing_comma());
  }
  --list_depth_;
  close_bracket(TokenKind::kRightBracket, span(open));
  list.span = since(open.begin);
  return add(std::move(list));
}

ExprId Parser::name_or_call() {
  const Token token = peek();
  if (!token.quoted && is_reserved(token.word)) return reserved_operand();
  // No operator joins a name to a value: the operand is missing, and the next clause has begun.
  const bool clause = (begins_clause(0) && !at(Word::kUnbounded)) || begins_declaration(0);
  if (clause && !in_hole_) {
    unexpected("a value");
    return fail_expression();
  }
  const std::string_view spelled = text(token);
  const bool call_follows = at(TokenKind::kLeftParen, 1) && !token.quoted;
  if (!token.quoted && !call_follows && (spelled == "null" || spelled == "NULL")) {
    report(DiagnosticCode::kNull, here(), "there is no `" + std::string(spelled) + "`").help =
        "absence is tested with `x is missing`; a field of that name stands in backquotes";
    take();
    return fail_expression();
  }
  if (call_follows) return call(token);
  Expr expr;
  expr.kind = ExprKind::kName;
  expr.span = here();
  expr.text_span = here();
  const auto above_ascii = [](char c) { return static_cast<signed char>(c) < 0; };
  expr.mistaken = token.bad && !token.quoted && std::ranges::any_of(spelled, above_ascii);
  Name taken = take_name();
  expr.text = std::move(taken.text);
  expr.quoted = taken.quoted;
  return add(std::move(expr));
}

// `true`, `false`, `not` in a tight place, or a reserved word where a value should be: a field of
// that name if an operator follows it, else the value is missing.
ExprId Parser::reserved_operand() {
  Expr expr;
  expr.span = here();
  if (at(Word::kTrue) || at(Word::kFalse)) {
    expr.integer = take().word == Word::kTrue ? 1 : 0;
    return add(std::move(expr));
  }
  if (at(Word::kNot)) return not_expression(8);
  const Token& next = peek(1);
  bool as_name = false;
  switch (next.kind) {
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
    case TokenKind::kAssign:
    case TokenKind::kRightParen:
    case TokenKind::kStar:
    case TokenKind::kSlash:
    case TokenKind::kDot:
      as_name = true;
      break;
    case TokenKind::kWord:
      as_name = next.word == Word::kIs || next.word == Word::kBetween;
      break;
    default:
      break;
  }
  if (!as_name || at(Word::kAnd) || at(Word::kOr)) {
    unexpected("a value");
    return fail_expression();
  }
  const std::string spelled(text(peek()));
  Diagnostic& d =
      report(DiagnosticCode::kReservedWord, here(),
             "`" + spelled + "` is a reserved word; a field of that name stands in backquotes");
  d.suggestions.push_back({here(), "`" + spelled + "`", "put it in backquotes"});
  expr.kind = ExprKind::kName;
  expr.text_span = here();
  expr.text = spelled;
  expr.quoted = true;
  take();
  return add(std::move(expr));
}

ExprId Parser::postfix(ExprId left) {
  while (!too_deep_ && (at(TokenKind::kDot) || at(TokenKind::kLeftBracket))) {
    Expr expr;
    expr.args.push_back(left);
    if (accept(TokenKind::kDot)) {
      if (!at(TokenKind::kWord)) {
        unexpected("a field name after `.`");
        expression_failed_ = true;
        return left;
      }
      expr.kind = ExprKind::kMember;
      Name field = take_name();
      expr.text = std::move(field.text);
      expr.text_span = field.span;
      expr.quoted = field.quoted;
    } else {
      DepthScope scope(*this);
      if (!scope.allowed("the expression")) return fail_expression();
      const Token open = take();
      expr.kind = ExprKind::kIndex;
      ++list_depth_;
      do {
        expr.args.push_back(binary(1));
      } while (accept(TokenKind::kComma));
      --list_depth_;
      close_bracket(TokenKind::kRightBracket, span(open));
    }
    expr.span = since(expr_span(left).begin);
    left = add(std::move(expr));
  }
  return left;
}

ExprId Parser::call(const Token& function) {
  DepthScope scope(*this);
  if (!scope.allowed("the expression")) return fail_expression();
  Expr expr;
  if (at_aggregate()) {
    expr.kind = ExprKind::kAggregate;
    expr.text_span = here();
    expr.aggregate = aggregate(stream_column_);
    expr.span = since(function.begin);
    return add(std::move(expr));
  }
  expr.kind = ExprKind::kCall;
  expr.text_span = here();
  expr.text = std::string(text(function));
  take();
  const Token open = take();
  ++list_depth_;
  if (!at(TokenKind::kRightParen)) {
    do {
      expr.args.push_back(binary(1));
    } while (accept(TokenKind::kComma) || missing_comma());
  }
  --list_depth_;
  close_bracket(TokenKind::kRightParen, span(open));
  expr.span = since(function.begin);
  return add(std::move(expr));
}

// A number, a string, a truth, a duration, or a list of them. Expressions are read and refused.
ExprId Parser::literal(std::string_view wanted) {
  expression_failed_ = false;
  too_deep_ = false;
  const Span first = here();
  const std::size_t before = ast_.exprs.size();
  const ExprId id = binary(1);
  if (expression_failed_) {
    expression_failed_ = false;
    return {};
  }
  const auto is_literal = [](const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kBool:
      case ExprKind::kInt:
      case ExprKind::kDecimal:
      case ExprKind::kFloat:
      case ExprKind::kString:
      case ExprKind::kDuration:
      case ExprKind::kList:
        return true;
      default:
        return false;
    }
  };
  if (std::all_of(ast_.exprs.begin() + static_cast<std::ptrdiff_t>(before), ast_.exprs.end(),
                  is_literal)) {
    return id;
  }
  const bool bare = ast_.exprs[id.index()].kind == ExprKind::kName;
  Diagnostic& d = report(DiagnosticCode::kNotALiteral, first.to(expr_span(id)),
                         std::string(wanted) + " is a literal, not an expression");
  if (bare) {
    const std::string quoted = quote(ast_.exprs[id.index()].text);
    d.suggestions.push_back({expr_span(id), quoted, "did you mean " + quoted + "?"});
  }
  return {};
}

}  // namespace weir::dsl
