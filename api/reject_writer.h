// Records that did not reach the engine, as lines for whoever mends them (`--bad-input FILE`).
// Free functions; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/batch.h"

namespace weir::api {

struct Reject {
  event::RecordOrigin origin;
  std::string_view reason;  // a word: as of bad_reason_name(), or `future`
  std::string_view message;
  std::string_view raw;
};

// {"source":PATH,"line":N,"seq":N,"reason":WORD,"message":TEXT,"record":TEXT} and a newline. The
// record is cut at BadRecord::kRawBytes; bytes that are not UTF-8 come out as U+FFFD.
void append_reject(std::string& out, const Reject& reject, const std::vector<std::string>& sources);
void append_bad_record(std::string& out, const event::BadRecord& bad,
                       const std::vector<std::string>& sources);

// events.ndjson:12: the field `amount` is missing
[[nodiscard]] std::string describe_reject(const Reject& reject,
                                          const std::vector<std::string>& sources);
[[nodiscard]] std::string describe_bad_record(const event::BadRecord& bad,
                                              const std::vector<std::string>& sources);

// The text with every byte that is not UTF-8 made U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

}  // namespace weir::api
