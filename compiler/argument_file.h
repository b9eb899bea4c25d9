// The CSV of a template's arguments (`rules T from "file.csv"`): cells with their places, so that a
// diagnostic can point into the file. Unlike event/csv_reader.h it keeps texts, not typed values:
// what a cell has to be, the template says.
//
// RFC 4180: the first line names the columns; a cell with a comma, a quote or a line end in it
// stands in quotes, and a quote there is written twice. Blanks around a cell without quotes do not
// count. Blank lines are none. A byte order mark may stand first. Pure; used by the compiler.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/ast.h"
#include "dsl/source.h"

namespace weir::compiler {

struct ArgumentCell {
  std::string text;
  dsl::Span span;  // with its quotes
  bool quoted = false;
};

struct ArgumentFile {
  std::vector<ArgumentCell> columns;
  std::vector<std::vector<ArgumentCell>> rows;  // each as many cells as there are columns
};

struct ArgumentFileError {
  dsl::Span span;
  std::string message;
};

// At most what a span can count; more is an error.
inline constexpr std::size_t kMaxArgumentFileBytes = std::size_t{64} << 20;

[[nodiscard]] std::expected<ArgumentFile, ArgumentFileError> read_argument_file(
    std::string_view text, dsl::SourceId source);

// What a cell says: a literal as in a rule, or a name in backquotes; all else is a string. Its
// literals have `cell` set, and their text. Appended to `ast`.
[[nodiscard]] dsl::ExprId cell_value(const ArgumentCell& cell, dsl::Ast& ast);

}  // namespace weir::compiler
