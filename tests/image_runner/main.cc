// image_runner IMAGE EVENTS... : `weir run` from a compiled image, alerts on standard output. See
// CMakeLists.txt for what it proves.
#include <cstdio>

#include "api/run_session.h"
#include "base/file_env.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: image_runner IMAGE EVENTS...\n", stderr);
    return 2;
  }
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
  const weir::api::Env env = weir::api::system_env();
  const auto bytes = env.files.read_file(argv[1], kMostBytes);
  if (!bytes) {
    std::fprintf(stderr, "%s\n", bytes.error().message.c_str());
    return 2;
  }
  const auto image = weir::nfa::read_image(*bytes);
  if (!image) {
    std::fprintf(stderr, "%s\n", image.error().message.c_str());
    return 2;
  }
  weir::RunOptions options;
  options.events.assign(argv + 2, argv + argc);
  const auto summary = weir::api::RunSession(*image, options, env, nullptr).run();
  if (summary) return 0;
  std::fprintf(stderr, "%s\n", summary.error().message.c_str());
  return 2;
}
