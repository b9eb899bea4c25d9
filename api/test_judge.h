// Holds what fired in a test against what it expects (language L7); for features see
// test_features.h. Used by run_tests. Pure but for its own state; one object a test; not
// thread-safe.
//
// Invariants
// 1. Each expectation takes one firing of its own. Which takes which is a matching of most pairs,
//    so that `expect r` never takes what only `expect r at 3m` could have.
// 2. `test R` judges R's alerts (its timeout's included) and the decisions that it expects; a test
//    without a rule judges every alert and every decision but the weakest.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dsl/ast.h"
#include "dsl/source.h"
#include "nfa/image.h"
#include "runtime/engine.h"

namespace weir::api {

struct FiredAlert {
  std::uint32_t rule = 0;
  std::string label;                                         // RULE, of a timeout RULE.NAME
  std::int64_t at_ms = 0;                                    // from the test's origin
  std::vector<std::pair<std::string, std::int64_t>> counts;  // events a part took, by name
};

struct FiredDecision {
  std::int32_t decision = 0;
  std::int64_t at_ms = 0;
};

class TestJudge {
 public:
  struct Finding {
    bool missing = false;  // else unexpected
    std::string message;
    const dsl::TestExpect* expect = nullptr;  // of what is missing
  };

  // The image and the test must outlive the judge.
  TestJudge(const nfa::Image& image, const dsl::TestDecl& test);

  void add(FiredAlert alert) { alerts_.push_back(std::move(alert)); }
  void add(FiredDecision decision) { decisions_.push_back(decision); }

  [[nodiscard]] std::vector<Finding> judge() const;
  // One line each, for people.
  [[nodiscard]] std::vector<std::string> expected_lines(const dsl::SourceSet& sources) const;
  [[nodiscard]] std::vector<std::string> fired_lines() const;
  // Expectations that cannot be held against anything: of a name that is nothing.
  [[nodiscard]] std::vector<std::pair<std::string, dsl::Span>> invalid() const;

 private:
  [[nodiscard]] std::int32_t decision_of(const dsl::TestExpect& expect) const;  // -1: none
  [[nodiscard]] bool is_rule(const std::string& name) const;
  [[nodiscard]] bool fits(const dsl::TestExpect& expect, const FiredAlert& alert) const;
  [[nodiscard]] bool fits(const dsl::TestExpect& expect, const FiredDecision& decision) const;
  [[nodiscard]] bool judged(const FiredAlert& alert) const;
  [[nodiscard]] bool judged(const FiredDecision& decision) const;
  template <typename Fired>
  void hold(const std::vector<const dsl::TestExpect*>& expected, const std::vector<Fired>& fired,
            std::vector<Finding>& out) const;
  [[nodiscard]] std::string text(const FiredAlert& alert) const;
  [[nodiscard]] std::string text(const FiredDecision& decision) const;

  const nfa::Image& image_;
  const dsl::TestDecl& test_;
  std::vector<const dsl::TestExpect*> expected_alerts_;
  std::vector<const dsl::TestExpect*> expected_decisions_;
  bool ignore_others_ = false;
  std::vector<FiredAlert> alerts_;
  std::vector<FiredDecision> decisions_;
};

// `card_testing at 3m { probe: 3 }`
[[nodiscard]] std::string expectation_text(const dsl::TestExpect& expect);
// Also of a feature: as it stands in the text.
[[nodiscard]] std::string expectation_text(const dsl::TestExpect& expect,
                                           const dsl::SourceSet& sources);

}  // namespace weir::api
