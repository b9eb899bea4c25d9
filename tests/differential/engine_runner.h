// A generated case through parser, compiler and engine, with the answer in the reference matcher's
// terms, so that the two can be held against each other. Used by the differential tests, the
// mutant tests and the differential fuzzer. No state between calls.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dsl/ast.h"
#include "nfa/image.h"
#include "tests/reference/case_model.h"
#include "tests/reference/chained.h"
#include "tests/reference/reference.h"

namespace weir::differential {

// A rule file compiled; kInvalidArgument with the diagnostics if it has errors.
struct CompiledCase {
  dsl::Ast ast;
  nfa::Image image;
};
[[nodiscard]] base::Result<std::unique_ptr<CompiledCase>> compile_case(const std::string& text);

struct EngineOptionsOfCase {
  std::int64_t lateness_ms = 0;
  std::uint32_t first_compaction = 16;
  std::uint32_t few_events = 16;
  // The order in which the events arrive, as indices; empty: in order.
  std::vector<std::size_t> arrival;
  // So many copies of the rule in one ruleset: more than TypeDispatch::kMany are found by the index
  // over their conditions. The alerts are those of the one in the middle.
  std::size_t copies = 1;
  std::size_t shards = 1;
  std::size_t batch = 1;  // events that are added before the engine runs
};

// The alerts of the image over the events (numbered as given), time running to its end.
[[nodiscard]] base::Result<std::vector<reference::RefAlert>> engine_run(
    const nfa::Image& image, const std::vector<reference::RefEvent>& events,
    const EngineOptionsOfCase& options = {});

// The alerts of all rules, each with the event whose decision it counts for.
[[nodiscard]] base::Result<std::vector<reference::ChainedAlert>> engine_run_chained(
    const nfa::Image& image, const std::vector<reference::RefEvent>& events,
    const EngineOptionsOfCase& options = {});

// What the reference is asked for.
[[nodiscard]] inline reference::RefOptions with_outcomes() {
  reference::RefOptions options;
  options.with_outcomes = true;
  return options;
}

// The alerts of rule `r` by the reference, with lists as all rules change them.
[[nodiscard]] base::Result<std::vector<reference::RefAlert>> reference_alerts(
    const dsl::Ast& ast, const std::vector<reference::RefEvent>& events);

// What the engine and the reference say of one case; empty: the same. Outcomes may differ as
// reference::figures_agree() allows.
[[nodiscard]] std::string difference(const std::vector<reference::RefAlert>& expected,
                                     const std::vector<reference::RefAlert>& found);

[[nodiscard]] std::string difference(const std::vector<reference::ChainedAlert>& expected,
                                     const std::vector<reference::ChainedAlert>& found);
// An arrival order in which no event is late by more than `lateness_ms`; ties keep their order.
[[nodiscard]] std::vector<std::size_t> shuffled(const std::vector<reference::RefEvent>& events,
                                                std::uint64_t seed, std::int64_t lateness_ms);

enum class Outcome {
  kSame,
  kRefused,   // the language refuses the rule
  kTooLarge,  // the reference gave up
  kDifferent,
};

// The case with a gap somewhere a millisecond longer, for every fourth seed: limits are then missed
// by the least that there is.
[[nodiscard]] reference::Case vary_times(reference::Case c);

// The case through both, in order and out of order within the lateness. `what` says the
// difference, or why it was refused; `matched` whether the reference reports anything.
[[nodiscard]] Outcome check_case(const reference::Case& c, std::string* what, bool* matched);

}  // namespace weir::differential
