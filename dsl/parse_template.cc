// Templates and the rules made from them (L6).
#include "dsl/parser_impl.h"

namespace weir::dsl {
namespace {

template <typename T>
std::uint32_t size_of(const std::vector<T>& nodes) {
  return static_cast<std::uint32_t>(nodes.size());
}

}  // namespace

// An expression between commas; invalid, and reported, if it is none.
ExprId Parser::argument_value() {
  expression_failed_ = false;
  too_deep_ = false;
  ++list_depth_;
  const ExprId value = binary(1);
  --list_depth_;
  const bool failed = std::exchange(expression_failed_, false);
  return failed ? ExprId{} : value;
}

// `(a, b = 5)`. False: they are not all there.
bool Parser::template_args(TemplateDecl& decl) {
  const Span open = here();
  if (!accept(TokenKind::kLeftParen)) {
    unexpected("`(` and the names of the arguments");
    return false;
  }
  bool whole = true;
  while (whole && !at(TokenKind::kRightParen)) {
    auto argument = name("the name of an argument");
    if (!argument) {
      whole = false;
      break;
    }
    ExprId value;
    if (accept(TokenKind::kAssign)) {
      value = argument_value();
      whole = value.valid();
    }
    decl.args.push_back({std::move(*argument), value});
    if (!accept(TokenKind::kComma)) break;
  }
  return close_bracket(TokenKind::kRightParen, open) && whole;
}

void Parser::template_declaration() {
  TemplateDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the template");
  const bool whole = named && template_args(decl);
  if (at(TokenKind::kString)) decl.description = string_text(take());
  const std::string of = named ? "template `" + named->text + "`" : "the template";
  Span open;
  if (!open_brace(of, open)) return abandon_declaration();
  decl.exprs.begin = size_of(ast_.exprs);
  decl.aggregates.begin = size_of(ast_.aggregates);
  decl.patterns.begin = size_of(ast_.patterns);
  rule_body(decl.body, open, of);
  decl.exprs.end = size_of(ast_.exprs);
  decl.aggregates.end = size_of(ast_.aggregates);
  decl.patterns.end = size_of(ast_.patterns);
  if (!named) return;
  decl.name = std::move(*named);
  if (!whole) incomplete_ = true;
  finish(std::move(decl), begin);
}

// `(5, "x", window = 10m)`. False: they are not all there.
bool Parser::instance_args(RuleInstanceDecl& decl) {
  const Span open = here();
  if (!accept(TokenKind::kLeftParen)) {
    unexpected("`(` and the arguments of the template");
    return false;
  }
  bool whole = true;
  while (!at(TokenKind::kRightParen)) {
    InstanceArg arg;
    if (at_name() && at(TokenKind::kAssign, 1)) {
      arg.name = take_name();
      take();
    }
    arg.value = argument_value();
    whole = whole && arg.value.valid();
    if (!arg.value.valid()) break;
    decl.args.push_back(std::move(arg));
    if (!accept(TokenKind::kComma)) break;
  }
  return close_bracket(TokenKind::kRightParen, open) && whole;
}

// Behind `rule NAME`, up to the end of `rule NAME "description" = T(...)`.
void Parser::rule_instance(Name named, std::uint32_t begin) {
  RuleInstanceDecl decl;
  decl.name = std::move(named);
  if (at(TokenKind::kString)) decl.description = string_text(take());
  take();  // the `=`
  auto of = name("a template");
  if (!of) return abandon_declaration();
  decl.template_name = std::move(*of);
  if (!instance_args(decl)) incomplete_ = true;
  decl.incomplete = incomplete_;
  finish(std::move(decl), begin);
}

// rules T from "args.csv"     rules T from TABLE
void Parser::rule_instances() {
  RuleInstanceDecl decl;
  const std::uint32_t begin = take().begin;
  auto of = name("a template");
  if (!of) return abandon_declaration();
  decl.template_name = std::move(*of);
  if (!accept(Word::kFrom)) unexpected("`from` and a path in quotes, or a table");
  decl.from_span = here();
  if (at_name() && !peek().line_start) {
    decl.table = take_name();
  } else {
    decl.path = string("a path in quotes, or a table");
  }
  finish(std::move(decl), begin);
}

}  // namespace weir::dsl
