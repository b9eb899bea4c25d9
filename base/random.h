// Chance, behind an interface: whoever needs random numbers is handed a Random, so that a test can
// hand over a seeded one and see the same run again.
//
// Used by tests (random rules and streams), the simulator and what has to be unguessable between
// processes. The stream generator of apps/generate has its own copy of the algorithm: apps see
// only include/weir, and the bytes of a generated stream must not move with this file.
//
// Thread safety: a SeededRandom belongs to one thread; system_random() may be called from any.
// Invariant: a SeededRandom gives the same numbers for the same seed on every platform, for ever.
#pragma once

#include <array>
#include <cstdint>

namespace weir::base {

class Random {
 public:
  virtual ~Random() = default;
  // 64 uniform bits.
  virtual std::uint64_t next() = 0;

  // Uniform in [0, bound), without bias; `bound` is at least 1.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high], both included; high >= low.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high);
  // True `parts` times out of `whole`, on average; `whole` is at least 1.
  [[nodiscard]] bool chance(std::uint64_t parts, std::uint64_t whole) {
    return below(whole) < parts;
  }
};

// xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64 from the seed. Not for
// secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 4> s_;  // s in the paper
};

// The operating system's source (getrandom). Slow: a system call a number.
[[nodiscard]] Random& system_random();

}  // namespace weir::base
