// The canonical layout of rule files (language L8). Pure; thread-safe.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "weir/diagnostics.h"

namespace weir {

// The text in its canonical layout: comments kept, idempotent. A text with syntax errors is not
// touched: its diagnostics come back, with `path` in them.
[[nodiscard]] std::expected<std::string, Diagnostics> format_text(const std::string& path,
                                                                  std::string text);

// The rule files that a path names: itself, or every *.weir below a directory, by path. not_found
// if there is none.
[[nodiscard]] Result<std::vector<std::string>> find_rule_files(const std::string& path);

// Formats one file in place, whole or not at all. True if it was not canonical; with `check` it is
// looked at only. A file that cannot be read, or is to be changed and is read-only, is a failure of
// the diagnostics.
[[nodiscard]] std::expected<bool, Diagnostics> format_file(const std::string& path, bool check);

}  // namespace weir
