#include "dsl/parser.h"

#include "dsl/parser_impl.h"
#include "dsl/utf8.h"

namespace weir::dsl {

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

Token Parser::take() {
  const Token token = peek();
  broken_ = broken_ || token.bad;
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
