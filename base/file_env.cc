#include "base/file_env.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace weir::base {
namespace {

ErrorCode code_of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kNoSpace;
    case EPIPE:
      return ErrorCode::kBrokenPipe;
    default:
      return ErrorCode::kIo;
  }
}

std::unexpected<Error> fail_errno(const std::string& what, int number) {
  return fail(code_of_errno(number), what + ": " + std::generic_category().message(number));
}

class PosixInput final : public InputFile {
 public:
  PosixInput(int fd, std::string path, std::uint64_t size)
      : fd_(fd), path_(std::move(path)), size_(size) {}
  ~PosixInput() override {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    while (true) {
      if (stop_ != nullptr && !wait_for_bytes()) {
        return fail(ErrorCode::kIo, "cannot read " + path_ + ": stopped");
      }
      const ssize_t got = ::read(fd_, buffer, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return fail_errno("cannot read " + path_, errno);
    }
  }
  std::uint64_t size() const override { return size_; }
  void stop_waiting_on(const std::atomic<bool>* stop) override {
    if (size_ == 0) stop_ = stop;
  }

 private:
  // Looked at now and then, not woken up: a signal handler that puts another file in the place of
  // this one (apps/interrupt.cc) is noticed in that way too.
  static constexpr int kPatienceMs = 50;

  // False once it is to stop. An error counts as bytes: the read will tell of it.
  bool wait_for_bytes() {
    while (!stop_->load(std::memory_order_relaxed)) {
      pollfd input{fd_, POLLIN, 0};
      const int ready = ::poll(&input, 1, kPatienceMs);
      if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    }
    return false;
  }

  int fd_;
  std::string path_;
  std::uint64_t size_;
  const std::atomic<bool>* stop_ = nullptr;
};

class PosixOutput final : public OutputFile {
 public:
  PosixOutput(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixOutput() override {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  Result<void> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
      if (put >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(put));
      } else if (errno != EINTR) {
        return fail_errno("cannot write " + path_, errno);
      }
    }
    return {};
  }
  Result<void> sync() override {
    // A pipe or a terminal has nothing to sync, and says so.
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != ENOTSUP) {
      return fail_errno("cannot sync " + path_, errno);
    }
    return {};
  }
  Result<void> close() override {
    if (fd_ <= STDERR_FILENO) return {};
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0 && errno != EINTR) return fail_errno("cannot close " + path_, errno);
    return {};
  }

 private:
  int fd_;
  std::string path_;
};

class PosixFileEnv final : public FileEnv {
 public:
  Result<std::unique_ptr<InputFile>> open_input(const std::string& path) override {
    if (path == "-") return std::make_unique<PosixInput>(STDIN_FILENO, "standard input", 0);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("cannot open " + path, errno);
    struct stat status{};
    if (::fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
      const int number = S_ISDIR(status.st_mode) ? EISDIR : errno;
      ::close(fd);
      return fail_errno("cannot open " + path, number);
    }
    const bool sized = S_ISREG(status.st_mode);
    return std::make_unique<PosixInput>(fd, path,
                                        sized ? static_cast<std::uint64_t>(status.st_size) : 0);
  }
  Result<std::unique_ptr<OutputFile>> open_output(const std::string& path) override {
    if (path == "-") return std::make_unique<PosixOutput>(STDOUT_FILENO, "standard output");
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return fail_errno("cannot create " + path, errno);
    return std::make_unique<PosixOutput>(fd, path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) {
      return fail_errno("cannot rename " + from + " to " + to, errno);
    }
    return {};
  }
  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return fail_errno("cannot remove " + path, errno);
    return {};
  }
  bool is_directory(const std::string& path) override {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  }
  bool exists(const std::string& path) override {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0;
  }
  bool is_special_file(const std::string& path) override {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
           !S_ISDIR(status.st_mode);
  }
  std::string real_path(const std::string& path) override {
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error);
    return error ? FileEnv::real_path(path) : real.string();
  }
  Result<std::vector<std::string>> list_files(const std::string& path) override {
    std::vector<std::string> found;
    std::error_code error;
    std::filesystem::recursive_directory_iterator walk(path, error);
    const std::filesystem::recursive_directory_iterator end;
    while (!error && walk != end) {
      if (walk->is_regular_file(error)) found.push_back(walk->path().string());
      if (!error) walk.increment(error);
    }
    if (error) return fail(ErrorCode::kIo, "cannot list " + path + ": " + error.message());
    std::sort(found.begin(), found.end());
    return found;
  }
};

}  // namespace

std::string FileEnv::real_path(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

Result<std::string> FileEnv::read_file(const std::string& path, std::uint64_t limit) {
  auto file = open_input(path);
  if (!file) return std::unexpected(file.error());
  std::string text;
  constexpr std::size_t kBlock = 1 << 16;
  while (true) {
    const std::size_t old_size = text.size();
    text.resize(old_size + kBlock);
    const auto got = (*file)->read(text.data() + old_size, kBlock);
    if (!got) return std::unexpected(got.error());
    text.resize(old_size + *got);
    if (*got == 0) return text;
    if (text.size() > limit) {
      return fail(ErrorCode::kLimit, path + " is larger than " + std::to_string(limit) + " bytes");
    }
  }
}

Result<void> FileEnv::write_file_atomically(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  auto file = open_output(temporary);
  if (!file) return std::unexpected(file.error());
  auto done = (*file)->write(bytes);
  if (done) done = (*file)->sync();
  if (done) done = (*file)->close();
  if (done) done = rename(temporary, path);
  if (!done) (void)remove(temporary);
  return done;
}

FileEnv& posix_file_env() {
  static PosixFileEnv env;
  return env;
}

}  // namespace weir::base
