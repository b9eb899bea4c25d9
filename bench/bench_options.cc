#include "bench/bench_options.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace weir::bench {
namespace {

[[noreturn]] void refuse(const char* usage, const std::string& why) {
  std::fprintf(stderr, "%s\nusage: %s\n", why.c_str(), usage);
  std::exit(2);
}

template <typename T>
T number(const char* usage, std::string_view text) {
  T value{};
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr != end || value == T{}) {
    refuse(usage, "not a positive number: " + std::string(text));
  }
  return value;
}

}  // namespace

BenchOptions parse_options(int argc, char** argv, const char* usage) {
  BenchOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const auto value = [&]() -> std::string_view {
      if (++i >= argc) refuse(usage, "a value is missing after " + std::string(arg));
      return argv[i];
    };
    if (arg == "--events") {
      options.events = value();
    } else if (arg == "--limit") {
      options.most_events = number<std::size_t>(usage, value());
    } else if (arg == "--passes") {
      options.passes = number<int>(usage, value());
    } else if (arg == "--keys") {
      options.keys = number<std::uint64_t>(usage, value());
    } else if (arg == "--shards") {
      options.shards = number<std::size_t>(usage, value());
    } else if (arg == "--threads") {
      options.threads = number<std::size_t>(usage, value());
    } else if (arg == "--mode") {
      options.mode = value();
    } else if (arg == "--latency") {
      options.latency = true;
    } else if (arg.starts_with("--")) {
      refuse(usage, "unknown option " + std::string(arg));
    } else {
      options.rules.emplace_back(arg);
    }
  }
  if (options.events.empty() && options.keys == 0) refuse(usage, "--events is missing");
  return options;
}

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace weir::bench
