// Files in memory for the tests of this room: what is read comes in pieces as short as asked for,
// and a file can fail at its end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_env.h"

namespace weir::event::testing {

class MemoryFiles final : public base::FileEnv {
 public:
  std::map<std::string, std::string> contents;
  std::size_t piece = std::string::npos;  // most bytes that one read gives
  bool fail_at_end = false;
  bool sizes_known = true;
  int opened = 0;
  std::uint64_t bytes_read = 0;

  base::Result<std::unique_ptr<base::InputFile>> open_input(const std::string& path) override {
    const auto found = contents.find(path);
    if (found == contents.end()) {
      return base::fail(base::ErrorCode::kNotFound, "cannot open " + path);
    }
    ++opened;
    return std::make_unique<File>(found->second, *this);
  }
  base::Result<std::unique_ptr<base::OutputFile>> open_output(const std::string&) override {
    return base::fail(base::ErrorCode::kPermission, "read only");
  }
  base::Result<void> rename(const std::string&, const std::string&) override { return {}; }
  base::Result<void> remove(const std::string&) override { return {}; }
  bool is_directory(const std::string&) override { return false; }
  bool exists(const std::string& path) override { return contents.contains(path); }
  base::Result<std::vector<std::string>> list_files(const std::string& path) override {
    const std::string prefix = path == "." ? "" : path;
    std::vector<std::string> found;
    for (const auto& [name, bytes] : contents) {
      if (name.starts_with(prefix)) found.push_back(path == "." ? "./" + name : name);
    }
    return found;
  }

 private:
  class File final : public base::InputFile {
   public:
    File(std::string bytes, MemoryFiles& files) : bytes_(std::move(bytes)), files_(files) {}
    base::Result<std::size_t> read(char* buffer, std::size_t size) override {
      const std::size_t got = std::min({size, files_.piece, bytes_.size() - at_});
      if (got == 0 && files_.fail_at_end) return base::fail(base::ErrorCode::kIo, "torn");
      std::memcpy(buffer, bytes_.data() + at_, got);
      at_ += got;
      files_.bytes_read += got;
      return got;
    }
    std::uint64_t size() const override { return files_.sizes_known ? bytes_.size() : 0; }

   private:
    std::string bytes_;
    MemoryFiles& files_;
    std::size_t at_ = 0;
  };
};

}  // namespace weir::event::testing
