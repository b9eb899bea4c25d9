#include "base/log.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::base {
namespace {

TEST(MemoryLog, KeepsEveryKindOfField) {
  MemoryLog log;
  const std::string rule = "card_testing";
  log.log(LogLevel::kWarning, "late event dropped",
          {{"rule", rule},
           {"count", 3},
           {"seq", std::uint64_t{18446744073709551615U}},
           {"ratio", 0.5},
           {"warming", true},
           {"mode", "live"}});
  log.log(LogLevel::kInfo, "ready");
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{
                "warning: late event dropped rule=card_testing count=3 seq=18446744073709551615 "
                "ratio=0.5 warming=true mode=live",
                "info: ready"}));
}

TEST(LogSink, WritesNothingBelowItsLevel) {
  class ErrorsOnly final : public LogSink {
   public:
    [[nodiscard]] bool enabled(LogLevel level) const override { return level == LogLevel::kError; }
    void write(LogLevel, std::string_view, std::span<const LogField>) override { ++written; }
    int written = 0;
  } log;
  log.log(LogLevel::kInfo, "ready");
  log.log(LogLevel::kError, "disk full");
  EXPECT_EQ(log.written, 1);
}

}  // namespace
}  // namespace weir::base
