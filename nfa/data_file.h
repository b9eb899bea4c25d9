// The contents of a list or table from the text of its file (language L4.3). Used by the compiler,
// and by the api room when a file has changed. A file is taken whole or not at all; the Error names
// what is wrong, the file and the line. Free functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "event/schema.h"
#include "nfa/dataset.h"

namespace weir::nfa {

// `path`: its ending says what the text is (event/table_file.h). `name`: the list's.
[[nodiscard]] base::Result<DataSet> read_list_text(std::string text, const std::string& path,
                                                   const std::string& name,
                                                   const event::Type& type);
[[nodiscard]] base::Result<DataTable> read_table_text(std::string text, const std::string& path,
                                                      std::vector<DataTable::Column> columns,
                                                      std::size_t key);

}  // namespace weir::nfa
