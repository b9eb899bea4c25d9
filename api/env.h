// What the library needs of the outside, in one place, so that a test can put its own there. The
// public calls use system_env(). The references must outlive whoever holds the Env.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/file_env.h"
#include "weir/error.h"

namespace weir::api {

struct Env {
  base::FileEnv& files;
  base::Clock& clock;
};

[[nodiscard]] inline Env system_env() { return {base::posix_file_env(), base::system_clock()}; }

[[nodiscard]] inline ErrorCode public_code(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kNotFound:
      return ErrorCode::not_found;
    case base::ErrorCode::kPermission:
      return ErrorCode::permission;
    case base::ErrorCode::kIo:
      return ErrorCode::io;
    case base::ErrorCode::kNoSpace:
      return ErrorCode::no_space;
    case base::ErrorCode::kBrokenPipe:
      return ErrorCode::broken_pipe;
    case base::ErrorCode::kCorrupt:
      return ErrorCode::corrupt;
    case base::ErrorCode::kVersion:
      return ErrorCode::version;
    case base::ErrorCode::kInvalidArgument:
      return ErrorCode::invalid_argument;
    case base::ErrorCode::kLimit:
      return ErrorCode::limit;
  }
  return ErrorCode::io;
}
[[nodiscard]] inline Error public_error(const base::Error& error) {
  return {public_code(error.code), error.message};
}
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace weir::api
