#include "base/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>

#include "base/check.h"

namespace weir::base {
namespace {

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t bits = 0;
    // Up to 256 bytes come whole once the pool is ready; before that the call waits, and a signal
    // may interrupt it.
    while (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
      WEIR_CHECK(errno == EINTR);
    }
    return bits;
  }
};

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  WEIR_CHECK(bound > 0);
  // Lemire's method (2019): the high half of a 128-bit product, drawn again for the few low halves
  // that would favour some results.
  const std::uint64_t unfair = (0 - bound) % bound;
  unsigned __int128 product = static_cast<unsigned __int128>(next()) * bound;
  while (static_cast<std::uint64_t>(product) < unfair) {
    product = static_cast<unsigned __int128>(next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  WEIR_CHECK(low <= high);
  // In unsigned arithmetic: high - low may not fit into an int64.
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t offset = span == UINT64_MAX ? next() : below(span + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::uint64_t& word : s_) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t SeededRandom::next() {
  const std::uint64_t result = std::rotl(s_[1] * 5, 7) * 9;
  const std::uint64_t shifted = s_[1] << 17;
  s_[2] ^= s_[0];
  s_[3] ^= s_[1];
  s_[1] ^= s_[2];
  s_[0] ^= s_[3];
  s_[2] ^= shifted;
  s_[3] = std::rotl(s_[3], 45);
  return result;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace weir::base
