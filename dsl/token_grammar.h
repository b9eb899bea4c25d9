// The grammar of tokens in PEGTL: one rule a token, and beside the right forms the wrong ones that
// people write (dsl/lexer.cc says what becomes of these). For lexer.cc alone, so that PEGTL is
// compiled once.
#pragma once

#include <cstdint>
#include <tao/pegtl.hpp>

namespace weir::dsl::grammar {

namespace peg = tao::pegtl;

struct word_char : peg::sor<peg::identifier_other, peg::range<'\x80', '\xff'>> {};
struct number_ends : peg::not_at<peg::sor<word_char, peg::seq<peg::one<'.'>, peg::digit>>> {};
struct digits : peg::plus<peg::digit> {};

struct blank : peg::plus<peg::one<' ', '\t', '\r', '\n', '\f', '\v'>> {};
struct rest_of_line : peg::star<peg::not_one<'\n'>> {};
struct comment : peg::seq<peg::one<'#'>, rest_of_line> {};
struct slash_comment : peg::seq<peg::two<'/'>, rest_of_line> {};
struct block_comment
    : peg::seq<peg::string<'/', '*'>, peg::until<peg::sor<peg::string<'*', '/'>, peg::eof>>> {};

struct word
    : peg::seq<peg::sor<peg::identifier_first, peg::range<'\x80', '\xff'>>, peg::star<word_char>> {
};
struct quoted_name
    : peg::seq<peg::one<'`'>, peg::plus<peg::not_one<'`', '\n', '\r'>>, peg::one<'`'>> {};

template <std::size_t N>
struct digit_run : peg::rep<N, peg::digit> {};
struct zone : peg::sor<peg::one<'Z', 'z'>,
                       peg::seq<peg::one<'+', '-'>, digit_run<2>, peg::one<':'>, digit_run<2>>> {};
struct clock : peg::seq<peg::one<'T', 't'>, digit_run<2>, peg::one<':'>, digit_run<2>,
                        peg::opt<peg::one<':'>, digit_run<2>, peg::opt<peg::one<'.'>, digits>>,
                        peg::opt<zone>> {};
struct timestamp : peg::seq<digit_run<4>, peg::one<'-'>, digit_run<2>, peg::one<'-'>, digit_run<2>,
                            peg::opt<clock>, number_ends> {};
struct unit : peg::sor<peg::string<'m', 's'>, peg::one<'s', 'm', 'h', 'd'>> {};
struct duration : peg::seq<peg::plus<digits, unit>, number_ends> {};
struct exponent : peg::seq<peg::one<'e', 'E'>, peg::opt<peg::one<'+', '-'>>, digits> {};
struct float_number : peg::seq<digits, peg::opt<peg::one<'.'>, digits>, exponent, number_ends> {};
struct decimal_number : peg::seq<digits, peg::one<'.'>, digits, number_ends> {};
struct int_number : peg::seq<digits, number_ends> {};
struct bad_number
    : peg::seq<digits, peg::star<peg::sor<word_char, peg::seq<peg::one<'.'>, peg::digit>>>> {};

struct escape : peg::seq<peg::one<'\\'>, peg::not_one<'\n'>> {};
struct string_rest : peg::star<peg::sor<escape, peg::not_one<'"', '\n', '\\'>>> {};
struct string : peg::seq<peg::one<'"'>, string_rest, peg::one<'"'>> {};
struct escaped_quote : peg::string<'\\', '"'> {};
struct escaped_string
    : peg::seq<escaped_quote, peg::star<peg::not_at<escaped_quote>, peg::not_one<'\n', '"'>>,
               escaped_quote> {};
struct hole
    : peg::seq<peg::one<'{'>,
               peg::star<peg::sor<escaped_string, string, peg::not_one<'{', '}', '"', '\n'>>>,
               peg::one<'}'>> {};
struct interpolated
    : peg::seq<peg::one<'"'>,
               peg::star<peg::sor<escape, peg::two<'{'>, hole, peg::not_one<'"', '\n', '\\'>>>,
               peg::one<'"'>> {};
struct open_string : peg::seq<peg::one<'"'>, rest_of_line> {};
struct single_quoted
    : peg::seq<peg::one<'\''>, peg::star<peg::sor<escape, peg::not_one<'\'', '\n', '\\'>>>,
               peg::one<'\''>> {};
struct open_single : peg::seq<peg::one<'\''>, rest_of_line> {};
// U+2018..U+201F, U+00AB, U+00BB
struct curly : peg::sor<peg::seq<peg::string<'\xE2', '\x80'>, peg::range<'\x98', '\x9F'>>,
                        peg::string<'\xC2', '\xAB'>, peg::string<'\xC2', '\xBB'>> {};
struct curly_string : peg::seq<curly, peg::star<peg::not_at<curly>, peg::not_one<'\n', '"'>>,
                               peg::sor<curly, peg::one<'"'>>> {};
struct half_curly_string
    : peg::seq<peg::one<'"'>, peg::star<peg::not_at<curly>, peg::not_one<'\n', '"'>>, curly,
               peg::star<peg::not_one<'\n', '"'>>, peg::at<peg::eolf>> {};

struct regex : peg::seq<peg::one<'/'>, peg::star<peg::sor<escape, peg::not_one<'/', '\n', '\\'>>>,
                        peg::one<'/'>> {};
struct open_regex : peg::seq<peg::one<'/'>, rest_of_line> {};
struct foreign_symbol : peg::sor<peg::string<'\xE2', '\x89', '\xA0'>,  // ≠
                                 peg::string<'\xE2', '\x89', '\xA4'>,  // ≤
                                 peg::string<'\xE2', '\x89', '\xA5'>,  // ≥
                                 peg::string<'\xC3', '\x97'>,          // ×
                                 peg::string<'\xE2', '\x88', '\x92'>,  // − minus
                                 peg::string<'\xE2', '\x80', '\x93'>,  // – dash
                                 peg::string<'\xE2', '\x80', '\xA6'>,  // …
                                 peg::string<'\xC2', '\xA0'>> {};      // no-break space
struct symbol : peg::sor<peg::string<'=', '=', '='>, peg::string<'!', '=', '='>, peg::two<'='>,
                         peg::string<'!', '='>, peg::string<'<', '='>, peg::string<'>', '='>,
                         peg::string<'<', '>'>, peg::two<'&'>, peg::two<'|'>, peg::two<'.'>,
                         peg::one<'{', '}', '(', ')', '[', ']', ',', ':', ';', '.', '?', '+', '-',
                                  '*', '/', '%', '<', '>', '=', '!'>> {};

// What was matched, before it becomes a token.
enum class Raw : std::uint8_t {
  kNothing,
  kBlank,
  kComment,
  kSlashComment,
  kBlockComment,
  kWord,
  kQuotedName,
  kTimestamp,
  kDuration,
  kFloat,
  kDecimal,
  kInt,
  kBadNumber,
  kString,
  kEscapedString,
  kOpenString,
  kSingle,
  kOpenSingle,
  kCurly,
  kRegex,
  kOpenRegex,
  kForeignSymbol,
  kSymbol,
};

template <typename Rule>
struct action : peg::nothing<Rule> {};
template <Raw kRaw>
struct sets {
  static void apply0(Raw& raw) { raw = kRaw; }
};
template <>
struct action<blank> : sets<Raw::kBlank> {};
template <>
struct action<comment> : sets<Raw::kComment> {};
template <>
struct action<slash_comment> : sets<Raw::kSlashComment> {};
template <>
struct action<block_comment> : sets<Raw::kBlockComment> {};
template <>
struct action<word> : sets<Raw::kWord> {};
template <>
struct action<quoted_name> : sets<Raw::kQuotedName> {};
template <>
struct action<timestamp> : sets<Raw::kTimestamp> {};
template <>
struct action<duration> : sets<Raw::kDuration> {};
template <>
struct action<float_number> : sets<Raw::kFloat> {};
template <>
struct action<decimal_number> : sets<Raw::kDecimal> {};
template <>
struct action<int_number> : sets<Raw::kInt> {};
template <>
struct action<bad_number> : sets<Raw::kBadNumber> {};
template <>
struct action<string> : sets<Raw::kString> {};
template <>
struct action<interpolated> : sets<Raw::kString> {};
template <>
struct action<escaped_string> : sets<Raw::kEscapedString> {};
template <>
struct action<open_string> : sets<Raw::kOpenString> {};
template <>
struct action<half_curly_string> : sets<Raw::kOpenString> {};
template <>
struct action<single_quoted> : sets<Raw::kSingle> {};
template <>
struct action<open_single> : sets<Raw::kOpenSingle> {};
template <>
struct action<curly_string> : sets<Raw::kCurly> {};
template <>
struct action<regex> : sets<Raw::kRegex> {};
template <>
struct action<open_regex> : sets<Raw::kOpenRegex> {};
template <>
struct action<foreign_symbol> : sets<Raw::kForeignSymbol> {};
template <>
struct action<symbol> : sets<Raw::kSymbol> {};

struct number
    : peg::sor<timestamp, duration, float_number, decimal_number, int_number, bad_number> {};
struct other_token : peg::sor<number, curly_string, foreign_symbol, word, quoted_name,
                              single_quoted, open_single, symbol> {};
struct plain_token
    : peg::sor<blank, comment, slash_comment, block_comment, string, open_string, other_token> {};
struct token_after_reason : peg::sor<blank, comment, slash_comment, block_comment, interpolated,
                                     open_string, other_token> {};
struct token_after_matches : peg::sor<blank, comment, regex, open_regex, plain_token> {};
struct token_in_hole : peg::sor<blank, string, escaped_string, other_token> {};
struct token_in_hole_after_matches : peg::sor<blank, regex, token_in_hole> {};

}  // namespace weir::dsl::grammar
