// Work on many cores, behind an interface: whoever can split its work is handed an Executor and
// starts no thread of its own (house rule H6). The one on oneTBB lives in runtime; InlineExecutor
// runs everything on the caller's thread, for tests and for --threads 1.
//
// Thread safety: parallel_for and new_group may be called from one thread at a time per executor,
// and not from inside a task.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace weir::base {

// Tasks that go on beside whoever started them. Its destructor waits for them, as wait() does.
class TaskGroup {
 public:
  virtual ~TaskGroup() = default;
  // Runs the task once, at some time, on any thread: maybe on this one, before start() returns.
  // What was written before is visible to it. A task does not throw and does not wait for another
  // one. May be called from several threads at once, and by the group's tasks.
  virtual void start(std::function<void()> task) = 0;
  // Returns when all that were started have returned; what they wrote is visible then. Called from
  // one thread at a time, and from no task.
  virtual void wait() = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  // How many tasks may run at the same time; at least 1.
  [[nodiscard]] virtual std::size_t concurrency() const = 0;
  // Calls task(i) once for each i in [0, n), in any order and on any threads, and returns when all
  // have returned. Tasks share nothing that is written, do not throw and do not wait for one
  // another; what they wrote is visible to the caller afterwards.
  virtual void parallel_for(std::size_t n, const std::function<void(std::size_t)>& task) = 0;
  // The executor must outlive it.
  [[nodiscard]] virtual std::unique_ptr<TaskGroup> new_group() = 0;
};

// executor->parallel_for(); in order and on the calling thread if there is none.
template <typename Task>
void for_each(Executor* executor, std::size_t n, const Task& task) {
  if (executor != nullptr && n > 1) {
    executor->parallel_for(n, task);
  } else {
    for (std::size_t i = 0; i < n; ++i) task(i);
  }
}

// In order, on the calling thread.
class InlineExecutor final : public Executor {
 public:
  [[nodiscard]] std::size_t concurrency() const override { return 1; }
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& task) override {
    for (std::size_t i = 0; i < n; ++i) task(i);
  }
  [[nodiscard]] std::unique_ptr<TaskGroup> new_group() override {
    return std::make_unique<Group>();
  }

 private:
  class Group final : public TaskGroup {
   public:
    void start(std::function<void()> task) override { task(); }
    void wait() override {}
  };
};

}  // namespace weir::base
