// Work on many cores, behind an interface: whoever can split its work is handed an Executor and
// starts no thread of its own (house rule H6). The one on oneTBB lives in runtime; InlineExecutor
// runs everything on the caller's thread, for tests and for --threads 1.
//
// Thread safety: parallel_for may be called from one thread at a time per executor, and not from
// inside a task.
#pragma once

#include <cstddef>
#include <functional>

namespace weir::base {

class Executor {
 public:
  virtual ~Executor() = default;
  // How many tasks may run at the same time; at least 1.
  [[nodiscard]] virtual std::size_t concurrency() const = 0;
  // Calls task(i) once for each i in [0, n), in any order and on any threads, and returns when all
  // have returned. Tasks share nothing that is written, do not throw and do not wait for one
  // another; what they wrote is visible to the caller afterwards.
  virtual void parallel_for(std::size_t n, const std::function<void(std::size_t)>& task) = 0;
};

// In order, on the calling thread.
class InlineExecutor final : public Executor {
 public:
  [[nodiscard]] std::size_t concurrency() const override { return 1; }
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& task) override {
    for (std::size_t i = 0; i < n; ++i) task(i);
  }
};

}  // namespace weir::base
