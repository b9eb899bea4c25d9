// Whether events have a field that no file declares: so that `weir backtest` can tell a label that
// the rules do not speak of from a name that was mistyped. Not thread-safe with others who read the
// file.
#pragma once

#include <string>

namespace weir::apps {

// False if none of the first kSniffedRecords of `events_path` has the field (a path, a.b), null or
// not. True where that cannot be seen: of standard input, which can be read only once, and of what
// cannot be opened.
inline constexpr int kSniffedRecords = 100'000;
[[nodiscard]] bool may_have_field(const std::string& events_path, bool is_csv,
                                  const std::string& field);

}  // namespace weir::apps
