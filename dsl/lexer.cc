// One PEGTL rule a token, tried in turn at each place (kRegex and interpolated strings only where
// the tokens before allow them), and beside the right forms the wrong ones that people write, as
// rules of their own: `'text'`, `"text` without an end, `10min`, `//`, curly quotes. A wrong form
// is reported and mended into the token that was meant, so that the parser goes on undisturbed.
#include "dsl/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dsl/literal_text.h"
#include "dsl/token_grammar.h"
#include "dsl/utf8.h"

namespace weir::dsl {
namespace {

using namespace grammar;  // NOLINT: its rules are read here as words

using Input = peg::memory_input<peg::tracking_mode::lazy, peg::eol::lf>;

// ---- symbols -----------------------------------------------------------------------------------

struct SymbolRow {
  std::string_view text;
  TokenKind kind;
};
constexpr std::array kSymbols = {
    SymbolRow{"{", TokenKind::kLeftBrace},
    SymbolRow{"}", TokenKind::kRightBrace},
    SymbolRow{"(", TokenKind::kLeftParen},
    SymbolRow{")", TokenKind::kRightParen},
    SymbolRow{"[", TokenKind::kLeftBracket},
    SymbolRow{"]", TokenKind::kRightBracket},
    SymbolRow{",", TokenKind::kComma},
    SymbolRow{":", TokenKind::kColon},
    SymbolRow{";", TokenKind::kSemicolon},
    SymbolRow{".", TokenKind::kDot},
    SymbolRow{"..", TokenKind::kDotDot},
    SymbolRow{"?", TokenKind::kQuestion},
    SymbolRow{"+", TokenKind::kPlus},
    SymbolRow{"-", TokenKind::kMinus},
    SymbolRow{"*", TokenKind::kStar},
    SymbolRow{"/", TokenKind::kSlash},
    SymbolRow{"%", TokenKind::kPercent},
    SymbolRow{"==", TokenKind::kEqual},
    SymbolRow{"!=", TokenKind::kNotEqual},
    SymbolRow{"<", TokenKind::kLess},
    SymbolRow{"<=", TokenKind::kLessEqual},
    SymbolRow{">", TokenKind::kGreater},
    SymbolRow{">=", TokenKind::kGreaterEqual},
    SymbolRow{"=", TokenKind::kAssign},
    SymbolRow{"&&", TokenKind::kAndAnd},
    SymbolRow{"||", TokenKind::kOrOr},
    SymbolRow{"!", TokenKind::kBang},
    SymbolRow{"===", TokenKind::kForeignEqual},
    SymbolRow{"<>", TokenKind::kForeignNotEqual},
    SymbolRow{"!==", TokenKind::kForeignNotEqual},
};

struct ForeignRow {
  std::string_view text;
  TokenKind kind;  // kEnd: nothing, it is blank
  std::string_view plain;
};
constexpr std::array kForeign = {
    ForeignRow{"\xE2\x89\xA0", TokenKind::kNotEqual, "!="},
    ForeignRow{"\xE2\x89\xA4", TokenKind::kLessEqual, "<="},
    ForeignRow{"\xE2\x89\xA5", TokenKind::kGreaterEqual, ">="},
    ForeignRow{"\xC3\x97", TokenKind::kStar, "*"},
    ForeignRow{"\xE2\x88\x92", TokenKind::kMinus, "-"},
    ForeignRow{"\xE2\x80\x93", TokenKind::kMinus, "-"},
    ForeignRow{"\xE2\x80\xA6", TokenKind::kDotDot, ".."},
    ForeignRow{"\xC2\xA0", TokenKind::kEnd, " "},
};

// ---- the lexer ---------------------------------------------------------------------------------

class Lexer {
 public:
  Lexer(std::string_view text, Span span, bool in_hole, Diagnostics& diagnostics)
      : text_(text), span_(span), in_hole_(in_hole), diagnostics_(diagnostics) {}

  Lexed run();

