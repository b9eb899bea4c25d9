// The parser proper: recursive descent over the tokens of dsl/lexer.h, operators by precedence.
// Included by the parse_*.cc files only; everybody else uses dsl/parser.h.
//
// How one error does not become two
// 1. report() reports once per token; a token that the lexer complained of is not reported again.
// 2. What was likely meant is assumed wherever it can be, and reported by mend(): `=` counts as
//    `==`, a misspelt keyword as the keyword (the token is rewritten in place), a missing bracket
//    as present. The declaration is marked broken, its content stays. Where report() is used
//    instead, something is lost, and the declaration is also incomplete.
// 3. An expression that cannot be mended sets expression_failed_; its clause is dropped, and tokens
//    are skipped up to one that begins something in the block at hand (at_sync()).
// 4. A declaration keyword with a name and a `{` at the start of a line ends every open block.
//
// Not thread-safe; one Parser parses one source once. Recursion is bounded by kMaxDepth.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/lexer.h"

namespace weir::dsl {

class Parser {
 public:
  Parser(const SourceSet& sources, SourceId source, Diagnostics& diagnostics);
  Ast run();

 private:
  // Which block is being read: decides what at_sync() stops at.
  enum class Block : std::uint8_t { kFile, kRuleset, kFields, kStream, kRule, kOutcomes, kTest };
  class BlockScope;
  class DepthScope;

  // ---- tokens (parser.cc)
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  [[nodiscard]] const Token& previous() const { return tokens_[pos_ > 0 ? pos_ - 1 : 0]; }
  [[nodiscard]] bool at(TokenKind kind, std::size_t ahead = 0) const;
  [[nodiscard]] bool at(Word word, std::size_t ahead = 0) const;
  [[nodiscard]] bool at_name(std::size_t ahead = 0) const;  // a word that is not reserved
  Token take();
  bool accept(TokenKind kind);
  bool accept(Word word);
  [[nodiscard]] std::string_view text(const Token& token) const;
  [[nodiscard]] Span span(const Token& token) const { return {source_, token.begin, token.end}; }
  [[nodiscard]] Span here() const { return span(peek()); }
  [[nodiscard]] Span since(std::uint32_t begin) const { return {source_, begin, previous().end}; }

  // ---- errors and recovery (parse_recovery.cc)
  Diagnostic& report(DiagnosticCode code, Span where, std::string message);
  Diagnostic& mend(DiagnosticCode code, Span where, std::string message);  // nothing is lost
  void replace(Diagnostic& issue, Span what, const std::string& by);       // as a suggestion
  Diagnostic& unexpected(std::string_view wanted, bool begins_item = false);
  [[nodiscard]] std::string shown(const Token& token) const;
  [[nodiscard]] bool at_sync() const;
  [[nodiscard]] bool at_clause_line() const;
  [[nodiscard]] bool at_clause_word() const;
  [[nodiscard]] bool nearly_clause_word() const;
  [[nodiscard]] bool nearly_link_word() const;
  [[nodiscard]] bool begins_declaration(std::size_t ahead) const;
  [[nodiscard]] bool begins_clause(std::size_t ahead,
                                   bool alone = false) const;  // and what follows fits
  [[nodiscard]] bool at_word_operator(std::size_t ahead) const;
  [[nodiscard]] bool begins_test_item(std::size_t ahead) const;
  [[nodiscard]] bool block_ends() const;
  void skip_to_sync(bool stop_at_closers = false);
  bool skip_separators(bool commas);  // reports stray `;` and `,`
  bool missing_comma();               // between two literals of a list
  void note_bad(const Token& token);
  bool correct_word(const std::vector<Word>& candidates);  // rewrites a misspelt keyword
  bool open_brace(std::string_view of, Span& brace);
  void close_brace(Span open, std::string_view of);
  bool close_bracket(TokenKind closer, Span open);

  // ---- small things (parse_terms.cc)
  std::optional<Name> name(std::string_view wanted);
  Name take_name();
  std::optional<DurationArg> duration(std::string_view wanted);
  std::optional<NumberArg> number(std::string_view wanted);
  std::optional<std::string> string(std::string_view wanted);
  std::optional<Keys> keys(bool comma_list);
  std::int64_t integer(const Token& token);
  [[nodiscard]] std::int64_t duration_value(const Token& token) const;
  std::string string_text(const Token& token);

