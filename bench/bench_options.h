// The arguments that the benchmark programs share, and how they print. Each program prints one
// JSON object a run on standard output, for bench/run.py to compare.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::bench {

struct BenchOptions {
  std::vector<std::string> rules;
  std::string events;
  std::size_t most_events = SIZE_MAX;
  int passes = 3;
  bool latency = false;
  std::size_t shards = 0;   // 0: one for each thread
  std::size_t threads = 1;  // that shards run on
  std::string mode;
  std::uint64_t keys = 0;  // with which no file of events is read
};

// Exits with 2 and a message if the arguments make no sense.
[[nodiscard]] BenchOptions parse_options(int argc, char** argv, const char* usage);

[[nodiscard]] std::int64_t now_ns();

}  // namespace weir::bench
