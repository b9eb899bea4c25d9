// An executor for the tests of this room, on threads of its own: the real one lives in runtime, and
// the thread sanitizer cannot see into the library behind it. To play a busy machine it may keep
// some of the tasks that are started waiting.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/executor.h"

namespace weir::event::testing {

class TestThreads final : public base::Executor {
 public:
  // `running` of the threads - 1 others are there; of the rest it only says so.
  TestThreads(std::size_t threads, std::size_t running) : concurrency_(threads) {
    for (std::size_t i = 0; i < running; ++i) threads_.emplace_back([this] { run(); });
  }
  explicit TestThreads(std::size_t threads) : TestThreads(threads, threads - 1) {}
  ~TestThreads() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::size_t concurrency() const override { return concurrency_; }
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& task) override {
    Group group(*this);
    for (std::size_t i = 0; i < n; ++i) group.start([&task, i] { task(i); });
    group.wait();
  }
  std::unique_ptr<base::TaskGroup> new_group() override { return std::make_unique<Group>(*this); }

  // Until all tasks that were started have returned, if there is a thread for them.
  void wait_until_idle() {
    if (threads_.empty()) return;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.empty() && under_way_ == 0; });
  }

 private:
  class Group final : public base::TaskGroup {
   public:
    explicit Group(TestThreads& threads) : threads_(threads) {}
    ~Group() override { wait(); }
    void start(std::function<void()> task) override {
      {
        const std::lock_guard lock(threads_.mutex_);
        threads_.tasks_.push_back(std::move(task));
      }
      threads_.changed_.notify_all();
    }
    // Helps, as a waiting thread does there.
    void wait() override {
      std::unique_lock lock(threads_.mutex_);
      while (threads_.run_one(lock)) {
      }
      threads_.changed_.wait(lock, [this] { return threads_.under_way_ == 0; });
    }

   private:
    TestThreads& threads_;
  };

  bool run_one(std::unique_lock<std::mutex>& lock) {
    if (tasks_.empty()) return false;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    ++under_way_;
    lock.unlock();
    task();
    lock.lock();
    --under_way_;
    changed_.notify_all();
    return true;
  }
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ended_ || !tasks_.empty(); });
      if (!run_one(lock)) return;
    }
  }

  std::size_t concurrency_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::size_t under_way_ = 0;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::event::testing
