#include "dsl/render.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dsl/parser.h"
#include "dsl/utf8.h"

namespace weir::dsl {
namespace {

struct Case {
  SourceSet sources;
  Diagnostics diagnostics;
  SourceId id;

  explicit Case(std::string text) { id = sources.add("a b.weir", std::move(text)); }
  Diagnostic& add(std::uint32_t begin, std::uint32_t end) {
    return diagnostics.add(DiagnosticCode::kSyntax, {id, begin, end}, "wrong");
  }
  std::string line(std::size_t number) const {
    std::string text = render_text(sources, diagnostics);
    for (; number > 0; --number) text.erase(0, text.find('\n') + 1);
    return text.substr(0, text.find('\n'));
  }
};

TEST(Render, UnderlinesCellsNotBytes) {
  Case tabs("\tab\tcd\n");
  tabs.add(4, 6);
  EXPECT_EQ(tabs.line(3), " 1 |     ab  cd");
  EXPECT_EQ(tabs.line(4), "   |         ^^");
  Case wide("\xE4\xBD\xA0\xE5\xA5\xBD x\n");  // two wide letters
  wide.add(7, 8);
  EXPECT_EQ(wide.line(4), "   |      ^");
  Case combining("e\xCC\x81x\n");
  combining.add(3, 4);
  EXPECT_EQ(combining.line(4), "   |  ^");
}

TEST(Render, CutsLongLines) {
  Case c(std::string(5000, 'a') + "XYZ" + std::string(5000, 'b'));
  c.add(5000, 5003);
  EXPECT_LT(c.line(3).size(), 120U);
  const std::size_t caret = c.line(4).find('^');
  EXPECT_EQ(c.line(3).substr(caret, 3), "XYZ");
  EXPECT_TRUE(c.line(3).ends_with("..."));
}

TEST(Render, PlacesAtTheEdges) {
  Case empty("");
  empty.add(0, 0);
  EXPECT_EQ(empty.line(4), "   | ^");
  Case broken("ab\xFF\x1b[31m\n");
  broken.add(2, 100);  // past the end
  EXPECT_EQ(broken.line(3).find('\x1b'), std::string::npos);
  Case nowhere("x");
  nowhere.diagnostics.add(DiagnosticCode::kSyntax, Span{}, "no place");
  EXPECT_EQ(render_text(nowhere.sources, nowhere.diagnostics),
            "error[W0001]: no place\n\n1 error\n");
}

TEST(Render, Colour) {
  Case c("x");
  c.add(0, 1);
  TextOptions options;
  options.colour = true;
  EXPECT_NE(render_text(c.sources, c.diagnostics, options).find("\x1b[1;31m"), std::string::npos);
  EXPECT_EQ(render_text(c.sources, c.diagnostics).find('\x1b'), std::string::npos);
}

TEST(Render, Json) {
  Case c("\xC3\xA4 = 5\n");
  Diagnostic& d = c.add(3, 4);
  d.suggestions.push_back({{c.id, 3, 4}, "==", "did you mean `==`?"});
  d.notes.push_back({{c.id, 0, 2}, "\xFF broken"});
  const auto json = nlohmann::json::parse(render_json(c.sources, c.diagnostics));
  const auto& one = json["diagnostics"][0];
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(one["code"], "W0001");
  EXPECT_EQ(one["line"], 1);
  EXPECT_EQ(one["column"], 3);
  EXPECT_EQ(one["offset"], 3);
  EXPECT_EQ(one["suggestions"][0]["replacement"], "==");
  EXPECT_EQ(one["notes"][0]["column"], 1);
}

TEST(Render, Sarif) {
  Case c("x = 5\n");
  c.add(2, 3).suggestions.push_back({{c.id, 2, 3}, "==", "did you mean `==`?"});
  const auto log = nlohmann::json::parse(render_sarif(c.sources, c.diagnostics));
  EXPECT_EQ(log["version"], "2.1.0");
  const auto& run = log["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["id"], "W0001");
  const auto& result = run["results"][0];
  EXPECT_EQ(result["level"], "error");
  const auto& place = result["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "a%20b.weir");
  EXPECT_EQ(place["region"]["startColumn"], 3);
  EXPECT_EQ(result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
            "==");
  const Case none("");
  EXPECT_EQ(
      nlohmann::json::parse(render_sarif(none.sources, none.diagnostics))["runs"][0]["results"],
      nlohmann::json::array());
}

TEST(Utf8, Validity) {
  EXPECT_EQ(find_invalid_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), std::string_view::npos);
  for (const std::string_view bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",
                                     "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF4\x90\x80\x80"}) {
    EXPECT_EQ(find_invalid_utf8("ab" + std::string(bad)), 2U);
  }
}

}  // namespace
}  // namespace weir::dsl
