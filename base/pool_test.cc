#include "base/pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace weir::base {
namespace {

struct Block {
  char* at;
  std::size_t size;
  char mark;
};

void fill(const Block& block) { std::memset(block.at, block.mark, block.size); }

bool is_intact(const Block& block) {
  for (std::size_t i = 0; i < block.size; ++i) {
    if (block.at[i] != block.mark) return false;
  }
  return true;
}

// Blocks of all sizes come and go in any order; none overlaps another, and all are aligned.
TEST(Pool, KeepsBlocksApart) {
  Pool pool;
  std::mt19937_64 random(7);
  std::vector<Block> blocks;
  std::size_t in_use = 0;
  for (int i = 0; i < 40'000; ++i) {
    if (blocks.empty() || random() % 5 < (i < 20'000 ? 3U : 2U)) {
      const std::size_t largest = random() % 50 == 0 ? 100'000 : random() % 9 == 0 ? 5'000 : 300;
      Block block{nullptr, random() % largest, static_cast<char>(i)};
      block.at = static_cast<char*>(pool.allocate(block.size));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block.at) % 64, 0U);
      fill(block);
      in_use += Pool::rounded(block.size);
      blocks.push_back(block);
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      ASSERT_TRUE(is_intact(blocks.back()));
      pool.release(blocks.back().at, blocks.back().size);
      in_use -= Pool::rounded(blocks.back().size);
      blocks.pop_back();
    }
    ASSERT_EQ(pool.bytes_in_use(), in_use);
  }
  for (const Block& block : blocks) {
    ASSERT_TRUE(is_intact(block));
    pool.release(block.at, block.size);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(Pool, GivesAFloodBack) {
  Pool pool;
  std::vector<void*> blocks;
  for (int i = 0; i < 200'000; ++i) blocks.push_back(pool.allocate(100));
  EXPECT_GE(pool.bytes_reserved(), 200'000U * 128);
  // Ten stay, each in a slab of its own.
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 20'000 != 0) pool.release(blocks[i], 100);
  }
  EXPECT_LE(pool.bytes_reserved(), 11U * 256 * 1024);
  for (std::size_t i = 0; i < blocks.size(); i += 20'000) pool.release(blocks[i], 100);
  EXPECT_LE(pool.bytes_reserved(), 256U * 1024);
}

TEST(Pool, AsksForNothingMoreInASteadyState) {
  Pool pool;
  void* first = pool.allocate(64);
  const std::size_t reserved = pool.bytes_reserved();
  for (int i = 0; i < 100'000; ++i) pool.release(pool.allocate(64), 64);
  EXPECT_EQ(pool.bytes_reserved(), reserved);
  pool.release(first, 64);
}

}  // namespace
}  // namespace weir::base
