// The interface of a codec: a block of bytes in, rows and rejects out. Implemented for JSON lines
// and for CSV; EventSource feeds it. Not thread-safe; several readers may share one Schema.
//
// Invariants
// 1. Every record that starts in the text is a row, bad or unknown, or is left for the next call.
// 2. No input makes a reader fail, read outside the text and its padding, or use memory beyond the
//    text's size times the row size; a bad record never affects another one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "event/batch.h"
#include "event/schema.h"

namespace weir::event {

// Readers take a greater limit for this one: sizes of tokens are 32 bits wide.
inline constexpr std::size_t kMostRecordBytes = std::size_t{1} << 30;

struct ReaderOptions {
  // `--type T`: every record is a T, whatever its type field says. Empty: the schema's mapping.
  std::string type_name;
  // Check all declared fields, not only those that rules read.
  bool strict = false;
  // A longer record is bad, and is skipped without being kept.
  std::size_t max_record_bytes = std::size_t{1} << 20;
  char delimiter = ',';  // of CSV
  // JSON lines that look like earlier ones are read by their shape (see line_shapes.h). What is
  // read is the same without it, only later: off in the tests that hold this.
  bool expect_shapes = true;
};

// `the line is longer than 1048576 bytes`.
[[nodiscard]] inline std::string too_long_message(std::string_view what,
                                                  const ReaderOptions& options) {
  return "the " + std::string(what) + " is longer than " +
         std::to_string(options.max_record_bytes) + " bytes";
}

// Whether the line that begins so, and whose end is not in sight, is longer than `most` bytes. A
// return at its end may turn out to be the line end's.
[[nodiscard]] inline bool is_longer_than(std::string_view begun, std::size_t most) {
  return begun.size() > most && !(begun.size() == most + 1 && begun.back() == '\r');
}

class RecordReader {
 public:
  virtual ~RecordReader() = default;

  // Decodes the records that are whole in `text` (all of it, if `last`: the source ends there)
  // into `batch`, behind what is in it, and returns how many bytes are done with; the caller
  // brings the rest again, with more behind it. It may take nothing only if !last and `text` is
  // at most max_record_bytes + 1 long. `text` must be followed by kReadPadding readable bytes, the
  // first one zero, and must live as long as the batch's rows.
  [[nodiscard]] virtual std::size_t read(std::string_view text, bool last, Batch& batch) = 0;

  // The next text is the beginning of another source; its first record has this seq.
  virtual void start_source(std::uint32_t source, std::uint64_t first_seq) = 0;

  // From the next record on, another schema (after a reload); it must outlive the reader. Fails,
  // and keeps the old one, if options.type_name is none of its types.
  [[nodiscard]] virtual base::Result<void> set_schema(const Schema& schema) = 0;

  // The seq of the next record.
  [[nodiscard]] virtual std::uint64_t next_seq() const = 0;
};

}  // namespace weir::event
