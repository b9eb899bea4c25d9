#include "apps/backtest/html_report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "apps/backtest/figures_text.h"
#include "apps/backtest/html_writer.h"
#include "apps/backtest/label_sniffer.h"
#include "apps/backtest/svg_plots.h"
#include "apps/backtest/text_report.h"

namespace weir::apps {
namespace {

TEST(BacktestText, Figures) {
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(money_text(125005000), "12,500.50");
  EXPECT_EQ(money_text(2000000), "200");
  EXPECT_EQ(money_text(-49), "0");
  EXPECT_EQ(money_text(-51), "-0.01");
  EXPECT_EQ(money_text(12345678900000), "1,234,567,890");
  EXPECT_EQ(score_text(700000), "70");
  EXPECT_EQ(score_text(-2500), "-0.25");
  EXPECT_EQ(share_text(0.9456), "94.6%");
  EXPECT_EQ(share_text(std::nullopt), "–");
  EXPECT_EQ(rate_text(0.041), "0.041");
  EXPECT_EQ(span_text(0), "0s");
  EXPECT_EQ(span_text(600000), "10m");
  EXPECT_EQ(span_text(27 * 3'600'000 + 1'900'000), "1d4h");
}

TEST(BacktestHtml, EscapesWhatComesFromData) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(escape_html(std::string("a\0b\x1b", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  HtmlTable table = {"<c>", {"<d>"}, {{"<e>", HtmlCell("<f>", 1.5)}}, false};
  std::string out;
  append_table(out, table);
  for (const char* raw : {"<c>", "<d>", "<e>", "<f>"}) EXPECT_EQ(out.find(raw), std::string::npos);
}

TEST(BacktestHtml, AxesEndAtRoundNumbers) {
  EXPECT_EQ(round_up(0), 1);
  EXPECT_EQ(round_up(7), 10);
  EXPECT_EQ(round_up(2.4), 2.5);
  EXPECT_EQ(round_up(20), 20);
  EXPECT_EQ(round_up(0.03), 0.05);
  XyPlot plot;
  plot.lines = {{"", "accent", {{100, 0.82, "", false}, {131, 0.93, "", false}}, true, false}};
  fit_axes(plot);
  EXPECT_LE(plot.x_least, 100);
  EXPECT_GE(plot.x_least, 60);
  EXPECT_GE(plot.x_most, 131);
  EXPECT_LE(plot.y_least, 0.82);
  EXPECT_GE(plot.y_most, 0.93);
  plot.y_share = true;
  plot.lines[0].points[1].y = 0.99;
  fit_axes(plot);
  EXPECT_EQ(plot.y_most, 1);
  EXPECT_LE(plot.y_least, 0.82);
}

TEST(BacktestHtml, EmptyReportIsAPage) {
  const std::string page = html_report(BacktestReport());
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_FALSE(text_report(BacktestReport()).empty());
}

class LabelSniffer : public testing::Test {
 protected:
  bool has(const std::string& text, bool is_csv, const char* field = "x.y") {
    std::ofstream(path_) << text;
    return may_have_field(path_, is_csv, field);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_ = testing::TempDir() + "weir_label_sniffer.data";
};

TEST_F(LabelSniffer, JsonRecords) {
  EXPECT_TRUE(has("{\"x\":1}\n{}\n{\"x\":{\"y\":true}}\n", false));
  EXPECT_TRUE(has("not json\n{\"x\":{\"y\":null}}\n", false));
  EXPECT_FALSE(has("{\"y\":true}\n{\"x\":1}\n", false));
  EXPECT_FALSE(has("", false));
}

TEST_F(LabelSniffer, CsvHeaders) {
  EXPECT_TRUE(has("a,x.y\n1,\n", true));
  EXPECT_FALSE(has("a,b\n1,true\n", true));
}

TEST_F(LabelSniffer, WhatCannotBeSeenMayBeThere) {
  EXPECT_TRUE(may_have_field("-", false, "x"));
  EXPECT_TRUE(may_have_field(path_ + ".not_there", false, "x"));
}

}  // namespace
}  // namespace weir::apps
