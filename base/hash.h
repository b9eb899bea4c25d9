// XXH3, the one hash of Weir, 64 and 128 bits wide: hash tables, shard choice, checksums, alert
// ids, rule versions and the canary's share of keys.
//
// FROZEN: hash64 and hash128 without a seed leave the process (alert ids, `mode canary`, checkpoint
// checksums); hash_test.cc pins their values. XXH3 is not keyed against attack: a table that an
// outsider fills takes a seed drawn at start. Thread-safe: no state.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::base {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // 32 lower-case hexadecimal digits, the high half first, as XXH128's canonical form.
  [[nodiscard]] std::string hex() const;
  friend constexpr auto operator<=>(const Hash128&, const Hash128&) = default;
};

[[nodiscard]] std::uint64_t hash64(std::string_view bytes);
[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);
[[nodiscard]] Hash128 hash128(std::string_view bytes);

}  // namespace weir::base
