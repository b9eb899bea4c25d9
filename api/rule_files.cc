#include "api/rule_files.h"

#include <filesystem>
#include <set>

#include "event/byte_source.h"
#include "event/table_file.h"

namespace weir::api {

using base::ErrorCode;
using base::Result;

Result<std::vector<std::string>> find_rule_files(base::FileEnv& files, const std::string& path) {
  if (path == "-") return std::vector<std::string>{path};
  if (!files.is_directory(path)) {
    if (files.exists(path)) return std::vector<std::string>{path};
    return base::fail(ErrorCode::kNotFound, "cannot open " + path + ": no such file or directory");
  }
  auto found = files.list_files(path);
  if (!found) return found;
  std::erase_if(*found, [](const std::string& file) { return !file.ends_with(".weir"); });
  if (found->empty()) {
    return base::fail(ErrorCode::kNotFound, "there is no *.weir file in " + path);
  }
  return found;
}

Result<std::vector<std::string>> find_rule_files(base::FileEnv& files,
                                                 const std::vector<std::string>& paths) {
  std::vector<std::string> all;
  std::set<std::string> known;
  for (const std::string& path : paths) {
    auto found = find_rule_files(files, path);
    if (!found) return found;
    for (std::string& file : *found) {
      if (known.insert(files.real_path(file)).second) all.push_back(std::move(file));
    }
  }
  if (all.empty()) return base::fail(ErrorCode::kInvalidArgument, "no rule files are given");
  return all;
}

Result<std::string> read_rule_file(base::FileEnv& files, const std::string& path) {
  // More than the parser takes: it says so itself, with a code of its own.
  constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
  return files.read_file(path, kMostBytes);
}

Result<std::string> RuleDataLoader::load(const std::string& rule_file_path,
                                         const std::string& named_path) {
  const std::filesystem::path folder = std::filesystem::path(rule_file_path).parent_path();
  const std::string path = (folder / named_path).string();  // an absolute one stays as it is
  auto bytes = event::open_byte_source(files_, path);
  if (!bytes) return std::unexpected(bytes.error());
  return event::read_all(**bytes, event::kMaxTableFileBytes);
}

}  // namespace weir::api
