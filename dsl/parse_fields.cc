// Events, tables, their fields and types (L2.1, L2.2).
#include <algorithm>
#include <array>

#include "dsl/literal_text.h"
#include "dsl/parser_impl.h"

namespace weir::dsl {
namespace {

struct AliasRow {
  std::string_view text;
  std::string_view meant;
};
// Types of other languages.
constexpr std::array kAliases = {
    AliasRow{"integer", "int"},    AliasRow{"long", "int"},
    AliasRow{"bigint", "int"},     AliasRow{"int64", "int"},
    AliasRow{"number", "decimal"}, AliasRow{"numeric", "decimal"},
    AliasRow{"money", "decimal"},  AliasRow{"double", "float"},
    AliasRow{"real", "float"},     AliasRow{"boolean", "bool"},
    AliasRow{"text", "string"},    AliasRow{"varchar", "string"},
    AliasRow{"str", "string"},     AliasRow{"char", "string"},
    AliasRow{"timestamp", "time"}, AliasRow{"datetime", "time"},
    AliasRow{"date", "time"},      AliasRow{"interval", "duration"},
    AliasRow{"inet", "ip"},        AliasRow{"point", "geo"},
    AliasRow{"location", "geo"},   AliasRow{"array", "list of string"},
};

bool is_type_word(Word word) {
  switch (word) {
    case Word::kBool:
    case Word::kInt:
    case Word::kDecimal:
    case Word::kFloat:
    case Word::kString:
    case Word::kEnum:
    case Word::kTime:
    case Word::kDuration:
    case Word::kIp:
    case Word::kGeo:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Does a type stand there? `list` is one only with `of`.
bool Parser::at_type(std::size_t ahead) const {
  const Token& token = peek(ahead);
  if (token.kind != TokenKind::kWord || token.quoted) return false;
  if (token.word == Word::kEnum) return at(TokenKind::kLeftParen, ahead + 1);
  return is_type_word(token.word) || (token.word == Word::kList && at(Word::kOf, ahead + 1));
}

void Parser::event() {
  EventDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the event type");
  if (named) decl.name = std::move(*named);
  if (accept(Word::kFrom)) {
    decl.from_field = string("the name of a field in quotes");
    if (!accept(TokenKind::kAssign) && !accept(TokenKind::kEqual)) unexpected("`=` and a value");
    decl.from_value = string("a value in quotes").value_or("");
  }
  const std::string of = decl.name.text.empty() ? "the event" : "event `" + decl.name.text + "`";
  Span open;
  if (!open_brace(of, open)) return abandon_declaration();
  {
    BlockScope scope(*this, Block::kFields);
    while (!block_ends()) {
      if (!skip_separators(true)) field(decl.fields, decl.broken_fields, false);
    }
  }
  close_brace(open, of);
  if (decl.name.text.empty()) return;
  finish(std::move(decl), begin);
}

void Parser::table() {
  TableDecl decl;
  const std::uint32_t begin = take().begin;
  auto named = name("a name for the table");
  if (named) decl.name = std::move(*named);
  Span open;
  if (!open_brace("the table", open)) return abandon_declaration();
  {
    BlockScope scope(*this, Block::kFields);
    while (!block_ends()) {
      if (!skip_separators(true)) field(decl.columns, decl.broken_fields, true);
    }
  }
  close_brace(open, "the table");
  if (accept(Word::kFrom)) {
    decl.path_span = here();
    decl.path = string("a path in quotes").value_or("");
  }
  if (decl.name.text.empty()) return;
  finish(std::move(decl), begin);
}

// `[role] NAME [TYPE]`: `time`, `id`, `label`, `pii` are roles before a name, and names before a
// type: `id string` is a field called id. `id string string` is a role, as three words of a line.
bool Parser::at_role() const {
  const bool word = at(Word::kTime) || at(Word::kId) || at(Word::kLabel) || at(Word::kPii);
  if (!word || !at(TokenKind::kWord, 1) || peek(1).line_start) return false;
  if (at(Word::kFrom, 1) && at(TokenKind::kString, 2)) return false;
  if (!at_type(1)) return true;
  if (!at_type(2) || peek(2).line_start) return false;
  const bool ends = peek(3).line_start || at(TokenKind::kRightBrace, 3) || at(Word::kFrom, 3) ||
                    at(TokenKind::kQuestion, 3);
  return ends || (!at(Word::kTime, 2) && !at_type(3));
}

void Parser::field(std::vector<FieldDecl>& fields, std::vector<Name>& broken, bool columns) {
  FieldDecl decl;
  const std::uint32_t begin = peek().begin;
  if (!columns && at_role()) decl.role = take_name();
  auto named = name("the name of a field");
  if (!named) {
    take();
    skip_to_sync();
    return;
  }
  decl.name = std::move(*named);
  if (!columns && !decl.role) late_role(decl);
  if (at(TokenKind::kColon)) {
    if (!std::exchange(told_colon_, true)) {
      replace(mend(DiagnosticCode::kStraySeparator, here(),
                   "a field's type follows its name without a `:`"),
              here(), "");
    }
    take();
  }
  const bool incomplete = incomplete_;
  const std::size_t before = pos_;
  field_type(decl);
  if (pos_ - before <= 2) incomplete_ = incomplete;  // no other field was skipped
  if (columns && at(Word::kKey) && !at_type(1)) {
    take();
    decl.key = true;
  }
  if (!columns && at(Word::kFrom) && !at_type(1)) {
    take();
    decl.path = string("a path in quotes");
    late_type(decl);
  }
  decl.span = since(begin);
  if (decl.type || decl.role) {
    fields.push_back(std::move(decl));
  } else {
    broken.push_back(std::move(decl.name));
  }
}

// `pan pii string`: a role behind the name that it belongs before. (`at time` has a type.)
void Parser::late_role(FieldDecl& field) {
  const bool word = at(Word::kId) || at(Word::kLabel) || at(Word::kPii);
  if (!word || peek().line_start) return;
  const Span wrong = field.name.span.to(here());
  const std::string role(text(peek()));
  Diagnostic& d = mend(DiagnosticCode::kMisplacedClause, here(),
                       "the role `" + role + "` stands before the name of the field");
  replace(d, wrong, role + " " + std::string(sources_.text(field.name.span)));
  field.role = take_name();
}

// `a from "x" string`: a type behind the path that it belongs before.
void Parser::late_type(FieldDecl& field) {
  const bool ends = peek(1).line_start || at(TokenKind::kRightBrace, 1) ||
                    at(TokenKind::kComma, 1) || at(TokenKind::kQuestion, 1);
  if (!at_type(0) || peek().line_start || !ends) return;
  mend(DiagnosticCode::kMisplacedClause, here(), "the type of a field stands before its `from`");
  auto meant = type();
  if (!field.type) field.type = std::move(meant);
}

// Does the word at a line's start open the next field, though it could be this one's type? A type
// alone on its line belongs to the name above it; `time happened` is a field of its own.
bool Parser::at_next_field() const {
  if (!peek().line_start) return false;
  if (!at_type(0)) return true;
  const bool continues = at(Word::kOf, 1) || at(Word::kFrom, 1) || at(Word::kKey, 1);
  return at(TokenKind::kWord, 1) && !peek(1).line_start && !continues;
}

void Parser::field_type(FieldDecl& field) {
  const bool next_field = at_next_field();
  const bool absent = next_field || at(TokenKind::kRightBrace) || at(TokenKind::kEnd) ||
                      at(TokenKind::kComma) || at(TokenKind::kSemicolon) ||
                      (at(Word::kFrom) && at(TokenKind::kString, 1));
  const bool another = !at_type(0) && at_name() && at_type(1) && field.role;
  if (!absent && !another) {
    field.type = type();
    return;
  }
  if (field.role) return;
  if (at(Word::kFrom) && at(TokenKind::kString, 1) && at_type(2) && !peek(2).line_start) return;
  report(DiagnosticCode::kMissingTypeName, field.name.span,
         "the field `" + field.name.text + "` has no type")
      .help = "as in `" + field.name.text + " string`; `string?` may be absent";
}

std::optional<TypeRef> Parser::type() {
  TypeRef result;
  const std::uint32_t begin = peek().begin;
  if (at(Word::kList) && at(Word::kOf, 1)) {
    take();
    take();
    result.list = true;
  }
  if (!at(TokenKind::kWord)) {
    unexpected("a type");
    skip_to_sync();
    return std::nullopt;
  }
  const Token word = peek();
  if (!word.quoted && is_type_word(word.word)) {
    result.base = take_name();
    if (word.word == Word::kEnum) enum_constants(result);
  } else {
    static const std::vector<std::string_view> kNames = {
        "bool", "int", "decimal", "float", "string", "enum", "time", "duration", "ip", "geo"};
    const auto alias = std::ranges::find(kAliases, text(word), &AliasRow::text);
    const std::string meant(alias != kAliases.end() ? alias->meant
                                                    : nearest_name(text(word), kNames));
    Diagnostic& d = report(DiagnosticCode::kUnknownTypeName, here(), shown(word) + " is no type");
    if (!meant.empty()) {
      d.suggestions.push_back({here(), meant, "did you mean `" + meant + "`?"});
    } else {
      d.help =
          "types are bool, int, decimal, float, string, enum(...), time, duration, ip, geo, "
          "and list of these";
    }
    result.base = take_name();
    if (at(TokenKind::kLeftParen)) enum_constants(result);
    if (alias == kAliases.end()) {  // a guess is no type to check the field's uses against
      accept(TokenKind::kQuestion);
      return std::nullopt;
    }
    result.base.text = meant.starts_with("list") ? "string" : meant;
  }
  result.optional = accept(TokenKind::kQuestion);
  result.span = since(begin);
  return result;
}

void Parser::enum_constants(TypeRef& type) {
  const Span open = here();
  if (!accept(TokenKind::kLeftParen)) {
    unexpected("`(` and the constants in quotes");
    return;
  }
  expression_failed_ = false;
  do {
    if (at(TokenKind::kRightParen)) break;
    const Span place = here();
    if (at_name()) {
      const std::string quoted = quote(text(peek()));
      Diagnostic& d =
          mend(DiagnosticCode::kSyntax, place, "a constant of an enum stands in quotes");
      d.suggestions.push_back({place, quoted, "write " + quoted});
      type.enum_constants.push_back(take_name().text);
    } else if (at(TokenKind::kString)) {
      type.enum_constants.push_back(string_text(take()));
    } else {
      unexpected("a constant in quotes");
      expression_failed_ = true;
      break;
    }
    type.enum_spans.push_back(place);
  } while (accept(TokenKind::kComma) || missing_comma());
  close_bracket(TokenKind::kRightParen, open);
  expression_failed_ = false;
}

}  // namespace weir::dsl
