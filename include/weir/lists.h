// The lists of a ruleset while a stream runs (language L4.3): looked at and changed from outside,
// beside what rules change.
//
// A Lists is handed to run() by RunOptions::lists. It may be used before, while and after that,
// from any thread: a change is made at once, between two events, and the next event sees it. A call
// waits for the events under way, a few thousand at most. What a Lists holds lies over the files
// of the rules: a file that is read anew takes nothing of it away.
//
// Times are those of the stream, in milliseconds since the epoch: an entry is in while the stream
// has not reached its `until_ms`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/error.h"
#include "weir/ruleset.h"

namespace weir {

struct ListEntry {
  std::string value;                     // as text; of a list of `ip` an address or a network
  std::optional<std::int64_t> until_ms;  // none: for good
  bool from_file = false;                // the list's file has it
};

class Lists {
 public:
  // The ruleset is kept.
  explicit Lists(const Ruleset& rules);
  ~Lists();
  Lists(Lists&&) noexcept;
  Lists& operator=(Lists&&) noexcept;

  // In the order of the files.
  [[nodiscard]] std::vector<std::string> names() const;

  // These fail with not_found if there is no such list, with invalid_argument if the text is no
  // value of its type; nothing has been changed then.
  //
  // What is in already keeps the later of both times.
  [[nodiscard]] Result<void> add(std::string_view list, std::string_view value,
                                 std::optional<std::int64_t> until_ms = std::nullopt);
  // False: it was not in. Takes out the entry that says the same: a network that covers an address
  // stays.
  [[nodiscard]] Result<bool> remove(std::string_view list, std::string_view value);
  // The entry that says the same, if it is in.
  [[nodiscard]] Result<std::optional<ListEntry>> find(std::string_view list,
                                                      std::string_view value) const;
  // All that are in, in the order of their values. Copies them: not for lists of millions.
  [[nodiscard]] Result<std::vector<ListEntry>> entries(std::string_view list) const;

  // The time that the stream has reached; none: no event has come yet.
  [[nodiscard]] std::optional<std::int64_t> time_ms() const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
