// The result of `weir test` as text, as JSON, and as JUnit's XML. Pure functions; thread-safe.
#pragma once

#include <string>

#include <weir/testing.h>

namespace weir::apps {

// `quiet`: failures and the count only.
[[nodiscard]] std::string text_report(const TestReport& report, bool quiet, bool colour);
[[nodiscard]] std::string json_report(const TestReport& report);
[[nodiscard]] std::string junit_report(const TestReport& report);

}  // namespace weir::apps
