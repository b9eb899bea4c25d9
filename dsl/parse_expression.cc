// Expressions by precedence climbing; the levels are those of dsl/parser.h. A part that is wrong
// becomes a stand-in, so that reading goes on behind it, and the whole expression is given up.
#include <algorithm>

#include "dsl/literal_text.h"
#include "dsl/parser_impl.h"

namespace weir::dsl {
namespace {

constexpr int kOrLevel = 1;
constexpr int kAndLevel = 2;
constexpr int kNotLevel = 3;
constexpr int kComparisonLevel = 4;
constexpr int kOtherwiseLevel = 5;
constexpr int kSumLevel = 6;
constexpr int kProductLevel = 7;

struct BinaryRow {
  TokenKind kind;
  int level;
  Op op;
  std::string_view meant;  // of an operator of another language: ours
};
constexpr BinaryRow kBinaryRows[] = {
    {TokenKind::kAndAnd, kAndLevel, Op::kAnd, "and"},
    {TokenKind::kOrOr, kOrLevel, Op::kOr, "or"},
    {TokenKind::kEqual, kComparisonLevel, Op::kEq, ""},
    {TokenKind::kNotEqual, kComparisonLevel, Op::kNe, ""},
    {TokenKind::kLess, kComparisonLevel, Op::kLt, ""},
    {TokenKind::kLessEqual, kComparisonLevel, Op::kLe, ""},
    {TokenKind::kGreater, kComparisonLevel, Op::kGt, ""},
    {TokenKind::kGreaterEqual, kComparisonLevel, Op::kGe, ""},
    {TokenKind::kAssign, kComparisonLevel, Op::kEq, "=="},
    {TokenKind::kForeignEqual, kComparisonLevel, Op::kEq, "=="},
    {TokenKind::kForeignNotEqual, kComparisonLevel, Op::kNe, "!="},
    {TokenKind::kPlus, kSumLevel, Op::kAdd, ""},
    {TokenKind::kMinus, kSumLevel, Op::kSub, ""},
    {TokenKind::kStar, kProductLevel, Op::kMul, ""},
    {TokenKind::kSlash, kProductLevel, Op::kDiv, ""},
    {TokenKind::kPercent, kProductLevel, Op::kMod, ""},
};

const BinaryRow* binary_row(const Token& token) {
  const auto row = std::ranges::find(kBinaryRows, token.kind, &BinaryRow::kind);
  return row == std::end(kBinaryRows) ? nullptr : row;
}

bool is_word_comparison(const Token& token) {
  if (token.kind != TokenKind::kWord || token.quoted) return false;
  switch (token.word) {
    case Word::kIn:
    case Word::kBetween:
    case Word::kMatches:
    case Word::kStartsWith:
    case Word::kEndsWith:
    case Word::kContains:
    case Word::kIs:
      return true;
    default:
      return false;
  }
}

bool is_null_word(std::string_view word) {
  return word == "null" || word == "NULL" || word == "Null" || word == "nil" || word == "None";
}

bool is_comparison(const Token& token) {
  const BinaryRow* row = binary_row(token);
  return is_word_comparison(token) || (row != nullptr && row->level == kComparisonLevel);
}

}  // namespace

// ---- nodes -------------------------------------------------------------------------------------

ExprId Parser::add(Expr expr) {
  std::uint16_t height = 0;
  for (const ExprId arg : expr.args) height = std::max(height, heights_[arg.index()]);
  if (++height > kMaxHeight) {
    if (!too_deep_) {
      report(DiagnosticCode::kTooDeep, expr.span,
             "the expression chains more than " + std::to_string(kMaxHeight) + " operators")
          .help = "compare with a list (`x in [...]`), or name parts of it with `define`";
    }
    too_deep_ = true;
    expression_failed_ = true;
    return expr.args.front();
  }
  ast_.exprs.push_back(std::move(expr));
  heights_.push_back(height);
  return ExprId(ast_.exprs.size() - 1);
}

ExprId Parser::add_binary(ExprKind kind, Op op, ExprId left, ExprId right) {
  Expr expr;
  expr.kind = kind;
  expr.op = op;
  expr.span = expr_span(left).to(expr_span(right));
  expr.args = {left, right};
  return add(std::move(expr));
}

// Stands where an expression was wanted and not found; the clause will be dropped.
ExprId Parser::fail_expression() {
  expression_failed_ = true;
  Expr expr;
  const std::uint32_t end = previous().end;
  expr.span = {source_, end, end};
  return add(std::move(expr));
}

ExprId Parser::condition() {
  expression_failed_ = false;
  too_deep_ = false;
  list_depth_ = 0;
  const bool incomplete = incomplete_;
  const ExprId id = binary(kOrLevel);
  if (!expression_failed_ && at_garbage()) {
    unexpected("an operator or the next clause", true);
    expression_failed_ = true;
  }
  const bool failed = expression_failed_;
  incomplete_ = incomplete || lost_line_;  // only the condition is lost
  if (failed && !at_sync() && !at(TokenKind::kRightBrace)) skip_to_sync(group_depth_ > 0);
  expression_failed_ = false;
  return failed ? ExprId{} : id;
}

// What a condition in a rule cannot be followed by: it belongs to the condition, which is then not
// what its beginning seems to say.
bool Parser::at_garbage() const {
  if ((block_ != Block::kRule && block_ != Block::kOutcomes) || peek().line_start) return false;
  switch (peek().kind) {
    case TokenKind::kWord:
      return !peek().quoted && peek().word == Word::kOther && !at(TokenKind::kAssign, 1) &&
             !nearly_clause_word() && !nearly_link_word();
    case TokenKind::kInt:
    case TokenKind::kDecimal:
    case TokenKind::kFloat:
    case TokenKind::kDuration:
    case TokenKind::kString:
    case TokenKind::kLeftParen:
    case TokenKind::kLeftBracket:
    case TokenKind::kQuestion:
      return true;
    default:
      return false;
  }
}

// ---- operators ---------------------------------------------------------------------------------

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_operator_word(Word word) {
  switch (word) {
    case Word::kAnd:
    case Word::kOr:
    case Word::kNot:
    case Word::kIn:
    case Word::kBetween:
    case Word::kIs:
    case Word::kMatches:
    case Word::kContains:
    case Word::kStartsWith:
    case Word::kEndsWith:
    case Word::kOtherwise:
      return true;
    default:
      return false;
  }
}

}  // namespace

