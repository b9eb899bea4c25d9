// A text as a 128-bit number, so that windows keep it as they keep numbers: up to kInline bytes in
// the number itself (the bytes, and above them a byte 1; "GB" is narrow and takes 3 bytes), a
// longer one as the address of a copy in the pool, with the sign bit set.
//
// Ownership: a cell of a long text owns its copy; who lets a cell go calls disown(), who keeps a
// second one clone(). Cost: O(1), O(length) for a long text.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/pool.h"
#include "state/narrow_int.h"

namespace weir::state {

class TextCell {
 public:
  static constexpr std::size_t kInline = 14;

  [[nodiscard]] static Int128 own(base::Pool& pool, std::string_view text) {
    if (text.size() <= kInline) {
      UInt128 value = 0;
      if (!text.empty()) std::memcpy(&value, text.data(), text.size());
      return static_cast<Int128>(value | UInt128{1} << (8 * text.size()));
    }
    void* block = pool.allocate(sizeof(std::uint64_t) + text.size());
    const std::uint64_t size = text.size();
    std::memcpy(block, &size, sizeof size);
    std::memcpy(static_cast<char*>(block) + sizeof size, text.data(), text.size());
    return static_cast<Int128>(UInt128{1} << 127 | reinterpret_cast<std::uintptr_t>(block));
  }
  [[nodiscard]] static Int128 clone(base::Pool& pool, Int128 cell) {
    return is_long(cell) ? own(pool, view(cell)) : cell;
  }
  static void disown(base::Pool& pool, Int128 cell) {
    if (is_long(cell)) pool.release(block(cell), sizeof(std::uint64_t) + view(cell).size());
  }
  [[nodiscard]] static bool is_long(Int128 cell) { return cell < 0; }
  [[nodiscard]] static std::size_t bytes(Int128 cell) {
    return is_long(cell) ? base::Pool::rounded(sizeof(std::uint64_t) + view(cell).size()) : 0;
  }

  // Points into `cell` if the text is short.
  [[nodiscard]] static std::string_view view(const Int128& cell) {
    if (is_long(cell)) {
      const char* at = static_cast<const char*>(block(cell));
      std::uint64_t size;
      std::memcpy(&size, at, sizeof size);
      return {at + sizeof size, size};
    }
    const auto high = static_cast<std::uint64_t>(cell >> 64);
    const auto low = static_cast<std::uint64_t>(cell);
    const auto bits =
        static_cast<std::size_t>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(low));
    return {reinterpret_cast<const char*>(&cell), (bits - 1) / 8};
  }

 private:
  static void* block(Int128 cell) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(static_cast<std::uint64_t>(cell)));
  }
};

}  // namespace weir::state
