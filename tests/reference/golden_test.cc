// The golden files of the language page, through the reference matcher: what was derived by hand
// from the text and what the reference makes of the same text have to agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/reference/test_blocks.h"

namespace weir::reference {
namespace {

std::vector<std::filesystem::path> golden_files() {
  const std::filesystem::path folder = "tests/golden/language";
  std::vector<std::filesystem::path> out;
  for (const auto& part : {folder, folder / "features"}) {
    for (const auto& entry : std::filesystem::directory_iterator(part)) {
      if (entry.path().extension() == ".weir") out.push_back(entry.path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

class Golden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Golden, AgreesWithTheReference) {
  std::ifstream in(GetParam());
  std::stringstream text;
  text << in.rdbuf();
  const auto outcomes = run_test_text(GetParam().filename().string(), text.str());
  EXPECT_FALSE(outcomes.empty());
  for (const TestOutcome& outcome : outcomes) {
    std::string problems;
    for (const auto& problem : outcome.problems) problems += "\n    " + problem;
    EXPECT_TRUE(outcome.passed) << outcome.title << (outcome.left_out ? " (left out)" : "")
                                << problems;
  }
}

INSTANTIATE_TEST_SUITE_P(Language, Golden, testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace weir::reference
