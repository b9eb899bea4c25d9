// Runs the `test` blocks of a rule file (L7) through the reference matcher: a check that the golden
// files and the reference agree, independent of `weir test`. Pure; thread-safe.
//
// Judged: alerts, timeouts, and the decisions of L5.2 that need nothing but `decide`, `final` and
// score thresholds; and the values of features. Left out, and reported as such: lists, tables,
// chained rules, templates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/ast.h"

namespace weir::reference {

// 2026-01-01T00:00:00Z: the time from which a test's times count (R30).
inline constexpr std::int64_t kTestOriginMs = 1'767'225'600'000;

struct TestOutcome {
  std::string title;  // `RULE "title"`
  bool passed = false;
  bool left_out = false;              // uses what the reference leaves out; `problems` says what
  std::vector<std::string> problems;  // one line each: what was expected, what fired
};

// The outcomes of all `test` blocks, in the order of the file.
[[nodiscard]] std::vector<TestOutcome> run_test_blocks(const dsl::Ast& ast);

// The same from text; a text that does not parse gives one failed outcome with its diagnostics.
[[nodiscard]] std::vector<TestOutcome> run_test_text(std::string_view path, std::string_view text);

}  // namespace weir::reference
