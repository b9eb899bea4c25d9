// The files that events come from, one after the other: opened ahead, decompressed, and how far
// reading has come. What the event sources share. Not thread-safe, but for names() and stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_env.h"
#include "event/byte_source.h"
#include "event/input.h"

namespace weir::event {

class SourceFiles {
 public:
  // `files` must outlive it.
  SourceFiles(base::FileEnv& files, std::vector<std::string> paths, InputFormat format)
      : files_(files), paths_(std::move(paths)), format_(format) {}

  // Once, before anything else. Expands globs; fails if a file is not there.
  [[nodiscard]] base::Result<void> open_ahead();

  // Opens the next file; false if there is none. Only while none is open.
  [[nodiscard]] base::Result<bool> open_next();
  [[nodiscard]] bool is_open() const { return bytes_ != nullptr; }
  // The file that was opened last: its index in names(), what it holds and what parts its cells.
  [[nodiscard]] std::uint32_t source() const { return static_cast<std::uint32_t>(next_ - 1); }
  [[nodiscard]] InputFormat format() const;
  [[nodiscard]] char delimiter(char otherwise) const;
  // At most `size` bytes of the open file, decompressed; 0 at its end. Hands out what there is.
  [[nodiscard]] base::Result<std::size_t> read(char* to, std::size_t size) {
    return bytes_->read(to, size);
  }
  void close();    // the open file, which has ended
  void abandon();  // it and all that follow

  [[nodiscard]] const std::vector<std::string>& names() const { return paths_; }
  [[nodiscard]] SourceProgress progress() const;

  // For who reads on one thread and may have to end on another: a read that waits for bytes, and
  // each later one that would, fails soon after stop(). To be asked for before open_ahead().
  void make_stoppable() { stoppable_ = true; }
  void stop() { stop_.store(true); }

 private:
  static constexpr std::size_t kMostOpen = 64;

  [[nodiscard]] base::Result<std::unique_ptr<base::InputFile>> open(const std::string& path);

  base::FileEnv& files_;
  std::vector<std::string> paths_;
  InputFormat format_;
  std::vector<std::unique_ptr<base::InputFile>> open_;  // of the first paths, until their turn
  std::size_t next_ = 0;                                // index of the path to open next
  std::unique_ptr<ByteSource> bytes_;
  SourceProgress progress_;  // of the files that have ended
  bool stoppable_ = false;
  std::atomic<bool> stop_{false};
};

}  // namespace weir::event
