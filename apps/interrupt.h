// Ctrl-C and SIGTERM as a flag: a command that writes files asks it between two pieces of work, so
// that it can take away what it has half written. One object a process, for as long as it lives the
// signals are its own; a third signal ends the process at once.
#pragma once

#include <atomic>

namespace weir::apps {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // True from the first signal on.
  [[nodiscard]] const std::atomic<bool>& flag() const;
  // 128 and the signal's number, as shells have it.
  [[nodiscard]] int exit_status() const;
};

}  // namespace weir::apps
