// Every diagnostic of the grammar as it is printed, and the formatter's pairs.
#include <gtest/gtest.h>

#include <set>

#include "dsl/dump.h"
#include "dsl/formatter.h"
#include "dsl/golden_files.h"
#include "dsl/parser.h"
#include "dsl/render.h"

namespace weir::dsl {
namespace {

namespace fs = std::filesystem;

// Cases named W0xxx are the parser's alone; others need names and types and are run elsewhere.
TEST(Golden, Diagnostics) {
  const auto files = testing::golden_files("diagnostics", ".weir");
  std::size_t own = 0;
  for (const fs::path& path : files) {
    const std::string file = path.filename().string();
    if (!file.starts_with("W0")) continue;
    ++own;
    SCOPED_TRACE(file);
    SourceSet sources;
    const SourceId id = sources.add(file, testing::read_file(path));
    Diagnostics diagnostics;
    static_cast<void>(parse(sources, id, diagnostics));
    diagnostics.sort();
    bool named = false;
    for (const Diagnostic& d : diagnostics.list()) named |= code_text(d.code) == file.substr(0, 5);
    EXPECT_TRUE(named) << "the file is named after the diagnostic that it shows";
    fs::path expected = path;
    expected.replace_extension(".expected");
    testing::expect_golden(expected, render_text(sources, diagnostics));
  }
  EXPECT_GT(own, 25U);
}

// W0004 needs a file too large to keep; the parser's test makes one.
TEST(Golden, EveryCodeOfTheGrammarHasACase) {
  std::set<std::string> shown = {"W0004"};
  for (const fs::path& path : testing::golden_files("diagnostics", ".weir")) {
    shown.insert(path.filename().string().substr(0, 5));
  }
  const std::string_view codes[] = {
#define WEIR_DIAGNOSTIC(code, name, severity, summary) code,
#include "dsl/diagnostics.def"
#undef WEIR_DIAGNOSTIC
  };
  for (const std::string_view code : codes) {
    if (!code.starts_with("W0")) continue;
    EXPECT_TRUE(shown.contains(std::string(code))) << code;
  }
}

TEST(Golden, Format) {
  for (const fs::path& path : testing::golden_files("format", ".in.weir")) {
    SCOPED_TRACE(path.filename().string());
    SourceSet sources;
    const SourceId id = sources.add(path.filename().string(), testing::read_file(path));
    const auto formatted = format_source(sources, id);
    if (!formatted) {
      ADD_FAILURE() << render_text(sources, formatted.error());
      continue;
    }
    std::string stem = path.filename().string();
    stem.resize(stem.size() - std::string_view(".in.weir").size());
    testing::expect_golden(path.parent_path() / (stem + ".out.weir"), *formatted);
    const SourceId again = sources.add("again", *formatted);
    const auto twice = format_source(sources, again);
    ASSERT_TRUE(twice) << render_text(sources, twice.error());
    EXPECT_EQ(*twice, *formatted) << "formatting twice is formatting once";
    Diagnostics none;
    EXPECT_EQ(dump(parse(sources, id, none)), dump(parse(sources, again, none)));
  }
}

}  // namespace
}  // namespace weir::dsl
