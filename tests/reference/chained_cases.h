// Random rulesets in which rules look at each other's alerts: rules of case_generator.h, in which
// the alerts of one take the place of an event type of another. Used by the differential tests.
// Deterministic: the same seed gives the same case on every platform.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/reference/case_model.h"

namespace weir::reference {

struct ChainedCase {
  std::uint64_t seed = 0;
  std::vector<CaseFeature> features;
  std::vector<std::string> streams;  // the declarations
  struct Rule {
    std::string name;
    CaseRule rule;
    std::string emit;  // `v = 1, x = p1.x`; empty: none
    bool shadow = false;
  };
  std::vector<Rule> rules;       // in the order of the file
  std::vector<RefEvent> events;  // in order
};

[[nodiscard]] ChainedCase generate_chained_case(std::uint64_t seed, std::size_t max_events);
[[nodiscard]] std::string to_weir(const ChainedCase& c);
// Every case that is the given one without an event, a rule or a feature.
[[nodiscard]] std::vector<ChainedCase> smaller_cases(const ChainedCase& c);

}  // namespace weir::reference
