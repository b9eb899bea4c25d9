// In the fuzz preset: puts the target's seeds into the working corpus, the first directory among
// libFuzzer's arguments, before it is read. Without a directory (an input is tried again) nothing
// is written.
#include <filesystem>
#include <fstream>

#include "tests/fuzz/seeds.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (weir::fuzz::seeds == nullptr) return 0;
  for (int i = 1; i < *argc; ++i) {
    const std::filesystem::path place((*argv)[i]);
    if (!std::filesystem::is_directory(place)) continue;
    for (const auto& seed : weir::fuzz::seeds()) {
      std::ofstream(place / seed.name, std::ios::binary) << seed.bytes;
    }
    break;
  }
  return 0;
}
