// A file's bytes, decompressed on the way where it is gzip or Zstandard: by what it begins with, so
// that standard input works too. Used by EventSource and by the readers of lists and tables. Not
// thread-safe. Streams: memory is the codec's window and two buffers, whatever the file's size.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_env.h"

namespace weir::event {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // At most `size` bytes (size > 0); 0 at the end. kCorrupt for compressed bytes that are broken
  // or end too early. Hands out what there is and does not wait to fill the buffer.
  [[nodiscard]] virtual base::Result<std::size_t> read(char* buffer, std::size_t size) = 0;
  // Bytes taken from the file itself so far, before decompression.
  [[nodiscard]] virtual std::uint64_t file_bytes_read() const = 0;
};

// Opens `path` ("-" is standard input). A file named .gz or .zst has to be what it is called, any
// other is decompressed if it begins as one; gzip members and Zstandard frames may follow each
// other.
[[nodiscard]] base::Result<std::unique_ptr<ByteSource>> open_byte_source(base::FileEnv& files,
                                                                         const std::string& path);

// The same for a file that is open already; `path` is its name.
[[nodiscard]] base::Result<std::unique_ptr<ByteSource>> make_byte_source(
    std::unique_ptr<base::InputFile> file, const std::string& path);

// All of it; kLimit if it is longer than `limit` when decompressed.
[[nodiscard]] base::Result<std::string> read_all(ByteSource& source, std::uint64_t limit);

// Patterns with * ? [..] become the files that they match, by name; a path that exists, or has no
// such character, stays as it is. `*` does not cross a slash, nor match a leading dot. kNotFound
// if a pattern matches nothing.
[[nodiscard]] base::Result<std::vector<std::string>> expand_globs(
    base::FileEnv& files, const std::vector<std::string>& patterns);

}  // namespace weir::event