// `AND`, `NOT IN`: where an operator stands no name can.
void Parser::mend_operator() {
  const auto meant = [&](std::size_t ahead) {
    const Token& token = peek(ahead);
    const bool other =
        token.kind == TokenKind::kWord && !token.quoted && token.word == Word::kOther;
    const Word word = other ? find_word(lower_case(text(token))) : Word::kOther;
    return is_operator_word(word) ? word : Word::kOther;
  };
  const Word word = meant(0);
  if (word == Word::kOther) return;
  const bool two = word == Word::kNot && meant(1) != Word::kOther;
  const std::string better =
      std::string(spelling(word)) + (two ? " " + std::string(spelling(meant(1))) : "");
  const Span wrong = two ? here().to(span(peek(1))) : here();
  replace(mend(DiagnosticCode::kUnknownKeyword, wrong,
               "operators are written in small letters: `" + better + "`"),
          wrong, better);
  if (two) tokens_[pos_ + 1].word = meant(1);
  tokens_[pos_].word = word;
}

// `NOT x`
void Parser::mend_not() {
  if (!at(TokenKind::kWord) || peek().quoted || peek().word != Word::kOther) return;
  if (lower_case(text(peek())) != "not") return;
  if (at_name(1) || at(TokenKind::kLeftParen, 1)) mend_operator();
}

bool Parser::at_like() const {
  if (!at(TokenKind::kWord) || peek().quoted || peek().word != Word::kOther) return false;
  return at(TokenKind::kString, 1) && lower_case(text(peek())) == "like";
}