  // ---- expressions (parse_expression.cc, parse_operand.cc, parse_aggregate.cc)
  ExprId condition();  // a whole expression; invalid if it failed, resynchronised then
  [[nodiscard]] bool at_garbage() const;
  void mend_operator();
  void mend_not();
  [[nodiscard]] bool at_like() const;
  ExprId like_tail(ExprId left);
  std::optional<Op> swapped_operator();
  ExprId binary(int min_level, bool in_comparison = false);
  bool extend_binary(ExprId& left, int min_level, bool in_comparison, bool& compared);
  void extend_comparison(ExprId& left, bool& compared);
  ExprId comparison_tail(ExprId left);
  ExprId word_tail(ExprId left, bool negated);
  ExprId symbol_comparison(ExprId left, Op op);
  ExprId add_postfix(ExprKind kind, ExprId left);
  ExprId is_tail(ExprId left);
  ExprId matches_tail(ExprId left);
  ExprId not_expression(int level);
  ExprId unary();
  ExprId postfix(ExprId left);
  ExprId primary();
  ExprId parenthesized();
  ExprId list_literal();
  ExprId name_or_call();
  ExprId call(const Token& function);
  ExprId reserved_operand();
  ExprId number_literal(const Token& token, bool negative);
  [[nodiscard]] bool at_thousands(const Token& before) const;
  ExprId thousands(const Token& first);
  ExprId fail_expression();
  ExprId add(Expr expr);
  ExprId add_binary(ExprKind kind, Op op, ExprId left, ExprId right);
  [[nodiscard]] Span expr_span(ExprId id) const { return ast_.exprs[id.index()].span; }
  [[nodiscard]] bool at_pattern_in() const;  // `in a row`, `in any combination`
  ExprId literal(std::string_view wanted);   // number, string, bool, list: of params, tests, meta

  [[nodiscard]] bool at_aggregate() const;
  AggregateId aggregate(bool stream_column);
  void aggregate_subject(Aggregate& aggregate);
  void aggregate_argument(Aggregate& aggregate);
  void aggregate_parts(Aggregate& aggregate);
  bool window(Aggregate& aggregate);
  void check_aggregate(const Aggregate& aggregate, bool stream_column);
  Interpolation interpolation(const Token& token);
  ExprId hole(Span inside);
  [[nodiscard]] std::uint32_t hole_end(std::uint32_t open, std::uint32_t end) const;

  // ---- patterns (parse_pattern.cc)
  PatternId pattern();
  void pattern_items(Pattern& pattern);
  void pattern_item(Pattern& pattern, bool& has_part);
  void absence_item(Pattern& pattern, std::uint32_t begin, bool next);
  void check_first_link(const Pattern& pattern, Span then, bool has_part, PatternItem& item);
  void skip_rest_of_item();
  std::optional<Link> link();
  bool mend_absence(const Token& before, bool linked);
  bool part(PatternItem& item);
  bool quantifier(PatternItem& item);
  [[nodiscard]] bool begins_repeated(std::size_t ahead) const;
  bool or_more(const NumberArg& least);
  void check_quantifier(Quantifier& quantifier);
  bool at_group() const;
  bool group(PatternItem& item);
  bool single(PatternItem& item);
  std::optional<TypeSet> types();
  std::optional<Name> type_name();
  bool modifier(PatternItem& item);
  bool foreign_modifier(PatternItem& item);
  bool late_quantifier(PatternItem& item);
  bool foreign_link();
  bool name_without_as(std::optional<Name>& named);
  void inner(PatternItem& item);
  void part_condition(PatternItem& item, bool until);
  std::optional<Stop> stop();
  std::optional<PatternItem> absence(bool next);
  void check_absences(Pattern& pattern);

  // ---- rules (parse_rule.cc, parse_outcome.cc)
  void rule_body(RuleBody& body, Span open, std::string_view of);
  void clause(RuleBody& body);
  bool goes_on_behind_brace(RuleBody& body, std::string_view of);
  void resume_pattern(RuleBody& body);
  void read_pattern(RuleBody& body);
  void drop_sign();  // of `score = 5`, `within: 10m`
  void known_clause(RuleBody& body, Word word);
  void bound_clause(RuleBody& body, Word word);
  void rule_keys(RuleBody& body);
  void misplaced_pattern(RuleBody& body);
  void skip_clause(RuleBody& body);
  void mode_clause(RuleBody& body);
  void active_clause(RuleBody& body);
  void severity_clause(RuleBody& body);
  void meta_clause(RuleBody& body);
  void unknown_clause();
  void timeout_clause(RuleBody& body);
  bool duplicate(const RuleBody& body, Word word, ClauseKind kind);
  bool outcome(Word word, std::vector<Outcome>& outcomes);
  void tag_clause(std::vector<Outcome>& outcomes);
  void emit_clause(std::vector<Outcome>& outcomes);
  void list_change(bool add, std::vector<Outcome>& outcomes);

