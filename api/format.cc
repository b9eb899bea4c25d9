#include "weir/format.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "api/diagnostic_convert.h"
#include "api/env.h"
#include "api/rule_files.h"
#include "dsl/formatter.h"

namespace weir {
namespace {

// A file is replaced by renaming, which asks for no permission on the file itself. Opening it to
// append does, and changes nothing; but the superuser may open all, and means no more by that.
bool is_read_only(const std::filesystem::path& path, std::filesystem::perms permissions) {
  using std::filesystem::perms;
  constexpr perms kWrite = perms::owner_write | perms::group_write | perms::others_write;
  return (permissions & kWrite) == perms::none || !std::ofstream(path, std::ios::app);
}

// The file that is named is replaced, with its own permissions; a symbolic link stays one.
base::Result<void> replace_file(base::FileEnv& files, const std::string& path,
                                const std::string& text) {
  std::error_code error;
  std::filesystem::path target = path;
  if (std::filesystem::is_symlink(target, error)) {
    target = std::filesystem::weakly_canonical(target, error);
  }
  const std::filesystem::file_status status = std::filesystem::status(target, error);
  if (std::filesystem::exists(status) && is_read_only(target, status.permissions())) {
    return base::fail(base::ErrorCode::kPermission, "cannot write " + path + ": it is read-only");
  }
  if (auto done = files.write_file_atomically(target.string(), text); !done) return done;
  if (status.type() == std::filesystem::file_type::regular) {
    std::filesystem::permissions(target, status.permissions(), error);
  }
  return {};
}

}  // namespace

std::expected<std::string, Diagnostics> format_text(const std::string& path, std::string text) {
  const auto sources = std::make_shared<dsl::SourceSet>();
  const dsl::SourceId source = sources->add(path, std::move(text));
  auto formatted = dsl::format_source(*sources, source);
  if (formatted) return std::move(*formatted);
  formatted.error().sort();
  return std::unexpected(api::public_diagnostics(sources, std::move(formatted.error())));
}

Result<std::vector<std::string>> find_rule_files(const std::string& path) {
  auto found = api::find_rule_files(api::system_env().files, path);
  if (!found) return std::unexpected(api::public_error(found.error()));
  return std::move(*found);
}

std::expected<bool, Diagnostics> format_file(const std::string& path, bool check) {
  base::FileEnv& files = api::system_env().files;
  auto text = api::read_rule_file(files, path);
  if (!text) return std::unexpected(api::failed_diagnostics(text.error()));
  auto formatted = format_text(path, *text);
  if (!formatted) return std::unexpected(std::move(formatted.error()));
  const bool changed = *formatted != *text;
  if (changed && !check) {
    if (auto done = replace_file(files, path, *formatted); !done) {
      return std::unexpected(api::failed_diagnostics(done.error()));
    }
  }
  return changed;
}

}  // namespace weir
