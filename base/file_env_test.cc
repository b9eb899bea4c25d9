#include "base/file_env.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

namespace weir::base {
namespace {

// A pipe, and its reading end opened as a file is.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    auto opened = posix_file_env().open_input("/dev/fd/" + std::to_string(ends_[0]));
    EXPECT_TRUE(opened.has_value());
    input = std::move(*opened);
  }
  ~Pipe() {
    for (const int end : ends_) ::close(end);
  }
  void put(const std::string& bytes) const {
    EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::string get() const {
    std::array<char, 100> bytes{};
    const auto got = input->read(bytes.data(), bytes.size());
    return got ? std::string(bytes.data(), *got) : got.error().message;
  }

  std::unique_ptr<InputFile> input;

 private:
  std::array<int, 2> ends_{};
};

TEST(PosixInput, AReadThatWaitsIsStopped) {
  std::atomic<bool> stop = false;
  const Pipe pipe;
  pipe.input->stop_waiting_on(&stop);
  pipe.put("abc");
  EXPECT_EQ(pipe.get(), "abc");
  std::thread stopper([&] { stop = true; });
  EXPECT_NE(pipe.get().find("stopped"), std::string::npos);
  stopper.join();
  EXPECT_NE(pipe.get().find("stopped"), std::string::npos);
}

TEST(PosixInput, AWaitEndsWithBytesOrTheEnd) {
  const std::atomic<bool> stop = false;
  auto pipe = std::make_unique<Pipe>();
  pipe->input->stop_waiting_on(&stop);
  std::thread writer([&] { pipe->put("late"); });
  EXPECT_EQ(pipe->get(), "late");
  writer.join();
  const std::unique_ptr<InputFile> input = std::move(pipe->input);
  pipe.reset();
  char byte = 0;
  EXPECT_EQ(*input->read(&byte, 1), 0u);
}

}  // namespace
}  // namespace weir::base
