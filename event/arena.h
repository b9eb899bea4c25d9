// A bump allocator that keeps its chunks: what a batch needs for slots, presence words, unescaped
// strings and messages. Used by Batch and TableData. Not thread-safe.
//
// Invariants
// 1. What allocate() returned stays put and untouched until reset() or destruction.
// 2. After reset() the chunks are used again, so that a reader that fills one batch after another
//    stops asking the system for memory once it has seen its largest batch.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace weir::event {

class Arena {
 public:
  static constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
  static constexpr std::size_t kAlignment = 16;

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // `size` uninitialised bytes, aligned to 16; never null.
  [[nodiscard]] char* allocate(std::size_t size) {
    size = (size + kAlignment - 1) & ~(kAlignment - 1);
    if (size > left_ || next_ == nullptr) add_chunk(size);
    char* found = next_;
    next_ += size;
    left_ -= size;
    return found;
  }
  template <typename T>
  [[nodiscard]] T* allocate_array(std::size_t count) {
    static_assert(alignof(T) <= kAlignment && std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(allocate(count * sizeof(T)));
  }
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = allocate(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  // Gives back the end of the newest allocation, of which only `used` bytes were needed.
  void shrink_last(const char* allocated, std::size_t used) {
    used = (used + kAlignment - 1) & ~(kAlignment - 1);
    const auto taken = static_cast<std::size_t>(next_ - allocated);
    next_ -= taken - used;
    left_ += taken - used;
  }

  // Where the next allocation begins. rewind() gives back all that came after the mark, at no cost:
  // for work that may turn out to be in vain.
  struct Mark {
    std::size_t current;
    char* next;
    std::size_t left;
  };
  [[nodiscard]] Mark mark() const { return {current_, next_, left_}; }
  void rewind(const Mark& mark) {
    current_ = mark.current;
    next_ = mark.next;
    left_ = mark.left;
  }

  void reset() {
    current_ = 0;
    next_ = nullptr;
    left_ = 0;
  }
  [[nodiscard]] std::size_t capacity() const {
    std::size_t sum = 0;
    for (const Chunk& chunk : chunks_) sum += chunk.size;
    return sum;
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void add_chunk(std::size_t size) {
    while (current_ < chunks_.size() && chunks_[current_].size < size) ++current_;
    if (current_ == chunks_.size()) {
      const std::size_t bytes = size > kChunkBytes ? size : kChunkBytes;
      chunks_.push_back({std::unique_ptr<char[]>(new char[bytes]), bytes});
    }
    next_ = chunks_[current_].bytes.get();
    left_ = chunks_[current_].size;
    ++current_;
  }

  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;  // the chunk to try next
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace weir::event
