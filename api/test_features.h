// The features of a `test` block (language L7): puts their values into its events, and holds them
// against what it expects: `expect feature F[key] == v at T`. Used by run_tests. Not thread-safe;
// the loaded image, the sources and the test must outlive it.
//
// Keys and values that a test names are read by the codec that reads its events, so that they mean
// what they would mean there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api/test_judge.h"
#include "api/test_stream.h"
#include "compiler/compiler.h"
#include "event/batch.h"
#include "runtime/feature_stage.h"
#include "runtime/loaded_image.h"

namespace weir::api {

class TestFeatures {
 public:
  TestFeatures(const runtime::LoadedImage& loaded, const dsl::SourceSet& sources,
               const compiler::TestRef& test);

  // Expectations that cannot be held against anything.
  [[nodiscard]] const std::vector<TestProblem>& problems() const { return problems_; }
  // The events that the engine took, in its order: they carry the values of features from now on,
  // for as long as this lives. To be called once. Returns what was not as it was expected.
  [[nodiscard]] std::vector<TestJudge::Finding> run(std::vector<event::Row>& rows);

 private:
  struct Expected {
    const dsl::TestExpect* expect = nullptr;
    std::uint32_t feature = 0;        // of Image::features
    const event::Row* row = nullptr;  // its fields: those of the key, and the value
  };

  void take(const dsl::TestExpect& expect);
  void write_expectation(const Expected& expected);
  void read_expectations();
  void hold(const Expected& expected, std::vector<TestJudge::Finding>& out);

  const runtime::LoadedImage& loaded_;
  const dsl::SourceSet& sources_;
  const dsl::Ast& tree_;
  runtime::EngineOptions options_;
  runtime::FeatureStage stage_;
  std::vector<Expected> expected_;
  event::Schema schema_;  // a type for each of them
  std::string lines_;
  event::Batch batch_;
  std::vector<runtime::Turn> turns_;
  std::vector<TestProblem> problems_;
};

}  // namespace weir::api
