// The type of a field that no file declares, from the values that it has: how `weir backtest` reads
// a label that the rules do not speak of. Not thread-safe with others who read the file.
#pragma once

#include <optional>
#include <string>

namespace weir::apps {

// `bool`, `int`, `float` or `string`, from the first record of `events_path` that has the field
// (a path, a.b): nothing if none of the first kSniffedRecords has it, or the file cannot be read.
inline constexpr int kSniffedRecords = 100'000;
[[nodiscard]] std::optional<std::string> sniff_type(const std::string& events_path, bool is_csv,
                                                    const std::string& field);

}  // namespace weir::apps
