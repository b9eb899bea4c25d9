#include "apps/test_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string_view>

namespace weir::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Palette {
  std::string_view good;
  std::string_view bad;
  std::string_view plain;
};
constexpr Palette kNoColours{};
constexpr Palette kColours{"\x1b[32m", "\x1b[1;31m", "\x1b[0m"};

std::string place_text(const SourcePlace& place) {
  return fmt::format("{}:{}:{}", place.path, place.line, place.column);
}

void append_lines(std::string& out, std::string_view title, const std::vector<std::string>& lines,
                  std::string_view if_none) {
  if (lines.empty() && if_none.empty()) return;
  out += fmt::format("  {}\n", title);
  if (lines.empty()) out += fmt::format("    {}\n", if_none);
  for (const std::string& line : lines) out += fmt::format("    {}\n", line);
}

void append_failure(std::string& out, const TestResult& test) {
  for (const TestFailure& failure : test.failures) {
    out += fmt::format("  {}: {}\n", place_text(failure.place), failure.message);
  }
  append_lines(out, "expected", test.expected, "");
  if (!test.expected.empty()) append_lines(out, "fired", test.fired, "nothing");
  append_lines(out, "how far each open start got", test.progress, "");
  append_lines(out, "note", test.warnings, "");
}

void append_coverage(std::string& out, const TestCoverage& coverage) {
  const auto of = [](std::uint64_t all, const std::vector<std::string>& missed) {
    return fmt::format("{} of {}", all - missed.size(), all);
  };
  out += fmt::format("covered: {} rules", of(coverage.rules, coverage.rules_missed));
  if (coverage.parts > 0) {
    out += fmt::format(", {} parts, {} conditions", of(coverage.parts, coverage.parts_missed),
                       of(coverage.conditions, coverage.conditions_missed));
  }
  out += '\n';
  append_lines(out, "rules that no test fired", coverage.rules_missed, "");
  append_lines(out, "parts that no test matched", coverage.parts_missed, "");
  append_lines(out, "conditions that no test made true", coverage.conditions_missed, "");
}

std::string_view kind_name(TestFailure::Kind kind) {
  switch (kind) {
    case TestFailure::Kind::missing:
      return "missing";
    case TestFailure::Kind::unexpected:
      return "unexpected";
    case TestFailure::Kind::invalid:
      return "invalid";
  }
  return "invalid";
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

}  // namespace

std::string text_report(const TestReport& report, bool quiet, bool colour) {
  const Palette& paint = colour ? kColours : kNoColours;
  std::string out;
  for (const TestResult& test : report.tests) {
    if (test.passed) {
      if (quiet) continue;
      out += fmt::format("{}ok{}    {}\n", paint.good, paint.plain, test.name);
      append_lines(out, "note", test.warnings, "");
      continue;
    }
    out += fmt::format("{}FAIL{}  {} ({})\n", paint.bad, paint.plain, test.name,
                       place_text(test.place));
    append_failure(out, test);
  }
  const std::size_t failed = report.failed();
  const std::size_t all = report.tests.size();
  out += fmt::format("{} {}, {}{} failed{}\n", all, all == 1 ? "test" : "tests",
                     failed > 0 ? paint.bad : paint.good, failed, paint.plain);
  if (!quiet) append_coverage(out, report.coverage);
  return out;
}

std::string json_report(const TestReport& report) {
  Json tests = Json::array();
  for (const TestResult& test : report.tests) {
    Json failures = Json::array();
    for (const TestFailure& failure : test.failures) {
      failures.push_back({{"kind", kind_name(failure.kind)},
                          {"message", failure.message},
                          {"file", failure.place.path},
                          {"line", failure.place.line},
                          {"column", failure.place.column}});
    }
    tests.push_back({{"name", test.name},
                     {"rule", test.rule.empty() ? Json(nullptr) : Json(test.rule)},
                     {"title", test.title},
                     {"file", test.place.path},
                     {"line", test.place.line},
                     {"passed", test.passed},
                     {"seconds", test.seconds},
                     {"failures", std::move(failures)},
                     {"expected", test.expected},
                     {"fired", test.fired},
                     {"progress", test.progress},
                     {"warnings", test.warnings}});
  }
  const TestCoverage& c = report.coverage;
  const Json coverage = {{"rules", c.rules},
                         {"parts", c.parts},
                         {"conditions", c.conditions},
                         {"rules_missed", c.rules_missed},
                         {"parts_missed", c.parts_missed},
                         {"conditions_missed", c.conditions_missed}};
  const Json out = {{"tests", std::move(tests)},
                    {"passed", report.tests.size() - report.failed()},
                    {"failed", report.failed()},
                    {"coverage", coverage}};
  return out.dump() + "\n";
}

std::string junit_report(const TestReport& report) {
  std::map<std::string, std::vector<const TestResult*>> by_file;
  for (const TestResult& test : report.tests) by_file[test.place.path].push_back(&test);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites tests=\"{}\" failures=\"{}\">\n", report.tests.size(),
                     report.failed());
  for (const auto& [file, tests] : by_file) {
    std::size_t failed = 0;
    double seconds = 0;
    for (const TestResult* test : tests) {
      failed += test->passed ? 0 : 1;
      seconds += test->seconds;
    }
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.6f}\">\n",
                       xml_text(file), tests.size(), failed, seconds);
    for (const TestResult* test : tests) {
      out += fmt::format(
          "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
          xml_text(test->rule.empty() ? "ruleset" : test->rule), xml_text(test->name),
          xml_text(file), test->place.line, test->seconds);
      if (test->passed) {
        out += "/>\n";
        continue;
      }
      std::string details;
      append_failure(details, *test);
      const std::string first = test->failures.empty() ? "" : test->failures.front().message;
      out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                         xml_text(first), xml_text(details));
    }
    out += "  </testsuite>\n";
  }
  out += "</testsuites>\n";
  return out;
}

}  // namespace weir::apps
