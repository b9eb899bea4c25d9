// Text to tokens: the part of the grammar that PEGTL holds (dsl/lexer.cc is the one translation
// unit that includes it). Used by the parser, and by the formatter for the words that need
// backquotes. Pure functions; thread-safe.
//
// Invariants
// 1. Tokens are in the order of the text, do not overlap, and end with one kEnd.
// 2. What the grammar does not know is reported here, once, and then either mended (a string in
//    single quotes is a string) or left out; the token or the one that follows carries `bad`.
// 3. `/` begins a regex only after the word `matches` in the place of an operator.
// 4. Linear in the text: at most kMaxTokens tokens are made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"

namespace weir::dsl {

inline constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxTokens = 4'000'000;

enum class Word : std::uint8_t {
  kOther,  // a name that is no word of the grammar
#define WEIR_WORD(spelling, name, reserved) name,
#include "dsl/keywords.def"
#undef WEIR_WORD
};

enum class TokenKind : std::uint8_t {
  kEnd,
  kWord,
  kInt,
  kDecimal,
  kFloat,
  kDuration,
  kTimestamp,
  kString,
  kRegex,
  kLeftBrace,
  kRightBrace,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kSemicolon,
  kDot,
  kDotDot,
  kQuestion,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAssign,  // `=`: of declarations, and of those who mean `==`
  kAndAnd,
  kOrOr,
  kBang,
  kForeignEqual,
  kForeignNotEqual,  // && || ! === <> !== : mended later
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Word word = Word::kOther;
  bool line_start : 1 = false;  // first of its line
  bool quoted : 1 = false;      // a name in backquotes
  bool bad : 1 = false;         // something was wrong here or just before, and was reported
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Lexed {
  std::vector<Token> tokens;
  std::vector<Comment> comments;
};

// Tokens of `span`. In a hole of an interpolated string (`in_hole`) there are no comments and
// strings may stand in escaped quotes.
[[nodiscard]] Lexed lex(std::string_view text, Span span, bool in_hole, Diagnostics& diagnostics);

[[nodiscard]] Word find_word(std::string_view text);
[[nodiscard]] std::string_view spelling(Word word);
[[nodiscard]] bool is_reserved(Word word);
[[nodiscard]] bool is_plain_name(std::string_view text);  // can stand without backquotes

}  // namespace weir::dsl
