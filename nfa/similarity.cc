#include "nfa/similarity.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>

namespace weir::nfa {
namespace {

struct CodePoints {
  std::array<std::uint32_t, kMaxSimilarityLength> at;
  std::size_t size = 0;
};

// A byte that does not begin or go on as UTF-8 does stands for itself.
void decode(std::string_view text, CodePoints* out) {
  std::size_t i = 0;
  while (i < text.size() && out->size < kMaxSimilarityLength) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    std::uint32_t point = lead;
    int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    for (; more > 0 && i < text.size(); --more, ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0) != 0x80) break;
      point = (point << 6) | (next & 0x3Fu);
    }
    out->at[out->size++] = point;
  }
}

double jaro(const CodePoints& a, const CodePoints& b) {
  const std::size_t longest = std::max(a.size, b.size);
  const std::size_t reach = longest / 2 > 0 ? longest / 2 - 1 : 0;
  std::bitset<kMaxSimilarityLength> used;
  std::array<std::uint32_t, kMaxSimilarityLength> matched;
  std::size_t matches = 0;
  for (std::size_t i = 0; i < a.size; ++i) {
    const std::size_t end = std::min(b.size, i + reach + 1);
    for (std::size_t j = i > reach ? i - reach : 0; j < end; ++j) {
      if (used[j] || a.at[i] != b.at[j]) continue;
      used.set(j);
      matched[matches++] = a.at[i];
      break;
    }
  }
  if (matches == 0) return 0;
  std::size_t out_of_order = 0, k = 0;
  for (std::size_t j = 0; j < b.size; ++j) {
    if (used[j] && matched[k++] != b.at[j]) ++out_of_order;
  }
  const auto m = static_cast<double>(matches);
  return (m / static_cast<double>(a.size) + m / static_cast<double>(b.size) +
          (m - static_cast<double>(out_of_order) / 2) / m) /
         3;
}

}  // namespace

double jaro_winkler(std::string_view a, std::string_view b) {
  if (a == b) return 1;
  CodePoints pa, pb;
  decode(a, &pa);
  decode(b, &pb);
  if (pa.size == 0 || pb.size == 0) return 0;
  const double base = jaro(pa, pb);
  std::size_t prefix = 0;
  while (prefix < 4 && prefix < pa.size && prefix < pb.size && pa.at[prefix] == pb.at[prefix]) {
    ++prefix;
  }
  return base + 0.1 * static_cast<double>(prefix) * (1 - base);
}

}  // namespace weir::nfa