  // ---- declarations (parse_declaration.cc, parse_fields.cc, parse_test_block.cc)
  void declaration();
  bool known_declaration(Word word);
  void abandon_declaration();
  [[nodiscard]] bool at_declaration_word() const;
  [[nodiscard]] bool at_end_of_line() const;
  void ruleset();
  void ruleset_decisions(RulesetDecl& decl);
  void event();
  void list();
  void table();
  void param();
  void define();
  void feature();
  void stream();
  void import();
  void rule();
  std::vector<Name> parameter_names();
  void field(std::vector<FieldDecl>& fields, std::vector<Name>& broken, bool columns);
  void late_role(FieldDecl& field);
  void late_type(FieldDecl& field);
  [[nodiscard]] bool at_role() const;
  bool at_type(std::size_t ahead) const;
  bool at_next_field() const;
  void field_type(FieldDecl& field);
  std::optional<TypeRef> type();
  void enum_constants(TypeRef& type);
  // ---- templates (parse_template.cc)
  void template_declaration();
  bool template_args(TemplateDecl& decl);
  void rule_instance(Name named, std::uint32_t begin);
  void rule_instances();
  bool instance_args(RuleInstanceDecl& decl);
  ExprId argument_value();

  void test();
  void test_item(TestDecl& decl);
  std::vector<TestField> test_fields();
  ExprId geo_literal();
  std::optional<std::int64_t> test_time(std::string_view wanted);
  void expect(TestDecl& decl);
  void expect_feature(TestExpect& expect);
  void expect_counts(TestExpect& expect);
  template <typename Decl>
  void finish(Decl decl, std::uint32_t begin);
  // Of which nothing but the name was understood.
  template <typename Decl>
  void finish_broken(Decl decl, std::uint32_t begin) {
    abandon_declaration();
    finish(std::move(decl), begin);
  }

  const SourceSet& sources_;
  SourceId source_;
  std::string_view source_text_;
  Diagnostics& diagnostics_;
  Ast ast_;
  std::vector<Token> tokens_;
  std::size_t pos_ = 0;
  Block block_ = Block::kFile;
  int depth_ = 0;
  int group_depth_ = 0;
  int list_depth_ = 0;                          // brackets whose commas separate values
  std::vector<std::uint16_t> heights_;          // by ExprId
  bool broken_ = false;                         // the declaration at hand
  bool incomplete_ = false;                     // of it, something besides a condition is lost
  bool told_colon_ = false;                     // that fields have no `:`
  TokenKind told_separator_ = TokenKind::kEnd;  // what is not written between them
  bool lost_line_ = false;                      // a string without an end took what follows it
  bool expression_failed_ = false;
  bool too_deep_ = false;  // reported for the clause at hand
  bool stream_column_ = false;
  bool in_hole_ = false;
  std::size_t reported_at_ = static_cast<std::size_t>(-1);  // the token last complained of
  std::size_t unclosed_at_ = static_cast<std::size_t>(-1);  // where a `}` was last missed
  Diagnostic discarded_{};
};

// Where at_sync() stops, for the time of a block.
class Parser::BlockScope {
 public:
  BlockScope(Parser& parser, Block block) : parser_(parser), outer_(parser.block_) {
    parser_.block_ = block;
  }
  ~BlockScope() { parser_.block_ = outer_; }
  BlockScope(const BlockScope&) = delete;
  BlockScope& operator=(const BlockScope&) = delete;

 private:
  Parser& parser_;
  Block outer_;
};

// One level of nesting; past kMaxDepth it is not `allowed` and the excess is reported.
class Parser::DepthScope {
 public:
  explicit DepthScope(Parser& parser) : parser_(parser) { ++parser_.depth_; }
  ~DepthScope() { --parser_.depth_; }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;
  [[nodiscard]] bool allowed(std::string_view what) {
    if (parser_.depth_ <= kMaxDepth) return true;
    if (!parser_.too_deep_) {
      parser_
          .report(DiagnosticCode::kTooDeep, parser_.here(),
                  std::string(what) + " is nested more than " + std::to_string(kMaxDepth) +
                      " levels deep")
          .help = "name inner conditions with `define`";
    }
    parser_.too_deep_ = true;
    parser_.expression_failed_ = true;
    return false;
  }

 private:
  Parser& parser_;
};

template <typename Decl>
void Parser::finish(Decl decl, std::uint32_t begin) {
  decl.span = since(begin);
  decl.broken = broken_;
  if constexpr (requires { decl.incomplete; }) decl.incomplete = incomplete_;
  ast_.declarations.emplace_back(std::move(decl));
}

}  // namespace weir::dsl