// `like "a%"` of SQL: read as the operator that looks where the `%` does not stand.
ExprId Parser::like_tail(ExprId left) {
  const Span wrong = here().to(span(peek(1)));
  Diagnostic& d = mend(DiagnosticCode::kForeignOperator, wrong,
                       "there is no `like`; strings are tested with `starts_with`, `ends_with`, "
                       "`contains` and `matches /re/`");
  take();
  Expr pattern;
  pattern.kind = ExprKind::kString;
  pattern.span = here();
  pattern.text = string_text(take());
  const bool front = pattern.text.starts_with('%');
  const bool back = pattern.text.size() > 1 && pattern.text.ends_with('%');
  std::string inside = pattern.text.substr(front ? 1 : 0);
  if (back) inside.pop_back();
  const Op op = front && back ? Op::kContains : front ? Op::kEndsWith : Op::kStartsWith;
  if ((front || back) && inside.find_first_of("%_") == std::string::npos) {
    const std::string_view word = op == Op::kContains   ? "contains"
                                  : op == Op::kEndsWith ? "ends_with"
                                                        : "starts_with";
    replace(d, wrong, std::string(word) + " " + quote(inside));
  }
  const ExprId right = add(std::move(pattern));
  return add_binary(ExprKind::kBinary, op, left, right);
}

// `=>`, `=<`: taken but for the last sign.
std::optional<Op> Parser::swapped_operator() {
  const bool greater = at(TokenKind::kGreater, 1);
  if (!at(TokenKind::kAssign) || (!greater && !at(TokenKind::kLess, 1))) return std::nullopt;
  if (peek(1).begin != peek().end) return std::nullopt;
  const Span wrong = here().to(span(peek(1)));
  const std::string better = greater ? ">=" : "<=";
  Diagnostic& d = mend(DiagnosticCode::kForeignOperator, wrong,
                       "write `" + better + "` for `" + std::string(sources_.text(wrong)) + "`");
  replace(d, wrong, better);
  take();
  return greater ? Op::kGe : Op::kLe;
}

ExprId Parser::binary(int min_level, bool in_comparison) {
  mend_not();
  const bool negated = at(Word::kNot) || at(TokenKind::kBang);
  ExprId left = negated ? not_expression(min_level) : unary();
  bool compared = false;
  while (!too_deep_ && extend_binary(left, min_level, in_comparison, compared)) {
  }
  return left;
}

// Takes one operator and its right side, if one that binds tightly enough follows.
bool Parser::extend_binary(ExprId& left, int min_level, bool in_comparison, bool& compared) {
  mend_operator();
  const Token& token = peek();
  if (at(Word::kAnd) || at(Word::kOr)) {
    const bool conjunction = token.word == Word::kAnd;
    const int level = conjunction ? kAndLevel : kOrLevel;
    if (level < min_level) return false;
    take();
    left = add_binary(ExprKind::kBinary, conjunction ? Op::kAnd : Op::kOr, left, binary(level + 1));
    compared = false;
    return true;
  }
  if (at(Word::kOtherwise)) {
    const bool of_condition = at(Word::kTrue, 1) || at(Word::kFalse, 1);
    if (kOtherwiseLevel < min_level || (in_comparison && of_condition)) return false;
    take();
    left = add_binary(ExprKind::kOtherwise, Op::kNone, left, binary(kOtherwiseLevel + 1));
    return true;
  }
  if (at_like() && kComparisonLevel >= min_level) {
    left = like_tail(left);
    compared = true;
    return true;
  }
  const bool negated_word = at(Word::kNot) && is_word_comparison(peek(1));
  if (is_comparison(token) || negated_word) {
    if (kComparisonLevel < min_level || at_pattern_in()) return false;
    extend_comparison(left, compared);
    return true;
  }
  const BinaryRow* row = binary_row(token);
  if (row == nullptr || row->level < min_level) return false;
  if (!row->meant.empty()) {
    const std::string meant(row->meant);
    Diagnostic& d =
        mend(DiagnosticCode::kForeignOperator, here(), "write `" + meant + "` for " + shown(token));
    d.suggestions.push_back({here(), meant, "write `" + meant + "`"});
  }
  take();
  left = add_binary(ExprKind::kBinary, row->op, left, binary(row->level + 1));
  compared = compared && row->level != kAndLevel && row->level != kOrLevel;
  return true;
}

