// A signal handler may touch nothing but lock-free atomics and call a few functions; hence the
// variables of the file. A read that waits for a pipe or a terminal is retried when a signal
// interrupts it: the handler puts /dev/null in the place of each, so that the retry meets the end.
#include "apps/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace weir::apps {
namespace {

constexpr int kPatience = 3;  // signals
constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};

std::atomic<bool> g_stop{false};
std::atomic<int> g_signal{0};
std::atomic<int> g_count{0};
std::atomic<int> g_null{-1};    // a descriptor of /dev/null
std::atomic<dev_t> g_pipes{0};  // the device of pipes without a name
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<dev_t>::is_always_lock_free);

// Inputs that may keep a reader waiting: standard input, and what was opened by a name for reading
// and is no regular file. A pipe without a name is none of ours (sanitizers have some).
void end_waits() {
  constexpr int kMostDescriptors = 256;
  const int null = g_null.load();
  for (int fd = 0; null >= 0 && fd < kMostDescriptors; ++fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    struct stat status{};
    if (flags < 0 || fd == null || ::fstat(fd, &status) != 0) continue;
    const bool reads = (flags & O_ACCMODE) == O_RDONLY || fd == STDIN_FILENO;
    const bool waits =
        S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || S_ISCHR(status.st_mode);
    const bool unnamed = fd != STDIN_FILENO && status.st_dev == g_pipes.load();
    if (reads && waits && !unnamed) (void)::dup2(null, fd);
  }
}

void on_signal(int number) {
  const int kept_errno = errno;
  g_signal.store(number);
  g_stop.store(true);
  end_waits();
  if (g_count.fetch_add(1) + 1 >= kPatience) ::_exit(128 + number);
  errno = kept_errno;
}

}  // namespace

Interrupt::Interrupt() {
  g_null.store(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) == 0) {
    struct stat status{};
    if (::fstat(ends[0], &status) == 0) g_pipes.store(status.st_dev);
    for (const int end : ends) ::close(end);
  }
  for (const int number : kSignals) {
    struct sigaction before{};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;  // a shell's background job
    struct sigaction action{};
    action.sa_handler = on_signal;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  for (const int number : kSignals) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    if (now.sa_handler == on_signal) ::signal(number, SIG_DFL);
  }
  if (const int null = g_null.exchange(-1); null >= 0) ::close(null);
}

const std::atomic<bool>& Interrupt::flag() const { return g_stop; }

int Interrupt::exit_status() const { return 128 + g_signal.load(); }

}  // namespace weir::apps
