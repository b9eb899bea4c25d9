#include "base/executor.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace weir::base {
namespace {

TEST(InlineExecutor, RunsEachTaskOnceInOrder) {
  InlineExecutor executor;
  std::vector<std::size_t> ran;
  executor.parallel_for(4, [&](std::size_t i) { ran.push_back(i); });
  EXPECT_EQ(ran, (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(executor.concurrency(), 1U);
}

TEST(InlineExecutor, OfNothingRunsNothing) {
  InlineExecutor executor;
  executor.parallel_for(0, [](std::size_t) { FAIL(); });
}

TEST(InlineExecutor, AGroupRunsEachTaskAtOnce) {
  InlineExecutor executor;
  const auto group = executor.new_group();
  int ran = 0;
  group->start([&] { ++ran; });
  EXPECT_EQ(ran, 1);
  group->start([&] { ++ran; });
  group->wait();
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace weir::base
