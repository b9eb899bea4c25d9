// The random numbers of the stream generator: xoshiro256** (Blackman and Vigna, 2018), seeded
// through splitmix64.
//
// Used by the parts of `weir generate`. std::*_distribution and <cmath> are avoided on purpose:
// both differ between standard libraries, and a seed has to give the same bytes on every platform.
// All results are integers.
//
// Thread safety: none; one object belongs to one thread.
#pragma once

#include <bit>
#include <cstdint>

namespace weir::apps {

// A 64-bit hash of one value (the finaliser of splitmix64): equal inputs, equal outputs, for ever.
constexpr uint64_t MixBits(uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

constexpr uint64_t MixBits(uint64_t a, uint64_t b) { return MixBits(MixBits(a) ^ b); }
constexpr uint64_t MixBits(uint64_t a, uint64_t b, uint64_t c) {
  return MixBits(MixBits(a, b) ^ c);
}

class SeededRandom {
 public:
  explicit constexpr SeededRandom(uint64_t seed) {
    for (uint64_t& word : state_) {
      word = MixBits(seed);
      seed += 0x9e3779b97f4a7c15U;
    }
  }

  constexpr uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound); 0 when bound is 0. The bias is below bound / 2^64.
  constexpr uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

  // Uniform in [low, high], both included; high >= low.
  constexpr int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }

  // True with a probability of `parts` in 10,000.
  constexpr bool PerTenThousand(uint32_t parts) { return Below(10'000) < parts; }

 private:
  uint64_t state_[4] = {};
};

}  // namespace weir::apps
