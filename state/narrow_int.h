// Signed integers of 1 to 8 or of 16 bytes, packed without gaps: how records of a window keep their
// times and columns.
//
// A value is named by the address one past its last byte. It is loaded with the 8 bytes that end
// there and shifted down, so that no branch depends on the width, and nothing beyond the block is
// touched: the bytes before the first record are the block's header.
//
// Invariant: at least 8 readable and writable bytes end at `end`. Storing leaves the bytes of other
// values as they were.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::state {

using Int128 = __int128;
using UInt128 = unsigned __int128;

inline constexpr unsigned kWideBytes = 16;

[[nodiscard]] inline std::int64_t load_narrow(const std::byte* end, unsigned bytes) {
  std::int64_t value;
  std::memcpy(&value, end - 8, 8);
  return value >> (64 - 8 * bytes);
}

[[nodiscard]] inline std::uint64_t load_unsigned(const std::byte* end, unsigned bytes) {
  std::uint64_t value;
  std::memcpy(&value, end - 8, 8);
  return value >> (64 - 8 * bytes);
}

inline void store_narrow(std::byte* end, unsigned bytes, std::uint64_t value) {
  const unsigned shift = 64 - 8 * bytes;
  std::uint64_t around;
  std::memcpy(&around, end - 8, 8);
  const std::uint64_t kept = around & ((std::uint64_t{1} << shift) - 1);
  around = kept | (value << shift);
  std::memcpy(end - 8, &around, 8);
}

// Bytes 1 to 8, or 16.
[[nodiscard]] inline Int128 load_any(const std::byte* end, unsigned bytes) {
  if (bytes <= 8) return load_narrow(end, bytes);
  Int128 value;
  std::memcpy(&value, end - kWideBytes, kWideBytes);
  return value;
}

inline void store_any(std::byte* end, unsigned bytes, Int128 value) {
  if (bytes <= 8) {
    store_narrow(end, bytes, static_cast<std::uint64_t>(value));
  } else {
    std::memcpy(end - kWideBytes, &value, kWideBytes);
  }
}

// The least number of bytes that holds it.
[[nodiscard]] inline unsigned bytes_of(Int128 value) {
  const auto low = static_cast<std::int64_t>(value);
  if (low != value) return kWideBytes;
  const auto magnitude = static_cast<std::uint64_t>(low ^ (low >> 63));
  return static_cast<unsigned>(std::bit_width(magnitude)) / 8 + 1;
}

[[nodiscard]] inline unsigned unsigned_bytes_of(std::uint64_t value) {
  return value == 0 ? 1 : (static_cast<unsigned>(std::bit_width(value)) + 7) / 8;
}

}  // namespace weir::state
