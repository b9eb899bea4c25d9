// The records of one window in the order of a column, for exact quantiles: record numbers of 4
// bytes in sorted chunks. The values themselves stay in the ring of records.
//
// A window takes records at its new end and gives them up at its old end, so that of equal values
// the oldest stands first: neither adding nor removing needs to compare record numbers.
//
// `ValueOf` is a function of a record number (modulo 2^32); it must answer for every record in the
// index, and for the one that is added or removed.
//
// Ownership: memory in the caller's pool, given back by release(). Relocatable. All bytes zero is
// an empty index. Cost: add and remove O(log n + kChunk / 16 + n / kChunk), select O(n / kChunk),
// all with small constants; 4 to 8 bytes a record.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/pool.h"
#include "state/narrow_int.h"

namespace weir::state {

class RankIndex {
 public:
  template <typename ValueOf>
  void add(base::Pool& pool, std::uint32_t record, const ValueOf& value_of) {
    const auto value = value_of(record);
    if (chunks_.empty()) chunks_.push_back(pool, fresh_chunk(pool, kFirst));
    // Behind all that are not greater: in the last chunk that begins with such a one.
    std::uint32_t low = 0, high = chunks_.size() - 1;
    while (low < high) {
      const std::uint32_t middle = (low + high + 1) / 2;
      if (value < value_of(chunks_[middle].records[0])) {
        high = middle - 1;
      } else {
        low = middle;
      }
    }
    Chunk& chunk = chunks_[low];
    std::uint32_t* end = chunk.records + chunk.size;
    const std::uint32_t* at =
        std::upper_bound(chunk.records, end, value,
                         [&](const auto& v, std::uint32_t other) { return v < value_of(other); });
    insert(pool, low, static_cast<std::uint32_t>(at - chunk.records), record);
    ++size_;
  }

  // The record is the oldest one.
  template <typename ValueOf>
  void remove(base::Pool& pool, std::uint32_t record, const ValueOf& value_of) {
    const auto value = value_of(record);
    // The first of its equals: in the last chunk that begins with less, or at the next one's start.
    std::uint32_t low = 0, high = chunks_.size() - 1;
    while (low < high) {
      const std::uint32_t middle = (low + high + 1) / 2;
      if (value_of(chunks_[middle].records[0]) < value) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const Chunk& chunk = chunks_[low];
    const std::uint32_t* end = chunk.records + chunk.size;
    const std::uint32_t* found =
        std::lower_bound(chunk.records + 0, chunk.records + chunk.size, value,
                         [&](std::uint32_t other, const auto& v) { return value_of(other) < v; });
    if (found == end) {
      erase(pool, low + 1, 0);
    } else {
      erase(pool, low, static_cast<std::uint32_t>(found - chunk.records));
    }
    --size_;
  }

  // The record of the k-th smallest value, k from 0 and below size().
  [[nodiscard]] std::uint32_t select(std::uint64_t k) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }
  void release(base::Pool& pool);
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kFirst = 32;
  static constexpr std::uint32_t kChunk = 256;

  struct Chunk {
    std::uint32_t* records;
    std::uint32_t size;
    std::uint32_t capacity;
  };

  static Chunk fresh_chunk(base::Pool& pool, std::uint32_t capacity) {
    auto* records = static_cast<std::uint32_t*>(pool.allocate(capacity * sizeof(std::uint32_t)));
    return Chunk{records, 0, capacity};
  }
  void insert(base::Pool& pool, std::uint32_t chunk, std::uint32_t at, std::uint32_t record);
  void erase(base::Pool& pool, std::uint32_t chunk, std::uint32_t at);
  void make_room(base::Pool& pool, std::uint32_t chunk);
  void drop_chunk(base::Pool& pool, std::uint32_t chunk);
  void merge(base::Pool& pool, std::uint32_t chunk);

  base::PoolVector<Chunk> chunks_;
  std::uint64_t size_ = 0;
};

}  // namespace weir::state
