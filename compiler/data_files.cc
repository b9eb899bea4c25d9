#include "compiler/data_files.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "compiler/event_types.h"
#include "nfa/data_file.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using event::TypeKind;

namespace {

constexpr std::size_t kMaxColumns = 10'000;

// What the file holds, as `read` makes it of the text; nothing, and reported, if it cannot be
// taken.
template <typename Read>
auto read_file(const CompileContext& context, dsl::SourceId source, const std::string& path,
               dsl::Span span, const Read& read)
    -> std::optional<typename decltype(read(std::string()))::value_type> {
  auto text = context.files.load(std::string(context.sources.path(source)), path);
  if (!text) {
    context.diagnostics.add(DiagnosticCode::kDataFile, span, text.error().message);
    return std::nullopt;
  }
  auto data = read(std::move(*text));
  if (data) return std::move(*data);
  context.diagnostics.add(DiagnosticCode::kDataFile, span, data.error().message);
  return std::nullopt;
}

std::optional<std::size_t> find_key(const CompileContext& context, const dsl::TableDecl& decl) {
  const auto is_key = [](const dsl::FieldDecl& column) { return column.key; };
  const auto keys = std::ranges::count_if(decl.columns, is_key);
  if (keys == 0 && (decl.incomplete || !decl.broken_fields.empty())) return std::nullopt;
  if (keys != 1) {
    context.diagnostics
        .add(DiagnosticCode::kBadTable, decl.name.span,
             keys == 0 ? "the table has no key" : "the table has several keys")
        .help = "write `key` behind one column, as in `id string key`";
    return std::nullopt;
  }
  return static_cast<std::size_t>(std::ranges::find_if(decl.columns, is_key) -
                                  decl.columns.begin());
}

bool check_columns(const CompileContext& context, const dsl::TableDecl& decl) {
  bool ok = decl.columns.size() <= kMaxColumns;
  if (!ok) {
    context.diagnostics.add(DiagnosticCode::kBadBound, decl.name.span,
                            "the table has too many columns");
  }
  for (auto column = decl.columns.begin(); column != decl.columns.end(); ++column) {
    const auto same = [&](const auto& other) { return other.name.text == column->name.text; };
    if (std::find_if(decl.columns.begin(), column, same) == column) continue;
    context.diagnostics.add(DiagnosticCode::kDuplicateField, column->name.span,
                            "the table has a column `" + column->name.text + "` already");
    ok = false;
  }
  return ok;
}

}  // namespace

std::optional<nfa::ListImage> read_list(const CompileContext& context, dsl::SourceId source,
                                        const dsl::ListDecl& decl) {
  const event::Type type = value_type(decl.type, context.diagnostics);
  if (type.is_list() || decl.type.optional || type.kind == TypeKind::kGeo) {
    context.diagnostics
        .add(DiagnosticCode::kBadTable, decl.type.span, "a list cannot have entries of this type")
        .help = "write the type of one entry, as in `list " + decl.name.text + " string`";
    return std::nullopt;
  }
  nfa::ListImage list{decl.name.text, type, nfa::DataSet(nfa::value_class(type))};
  if (!decl.path) return list;
  auto values = read_file(context, source, *decl.path, decl.path_span, [&](std::string text) {
    return nfa::read_list_text(std::move(text), *decl.path, list.name, list.type);
  });
  if (!values) return std::nullopt;
  list.values = std::move(*values);
  return list;
}

std::optional<nfa::TableImage> read_table(const CompileContext& context, dsl::SourceId source,
                                          const dsl::TableDecl& decl) {
  const auto key = find_key(context, decl);
  if (!check_columns(context, decl) || !key) return std::nullopt;
  std::vector<nfa::DataTable::Column> columns;
  for (const auto& column : decl.columns) {
    if (!column.type) continue;  // the parser has said so
    columns.push_back(
        {column.name.text, value_type(*column.type, context.diagnostics), column.type->optional});
  }
  const event::Type& key_type = columns[*key].type;
  if (key_type.is_list() || key_type.kind == TypeKind::kGeo || columns[*key].optional) {
    context.diagnostics.add(DiagnosticCode::kBadTable, decl.columns[*key].span,
                            "the key of a table cannot be of this type");
    return std::nullopt;
  }
  nfa::TableImage table{decl.name.text, nfa::DataTable(std::move(columns), *key)};
  if (!decl.path.empty()) {
    // One whose file cannot be taken stays, without rows: what names its columns can be checked.
    auto rows = read_file(context, source, decl.path, decl.path_span, [&](std::string text) {
      return nfa::read_table_text(std::move(text), decl.path, table.rows.columns(),
                                  table.rows.key());
    });
    if (rows) table.rows = std::move(*rows);
  } else if (!decl.broken) {
    context.diagnostics
        .add(DiagnosticCode::kBadTable, decl.name.span,
             "table `" + decl.name.text + "` does not say where its rows are")
        .help = "write the file behind its `}`: `from \"tables/" + decl.name.text + ".csv\"`";
  }
  return table;
}

}  // namespace weir::compiler
