// Memory straight from the system, in whole pages, that goes back to it at once when it is
// released: for tables and slabs that grow with what is held and are given up with it. An allocator
// of small blocks would keep what it once had.
#pragma once

#include <cstddef>
#include <utility>

namespace weir::base {

// Owns a block of zeroed pages; empty after a move. Not thread-safe.
class Pages {
 public:
  Pages() = default;
  // Of at least `bytes`, beginning at a multiple of `alignment`, a power of two. Aborts if the
  // system has no more: as every other allocation here.
  explicit Pages(std::size_t bytes, std::size_t alignment = 1);
  ~Pages() { release(); }
  Pages(Pages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    if (this != &other) {
      release();
      data_ = std::exchange(other.data_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // rounded up to pages
  // Gives the block up: whoever has the pointer gives it to unmap() in the end.
  [[nodiscard]] void* leave() {
    bytes_ = 0;
    return std::exchange(data_, nullptr);
  }
  static void unmap(void* data, std::size_t bytes);

 private:
  void release() {
    if (data_ != nullptr) unmap(data_, bytes_);
    data_ = nullptr;
    bytes_ = 0;
  }

  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace weir::base
