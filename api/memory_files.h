// Files in memory, for tests, with a disk that can be full. Not thread-safe.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "base/file_env.h"

namespace weir::api {

class MemoryFiles final : public base::FileEnv {
 public:
  std::map<std::string, std::string> contents;
  std::set<std::string> special;  // paths of pipes and devices
  std::size_t space_left = std::numeric_limits<std::size_t>::max();

  base::Result<std::unique_ptr<base::InputFile>> open_input(const std::string& path) override {
    const auto found = contents.find(path);
    if (found == contents.end()) {
      return base::fail(base::ErrorCode::kNotFound, "cannot open " + path);
    }
    return std::make_unique<Input>(found->second);
  }
  base::Result<std::unique_ptr<base::OutputFile>> open_output(const std::string& path) override {
    contents[path].clear();
    return std::make_unique<Output>(*this, path);
  }
  base::Result<void> rename(const std::string& from, const std::string& to) override {
    auto node = contents.extract(from);
    contents[to] = node.mapped();
    return {};
  }
  base::Result<void> remove(const std::string& path) override {
    contents.erase(path);
    return {};
  }
  bool is_directory(const std::string&) override { return false; }
  bool exists(const std::string& path) override { return contents.contains(path); }
  bool is_special_file(const std::string& path) override { return special.contains(path); }
  base::Result<std::vector<std::string>> list_files(const std::string&) override {
    return std::vector<std::string>{};
  }

 private:
  class Input final : public base::InputFile {
   public:
    explicit Input(std::string bytes) : bytes_(std::move(bytes)) {}
    base::Result<std::size_t> read(char* buffer, std::size_t size) override {
      const std::size_t got = bytes_.copy(buffer, size, at_);
      at_ += got;
      return got;
    }
    std::uint64_t size() const override { return bytes_.size(); }

   private:
    std::string bytes_;
    std::size_t at_ = 0;
  };
  class Output final : public base::OutputFile {
   public:
    Output(MemoryFiles& files, std::string path) : files_(files), path_(std::move(path)) {}
    base::Result<void> write(std::string_view bytes) override {
      const std::size_t fits = std::min(bytes.size(), files_.space_left);
      files_.contents[path_] += bytes.substr(0, fits);
      files_.space_left -= fits;
      if (fits == bytes.size()) return {};
      return base::fail(base::ErrorCode::kNoSpace, "cannot write " + path_ + ": disk full");
    }
    base::Result<void> sync() override { return {}; }
    base::Result<void> close() override { return {}; }

   private:
    MemoryFiles& files_;
    std::string path_;
  };
};

}  // namespace weir::api
