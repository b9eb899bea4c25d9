// UTF-8 as rule texts and terminals need it: is it valid, and how wide is it. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::dsl {

// Offset of the first byte that is not part of a well-formed sequence (overlong forms, surrogates
// and code points past U+10FFFF included); npos if there is none.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

// The code point at the start of `text` (not empty) and its length in bytes; of a malformed
// sequence U+FFFD and 1.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
};
[[nodiscard]] CodePoint first_code_point(std::string_view text);

// Cells that a terminal gives it: 0 for combining marks and controls, 2 for wide ones, else 1.
[[nodiscard]] int cell_width(std::uint32_t code_point);

}  // namespace weir::dsl
