// An operation that failed: a file that could not be opened, a disk that is full, bytes that are no
// image. What is wrong with a rule is a Diagnostic (weir/diagnostics.h); what is odd about an event
// is counted (weir/run.h); neither is an Error. Plain data, safe to copy between threads.
#pragma once

#include <expected>
#include <string>

namespace weir {

enum class ErrorCode {
  not_found,         // the file or directory is not there
  permission,        // there, and not for us
  io,                // the system refused a read or a write
  no_space,          // the disk or the quota is full
  broken_pipe,       // nobody reads what is written
  corrupt,           // the bytes are not what their checksum or format says
  version,           // made by a format that this build does not read
  invalid_argument,  // the caller asked for what cannot be
  limit,             // a stated limit was reached
  bad_record,        // a record is bad and the caller asked to stop there
  interrupted,       // the caller asked to stop
};

struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message;  // one sentence for a person: what was tried, on what, and what came of it
};

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace weir
