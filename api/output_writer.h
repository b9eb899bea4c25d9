// An output of a run: lines gathered in a block, written a block at a time, through FileEnv.
//
// A regular file is written as PATH.partial and renamed by publish(), so that a file of the name is
// whole; without publish() what was written is removed. A pipe, a device or standard output is
// written as it is. Not thread-safe.
//
// Invariants
// 1. Errors latch: after the first failed write nothing more is written, and error() says why.
// 2. buffer() may always be appended to; with an output that is nowhere it is dropped.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/file_env.h"

namespace weir::api {

class OutputWriter {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

  // Nowhere.
  OutputWriter() = default;
  OutputWriter(OutputWriter&& other) noexcept = default;
  OutputWriter& operator=(OutputWriter&&) = delete;
  ~OutputWriter();

  // "-" is standard output, empty is nowhere.
  [[nodiscard]] static base::Result<OutputWriter> open(base::FileEnv& files,
                                                       const std::string& path);

  [[nodiscard]] bool is_open() const { return file_ != nullptr; }
  [[nodiscard]] std::string& buffer() { return buffer_; }
  // To be called behind every line: writes once a block is full.
  void line_done() {
    if (buffer_.size() >= kBlockBytes) write_out();
  }
  // Writes what is there now if somebody may be waiting for it: not for a regular file.
  void end_of_batch() {
    if (!partial_ && !buffer_.empty()) write_out();
  }
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }
  // Writes the rest and closes: what can fail for want of space has failed by then. Two steps, so
  // that of several outputs none gets its name unless all are written.
  [[nodiscard]] base::Result<void> close();
  // Gives the file its name.
  [[nodiscard]] base::Result<void> publish();

 private:
  void write_out();

  base::FileEnv* files_ = nullptr;
  std::unique_ptr<base::OutputFile> file_;
  std::string path_;
  bool partial_ = false;  // written under another name, not yet renamed
  std::string buffer_;
  std::optional<base::Error> error_;
};

}  // namespace weir::api