 private:
  Raw match(Input& input) const;
  bool after_matches() const;
  bool after_reason() const;
  void accept(Raw raw, std::uint32_t begin, std::uint32_t end);
  void accept_comment(std::uint32_t begin, std::uint32_t end);
  void accept_word(std::uint32_t begin, std::uint32_t end);
  void accept_symbol(std::uint32_t begin, std::uint32_t end);
  void accept_foreign(std::uint32_t begin, std::uint32_t end);
  void accept_bad_number(std::uint32_t begin, std::uint32_t end);
  void accept_curly(std::uint32_t begin, std::uint32_t end);
  void accept_single(Raw raw, std::uint32_t begin, std::uint32_t end);
  std::uint32_t accept_open_string(std::uint32_t begin, std::uint32_t end);
  std::uint32_t accept_open_regex(std::uint32_t begin, std::uint32_t end);
  std::uint32_t accept_stray(std::uint32_t begin);
  void push(TokenKind kind, std::uint32_t begin, std::uint32_t end, bool bad = false);
  Diagnostic& report(DiagnosticCode code, std::uint32_t begin, std::uint32_t end,
                     std::string message);
  bool own_line(std::uint32_t begin) const;
  std::string_view slice(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }
  Span at(std::uint32_t begin, std::uint32_t end) const { return {span_.source, begin, end}; }

