#include "dsl/parser.h"

#include <algorithm>

#include "dsl/parser_impl.h"
#include "dsl/utf8.h"

namespace weir::dsl {

namespace {

// By its mark, or by the zero byte that each letter of ASCII has there.
bool is_utf16(std::string_view text) {
  using std::string_view_literals::operator""sv;
  return text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv) ||
         (text.size() > 3 && ((text[0] == 0 && text[1] != 0 && text[2] == 0) ||
                              (text[0] != 0 && text[1] == 0 && text[3] == 0)));
}

}  // namespace

Parser::Parser(const SourceSet& sources, SourceId source, Diagnostics& diagnostics)
    : sources_(sources),
      source_(source),
      source_text_(sources.text(source)),
      diagnostics_(diagnostics) {
  ast_.source = source;
}

Ast Parser::run() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (source_text_.size() > kMaxFileBytes) {
    diagnostics_
        .add(DiagnosticCode::kTooLarge, {source_, 0, 0},
             "the file has " + std::to_string(source_text_.size()) +
                 " bytes; a rule file has at most " + std::to_string(kMaxFileBytes))
        .help = "split it into several files";
    return std::move(ast_);
  }
  if (is_utf16(source_text_)) {
    diagnostics_.add(DiagnosticCode::kInvalidUtf8, {source_, 0, 0}, "the file is UTF-16").help =
        "save it as UTF-8";
    return std::move(ast_);
  }
  const std::size_t bad = find_invalid_utf8(source_text_);
  if (bad != std::string_view::npos) {
    const auto place = static_cast<std::uint32_t>(bad);
    diagnostics_
        .add(DiagnosticCode::kInvalidUtf8, {source_, place, place + 1},
             "the file is not valid UTF-8 here")
        .help = "save it as UTF-8";
  }
  const std::uint32_t begin = source_text_.starts_with(kByteOrderMark) ? 3 : 0;
  const Span whole{source_, begin, static_cast<std::uint32_t>(source_text_.size())};
  Lexed lexed = lex(source_text_, whole, false, diagnostics_);
  tokens_ = std::move(lexed.tokens);
  ast_.comments = std::move(lexed.comments);
  while (!at(TokenKind::kEnd)) {
    const std::size_t before = pos_;
    declaration();
    if (pos_ == before) take();
  }
  return std::move(ast_);
}

const Token& Parser::peek(std::size_t ahead) const {
  const std::size_t place = pos_ + ahead;
  return place < tokens_.size() ? tokens_[place] : tokens_.back();
}

bool Parser::at(TokenKind kind, std::size_t ahead) const { return peek(ahead).kind == kind; }

bool Parser::at(Word word, std::size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::kWord && token.word == word && !token.quoted;
}

bool Parser::at_name(std::size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::kWord && (token.quoted || !is_reserved(token.word));
}

// The lexer has mended what it can. A string without an end may have taken the rest of its line
// along, and what is no word in plain letters stands for anything.
void Parser::note_bad(const Token& token) {
  broken_ = true;
  const std::string_view spelled = text(token);
  const auto above_ascii = [](char c) { return static_cast<signed char>(c) < 0; };
  if (token.kind == TokenKind::kWord) {
    incomplete_ = incomplete_ || std::ranges::any_of(spelled, above_ascii);
  } else if (token.kind == TokenKind::kString && !spelled.empty()) {
    const char quote = spelled.front();
    const bool ended = spelled.size() > 1 && spelled.back() == quote;
    const bool open = (quote == '"' || quote == '\'') && !ended;
    lost_line_ = lost_line_ || (open && spelled.find(' ') != std::string_view::npos);
    incomplete_ = incomplete_ || lost_line_;
  }
}

Token Parser::take() {
  const Token token = peek();
  if (token.bad) note_bad(token);
  if (token.kind != TokenKind::kEnd) ++pos_;
  return token;
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

bool Parser::accept(Word word) {
  if (!at(word)) return false;
  take();
  return true;
}

std::string_view Parser::text(const Token& token) const {
  return source_text_.substr(token.begin, token.end - token.begin);
}

Ast parse(const SourceSet& sources, SourceId source, Diagnostics& diagnostics) {
  return Parser(sources, source, diagnostics).run();
}

}  // namespace weir::dsl
