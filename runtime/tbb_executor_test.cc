#include "runtime/tbb_executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

namespace weir::runtime {
namespace {

TEST(TbbExecutor, RunsEachTaskOnce) {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    const auto executor = make_tbb_executor(threads);
    EXPECT_EQ(executor->concurrency(), threads);
    std::vector<std::atomic<int>> ran(1000);
    executor->parallel_for(ran.size(), [&](std::size_t i) { ++ran[i]; });
    executor->parallel_for(0, [&](std::size_t) { FAIL(); });
    for (const auto& times : ran) EXPECT_EQ(times, 1);
  }
}

TEST(TbbExecutor, AGroupRunsWhatItsTasksStart) {
  for (const std::size_t threads : {1u, 2u, 8u}) {
    const auto executor = make_tbb_executor(threads);
    std::mutex mutex;
    int ran = 0;
    const auto group = executor->new_group();
    const auto count = [&] {
      const std::lock_guard lock(mutex);
      ++ran;
    };
    for (int i = 0; i < 100; ++i) {
      group->start([&] {
        count();
        group->start(count);
      });
    }
    group->wait();
    EXPECT_EQ(ran, 200);
    group->start(count);  // and waits for it when destroyed
  }
}

// A task runs although the thread that started it waits for something else.
TEST(TbbExecutor, AGroupNeedsNoWait) {
  for (const std::size_t threads : {2u, 8u}) {
    const auto executor = make_tbb_executor(threads);
    std::atomic<bool> ran = false;
    const auto group = executor->new_group();
    group->start([&] {
      ran = true;
      ran.notify_one();
    });
    ran.wait(false);
    EXPECT_TRUE(ran);
  }
}

}  // namespace
}  // namespace weir::runtime
