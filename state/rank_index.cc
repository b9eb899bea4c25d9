#include "state/rank_index.h"

namespace weir::state {

void RankIndex::make_room(base::Pool& pool, std::uint32_t at) {
  Chunk& chunk = chunks_[at];
  if (chunk.capacity < kChunk) {
    Chunk bigger = fresh_chunk(pool, chunk.capacity * 2);
    std::memcpy(bigger.records, chunk.records, chunk.size * sizeof(std::uint32_t));
    bigger.size = chunk.size;
    pool.release(chunk.records, chunk.capacity * sizeof(std::uint32_t));
    chunk = bigger;
    return;
  }
  Chunk upper = fresh_chunk(pool, kChunk);
  chunks_.extend(pool, 1);
  std::memmove(&chunks_[at + 1], &chunks_[at], (chunks_.size() - at - 1) * sizeof(Chunk));
  Chunk& lower = chunks_[at];
  upper.size = lower.size / 2;
  lower.size -= upper.size;
  std::memcpy(upper.records, lower.records + lower.size, upper.size * sizeof(std::uint32_t));
  chunks_[at + 1] = upper;
}

void RankIndex::insert(base::Pool& pool, std::uint32_t at, std::uint32_t place,
                       std::uint32_t record) {
  if (chunks_[at].size == chunks_[at].capacity) {
    make_room(pool, at);
    if (place > chunks_[at].size) {
      place -= chunks_[at].size;
      ++at;
    }
  }
  Chunk& chunk = chunks_[at];
  std::uint32_t* hole = chunk.records + place;
  std::memmove(hole + 1, hole, (chunk.size - place) * sizeof(std::uint32_t));
  *hole = record;
  ++chunk.size;
}

void RankIndex::erase(base::Pool& pool, std::uint32_t at, std::uint32_t place) {
  Chunk& chunk = chunks_[at];
  std::uint32_t* hole = chunk.records + place;
  --chunk.size;
  std::memmove(hole, hole + 1, (chunk.size - place) * sizeof(std::uint32_t));
  if (chunk.size == 0) {
    drop_chunk(pool, at);
  } else if (at + 1 < chunks_.size() && chunk.size + chunks_[at + 1].size <= kChunk / 2) {
    merge(pool, at);
  } else if (at > 0 && chunk.size + chunks_[at - 1].size <= kChunk / 2) {
    merge(pool, at - 1);
  }
}

void RankIndex::merge(base::Pool& pool, std::uint32_t at) {
  while (chunks_[at].capacity < chunks_[at].size + chunks_[at + 1].size) make_room(pool, at);
  Chunk& lower = chunks_[at];
  const Chunk& upper = chunks_[at + 1];
  std::memcpy(lower.records + lower.size, upper.records, upper.size * sizeof(std::uint32_t));
  lower.size += upper.size;
  drop_chunk(pool, at + 1);
}

void RankIndex::drop_chunk(base::Pool& pool, std::uint32_t at) {
  pool.release(chunks_[at].records, chunks_[at].capacity * sizeof(std::uint32_t));
  std::memmove(&chunks_[at], &chunks_[at] + 1, (chunks_.size() - at - 1) * sizeof(Chunk));
  chunks_.resize_down(chunks_.size() - 1);
  if (chunks_.empty()) {
    chunks_.release(pool);
  } else if (chunks_.capacity() > 64 && chunks_.size() < chunks_.capacity() / 8) {
    base::PoolVector<Chunk> smaller;
    smaller.reserve(pool, chunks_.size() * 2);
    std::memcpy(smaller.extend(pool, chunks_.size()), chunks_.data(),
                chunks_.size() * sizeof(Chunk));
    chunks_.release(pool);
    chunks_ = smaller;
  }
}

std::uint32_t RankIndex::select(std::uint64_t k) const {
  const Chunk* chunk = chunks_.begin();
  for (; k >= chunk->size; ++chunk) k -= chunk->size;
  return chunk->records[k];
}

void RankIndex::release(base::Pool& pool) {
  for (const Chunk& chunk : chunks_) {
    pool.release(chunk.records, chunk.capacity * sizeof(std::uint32_t));
  }
  chunks_.release(pool);
  size_ = 0;
}

std::size_t RankIndex::bytes() const {
  std::size_t total =
      chunks_.data() == nullptr ? 0 : base::Pool::rounded(chunks_.capacity() * sizeof(Chunk));
  for (const Chunk& chunk : chunks_) {
    total += base::Pool::rounded(chunk.capacity * sizeof(std::uint32_t));
  }
  return total;
}

}  // namespace weir::state
