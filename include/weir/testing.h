// The `test` blocks of rule files (language L7). Times in a test count from 2026-01-01T00:00:00Z,
// so that conditions on hours and weekdays (a Thursday) mean something. Thread-safe; no state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "weir/diagnostics.h"
#include "weir/error.h"
#include "weir/ruleset.h"

namespace weir {

inline constexpr std::int64_t kTestOriginMs = 1'767'225'600'000;

struct TestOptions {
  // Which tests are run, by full name (`RULE "title"`, or the title alone); empty: all.
  std::function<bool(const std::string& name)> filter;
};

struct TestFailure {
  enum class Kind : std::uint8_t {
    missing,     // expected, and did not come
    unexpected,  // came, and was not expected
    invalid,     // the test cannot be run as it stands
  };
  Kind kind = Kind::missing;
  std::string message;  // one line
  SourcePlace place;    // of the expectation or the event
};

struct TestResult {
  std::string name;  // `card_testing "three probes, then a hit"`
  std::string rule;  // the rule that is judged; empty: all
  std::string title;
  SourcePlace place;
  bool passed = false;
  double seconds = 0;
  std::vector<TestFailure> failures;
  std::vector<std::string> expected;  // what the test expects, one line each
  std::vector<std::string> fired;     // what fired, one line each
  std::vector<std::string> progress;  // how far each open start got, one line each
  // Events that lack a field `weir run` would ask for, or that came too late to be matched.
  std::vector<std::string> warnings;
};

// What no test made true.
struct TestCoverage {
  std::uint64_t rules = 0;
  std::uint64_t parts = 0;
  std::uint64_t conditions = 0;
  std::vector<std::string> rules_missed;       // names
  std::vector<std::string> parts_missed;       // `RULE: auth as hit where ...`
  std::vector<std::string> conditions_missed;  // `RULE: amount > 2`
};

struct TestReport {
  std::vector<TestResult> tests;  // in the order of the files
  TestCoverage coverage;
  [[nodiscard]] std::size_t failed() const;
};

// Runs the tests of the files that the ruleset was compiled from. invalid_argument if it was loaded
// from an image, which has none.
[[nodiscard]] Result<TestReport> run_tests(const Ruleset& rules, const TestOptions& options = {});

}  // namespace weir
