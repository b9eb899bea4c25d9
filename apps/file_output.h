// A file that a command writes: a block at a time, under another name until all has gone well.
// "-" is standard output; pipes and devices are written as they are. Used by the commands that
// write data of their own (weir::run writes its outputs itself). Not thread-safe.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace weir::apps {

class FileOutput {
 public:
  // An error says in a sentence what could not be done.
  [[nodiscard]] static std::expected<FileOutput, std::string> open(const std::string& path);
  FileOutput(FileOutput&& other) noexcept;
  FileOutput& operator=(FileOutput&&) = delete;
  ~FileOutput();  // without finish() a file that was begun is removed

  // False once a write has failed; finish() says why.
  bool write(std::string_view bytes);
  [[nodiscard]] std::expected<void, std::string> finish();

 private:
  FileOutput(std::FILE* file, std::string path, std::string partial)
      : file_(file), path_(std::move(path)), partial_(std::move(partial)) {}

  std::FILE* file_;
  std::string path_;
  std::string partial_;  // empty: written in place
  int error_ = 0;        // errno of the first write that failed
};

}  // namespace weir::apps
