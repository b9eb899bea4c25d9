// Memory for many small arrays that grow and go: blocks in multiples of 64 bytes, beyond 1 KiB in
// powers of two, kept in slabs. A shard owns one, so nothing is locked. O(1); a block of more than
// kLargest bytes goes to the system's allocator. Bytes in use are counted, for the memory figures
// and limits.
//
// A slab holds blocks of one size and knows how many of them are in use: one that is empty goes
// back to the system, but for a spare one a size. So a flood leaves nothing behind.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "base/check.h"
#include "base/pages.h"

namespace weir::base {

class Pool {
 public:
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kFine = 1024;  // up to here in steps of kSmallest
  static constexpr std::size_t kLargest = 64 * 1024;

  Pool() = default;
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The bytes that a request for n takes.
  [[nodiscard]] static std::size_t rounded(std::size_t n) {
    if (n > kFine) return std::bit_ceil(n);
    return n == 0 ? kSmallest : (n + kSmallest - 1) & ~(kSmallest - 1);
  }

  [[nodiscard]] void* allocate(std::size_t n) {
    const std::size_t size = rounded(n);
    in_use_ += size;
    if (size > kLargest) return checked(std::aligned_alloc(64, size));
    const std::size_t c = size_class(size);
    if (open_[c] == nullptr) open_slab(c);
    Slab* slab = open_[c];
    void* block = slab->free;
    if (block != nullptr) {
      slab->free = slab->free->next;
    } else {
      block = reinterpret_cast<char*>(slab) + slab->fresh;
      slab->fresh += static_cast<std::uint32_t>(size);
    }
    if (slab->used++ == 0) --empty_[c];
    if (is_full(*slab, size)) unlink(c, slab);
    return block;
  }

  void release(void* block, std::size_t n) {
    const std::size_t size = rounded(n);
    in_use_ -= size;
    if (size > kLargest) {
      std::free(block);
      return;
    }
    const std::size_t c = size_class(size);
    auto* slab = reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) &
                                         ~std::uintptr_t{kSlabBytes - 1});
    if (is_full(*slab, size)) link(c, slab);
    slab->free = new (block) Free{slab->free};
    if (--slab->used == 0 && ++empty_[c] > 1) close_slab(c, slab);
  }

  [[nodiscard]] std::size_t bytes_in_use() const { return in_use_; }
  // What slabs take from the system.
  [[nodiscard]] std::size_t bytes_reserved() const { return slabs_ * kSlabBytes; }

 private:
  static constexpr std::size_t kSlabBytes = 256 * 1024;
  static constexpr std::size_t kClasses = 22;  // 64 bytes to 1 KiB, 2 KiB to 64 KiB

  struct Free {
    Free* next;
  };
  // At the beginning of its memory, which begins at a multiple of its size.
  struct Slab {
    Free* free = nullptr;     // blocks that were in use
    std::uint32_t fresh = 0;  // where those begin that never were
    std::uint32_t used = 0;
    Slab* next = nullptr;  // of those of this size with a free block; both ends null
    Slab* previous = nullptr;
    Slab* next_of_all = nullptr;
    Slab* previous_of_all = nullptr;
  };
  static_assert(sizeof(Slab) <= kSmallest);

  static std::size_t size_class(std::size_t size) {
    constexpr std::size_t kFineClasses = kFine / kSmallest;
    if (size <= kFine) return size / kSmallest - 1;
    return kFineClasses - 1 + static_cast<std::size_t>(std::countr_zero(size / kFine));
  }
  static bool is_full(const Slab& slab, std::size_t size) {
    return slab.free == nullptr && slab.fresh + size > kSlabBytes;
  }
  static void* checked(void* memory) {
    WEIR_CHECK(memory != nullptr);
    return memory;
  }
  void link(std::size_t c, Slab* slab) {
    slab->previous = nullptr;
    slab->next = open_[c];
    if (open_[c] != nullptr) open_[c]->previous = slab;
    open_[c] = slab;
  }
  void unlink(std::size_t c, Slab* slab) {
    if (slab->previous != nullptr) {
      slab->previous->next = slab->next;
    } else {
      open_[c] = slab->next;
    }
    if (slab->next != nullptr) slab->next->previous = slab->previous;
  }
  void open_slab(std::size_t c);
  void close_slab(std::size_t c, Slab* slab);

  std::array<Slab*, kClasses> open_{};
  std::array<std::uint32_t, kClasses> empty_{};  // slabs without a block in use
  Slab* all_ = nullptr;
  std::size_t slabs_ = 0;
  std::size_t in_use_ = 0;
};

// A growing array of trivially copyable T in a Pool. It does not know its pool: who owns it
// passes the pool to what may allocate, and calls release() before it goes. It may begin in memory
// of its owner's (adopt), which it leaves when it outgrows it.
template <typename T>
class PoolVector {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= Pool::kSmallest);

 public:
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t capacity() const { return capacity_ & ~kAdopted; }
  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const T* data() const { return data_; }
  [[nodiscard]] T& operator[](std::size_t i) { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] T* begin() { return data_; }
  [[nodiscard]] T* end() { return data_ + size_; }
  [[nodiscard]] const T* begin() const { return data_; }
  [[nodiscard]] const T* end() const { return data_ + size_; }

  // The array is empty and has no memory yet. `memory` outlives it.
  void adopt(void* memory, std::size_t capacity) {
    data_ = static_cast<T*>(memory);
    capacity_ = static_cast<std::uint32_t>(capacity) | kAdopted;
  }
  void reserve(Pool& pool, std::size_t wanted) {
    if (wanted <= capacity()) return;
    const std::size_t bytes = Pool::rounded(std::max(wanted, std::size_t{size_} * 2) * sizeof(T));
    T* bigger = static_cast<T*>(pool.allocate(bytes));
    if (size_ > 0) __builtin_memcpy(static_cast<void*>(bigger), data_, size_ * sizeof(T));
    give_back(pool);
    data_ = bigger;
    capacity_ = static_cast<std::uint32_t>(bytes / sizeof(T));
  }
  // Adds n elements with indeterminate values and returns the first.
  T* extend(Pool& pool, std::size_t n) {
    if (size_ + n > capacity()) reserve(pool, size_ + n);
    T* first = data_ + size_;
    size_ += static_cast<std::uint32_t>(n);
    return first;
  }
  void push_back(Pool& pool, const T& value) { *extend(pool, 1) = value; }
  void resize_down(std::size_t n) { size_ = static_cast<std::uint32_t>(n); }
  void clear() { size_ = 0; }
  void release(Pool& pool) {
    give_back(pool);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

 private:
  static constexpr std::uint32_t kAdopted = std::uint32_t{1} << 31;

  // A block's size follows from its capacity: no element is larger than the steps of the pool.
  void give_back(Pool& pool) {
    if (data_ != nullptr && (capacity_ & kAdopted) == 0) {
      pool.release(data_, Pool::rounded(capacity_ * sizeof(T)));
    }
  }

  T* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace weir::base
