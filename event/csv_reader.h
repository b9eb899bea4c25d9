// CSV to rows (language L2.2, L2.3). See reader.h for the contract and value_decode.h for what a
// cell may say. What this reader adds:
//
// - RFC 4180: the first record is the header; cells with a delimiter, a quote or a line end in them
//   stand in quotes, and a quote there is written twice. LF or CR LF ends a record. A byte order
//   mark may begin a source.
// - A column fills what its name says: `amount`, or `entry.mode` for the path entry.mode. Columns
//   that nobody asks for are ignored. A name that stands in the header twice makes every record
//   of a type that reads it bad, as a duplicate.
// - An empty cell, quoted or not, is absent. A record with more or fewer cells than the header is
//   bad. Empty lines are no records.
// - A record that is broken (a quote that does not end, text behind a closing quote) costs its
//   first line only: reading goes on at the next, so that one stray quote does not swallow the
//   file.
// - Row::raw is the record without its line end.
//
// Not thread-safe; no allocation in the steady state.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event/reader.h"

namespace weir::event {

class CsvReader final : public RecordReader {
 public:
  // `schema` must outlive the reader (until set_schema).
  [[nodiscard]] static base::Result<std::unique_ptr<CsvReader>> create(const Schema& schema,
                                                                       ReaderOptions options);
  ~CsvReader() override;

  std::size_t read(std::string_view text, bool last, Batch& batch) override;
  void start_source(std::uint32_t source, std::uint64_t first_seq) override;
  base::Result<void> set_schema(const Schema& schema) override;
  std::uint64_t next_seq() const override { return place_.next.seq; }

  // What reading on depends on, between two calls of read().
  struct Place {
    std::vector<std::string> header;
    bool has_header = false;
    RecordOrigin next;      // of the next record; its line is the last line read
    bool at_start = true;   // of the source: a byte order mark may come
    bool skipping = false;  // inside a line that was too long
  };
  [[nodiscard]] const Place& place() const { return place_; }
  // Reads on from there, with the same options.
  void resume(Place place);

 private:
  struct Decoding;  // what belongs to one schema

  struct Cell {
    const char* begin;
    std::size_t size;  // between the quotes, if it has them
    bool doubled;      // has quotes that are written twice
  };
  enum class Scan : std::uint8_t { kWhole, kUnfinished, kBroken };

  explicit CsvReader(ReaderOptions options);
  Scan scan_record(const char* begin, const char* end, bool last);
  Scan scan_quoted(const char*& p, const char* end, bool last);
  void scan_plain(const char*& p, const char* end);
  Scan broken(const char* message);
  void take_record(const char* begin, bool utf8, Batch& batch);
  void take_header();
  void map_columns();
  void decode(std::string_view raw, Batch& batch);
  // Counts the first line of the record at `begin` as bad; returns where the next line starts, or
  // null if the line goes on behind `end`.
  const char* reject_line(const char* begin, const char* end, bool last, Batch& batch);
  RecordOrigin take_origin();

  ReaderOptions options_;
  std::unique_ptr<Decoding> decoding_;
  Place place_;

  // The record that was scanned last.
  std::vector<Cell> cells_;
  const char* record_end_ = nullptr;   // before its line end
  const char* next_record_ = nullptr;  // behind it
  std::uint64_t inner_lines_ = 0;      // line ends inside its cells
  const char* broken_message_ = "";
};

}  // namespace weir::event
