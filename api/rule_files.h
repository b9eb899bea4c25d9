// Which files hold the rules, and the files that rules name. Used by compilation and formatting.
// Thread-safe as far as the FileEnv is.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_env.h"
#include "compiler/compiler.h"

namespace weir::api {

// A file stays as it is; a directory becomes every *.weir below it, by path. kNotFound if there is
// none, or no such path. "-" is standard input.
[[nodiscard]] base::Result<std::vector<std::string>> find_rule_files(base::FileEnv& files,
                                                                     const std::string& path);

// The same for several paths, in their order; a file that is named twice is taken once.
[[nodiscard]] base::Result<std::vector<std::string>> find_rule_files(
    base::FileEnv& files, const std::vector<std::string>& paths);

[[nodiscard]] base::Result<std::string> read_rule_file(base::FileEnv& files,
                                                       const std::string& path);

// Lists, tables, arguments of templates and imports, relative to the rule file that names them,
// decompressed on the way.
class RuleDataLoader final : public compiler::FileLoader {
 public:
  explicit RuleDataLoader(base::FileEnv& files) : files_(files) {}
  [[nodiscard]] base::Result<std::string> load(const std::string& rule_file_path,
                                               const std::string& named_path) override;
  [[nodiscard]] std::string identity(const std::string& path) override {
    return files_.real_path(path);
  }

 private:
  base::FileEnv& files_;
};

}  // namespace weir::api
