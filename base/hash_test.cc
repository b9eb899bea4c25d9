#include "base/hash.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

// Frozen: alert ids and the canary's share of keys are made of these.
TEST(Hash, GivesXxh3sValues) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(hash128("").hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hash64("c1"), 0x8ea6ff26c9a95602U);
  EXPECT_EQ(hash128("c1").hex(), "d7d3010b643ca5298ea6ff26c9a95602");
}

TEST(Hash, TheSeedMatters) {
  EXPECT_EQ(hash64("c1", 0), hash64("c1"));
  EXPECT_NE(hash64("c1", 1), hash64("c1"));
}

TEST(Hash128, HexKeepsLeadingZeros) {
  EXPECT_EQ((Hash128{1, 10}.hex()), "0000000000000001000000000000000a");
}

}  // namespace
}  // namespace weir::base
