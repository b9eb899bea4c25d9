// What a codec makes of one block of input: rows, and what could not become one. The readers fill
// it, the runtime steps on its rows; then it is cleared and filled again. Not thread-safe; a
// filled batch may be read from many threads.
//
// Invariants
// 1. rows(), bad() and unknown() are each in input order, and no seq stands in two of them. A
//    consumer that needs one order over all three merges them by seq.
// 2. Slots, presence words, identities and raw bytes belong to the batch: they live until clear()
//    or the batch's end, in its arena or in its buffer.
// 3. Absent slots are zero.
// 4. The buffer is followed by kReadPadding readable bytes, the first of them zero.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "event/arena.h"
#include "event/row.h"

namespace weir::event {

// Scanners load whole vector registers past the end of what they look at.
inline constexpr std::size_t kReadPadding = 64;

// Why a record is bad (language L2.3). bad_reason_name() gives the word for metrics and files.
enum class BadReason : std::uint8_t {
  kNotUtf8,      // bytes that are not UTF-8
  kSyntax,       // not one JSON object, not a CSV record
  kTooLong,      // longer than the reader's limit
  kTooDeep,      // nested deeper than any event is
  kNoType,       // no type field, and no --type
  kMissing,      // a field that is read, or the time, is not there
  kWrongType,    // a field that is read, or type, time or id, is of another type
  kOutOfRange,   // an int beyond 64 bits, a time beyond the year 9999, a latitude of 91
  kDuplicate,    // a field that is read, or type, time or id, stands in it twice
  kColumnCount,  // a CSV record with more or fewer cells than the header
};
inline constexpr std::size_t kBadReasons = 10;
[[nodiscard]] std::string_view bad_reason_name(BadReason reason);

// Where a record stood.
struct RecordOrigin {
  std::uint64_t seq = 0;       // 0-based, over all sources in order, bad records counted
  std::uint64_t position = 0;  // the same within its source
  std::uint64_t line = 0;      // 1-based, within its source; blank lines counted
  std::uint32_t source = 0;    // index into the list of sources
};

struct BadRecord {
  static constexpr std::size_t kRawBytes = 4096;
  RecordOrigin origin;
  BadReason reason = BadReason::kSyntax;
  std::string_view message;  // for a person; names the field, never its value
  std::string_view raw;      // the first kRawBytes bytes of the record as it came
};

// A record of a type that no loaded rule file declares: counted, not bad.
struct UnknownRecord {
  RecordOrigin origin;
  std::string_view type;  // what its type field said
};

// Data that was odd, and went on (language L2.3).
struct OddCounts {
  std::uint64_t decimals_rounded = 0;       // more than 4 digits after the point
  std::uint64_t decimals_out_of_range = 0;  // absent
  std::uint64_t enums_unlisted = 0;         // absent
  std::uint64_t labels_misfit = 0;          // absent: FieldPlan::is_label

  OddCounts& operator+=(const OddCounts& other) {
    decimals_rounded += other.decimals_rounded;
    decimals_out_of_range += other.decimals_out_of_range;
    enums_unlisted += other.enums_unlisted;
    labels_misfit += other.labels_misfit;
    return *this;
  }
};

// Bytes that a batch keeps while its rows point into them.
class PaddedBuffer {
 public:
  // Room for `bytes`, padding apart; what was in it is lost if it has to grow.
  void reserve(std::size_t bytes);
  void assign(std::string_view bytes);
  void append(std::string_view bytes);  // as far as capacity(): reserve first
  // Announces that `size` bytes stand at data(), and zeroes the padding behind them.
  void set_size(std::size_t size);
  [[nodiscard]] char* data() { return bytes_.get(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

class Batch {
 public:
  [[nodiscard]] std::span<const Row> rows() const { return rows_; }
  [[nodiscard]] const RecordOrigin& origin(std::size_t row) const { return origins_[row]; }
  [[nodiscard]] std::span<const BadRecord> bad() const { return bad_; }
  [[nodiscard]] std::span<const UnknownRecord> unknown() const { return unknown_; }
  [[nodiscard]] const OddCounts& odd() const { return odd_; }
  // Records of any outcome.
  [[nodiscard]] std::size_t records() const { return rows_.size() + bad_.size() + unknown_.size(); }
  [[nodiscard]] bool empty() const { return records() == 0; }

  // Empties the batch and keeps its memory.
  void clear();

  // For codecs.
  [[nodiscard]] Arena& arena() { return arena_; }
  [[nodiscard]] PaddedBuffer& buffer() { return buffer_; }
  [[nodiscard]] OddCounts& odd() { return odd_; }
  void add_row(const Row& row, const RecordOrigin& origin) {
    rows_.push_back(row);
    origins_.push_back(origin);
  }
  // Copies the message; cuts `raw`, which must live as long as the batch's rows.
  void add_bad(const RecordOrigin& origin, BadReason reason, std::string_view message,
               std::string_view raw);
  void add_unknown(const RecordOrigin& origin, std::string_view type) {
    unknown_.push_back({origin, type});
  }
  // Adds `by` to where each record stands, the source apart: what a block of a stream was read from
  // 0 on begins there.
  void move_origins(const RecordOrigin& by);

 private:
  Arena arena_;
  PaddedBuffer buffer_;
  std::vector<Row> rows_;
  std::vector<RecordOrigin> origins_;  // beside rows_
  std::vector<BadRecord> bad_;
  std::vector<UnknownRecord> unknown_;
  OddCounts odd_;
};

}  // namespace weir::event
