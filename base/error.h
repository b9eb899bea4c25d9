// An operation that failed (house rule H5.2): I/O, a bad image, a version that is not ours.
// What is wrong with a rule is a dsl::Diagnostic, what is odd about an event is counted; neither
// is an Error. Immutable once made; safe to copy between threads.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace weir::base {

enum class ErrorCode {
  kNotFound,         // the file or directory is not there
  kPermission,       // there, and not for us
  kIo,               // the system refused a read or a write
  kNoSpace,          // the disk or the quota is full
  kBrokenPipe,       // nobody reads what is written
  kCorrupt,          // the bytes are not what their checksum or format says
  kVersion,          // made by a format that this build does not read
  kInvalidArgument,  // the caller asked for what cannot be
  kLimit,            // a stated limit was reached
};

struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;  // one sentence for a person: what was tried, on what, and what came of it

  // The same error, saying first what was being done when it came.
  [[nodiscard]] Error within(const std::string& context) const {
    return Error{code, context + ": " + message};
  }
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace weir::base
