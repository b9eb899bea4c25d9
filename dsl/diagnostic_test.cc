#include "dsl/diagnostic.h"

#include <gtest/gtest.h>

#include "dsl/literal_text.h"
#include "dsl/source.h"

namespace weir::dsl {
namespace {

TEST(Diagnostics, SortsAndDropsRepetitions) {
  Diagnostics all;
  const SourceId source(0U);
  all.add(DiagnosticCode::kTooDeep, {source, 5, 6}, "b");
  all.add(DiagnosticCode::kSyntax, {source, 5, 6}, "a");
  all.add(DiagnosticCode::kSyntax, {source, 1, 2}, "first");
  all.add(DiagnosticCode::kSyntax, {source, 5, 6}, "a");
  all.sort();
  ASSERT_EQ(all.list().size(), 3U);
  EXPECT_EQ(all.error_count(), 3U);
  EXPECT_EQ(all.list()[0].message, "first");
  EXPECT_EQ(all.list()[1].message, "a");
}

TEST(Diagnostics, CountsPastTheLimit) {
  Diagnostics all;
  for (std::size_t i = 0; i < Diagnostics::kMaxErrors + 5; ++i) {
    all.add(DiagnosticCode::kSyntax, {}, std::to_string(i)).help = "help";
  }
  EXPECT_EQ(all.list().size(), Diagnostics::kMaxErrors);
  EXPECT_EQ(all.error_count(), Diagnostics::kMaxErrors + 5);
}

TEST(NearestName, Slips) {
  const std::vector<std::string_view> names = {"amount", "merchant", "ip", "within", "where"};
  EXPECT_EQ(nearest_name("amuont", names), "amount");
  EXPECT_EQ(nearest_name("witin", names), "within");
  EXPECT_EQ(nearest_name("Merchant", names), "merchant");
  EXPECT_EQ(nearest_name("ap", names), "");
  EXPECT_EQ(nearest_name("country", names), "");
  EXPECT_EQ(nearest_name("", names), "");
}

TEST(SourceSet, Lines) {
  SourceSet sources;
  const SourceId id = sources.add("x", "a\xC3\xA4z\r\n\nlast");
  EXPECT_EQ(sources.line(id, 1), "a\xC3\xA4z");
  EXPECT_EQ(sources.line(id, 2), "");
  EXPECT_EQ(sources.line(id, 3), "last");
  EXPECT_EQ(sources.line(id, 4), "");
  EXPECT_EQ(sources.locate(id, 3).column, 3U);
  EXPECT_EQ(sources.locate(id, 6).line, 2U);
  EXPECT_EQ(sources.locate(id, 999).line, 3U);
  EXPECT_EQ(sources.text(Span{id, 7, 999}), "last");
}

TEST(LiteralText, Durations) {
  EXPECT_EQ(duration_ms("250ms"), 250);
  EXPECT_EQ(duration_ms("1h30m"), 5'400'000);
  EXPECT_EQ(duration_ms("7d"), 604'800'000);
  EXPECT_EQ(duration_ms("30m1h"), -1);
  EXPECT_EQ(duration_ms("1m1m"), -1);
  EXPECT_EQ(duration_ms("99999999999999d"), -1);
  EXPECT_EQ(duration_ms(""), -1);
  EXPECT_EQ(duration_text(5'400'001), "1h30m1ms");
  EXPECT_EQ(duration_text(0), "0s");
}

TEST(LiteralText, Escapes) {
  Diagnostics errors;
  const std::string text = "q\" b\\ n\n \xC3\xA4 \x01 \xF0\x9F\x98\x80";
  EXPECT_EQ(unescape(escape(text), {}, errors), text);
  EXPECT_EQ(unescape("\\u00e4\\ud83d\\ude00\\/", {}, errors), "\xC3\xA4\xF0\x9F\x98\x80/");
  EXPECT_FALSE(errors.has_errors());
  static_cast<void>(unescape("\\q \\ud83d \\u12", {}, errors));
  EXPECT_EQ(errors.error_count(), 3U);
}

}  // namespace
}  // namespace weir::dsl
