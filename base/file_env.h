// Files, behind an interface: every byte that Weir reads or writes passes here, so that a test can
// tear a write, fill the disk or close the pipe. Implementations of FileEnv are thread-safe; the
// files they hand out are not. Files close when destroyed; close() first to learn whether it went
// well.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::base {

class InputFile {
 public:
  virtual ~InputFile() = default;
  // Reads at most `size` bytes; 0 at the end of the file. Retries what a signal interrupted.
  [[nodiscard]] virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
  // Size in bytes where the file has one; 0 for a pipe.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // From now on a read that waits for bytes to come fails soon after *stop is true, which any
  // thread may set; `stop` must outlive the file. Files that keep nobody waiting ignore it.
  virtual void stop_waiting_on(const std::atomic<bool>* /*stop*/) {}
};

class OutputFile {
 public:
  virtual ~OutputFile() = default;
  // Writes all of `bytes` or fails; what of it stands in the file after a failure is unknown.
  [[nodiscard]] virtual Result<void> write(std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Result<void> close() = 0;
};

class FileEnv {
 public:
  virtual ~FileEnv() = default;
  // "-" is standard input or output.
  [[nodiscard]] virtual Result<std::unique_ptr<InputFile>> open_input(const std::string& path) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<OutputFile>> open_output(
      const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& path) = 0;
  [[nodiscard]] virtual bool is_directory(const std::string& path) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) = 0;
  // There, and a pipe, socket or device: written as it is, never renamed over.
  [[nodiscard]] virtual bool is_special_file(const std::string&) { return false; }
  // The one path by which a file is known, however it was named: of one that is there without
  // links, `.` and `..`. The path itself, tidied, where the file system does not say.
  [[nodiscard]] virtual std::string real_path(const std::string& path);
  // Paths of the regular files below a directory, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> list_files(const std::string& path) = 0;

  // The whole of a file that is at most `limit` bytes long; kLimit if it is longer.
  [[nodiscard]] Result<std::string> read_file(const std::string& path, std::uint64_t limit);
  // Writes path.tmp, syncs and renames: the file is there whole or as it was.
  [[nodiscard]] Result<void> write_file_atomically(const std::string& path, std::string_view bytes);
};

[[nodiscard]] FileEnv& posix_file_env();

}  // namespace weir::base
