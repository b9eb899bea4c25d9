// How a kept event (nfa/run_store.h) holds a long string: the value has the offset of the bytes in
// the store's texts where a StringRef has a pointer, so that a store can be moved and copied.
#pragma once

#include <cstdint>
#include <cstring>

#include "event/value.h"

namespace weir::nfa {

inline constexpr std::size_t kTextOffsetAt = 8;  // of the 16 bytes of a long StringRef

inline void set_text_offset(event::Value& value, std::uint64_t offset) {
  std::memcpy(reinterpret_cast<char*>(&value) + kTextOffsetAt, &offset, sizeof offset);
}

[[nodiscard]] inline std::uint64_t text_offset(const event::Value& value) {
  std::uint64_t offset;
  std::memcpy(&offset, reinterpret_cast<const char*>(&value) + kTextOffsetAt, sizeof offset);
  return offset;
}

}  // namespace weir::nfa
