#include "apps/log_sink.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace weir::apps {
namespace {

const std::vector<LogField> kFields = {{"rule", std::string_view("a\n\"b\"")},
                                       {"count", std::int64_t{-3}},
                                       {"ratio", 0.5},
                                       {"warming", true}};

TEST(LogSink, TextIsOneLineWhateverTheValuesHold) {
  std::ostringstream out;
  MakeLogSink(out, LogFormat::kText, LogLevel::info)
      ->write(LogLevel::warning, "late events dropped", kFields);
  const std::string line = out.str();
  EXPECT_TRUE(line.ends_with(
      "Z warning: late events dropped rule=a \"b\" count=-3 ratio=0.5 warming=true\n"))
      << line;
}

TEST(LogSink, JsonKeepsTypesAndOrder) {
  std::ostringstream out;
  MakeLogSink(out, LogFormat::kJson, LogLevel::info)
      ->write(LogLevel::error, "list \xff not read", kFields);
  auto record = nlohmann::ordered_json::parse(out.str());
  EXPECT_EQ(record.at("ts").get<std::string>().size(), sizeof "2026-01-01T00:00:00.000Z" - 1);
  record.erase("ts");
  EXPECT_EQ(
      record.dump(),
      "{\"level\":\"error\",\"msg\":\"list \xEF\xBF\xBD not read\",\"rule\":\"a\\n\\\"b\\\"\","
      "\"count\":-3,\"ratio\":0.5,\"warming\":true}");
}

TEST(LogSink, DropsWhatIsBelowItsLevel) {
  std::ostringstream out;
  const auto sink = MakeLogSink(out, LogFormat::kText, LogLevel::warning);
  EXPECT_FALSE(sink->enabled(LogLevel::info));
  EXPECT_TRUE(sink->enabled(LogLevel::error));
  sink->write(LogLevel::info, "ready", {});
  EXPECT_EQ(out.str(), "");
}

// A message is text, never a format string.
TEST(LogSink, BracesArePlainText) {
  std::ostringstream out;
  MakeLogSink(out, LogFormat::kText, LogLevel::info)->write(LogLevel::info, "{} {0} %v", {});
  EXPECT_TRUE(out.str().ends_with("info: {} {0} %v\n")) << out.str();
}

}  // namespace
}  // namespace weir::apps
