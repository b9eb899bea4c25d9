// The words of the grammar (dsl/keywords.def), looked up.
#include <algorithm>
#include <array>

#include "dsl/lexer.h"

namespace weir::dsl {
namespace {

struct WordRow {
  std::string_view text;
  bool reserved;
};
constexpr std::array kWords = {
    WordRow{"", false},
#define WEIR_WORD(spelling, name, reserved) WordRow{spelling, reserved},
#include "dsl/keywords.def"
#undef WEIR_WORD
};
static_assert(std::ranges::is_sorted(kWords, {}, &WordRow::text), "find_word searches by halves");

}  // namespace

Word find_word(std::string_view text) {
  const auto row = std::ranges::lower_bound(kWords, text, {}, &WordRow::text);
  if (row == kWords.end() || row->text != text) return Word::kOther;
  return static_cast<Word>(row - kWords.begin());
}

std::string_view spelling(Word word) { return kWords[static_cast<std::size_t>(word)].text; }
bool is_reserved(Word word) { return kWords[static_cast<std::size_t>(word)].reserved; }

bool is_plain_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text[0])) return false;
  return std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); }) &&
         !is_reserved(find_word(text));
}

}  // namespace weir::dsl
