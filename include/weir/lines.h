// The lines of a file as text, decompressed on the way: for tools that look at data before any rule
// describes it. Thread-safe; no state.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "weir/error.h"

namespace weir {

// Calls `sink` with each line, without its LF, in order; false from it stops early. "-" is standard
// input; gzip and Zstandard by what the file begins with. A line over 64 MiB is an error (limit).
[[nodiscard]] Result<void> read_lines(const std::string& path,
                                      const std::function<bool(std::string_view)>& sink);

// Whether a file of that name is CSV by its ending (.csv, .tsv, also with .gz or .zst behind).
[[nodiscard]] bool is_csv_name(const std::string& path);

}  // namespace weir
