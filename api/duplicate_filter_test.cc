#include "api/duplicate_filter.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

TEST(DuplicateFilter, WithinTheSpanLimitIncluded) {
  DuplicateFilter filter(10, 0);
  EXPECT_FALSE(filter.is_duplicate("a", 100));
  EXPECT_TRUE(filter.is_duplicate("a", 110));
  EXPECT_FALSE(filter.is_duplicate("b", 110));
  EXPECT_FALSE(filter.is_duplicate("a", 111));
}

TEST(DuplicateFilter, ADuplicateDoesNotProlongTheSpan) {
  DuplicateFilter filter(10, 0);
  EXPECT_FALSE(filter.is_duplicate("a", 0));
  EXPECT_TRUE(filter.is_duplicate("a", 6));
  EXPECT_FALSE(filter.is_duplicate("a", 12));
  EXPECT_TRUE(filter.is_duplicate("a", 14));
}

TEST(DuplicateFilter, EventsWithoutAnIdentityAreNone) {
  DuplicateFilter filter(10, 0);
  EXPECT_FALSE(filter.is_duplicate("", 0));
  EXPECT_FALSE(filter.is_duplicate("", 0));
}

TEST(DuplicateFilter, ForgetsWhatIsOlderThanSpanAndSlack) {
  DuplicateFilter filter(10, 5);
  for (std::int64_t t = 0; t < 1000; ++t) {
    EXPECT_FALSE(filter.is_duplicate(std::to_string(t), t));
  }
  EXPECT_LE(filter.size(), 17U);
}

TEST(DuplicateFilter, OutOfOrderTimes) {
  DuplicateFilter filter(10, 100);
  EXPECT_FALSE(filter.is_duplicate("a", 100));
  EXPECT_TRUE(filter.is_duplicate("a", 95));
  EXPECT_FALSE(filter.is_duplicate("a", 50));
  EXPECT_TRUE(filter.is_duplicate("a", 105));
  for (std::int64_t t = 101; t < 1000; ++t) {
    EXPECT_FALSE(filter.is_duplicate(std::to_string(t), t));
  }
  EXPECT_FALSE(filter.is_duplicate("a", 1000));
}

}  // namespace
}  // namespace weir::api
