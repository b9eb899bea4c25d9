// `weir test`: the tests in rule files, and what they leave untested.
#include <fmt/format.h>
#include <weir/testing.h>

#include <regex>

#include "apps/command_line.h"
#include "apps/file_output.h"
#include "apps/terminal.h"
#include "apps/test_report.h"

namespace weir::apps {
namespace {

constexpr const char* kExample =
    "Example:\n"
    "  weir test rules/ --filter 'card_testing' --junit report.xml\n"
    "\n"
    "Times in a test count from 2026-01-01T00:00:00Z.\n";

struct TestArguments {
  std::vector<std::string> rules;
  CompileOptions compile;
  std::string filter;
  std::string junit;
  std::string format = "text";
  bool quiet = false;
};

int write_junit(const std::string& path, const TestReport& report) {
  auto file = FileOutput::open(path);
  if (!file) {
    complain(file.error());
    return kBadUsage;
  }
  file->write(junit_report(report));
  if (const auto done = file->finish(); !done) {
    complain(done.error());
    return kBadUsage;
  }
  return kGood;
}

int run_filtered(const TestArguments& a, const TestOptions& options) {
  const Telling telling = a.format == "json" ? Telling::kJsonData : Telling::kText;
  const Compiled compiled = compile_rules(a.rules, a.compile, true, telling);
  if (!compiled.rules) return compiled.status;
  const auto report = run_tests(*compiled.rules, options);
  if (!report) {
    complain(report.error().message);
    return kBadUsage;
  }
  if (report->tests.empty() && !a.filter.empty()) {
    complain("no test matches " + a.filter);
    return kBadUsage;
  }
  const std::string text =
      a.format == "json" ? json_report(*report) : text_report(*report, a.quiet, use_colour(stdout));
  if (!print_data(text)) return kBadUsage;
  if (!a.junit.empty()) {
    if (const int status = write_junit(a.junit, *report); status != kGood) return status;
  }
  return report->failed() == 0 ? kGood : kFallsShort;
}

}  // namespace

int test_command(const Arguments& arguments) {
  CLI::App app("Runs the tests in rule files.", "weir test");
  app.footer(kExample);
  TestArguments a;
  app.add_option("RULES", a.rules, "rule files, or directories of *.weir files")->required();
  app.add_option("--filter", a.filter, "only tests whose name (RULE \"title\") has a match")
      ->type_name("REGEX");
  app.add_option("--junit", a.junit, "also writes a JUnit report")->type_name("FILE");
  add_choice(app, "--format", a.format, {"text", "json"}, "of the report");
  add_params(app, a.compile.params);
  app.add_flag("--quiet", a.quiet, "only failures and the count");
  if (const auto status = parse(app, arguments)) return *status;

  TestOptions options;
  if (!a.filter.empty()) {
    try {
      const std::regex pattern(a.filter, std::regex::ECMAScript);
      options.filter = [pattern](const std::string& name) {
        return std::regex_search(name, pattern);
      };
    } catch (const std::regex_error& error) {
      complain(fmt::format("--filter {} is no regular expression: {}", a.filter, error.what()));
      return kBadUsage;
    }
  }
  return run_filtered(a, options);
}

}  // namespace weir::apps
