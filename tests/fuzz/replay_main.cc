// Runs a fuzz target over kept inputs and its seeds without libFuzzer: `parser_fuzz
// corpus/parser_fuzz`. It stands in for libFuzzer's main in every preset but fuzz, so that GCC
// builds replay both.
// A target that finds a fault aborts, which is the failure; the path printed last names the input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/seeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> inputs_below(const std::filesystem::path& root) {
  if (!std::filesystem::is_directory(root)) return {};
  std::vector<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

// libFuzzer hands over a buffer of its own for each input; so does this, of the exact size, for
// the address sanitizer to see a read past the end.
void replay(const std::string& name, std::string_view bytes) {
  std::printf("%s\n", name.c_str());
  std::fflush(stdout);
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

void replay_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  replay(path.string(), std::string{std::istreambuf_iterator<char>(file), {}});
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& path : inputs_below(argv[i])) {
      replay_file(path);
      ++replayed;
    }
  }
  std::size_t made = 0;
  if (weir::fuzz::seeds != nullptr) {
    for (const auto& seed : weir::fuzz::seeds()) {
      replay(seed.name, seed.bytes);
      ++made;
    }
    if (made == 0) return 1;  // a target with seeds has found none
  }
  LLVMFuzzerTestOneInput(nullptr, 0);  // the empty input is always one
  std::printf("replayed %zu kept inputs, %zu seeds and the empty input\n", replayed, made);
  return 0;
}
