// The contents of a `list ... from` or `table ... from` file (language L4.3): CSV or JSON lines, by
// the name's ending, compressed or not. Used by the runtime when it loads and reloads them. Unlike
// a stream of events such a file is taken whole or not at all: the first bad record is an Error
// that names its line, and the caller keeps what it had.
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
// in the order of the columns; row.type, ts_ms and identity mean nothing.
struct TableData {
  std::vector<Row> rows;
  OddCounts odd;
  std::vector<std::unique_ptr<Batch>> batches;  // own what the rows point to
};

// A table: in CSV the header names the columns, in JSON lines each line is an object. Columns that
// are not asked for are ignored; of a column, name, type, optional and path count.
[[nodiscard]] base::Result<TableData> read_table_file(base::FileEnv& files, const std::string& path,
                                                      std::vector<Field> columns);

// A list of one column. CSV: its first cell a line, the header optional: it is one if it says the
// list's name or `value`; where it names several columns, the one so called. JSON lines: a bare
// value a line, or an object with a member called as the list or `value`. Slot 0 is the value.
[[nodiscard]] base::Result<TableData> read_list_file(base::FileEnv& files, const std::string& path,
                                                     const std::string& list_name,
                                                     const Type& type);

}  // namespace weir::event
