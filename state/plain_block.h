// The short way to the windows of a key with few events, where the layout is plain: the blocks of
// SmallWindows, of which only the widths that matter are looked at. What is not as usual (no room,
// a value too wide, no block yet) is left to SmallWindows.
//
// Cost: some 10 instructions a record and column.
#pragma once

#include "state/small_windows.h"

namespace weir::state {

class PlainBlock {
 public:
  // The layout is plain, and the block a small one.
  PlainBlock(const WindowLayout& layout, std::byte* block)
      : columns_(layout.columns.size()),
        header_(reinterpret_cast<SmallHeader*>(block)),
        widths_(reinterpret_cast<const std::uint8_t*>(block + SmallHeader::kBytes)),
        stride_(header_->time_bytes) {
    for (std::size_t c = 0; c < columns_; ++c) stride_ += widths_[c];
  }

  // False, and nothing was changed: there is no room, or it does not fit the widths.
  [[nodiscard]] bool add(std::int64_t time, const Cell* cells) {
    const unsigned time_bytes = header_->time_bytes;
    const auto distance = static_cast<std::uint64_t>(time - header_->base_ms);
    if (header_->count == header_->capacity) return false;
    if ((distance >> 1 >> (8 * time_bytes - 1)) != 0) return false;
    for (std::size_t c = 0; c < columns_; ++c) {
      if (!fits(cells[c].integer, widths_[c])) return false;
    }
    std::byte* end = time_end(header_->count);
    store_narrow(end, time_bytes, distance);
    for (std::size_t c = 0; c < columns_; ++c) {
      end += widths_[c];
      store_narrow(end, widths_[c], static_cast<std::uint64_t>(cells[c].integer));
    }
    ++header_->count;
    return true;
  }

  // The events that a window includes at `time`, which is not before any of them, and the sum of
  // the window's column if it has one.
  struct Held {
    std::uint64_t count = 0;
    Int128 sum = 0;
  };
  [[nodiscard]] Held held(const SlidingPlan& window, std::int64_t time) const {
    const std::int64_t since = time - window.length_ms - header_->base_ms;
    const std::uint64_t floor = since > 0 ? static_cast<std::uint64_t>(since) : 0;
    const unsigned time_bytes = header_->time_bytes;
    const bool sums = window.leave == SlidingPlan::Leave::kSumInt;
    std::size_t value_end = 0;
    for (std::size_t c = 0; sums && c <= window.column; ++c) value_end += widths_[c];
    Held held;
    const std::byte* end = time_end(header_->count);
    for (unsigned i = header_->count; i > 0; --i) {
      end -= stride_;
      if (load_unsigned(end, time_bytes) < floor) break;
      ++held.count;
      if (sums) held.sum += load_narrow(end + value_end, widths_[window.column]);
    }
    return held;
  }

 private:
  [[nodiscard]] static bool fits(std::int64_t value, unsigned bytes) {
    const unsigned shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) >> shift == value;
  }
  // One past the time of record `i`.
  [[nodiscard]] std::byte* time_end(std::size_t i) const {
    return reinterpret_cast<std::byte*>(header_) + SmallHeader::kBytes + columns_ + i * stride_ +
           header_->time_bytes;
  }

  std::size_t columns_;
  SmallHeader* header_;
  const std::uint8_t* widths_;
  std::size_t stride_;
};

}  // namespace weir::state
