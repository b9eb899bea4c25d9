// The contents of a `list ... from` or `table ... from` file (language L4.3): CSV, JSON lines, or
// for a list plain text, by the name's ending, compressed or not. Used by the runtime when it loads
// and reloads them. Unlike a stream of events such a file is taken whole or not at all: the first
// bad record is an Error that names its line, and the caller keeps what it had.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_env.h"
#include "event/batch.h"
#include "event/row.h"
#include "event/schema.h"

namespace weir::event {

// Largest file, decompressed.
inline constexpr std::uint64_t kMaxTableFileBytes = std::uint64_t{4} << 30;

// Rows of typed columns. Move-only; the rows' slots and strings live as long as it does. Slots are
// in the order of the columns; row.type and ts_ms mean nothing, and identity only with an id
// column.
struct TableData {
  std::vector<Row> rows;
  OddCounts odd;
  std::string header;                           // of CSV: its first line
  std::vector<std::unique_ptr<Batch>> batches;  // own what the rows point to
};

// A table: in CSV the header names the columns, in JSON lines each line is an object. Columns that
// are not asked for are ignored; of a column, name, type, optional, path and the role of a label
// count. `id_column`, if not empty, goes into identity, as the id of an event does.
[[nodiscard]] base::Result<TableData> read_table_file(base::FileEnv& files, const std::string& path,
                                                      std::vector<Field> columns,
                                                      const std::string& id_column = "");

// Who is given the values of a list, in order.
class ListReceiver {
 public:
  virtual ~ListReceiver() = default;
  // Before the first: about how many there are.
  virtual void expect(std::size_t values) = 0;
  // Good during the call only.
  virtual void take(const Value& value) = 0;
};

// A list of one column. CSV: its first cell a line, the header optional: it is one if it says the
// list's name or `value`; where it names several columns, the one so called. JSON lines: a bare
// value a line, or an object with a member called as the list or `value`. Plain text (`.txt`): a
// value a line, without the blanks around it; empty lines, and those that begin with `#`, are left
// out. On an Error some values may have been given.
[[nodiscard]] base::Result<OddCounts> read_list_file(base::FileEnv& files, const std::string& path,
                                                     const std::string& list_name, const Type& type,
                                                     ListReceiver& to);

}  // namespace weir::event
