// The keys of one shard that windows of features hold something for, in one dimension, and for each
// the windows of its groups. Single-threaded.
#pragma once

#include <cstdint>

#include "runtime/key_map.h"
#include "state/window_group.h"

namespace weir::runtime {

struct HeldWindows {
  std::uint32_t group = 0;
  // How far the clock was ahead of what they have seen, at most, in milliseconds, as far as 32 bits
  // count: by so much they live longer.
  std::uint32_t lag_ms = 0;
  state::KeyWindows windows;
};

using WindowEntry = KeyEntryOf<HeldWindows>;

// When the windows of a key may all be empty.
struct WindowExpiry {
  std::int64_t time_ms = 0;
  KeyRef key;
  std::uint32_t dimension = 0;
};

class WindowTable : public KeyMap<HeldWindows> {
 public:
  using KeyMap::KeyMap;

  [[nodiscard]] static HeldWindows* find_group(WindowEntry& entry, std::uint32_t group) {
    for (HeldWindows& each : entry.held) {
      if (each.group == group) return &each;
    }
    return nullptr;
  }
  // The group holds nothing yet.
  HeldWindows& add_group(WindowEntry& entry, std::uint32_t group) {
    entry.held.push_back(pool_, HeldWindows{group, 0, {}});
    return entry.held[entry.held.size() - 1];
  }
};

}  // namespace weir::runtime
