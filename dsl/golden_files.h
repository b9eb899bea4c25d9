// The golden cases of the tests: files beside their expectations, under tests/golden. With
// WEIR_BLESS=1 in the environment the expectations are written anew. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#ifndef WEIR_SOURCE_DIR
#define WEIR_SOURCE_DIR "."
#endif

namespace weir::dsl::testing {

inline std::filesystem::path golden_directory(std::string_view name) {
  return std::filesystem::path(WEIR_SOURCE_DIR) / "tests" / "golden" / name;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Files whose names end with `suffix`, sorted.
inline std::vector<std::filesystem::path> golden_files(std::string_view directory,
                                                       std::string_view suffix) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(golden_directory(directory))) {
    if (entry.path().filename().string().ends_with(suffix)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// Compares with the expectation, or writes it.
inline void expect_golden(const std::filesystem::path& expected, const std::string& actual) {
  const char* bless = std::getenv("WEIR_BLESS");
  if (bless != nullptr && std::string_view(bless) == "1") {
    std::ofstream(expected, std::ios::binary) << actual;
    return;
  }
  EXPECT_EQ(actual, read_file(expected)) << expected << " (WEIR_BLESS=1 rewrites it)";
}

}  // namespace weir::dsl::testing
