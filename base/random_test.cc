#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>

namespace weir::base {
namespace {

// Frozen: seeds stand in bug reports and regression files. From the authors' reference C code.
TEST(SeededRandom, GivesTheReferenceNumbers) {
  SeededRandom random(0);
  const std::array<std::uint64_t, 4> expected = {0x99ec5f36cb75f2b4U, 0xbf6e1f784956452aU,
                                                 0x1a5f849d4933e6e0U, 0x6aa594f1262d2d2cU};
  for (const std::uint64_t number : expected) EXPECT_EQ(random.next(), number);
}

TEST(SeededRandom, SeedsDiffer) { EXPECT_NE(SeededRandom(1).next(), SeededRandom(2).next()); }

TEST(Random, BelowReachesEveryValueAndNoOther) {
  SeededRandom random(7);
  std::array<int, 6> seen = {};
  for (int i = 0; i < 6'000; ++i) ++seen.at(random.below(6));
  for (const int count : seen) EXPECT_NEAR(count, 1'000, 150);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, BetweenIncludesBothEnds) {
  SeededRandom random(7);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.between(-1, 1));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-1, 0, 1}));
  EXPECT_EQ(random.between(5, 5), 5);
  EXPECT_GE(random.between(INT64_MIN, INT64_MAX), INT64_MIN);  // the whole range must not overflow
}

TEST(Random, ChanceOfAllAndOfNothing) {
  SeededRandom random(7);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(random.chance(3, 3));
    EXPECT_FALSE(random.chance(0, 3));
  }
}

TEST(SystemRandom, IsNotConstant) { EXPECT_NE(system_random().next(), system_random().next()); }

}  // namespace
}  // namespace weir::base