  std::string_view text_;
  Span span_;
  bool in_hole_;
  Diagnostics& diagnostics_;
  Lexed out_;
  bool next_line_start_ = true;
  bool next_bad_ = false;
};

// A word of the grammar in the place of an operator stands after an operand.
bool ends_operand(const Token& token) {
  switch (token.kind) {
    case TokenKind::kWord:
      return token.quoted || !is_reserved(token.word) || token.word == Word::kTrue ||
             token.word == Word::kFalse;
    case TokenKind::kRightParen:
    case TokenKind::kRightBracket:
    case TokenKind::kString:
    case TokenKind::kInt:
      return true;
    default:
      return false;
  }
}

bool Lexer::after_matches() const {
  const std::size_t count = out_.tokens.size();
  if (count < 2) return false;
  const Token& last = out_.tokens[count - 1];
  if (last.word != Word::kMatches || last.quoted) return false;
  const Token& before = out_.tokens[count - 2];
  if (before.word == Word::kNot && !before.quoted) {
    return count > 2 && ends_operand(out_.tokens[count - 3]);
  }
  return ends_operand(before);
}

bool Lexer::after_reason() const {
  return !out_.tokens.empty() && out_.tokens.back().word == Word::kReason &&
         !out_.tokens.back().quoted;
}

Raw Lexer::match(Input& input) const {
  Raw raw = Raw::kNothing;
  if (in_hole_ && after_matches()) {
    peg::parse<peg::opt<token_in_hole_after_matches>, action>(input, raw);
  } else if (in_hole_) {
    peg::parse<peg::opt<token_in_hole>, action>(input, raw);
  } else if (after_matches()) {
    peg::parse<peg::opt<token_after_matches>, action>(input, raw);
  } else if (after_reason()) {
    peg::parse<peg::opt<token_after_reason>, action>(input, raw);
  } else {
    peg::parse<peg::opt<plain_token>, action>(input, raw);
  }
  return raw;
}

Lexed Lexer::run() {
  std::uint32_t place = span_.begin;
  while (place < span_.end) {
    if (out_.tokens.size() >= kMaxTokens) {
      report(
          DiagnosticCode::kTooLarge, place, place + 1,
          "the file has more than " + std::to_string(kMaxTokens) + " words; the rest is not read")
          .help = "split it into several files";
      break;
    }
    Input input(text_.data() + place, text_.data() + span_.end, "");
    const Raw raw = match(input);
    const auto end = static_cast<std::uint32_t>(input.current() - text_.data());
    if (raw == Raw::kNothing || end == place) {
      place = accept_stray(place);
    } else if (raw == Raw::kOpenString) {
      place = accept_open_string(place, end);
    } else if (raw == Raw::kOpenRegex) {
      place = accept_open_regex(place, end);
    } else {
      accept(raw, place, end);
      place = end;
    }
  }
  push(TokenKind::kEnd, span_.end, span_.end);
  return std::move(out_);
}

void Lexer::accept(Raw raw, std::uint32_t begin, std::uint32_t end) {
  switch (raw) {
    case Raw::kBlank:
      if (slice(begin, end).find('\n') != std::string_view::npos) next_line_start_ = true;
      return;
    case Raw::kComment:
      return accept_comment(begin, end);
    case Raw::kSlashComment:
    case Raw::kBlockComment: {
      next_bad_ = true;
      Diagnostic& d =
          report(DiagnosticCode::kForeignComment, begin, begin + 2, "a comment begins with `#`");
      if (raw == Raw::kSlashComment) {
        d.suggestions.push_back({at(begin, begin + 2), "#", "write `#`"});
      }
      return;
    }
    case Raw::kWord:
      return accept_word(begin, end);
    case Raw::kQuotedName:
      push(TokenKind::kWord, begin, end);
      out_.tokens.back().quoted = true;
      return;
    case Raw::kTimestamp:
      return push(TokenKind::kTimestamp, begin, end);
    case Raw::kDuration:
      if (duration_ms(slice(begin, end)) < 0) return accept_bad_number(begin, end);
      return push(TokenKind::kDuration, begin, end);
    case Raw::kFloat:
      return push(TokenKind::kFloat, begin, end);
    case Raw::kDecimal:
      return push(TokenKind::kDecimal, begin, end);
    case Raw::kInt:
      return push(TokenKind::kInt, begin, end);
    case Raw::kBadNumber:
      return accept_bad_number(begin, end);
    case Raw::kString:
    case Raw::kEscapedString:
      return push(TokenKind::kString, begin, end);
    case Raw::kSingle:
    case Raw::kOpenSingle:
      return accept_single(raw, begin, end);
    case Raw::kCurly:
      return accept_curly(begin, end);
    case Raw::kRegex:
      return push(TokenKind::kRegex, begin, end);
    case Raw::kForeignSymbol:
      return accept_foreign(begin, end);
    case Raw::kSymbol:
      return accept_symbol(begin, end);
    case Raw::kNothing:
    case Raw::kOpenString:
    case Raw::kOpenRegex:
      return;
  }
}

bool Lexer::own_line(std::uint32_t begin) const {
  while (begin > 0 && text_[begin - 1] != '\n') {
    const char c = text_[--begin];
    if (c != ' ' && c != '\t' && c != '\r') return false;
  }
  return true;
}

void Lexer::accept_comment(std::uint32_t begin, std::uint32_t end) {
  while (end > begin &&
         (text_[end - 1] == '\r' || text_[end - 1] == ' ' || text_[end - 1] == '\t')) {
    --end;
  }
  out_.comments.push_back({at(begin, end), next_line_start_ && own_line(begin)});
}

void Lexer::accept_word(std::uint32_t begin, std::uint32_t end) {
  const std::string_view text = slice(begin, end);
  const bool ascii =
      std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
  push(TokenKind::kWord, begin, end, !ascii);
  if (ascii) {
    out_.tokens.back().word = find_word(text);
    return;
  }
  if (find_invalid_utf8(text) != std::string_view::npos) return;  // reported for the whole file
  Diagnostic& d = report(DiagnosticCode::kBadCharacter, begin, end,
                         "a name outside backquotes has only the letters a to z, digits and `_`");
  const std::string name(text);
  d.suggestions.push_back({at(begin, end), "`" + name + "`", "put it in backquotes"});
}

void Lexer::accept_symbol(std::uint32_t begin, std::uint32_t end) {
  const auto row = std::ranges::find(kSymbols, slice(begin, end), &SymbolRow::text);
  push(row->kind, begin, end);
}

void Lexer::accept_foreign(std::uint32_t begin, std::uint32_t end) {
  const auto row = std::ranges::find(kForeign, slice(begin, end), &ForeignRow::text);
  const std::string plain(row->plain);
  Diagnostic& d = report(DiagnosticCode::kBadCharacter, begin, end,
                         row->kind == TokenKind::kEnd ? "this is a no-break space, not a space"
                                                      : "write `" + plain + "` here");
  d.suggestions.push_back({at(begin, end), plain, "write `" + plain + "`"});
  next_bad_ = true;
  if (row->kind != TokenKind::kEnd) push(row->kind, begin, end, true);
}

void Lexer::accept_bad_number(std::uint32_t begin, std::uint32_t end) {
  const std::string_view text = slice(begin, end);
  const NumberGuess guess = guess_number(text);
  const bool duration = guess.kind == NumberGuess::Kind::kDuration;
  Diagnostic& d = report(duration ? DiagnosticCode::kBadDuration : DiagnosticCode::kBadNumber,
                         begin, end, guess.message);
  if (!guess.replacement.empty()) {
    d.suggestions.push_back(
        {at(begin, end), guess.replacement, "did you mean `" + guess.replacement + "`?"});
  }
  d.help = duration ? "a duration is written 250ms, 10s, 5m, 1h30m or 7d" : "";
  const bool string = guess.kind == NumberGuess::Kind::kText;
  push(duration ? TokenKind::kDuration
       : string ? TokenKind::kString
                : TokenKind::kInt,
       begin, end, true);
}

void Lexer::accept_single(Raw raw, std::uint32_t begin, std::uint32_t end) {
  if (raw == Raw::kOpenSingle) {
    report(DiagnosticCode::kUnterminatedString, begin, end, "this string has no end").help =
        "a string stands in double quotes, on one line";
  } else {
    const std::string body(slice(begin + 1, end - 1));
    Diagnostic& d =
        report(DiagnosticCode::kSingleQuotes, begin, end, "a string stands in double quotes");
    d.suggestions.push_back({at(begin, end), "\"" + body + "\"", "write \"" + body + "\""});
  }
  push(TokenKind::kString, begin, end, true);
}

void Lexer::accept_curly(std::uint32_t begin, std::uint32_t end) {
  std::string body(slice(begin, end));
  for (const std::string_view mark :
       {"\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9A", "\xE2\x80\x9B", "\xE2\x80\x9C",
        "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x9F", "\xC2\xAB", "\xC2\xBB", "\""}) {
    for (std::size_t at = body.find(mark); at != std::string::npos; at = body.find(mark)) {
      body.erase(at, mark.size());
    }
  }
  Diagnostic& d = report(DiagnosticCode::kSmartQuotes, begin, end,
                         "a string stands in straight quotes, not in curly ones");
  d.suggestions.push_back({at(begin, end), "\"" + body + "\"", "write \"" + body + "\""});
  push(TokenKind::kString, begin, end, true);
}

// The string ends with its line; but a `}` at the end of the line that no `{` of the string opened
// closes the rule.
std::uint32_t Lexer::accept_open_string(std::uint32_t begin, std::uint32_t end) {
  std::string_view body = slice(begin, end);
  const auto trim = [&body] {
    while (!body.empty() && (body.back() == ' ' || body.back() == '\t' || body.back() == '\r')) {
      body.remove_suffix(1);
    }
  };
  auto opened = std::ranges::count(body, '{');
  auto closed = std::ranges::count(body, '}');
  trim();
  while (body.size() > 1 && body.back() == '}' && closed > opened) {
    body.remove_suffix(1);
    --closed;
    trim();
  }
  end = begin + static_cast<std::uint32_t>(body.size());
  report(DiagnosticCode::kUnterminatedString, begin, end, "this string has no end").help =
      "a string ends with `\"` on the line that it begins on; `\\n` is a newline in it";
  push(TokenKind::kString, begin, end, true);
  return end;
}

// The regex ends at the next blank: what follows on the line is likely the rest of the rule.
std::uint32_t Lexer::accept_open_regex(std::uint32_t begin, std::uint32_t end) {
  const std::size_t blank_at = slice(begin, end).find_first_of(" \t\r");
  if (blank_at != std::string_view::npos) end = begin + static_cast<std::uint32_t>(blank_at);
  report(DiagnosticCode::kUnterminatedRegex, begin, end, "this regular expression has no end")
      .help = "it stands between two `/` on one line; a `/` inside is written `\\/`";
  push(TokenKind::kRegex, begin, end, true);
  return end;
}

std::uint32_t Lexer::accept_stray(std::uint32_t begin) {
  std::uint32_t end = begin + 1;
  const char c = text_[begin];
  next_bad_ = true;
  if (c == '`') {
    const bool empty = text_.substr(begin).starts_with("``");
    report(DiagnosticCode::kUnterminatedName, begin, empty ? begin + 2 : end,
           empty ? "a name in backquotes has at least one letter"
                 : "this name has no closing backquote");
    return empty ? begin + 2 : end;
  }
  while (end < span_.end && text_[end] == c) ++end;  // one report for a run of them
  const auto code = static_cast<unsigned char>(c);
  const std::string shown =
      code < 0x20 || code == 0x7F ? "a control character" : "`" + std::string(1, c) + "`";
  Diagnostic& d = report(DiagnosticCode::kBadCharacter, begin, end, shown + " means nothing here");
  if (c == '&' || c == '|') {
    d.help = c == '&' ? "`and` joins conditions" : "`or` joins conditions";
  }
  return end;
}

void Lexer::push(TokenKind kind, std::uint32_t begin, std::uint32_t end, bool bad) {
  Token token;
  token.kind = kind;
  token.line_start = next_line_start_;
  token.bad = bad || next_bad_;
  token.begin = begin;
  token.end = end;
  out_.tokens.push_back(token);
  next_line_start_ = false;
  next_bad_ = false;
}

Diagnostic& Lexer::report(DiagnosticCode code, std::uint32_t begin, std::uint32_t end,
                          std::string message) {
  return diagnostics_.add(code, at(begin, end), std::move(message));
}

}  // namespace

Lexed lex(std::string_view text, Span span, bool in_hole, Diagnostics& diagnostics) {
  return Lexer(text, span, in_hole, diagnostics).run();
}

}  // namespace weir::dsl
