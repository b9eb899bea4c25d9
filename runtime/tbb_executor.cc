#include "runtime/tbb_executor.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <utility>

namespace weir::runtime {
namespace {

namespace tbb = oneapi::tbb;

class TbbGroup final : public base::TaskGroup {
 public:
  explicit TbbGroup(tbb::task_arena& arena) : arena_(arena) {}
  ~TbbGroup() noexcept override { wait(); }  // tasks do not throw
  TbbGroup(const TbbGroup&) = delete;
  TbbGroup& operator=(const TbbGroup&) = delete;

  // Enqueued, not spawned: it comes to a thread even if the calling one never waits.
  void start(std::function<void()> task) override { arena_.enqueue(group_.defer(std::move(task))); }
  void wait() override {
    arena_.execute([this] { group_.wait(); });
  }

 private:
  tbb::task_arena& arena_;
  tbb::task_group group_;
};

class TbbExecutor final : public base::Executor {
 public:
  explicit TbbExecutor(std::size_t threads)
      : threads_(threads),
        control_(tbb::global_control::max_allowed_parallelism, threads),
        arena_(static_cast<int>(threads), 1) {}

  std::size_t concurrency() const override { return threads_; }
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& task) override {
    arena_.execute([&] {
      tbb::parallel_for(
          std::size_t{0}, n, [&](std::size_t i) { task(i); }, tbb::simple_partitioner());
    });
  }
  std::unique_ptr<base::TaskGroup> new_group() override {
    return std::make_unique<TbbGroup>(arena_);
  }

 private:
  std::size_t threads_;
  tbb::global_control control_;
  tbb::task_arena arena_;
};

}  // namespace

std::unique_ptr<base::Executor> make_tbb_executor(std::size_t threads) {
  return std::make_unique<TbbExecutor>(threads);
}

}  // namespace weir::runtime