// `a < b < c` would compare a truth with c. The second comparison is read and left out.
void Parser::extend_comparison(ExprId& left, bool& compared) {
  if (!compared) {
    left = comparison_tail(left);
    compared = true;
    return;
  }
  const Token op = peek();
  const std::vector<ExprId> sides = ast_.exprs[left.index()].args;
  Diagnostic& d = mend(DiagnosticCode::kChainedComparison, span(op), "comparisons do not chain");
  d.notes.push_back({expr_span(left), "this is a condition, true or false"});
  const bool plain = sides.size() == 2 && ast_.exprs[left.index()].kind == ExprKind::kBinary;
  const bool shown_twice = plain && op.kind != TokenKind::kWord;
  if (shown_twice) {
    const std::string middle(sources_.text(expr_span(sides[1])));
    d.suggestions.push_back(
        {{source_, op.begin, op.begin},
         "and " + middle + " ",
         "did you mean `... and " + middle + " " + std::string(text(op)) + " ...`?"});
  } else {
    d.help = "join two comparisons with `and`, or put one in parentheses";
  }
  static_cast<void>(comparison_tail(left));
}

// `in`, `between`, `starts_with` and their like.
ExprId Parser::word_tail(ExprId left, bool negated) {
  const Token op = take();
  const ExprId right = binary(kOtherwiseLevel, true);
  switch (op.word) {
    case Word::kIn:
      return add_binary(negated ? ExprKind::kNotIn : ExprKind::kIn, Op::kNone, left, right);
    case Word::kStartsWith:
      return add_binary(ExprKind::kBinary, Op::kStartsWith, left, right);
    case Word::kEndsWith:
      return add_binary(ExprKind::kBinary, Op::kEndsWith, left, right);
    case Word::kContains:
      return add_binary(ExprKind::kBinary, Op::kContains, left, right);
    default:
      break;
  }
  if (!accept(Word::kAnd) && !accept(TokenKind::kAndAnd)) {
    unexpected("the `and` of `between ... and ...`");
    return fail_expression();
  }
  const ExprId high = binary(kOtherwiseLevel, true);
  Expr expr;
  expr.kind = ExprKind::kBetween;
  expr.span = expr_span(left).to(expr_span(high));
  expr.args = {left, right, high};
  return add(std::move(expr));
}

// The comparison that begins at hand, `left` being what stands before it.
ExprId Parser::comparison_tail(ExprId left) {
  const bool negated = at(Word::kNot);
  const Span not_span = here();
  if (negated) take();
  const Token op = peek();
  ExprId result;
  if (op.kind != TokenKind::kWord) {
    result = symbol_comparison(left, binary_row(op)->op);
  } else if (op.word == Word::kIs) {
    result = is_tail(left);
  } else if (op.word == Word::kMatches) {
    result = matches_tail(left);
  } else {
    result = word_tail(left, negated);
  }
  if (negated && op.word != Word::kIn) {
    mend(DiagnosticCode::kSyntax, not_span,
         "`not` stands before the whole comparison: `not x " + std::string(text(op)) + " ...`");
  }
  if (at(Word::kOtherwise) && (at(Word::kTrue, 1) || at(Word::kFalse, 1))) {
    take();
    result = add_binary(ExprKind::kOtherwise, Op::kNone, result, unary());
  }
  return result;
}

ExprId Parser::symbol_comparison(ExprId left, Op op) {
  const Token symbol = peek();
  const BinaryRow* row = binary_row(symbol);
  const bool null_follows =
      at(TokenKind::kWord, 1) && !peek(1).quoted && is_null_word(text(peek(1)));
  if (null_follows && (op == Op::kEq || op == Op::kNe)) {
    take();
    const Span null_span = here();
    const std::string tail = op == Op::kEq ? " is missing" : " is present";
    Diagnostic& d =
        mend(DiagnosticCode::kNull, null_span,
             "there is no `" + std::string(text(peek())) + "`; absence is tested with `is`");
    const std::string meant = std::string(sources_.text(expr_span(left))) + tail;
    d.suggestions.push_back(
        {expr_span(left).to(null_span), meant, "did you mean `" + meant + "`?"});
    take();
    return add_postfix(op == Op::kEq ? ExprKind::kIsMissing : ExprKind::kIsPresent, left);
  }
  if (const auto swapped = swapped_operator()) {
    op = *swapped;
  } else if (!row->meant.empty()) {
    const std::string meant(row->meant);
    const bool assign = symbol.kind == TokenKind::kAssign;
    Diagnostic& d =
        mend(assign ? DiagnosticCode::kAssignInCondition : DiagnosticCode::kForeignOperator, here(),
             assign ? "`=` does not compare" : "write `" + meant + "` for " + shown(symbol));
    d.suggestions.push_back({here(), meant, "did you mean `" + meant + "`?"});
  }
  take();
  return add_binary(ExprKind::kBinary, op, left, binary(kOtherwiseLevel, true));
}

