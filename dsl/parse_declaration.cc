// What a file declares, except fields (parse_fields.cc) and tests (parse_test_block.cc).
#include <algorithm>

#include "dsl/parser_impl.h"

namespace weir::dsl {
namespace {

const std::vector<Word>& declaration_words() {
  static const std::vector<Word> words = {
      Word::kRuleset, Word::kEvent,    Word::kList,   Word::kTable,  Word::kParam,
      Word::kDefine,  Word::kFeature,  Word::kStream, Word::kImport, Word::kRule,
      Word::kRules,   Word::kTemplate, Word::kTest};
  return words;
}

}  // namespace

void Parser::declaration() {
  broken_ = false;
  incomplete_ = false;
  lost_line_ = false;
  told_colon_ = false;
  told_separator_ = TokenKind::kEnd;
  block_ = Block::kFile;
  expression_failed_ = false;
  too_deep_ = false;
  if (skip_separators(true)) return;
  if (at(TokenKind::kWord) && known_declaration(peek().word)) return;
  if (correct_word(declaration_words()) && known_declaration(peek().word)) return;
  if (at(TokenKind::kRightBrace)) {
    report(DiagnosticCode::kUnmatchedClose, here(), "this `}` closes nothing");
    take();
    return;
  }
  if (at(TokenKind::kWord) && !peek().bad) {
    report(DiagnosticCode::kUnknownKeyword, here(), shown(peek()) + " begins no declaration").help =
        "a file has rules, events, lists, tables, params, defines, features, streams, "
        "templates, imports, tests and one ruleset";
  } else {
    unexpected("a declaration such as `rule` or `event`", true);
  }
  if (!at(TokenKind::kLeftBrace)) take();
  // Past what the unknown declaration holds.
  int open = 0;
  while (!at(TokenKind::kEnd) && !begins_declaration(0)) {
    if (at(TokenKind::kLeftBrace)) ++open;
    const bool closes = at(TokenKind::kRightBrace);
    const bool starts_line = peek().line_start;
    if (open == 0 && (closes || (starts_line && at(TokenKind::kWord) &&
                                 std::ranges::find(declaration_words(), peek().word) !=
                                     declaration_words().end()))) {
      break;
    }
    take();
    if (closes && --open == 0) break;
  }
}

bool Parser::known_declaration(Word word) {
  if (peek().quoted) return false;
  switch (word) {
    case Word::kRuleset:
      ruleset();
      return true;
    case Word::kEvent:
      event();
      return true;
    case Word::kList:
      list();
      return true;
    case Word::kTable:
      table();
      return true;
    case Word::kParam:
      param();
      return true;
    case Word::kDefine:
      define();
      return true;
    case Word::kFeature:
      feature();
      return true;
    case Word::kStream:
      stream();
      return true;
    case Word::kImport:
      import();
      return true;
    case Word::kRule:
      rule();
      return true;
    case Word::kRules:
      rule_instances();
      return true;
    case Word::kTemplate:
      template_declaration();
      return true;
    case Word::kTest:
      test();
      return true;
    default:
      return false;
  }
}

// To the next declaration, past the block of this one if it has begun.
void Parser::abandon_declaration() {
  while (!at(TokenKind::kEnd) && !at(TokenKind::kLeftBrace) && !at(TokenKind::kRightBrace) &&
         !begins_declaration(0) && !(peek().line_start && at_declaration_word())) {
    take();
  }
  if (!at(TokenKind::kLeftBrace)) return;
  int open = 0;
  while (!at(TokenKind::kEnd) && !begins_declaration(0)) {
    if (at(TokenKind::kLeftBrace)) ++open;
    if (at(TokenKind::kRightBrace)) --open;
    take();
    if (open == 0) return;
  }
}

// What stands behind the expression of a param or define on its line was to be part of it, unless
// it is another declaration.
bool Parser::at_end_of_line() const {
  return at(TokenKind::kEnd) || peek().line_start || at_declaration_word();
}

bool Parser::at_declaration_word() const {
  return at(TokenKind::kWord) && !peek().quoted &&
         std::ranges::find(declaration_words(), peek().word) != declaration_words().end();
}

// ---- rulesets ----------------------------------------------------------------------------------

void Parser::ruleset() {
  RulesetDecl decl;
  const std::uint32_t begin = take().begin;
  if (!at(TokenKind::kLeftBrace)) decl.name = name("a name for the ruleset");
  Span open;
  if (!open_brace("the ruleset", open)) return abandon_declaration();
  BlockScope scope(*this, Block::kRuleset);
  while (!block_ends()) {
    if (skip_separators(true)) continue;
    if (at(Word::kDecisions)) {
      ruleset_decisions(decl);
    } else if (at(Word::kDecide)) {
      const std::uint32_t clause_begin = take().begin;
      auto decision = name("a decision");
      if (!accept(Word::kWhen)) unexpected("`when` and a condition on the score");
      const ExprId value = decision ? condition() : ExprId{};
      if (value.valid()) {
        decl.thresholds.push_back({std::move(*decision), value, since(clause_begin)});
      } else if (!at_sync() && !block_ends()) {
        skip_to_sync();
      }
    } else if (!correct_word({Word::kDecisions, Word::kDecide})) {
      unexpected("`decisions` or `decide`", true);
      take();
      skip_to_sync();
    }
  }
  close_brace(open, "the ruleset");
  finish(std::move(decl), begin);
}

void Parser::ruleset_decisions(RulesetDecl& decl) {
  if (!decl.decisions.empty()) {
    report(DiagnosticCode::kDuplicateClause, here(), "`decisions` is given twice");
    decl.decisions.clear();
  }
  take();
  do {
    auto decision = name("a decision");
    if (!decision) {
      skip_to_sync();
      return;
    }
    decl.decisions.push_back(std::move(*decision));
    if (at(TokenKind::kComma) || at(TokenKind::kLess)) {
      unexpected("`>` between decisions, the strongest first");
      take();
      --pos_;
      tokens_[pos_].kind = TokenKind::kGreater;
    }
  } while (accept(TokenKind::kGreater));
}

// ---- one-line declarations ---------------------------------------------------------------------

void Parser::list() {
  ListDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the list");
  if (!named) return abandon_declaration();
  decl.name = std::move(*named);
  const bool absent = !at_type(0) && (peek().line_start || !at(TokenKind::kWord));
  auto element = absent ? std::nullopt : type();
  if (element) {
    decl.type = std::move(*element);
  } else if (!broken_) {
    report(DiagnosticCode::kMissingTypeName, decl.name.span, "the list has no type").help =
        "as in `list " + decl.name.text + " string`";
  }
  if (accept(Word::kFrom)) {
    decl.path_span = here();
    decl.path = string("a path in quotes");
  }
  finish(std::move(decl), begin);
}

void Parser::param() {
  ParamDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the param");
  if (!named) return abandon_declaration();
  decl.name = std::move(*named);
  const bool typed = at_type(0) && !peek().line_start;
  const std::size_t sign = at(TokenKind::kQuestion, 1) ? 2 : 1;
  if (typed && at(TokenKind::kAssign, sign)) {
    const Span wrong = sign == 2 ? here().to(span(peek(1))) : here();
    replace(mend(DiagnosticCode::kSyntax, wrong, "a param is of the type of its value"), wrong, "");
    while (!at(TokenKind::kAssign)) take();
  }
  if (!accept(TokenKind::kAssign)) {
    const bool near = at(TokenKind::kEqual) || at(TokenKind::kColon);
    unexpected("`=` and a value");
    if (!near) return finish_broken(std::move(decl), begin);
    take();
  }
  decl.value = condition();
  incomplete_ = incomplete_ || !at_end_of_line();
  if (!decl.value.valid() && !begins_declaration(0)) abandon_declaration();
  finish(std::move(decl), begin);
}

std::vector<Name> Parser::parameter_names() {
  std::vector<Name> names;
  const Span open = here();
  if (!accept(TokenKind::kLeftParen)) {
    unexpected("`(` and the names of the arguments");
    return names;
  }
  while (!at(TokenKind::kRightParen)) {
    auto argument = name("the name of an argument");
    if (!argument) break;
    names.push_back(std::move(*argument));
    if (!accept(TokenKind::kComma)) break;
  }
  expression_failed_ = false;
  close_bracket(TokenKind::kRightParen, open);
  return names;
}

void Parser::define() {
  DefineDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name");
  if (!named) return abandon_declaration();
  decl.name = std::move(*named);
  decl.args = parameter_names();
  if (!accept(TokenKind::kAssign)) {
    const bool near = at(TokenKind::kEqual) || at(TokenKind::kColon);
    unexpected("`=` and an expression");
    if (!near) return finish_broken(std::move(decl), begin);
    take();
  }
  decl.body = condition();
  incomplete_ = incomplete_ || !at_end_of_line();
  if (!decl.body.valid() && !begins_declaration(0)) abandon_declaration();
  finish(std::move(decl), begin);
}

void Parser::feature() {
  FeatureDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the feature");
  if (!named) return abandon_declaration();
  decl.name = std::move(*named);
  if (!accept(TokenKind::kAssign)) unexpected("`=` and an aggregate");
  expression_failed_ = false;
  too_deep_ = false;
  if (!at_name() || !at(TokenKind::kLeftParen, 1)) {
    unexpected("an aggregate such as `count(auth by card over 1h)`");
    abandon_declaration();
  } else {
    decl.aggregate = aggregate(false);
    if (expression_failed_) {
      decl.aggregate = {};
      abandon_declaration();
    }
  }
  expression_failed_ = false;
  finish(std::move(decl), begin);
}

void Parser::import() {
  ImportDecl decl;
  const std::uint32_t begin = take().begin;
  decl.path_span = here();
  auto path = string("a path in quotes");
  if (!path) return abandon_declaration();
  decl.path = std::move(*path);
  finish(std::move(decl), begin);
}

// ---- streams -----------------------------------------------------------------------------------

void Parser::stream() {
  StreamDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the stream");
  if (!named) return abandon_declaration();
  decl.name = std::move(*named);
  if (!accept(Word::kBy)) unexpected("`by` and the key of the stream");
  if (auto by = keys(true)) decl.by = std::move(*by);
  if (!accept(Word::kEach)) unexpected("`each` and a duration");
  if (auto each = duration("a duration")) decl.each = *each;
  Span open;
  if (!open_brace("the stream", open)) return abandon_declaration();
  BlockScope scope(*this, Block::kStream);
  stream_column_ = true;
  while (!block_ends()) {
    accept(TokenKind::kComma);
    const std::size_t before = pos_;
    auto column = name("the name of a column");
    if (column && !accept(TokenKind::kAssign)) {
      unexpected("`=` and an aggregate");
      column.reset();
    }
    const ExprId value = column ? condition() : ExprId{};
    if (value.valid()) {
      decl.columns.push_back({std::move(*column), value});
    } else {
      if (pos_ == before && !block_ends()) take();
      skip_to_sync();
    }
    skip_separators(false);
  }
  stream_column_ = false;
  close_brace(open, "the stream");
  finish(std::move(decl), begin);
}

// ---- rules -------------------------------------------------------------------------------------

void Parser::rule() {
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the rule");
  const std::size_t sign = at(TokenKind::kString) ? 1 : 0;  // behind a description
  if (named && at(TokenKind::kAssign, sign)) return rule_instance(std::move(*named), begin);
  RuleDecl decl;
  if (at(TokenKind::kString)) decl.description = string_text(take());
  const std::string of = named ? "rule `" + named->text + "`" : "the rule";
  Span open;
  if (!open_brace(of, open)) return abandon_declaration();
  rule_body(decl.body, open, of);
  if (!named) return;  // nothing can refer to it
  decl.name = std::move(*named);
  finish(std::move(decl), begin);
}

}  // namespace weir::dsl
