// What no file may do to the parser and the formatter, tried on many mutations with a fixed seed:
// no crash, spans inside the text, and for every file without errors a format that means the same,
// keeps every comment and is its own format.
#include <gtest/gtest.h>

#include <random>

#include "dsl/dump.h"
#include "dsl/formatter.h"
#include "dsl/golden_files.h"
#include "dsl/parser.h"
#include "dsl/render.h"

namespace weir::dsl {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) { return random() % limit; }

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const auto& path : testing::golden_files("format", ".in.weir")) {
    texts.push_back(testing::read_file(path));
  }
  return texts;
}

std::vector<std::string> comment_texts(const SourceSet& sources, const Ast& ast) {
  std::vector<std::string> texts;
  for (const Comment& comment : ast.comments) texts.emplace_back(sources.text(comment.span));
  std::ranges::sort(texts);
  return texts;
}

// True if the text has no error.
bool check(const std::string& text) {
  SourceSet sources;
  const SourceId id = sources.add("fuzz", text);
  Diagnostics diagnostics;
  const Ast ast = parse(sources, id, diagnostics);
  for (const Diagnostic& d : diagnostics.list()) {
    EXPECT_LE(d.span.begin, d.span.end);
    EXPECT_LE(d.span.end, text.size());
  }
  for (std::size_t i = 0; i < ast.exprs.size(); ++i) {
    EXPECT_LE(ast.exprs[i].span.end, text.size());
    for (const ExprId arg : ast.exprs[i].args) EXPECT_LT(arg.index(), i);
  }
  static_cast<void>(dump(ast));
  if (diagnostics.has_errors()) {
    static_cast<void>(render_text(sources, diagnostics));
    return false;
  }
  const std::string formatted = format(sources, ast);
  const SourceId again = sources.add("again", formatted);
  Diagnostics second;
  const Ast twice = parse(sources, again, second);
  EXPECT_FALSE(second.has_errors()) << text << "\n--- became ---\n"
                                    << formatted << render_text(sources, second);
  EXPECT_EQ(dump(ast), dump(twice)) << text;
  EXPECT_EQ(comment_texts(sources, ast), comment_texts(sources, twice)) << text;
  EXPECT_EQ(format(sources, twice), formatted) << text;
  return true;
}

void mutate_bytes(std::string& text, Random& random) {
  constexpr std::string_view kBytes = "{}()[]\"'`#/\\=<>!&|;:,.+-*%?\n\t \x80\xE2 aZ09_";
  const std::size_t changes = 1 + below(random, 4);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = below(random, text.size());
    switch (below(random, 4)) {
      case 0:
        text.erase(at, 1 + below(random, 5));
        break;
      case 1:
        text.insert(at, 1, kBytes[below(random, kBytes.size())]);
        break;
      case 2:
        text[at] = kBytes[below(random, kBytes.size())];
        break;
      default:
        text.insert(at, text.substr(below(random, text.size()), below(random, 30)));
        break;
    }
  }
}

TEST(ParserFuzz, Bytes) {
  Random random(1);
  const auto texts = seeds();
  ASSERT_FALSE(texts.empty());
  for (int round = 0; round < 1500 && !HasFailure(); ++round) {
    std::string text = texts[below(random, texts.size())];
    mutate_bytes(text, random);
    check(text);
  }
}

// Words of the language in any order: near enough to files to get deep.
TEST(ParserFuzz, Words) {
  static const std::vector<std::string> kWords = {
#define WEIR_WORD(spelling, name, reserved) spelling,
#include "dsl/keywords.def"
#undef WEIR_WORD
      "x", "y", "`in`", "3",  "2.5", "1e3", "5m", "\"s\"", "\"{x}\"", "/r/", "{",
      "}", "(", ")",    "[",  "]",   ",",   ":",  ".",     "..",      "+",   "-",
      "*", "/", "%",    "==", "<",   "=",   "?",  "\n",    "# c\n"};
  Random random(2);
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    std::string text = below(random, 2) == 0 ? "rule r { when a " : "";
    const std::size_t count = 1 + below(random, 40);
    for (std::size_t i = 0; i < count; ++i) text += kWords[below(random, kWords.size())] + " ";
    check(text);
  }
}

// Comments and newlines wherever a blank is.
TEST(ParserFuzz, Comments) {
  Random random(3);
  int clean = 0;
  const auto texts = seeds();
  for (int round = 0; round < 600 && !HasFailure(); ++round) {
    std::string text = texts[below(random, texts.size())];
    const std::size_t comments = 1 + below(random, 6);
    for (std::size_t i = 0; i < comments; ++i) {
      const std::size_t at = text.find(' ', below(random, text.size()));
      if (at == std::string::npos) continue;
      const std::string mark = "# c" + std::to_string(i) + "\n";
      text.insert(at, below(random, 2) == 0 ? " " + mark : "\n " + mark);
    }
    if (check(text)) ++clean;
  }
  EXPECT_GT(clean, 100) << "enough of them must have met the formatter";
}

}  // namespace
}  // namespace weir::dsl