ExprId Parser::add_postfix(ExprKind kind, ExprId left) {
  Expr expr;
  expr.kind = kind;
  expr.span = expr_span(left).to(span(previous()));
  expr.args = {left};
  return add(std::move(expr));
}

// `x is missing`, `x is present`; `x is null` and `x is not null` of other languages.
ExprId Parser::is_tail(ExprId left) {
  const std::uint32_t begin = take().begin;
  if (accept(Word::kMissing)) return add_postfix(ExprKind::kIsMissing, left);
  if (accept(Word::kPresent)) return add_postfix(ExprKind::kIsPresent, left);
  const bool negated = at(Word::kNot);
  const Token& what = peek(negated ? 1 : 0);
  const bool plain = what.kind == TokenKind::kWord && !what.quoted;
  const bool null = plain && is_null_word(text(what));
  const bool missing = null || (plain && what.word == Word::kMissing);
  const bool present = plain && what.word == Word::kPresent;
  if (!missing && !present) {
    unexpected("`missing` or `present`");
    return fail_expression();
  }
  const std::string meant = (missing != negated) ? "is missing" : "is present";
  const Span wrong{source_, begin, what.end};
  Diagnostic& d = mend(null ? DiagnosticCode::kNull : DiagnosticCode::kSyntax, wrong,
                       "absence is tested with `is missing` and `is present`");
  d.suggestions.push_back({wrong, meant, "did you mean `" + meant + "`?"});
  if (negated) take();
  take();
  return add_postfix(missing != negated ? ExprKind::kIsMissing : ExprKind::kIsPresent, left);
}

ExprId Parser::matches_tail(ExprId left) {
  take();
  Expr regex;
  regex.kind = ExprKind::kRegex;
  regex.span = here();
  if (at(TokenKind::kRegex)) {
    const Token token = take();
    std::string_view body = text(token).substr(1);
    if (!token.bad) body.remove_suffix(1);
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (body[i] == '\\' && i + 1 < body.size()) {
        if (body[i + 1] != '/') regex.text += body[i];
        regex.text += body[++i];
      } else {
        regex.text += body[i];
      }
    }
  } else if (at(TokenKind::kString)) {
    Diagnostic& d = mend(DiagnosticCode::kSyntax, here(),
                         "a regular expression stands between slashes, not in quotes");
    const Token token = take();
    regex.text = string_text(token);
    d.suggestions.push_back({span(token), "/" + regex.text + "/", "write /" + regex.text + "/"});
  } else {
    unexpected("a regular expression between slashes");
    return fail_expression();
  }
  const ExprId right = add(std::move(regex));
  return add_binary(ExprKind::kMatches, Op::kNone, left, right);
}

// `not`, at hand, where an operator of `level` wants its operand.
ExprId Parser::not_expression(int level) {
  DepthScope scope(*this);
  if (!scope.allowed("the expression")) return fail_expression();
  const std::uint32_t begin = peek().begin;
  if (at(TokenKind::kBang)) {
    Diagnostic& d = mend(DiagnosticCode::kForeignOperator, here(), "write `not` for `!`");
    d.suggestions.push_back({here(), "not ", "write `not`"});
  } else if (level > kNotLevel) {
    report(DiagnosticCode::kSyntax, here(), "`not` binds more loosely than the operator before it")
        .help = "put `not ...` in parentheses";
  }
  take();
  const ExprId operand = binary(std::max(level, kNotLevel));
  Expr expr;
  expr.kind = ExprKind::kUnary;
  expr.op = Op::kNot;
  expr.span = Span{source_, begin, expr_span(operand).end};
  expr.args = {operand};
  return add(std::move(expr));
}

bool Parser::at_pattern_in() const {
  if (!at(Word::kIn)) return false;
  return (at(Word::kA, 1) && at(Word::kRow, 2)) || (at(Word::kAny, 1) && at(Word::kCombination, 2));
}

}  // namespace weir::dsl
