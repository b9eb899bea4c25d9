// Takes the lines of a data file apart: one JSON object, or one CSV record, into its fields.
//
// Used by the schema inference. A value inside an object has the path "outer.inner". What Weir
// cannot read as a field (a list of objects, a key with a dot in it) is kept as kOpaque, so that
// the report can name it.
// Thread safety: none; a reader belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/schema/scalar_kind.h"

namespace weir::apps {

enum class ValueShape : uint8_t {
  kScalar,
  kList,    // of scalars, all of `kind` (kNull if it is empty)
  kGeo,     // an object of just lat and lon, both numbers
  kOpaque,  // nothing that a field can hold
};

struct FieldValue {
  std::string path;
  ValueShape shape = ValueShape::kScalar;
  ScalarKind kind = ScalarKind::kNull;
  std::string text{};     // of a scalar: a string's contents, a number's digits
  bool repeated = false;  // the field stands in the record a second time
};

using Record = std::vector<FieldValue>;

// Objects may be nested so deep, and a record may have so many fields; deeper parts are kOpaque,
// and a wider record is malformed.
inline constexpr size_t kMaxPathDepth = 16;
inline constexpr size_t kMaxRecordFields = 2'000;

// The fields of one JSON object; nothing if the line is not one.
std::optional<Record> ReadJsonRecord(std::string_view line);

// Reads CSV as in RFC 4180. The first record names the columns.
class CsvReader {
 public:
  enum class Result : uint8_t { kRecord, kHeader, kIncomplete, kMalformed };

  // Feeds one line without its newline. kIncomplete: a quoted cell goes on in the next line.
  // kRecord: `record` is set. kMalformed: quotes out of place, or not as many cells as columns.
  Result ReadLine(std::string_view line, Record& record);

  // True in the middle of a quoted cell: the file ends too early.
  bool incomplete() const { return !pending_.empty(); }

 private:
  std::vector<std::string> columns_;
  std::string pending_;  // the lines of a record whose last cell is still open
};

}  // namespace weir::apps
