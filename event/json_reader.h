// JSON lines to rows (language L2.2, L2.3). See reader.h for the contract and value_decode.h for
// the spellings of values. What this reader adds:
//
// - A record is a line with exactly one JSON object on it, UTF-8, at most max_record_bytes long
//   and kMaxNesting deep. All of the line is checked, also behind the last field that is wanted.
//   What is wrong with a line never reaches the next one.
// - Blank lines (white space only) are no records: they have a line number and no seq.
// - LF or CR LF ends a line; the last line needs no end. A byte order mark may begin a source.
// - A path `a.b` leads through objects. Where `a` is null or missing the field is absent, where it
//   is no object the field is of the wrong type, where `a` stands twice so does the field.
// - Row::raw is the object's text without space around it.
//
// Idea. A line that looks like an earlier one is read by its shape (line_shapes.h). Any other is
// walked: a JsonWalker scans the object and keeps the tokens of wanted places; once the object has
// ended the RecordDecoder finds the type (its field may come last) and types what that type reads.
// These two are the truth: they alone tell what is bad, and what they accept teaches its shape.
// UTF-8 is checked by simdjson, a slice of lines at a time; only if the slice fails, line by line
// and without shapes. Not taken: simdjson's On-Demand API for the rest. It does not look into the
// values that it skips, so `{"a": tru, "b": 1}` would pass, and to visit all of them costs more
// than this does.
//
// Not thread-safe. Cost: about 4 instructions a byte by shape, 20 without; no allocation in the
// steady state.
#pragma once

#include <cstdint>
#include <memory>

#include "event/json_scan.h"
#include "event/reader.h"

namespace weir::event {

class JsonReader final : public RecordReader {
 public:
  // `schema` must outlive the reader (until set_schema).
  [[nodiscard]] static base::Result<std::unique_ptr<JsonReader>> create(const Schema& schema,
                                                                        ReaderOptions options);
  ~JsonReader() override;

  std::size_t read(std::string_view text, bool last, Batch& batch) override;
  void start_source(std::uint32_t source, std::uint64_t first_seq) override;
  base::Result<void> set_schema(const Schema& schema) override;
  std::uint64_t next_seq() const override { return next_.seq; }

  // The next text begins at a line inside a source, and seq, position and line are counted from
  // there: for whoever cuts a source into blocks.
  void start_block(std::uint32_t source);
  // Lines begun since start_source() or start_block().
  [[nodiscard]] std::uint64_t lines() const { return next_.line; }

 private:
  struct Decoding;  // what belongs to one schema

  explicit JsonReader(ReaderOptions options);
  void read_lines(const char* p, const char* end, Batch& batch);
  void read_slice(const char* p, const char* end, Batch& batch);
  const char* read_line(const char* begin, const char* end, bool utf8, Batch& batch);
  const char* walk_line(const char* begin, const char* object, const char* end, Batch& batch);
  const char* reject(const char* begin, const char* end, const ScanFault& fault, Batch& batch);
  const char* skip_rest(const char* p, const char* end);
  RecordOrigin take_origin();

  ReaderOptions options_;
  std::unique_ptr<Decoding> decoding_;
  RecordOrigin next_;      // of the next record
  bool at_start_ = true;   // of the source: a byte order mark may come
  bool skipping_ = false;  // inside a line that was too long
};

}  // namespace weir::event
