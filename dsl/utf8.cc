#include "dsl/utf8.h"

#include <algorithm>
#include <array>

namespace weir::dsl {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Blocks of wide letters and symbols; coarse, as terminals are.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},
    Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE4F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD},
};
constexpr std::array kNoWidth = {
    Range{0x0000, 0x001F}, Range{0x007F, 0x009F}, Range{0x0300, 0x036F}, Range{0x0591, 0x05BD},
    Range{0x0610, 0x061A}, Range{0x064B, 0x065F}, Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF},
    Range{0x200B, 0x200F}, Range{0x202A, 0x202E}, Range{0x2060, 0x2064}, Range{0x20D0, 0x20FF},
    Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF},
};

bool in_any(const auto& ranges, std::uint32_t code) {
  return std::ranges::any_of(ranges, [code](Range r) { return code >= r.first && code <= r.last; });
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  constexpr CodePoint kMalformed{0xFFFD, 1};
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return kMalformed;
  std::uint32_t code = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return kMalformed;
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
    return kMalformed;
  }
  return {code, size};
}

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t place = 0;
  while (place < text.size()) {
    if (static_cast<signed char>(text[place]) >= 0) {
      ++place;
      continue;
    }
    const CodePoint point = first_code_point(text.substr(place));
    if (point.bytes == 1) return place;
    place += point.bytes;
  }
  return std::string_view::npos;
}

int cell_width(std::uint32_t code_point) {
  if (code_point >= 0x20 && code_point < 0x7F) return 1;
  if (in_any(kNoWidth, code_point)) return 0;
  return in_any(kWide, code_point) ? 2 : 1;
}

}  // namespace weir::dsl
