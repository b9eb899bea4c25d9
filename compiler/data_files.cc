#include "compiler/data_files.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/file_env.h"
#include "compiler/event_types.h"
#include "event/ip.h"
#include "event/table_file.h"
#include "nfa/value_text.h"

namespace weir::compiler {

using base::ErrorCode;
using base::Result;
using dsl::DiagnosticCode;
using event::TypeKind;

namespace {

constexpr std::size_t kMaxColumns = 10'000;

class LoadedInput final : public base::InputFile {
 public:
  explicit LoadedInput(std::string_view text) : rest_(text), size_(text.size()) {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    const std::size_t taken = std::min(size, rest_.size());
    if (taken > 0) std::memcpy(buffer, rest_.data(), taken);
    rest_.remove_prefix(taken);
    return taken;
  }
  [[nodiscard]] std::uint64_t size() const override { return size_; }

 private:
  std::string_view rest_;
  std::uint64_t size_;
};

// What the FileLoader gave, as the one file there is.
class LoadedFile final : public base::FileEnv {
 public:
  explicit LoadedFile(std::string text) : text_(std::move(text)) {}
  Result<std::unique_ptr<base::InputFile>> open_input(const std::string&) override {
    return std::make_unique<LoadedInput>(text_);
  }
  Result<std::unique_ptr<base::OutputFile>> open_output(const std::string&) override {
    return refused();
  }
  Result<void> rename(const std::string&, const std::string&) override { return refused(); }
  Result<void> remove(const std::string&) override { return refused(); }
  bool is_directory(const std::string&) override { return false; }
  bool exists(const std::string&) override { return true; }
  Result<std::vector<std::string>> list_files(const std::string&) override { return refused(); }

 private:
  static std::unexpected<base::Error> refused() {
    return base::fail(ErrorCode::kPermission, "a data file is only read");
  }
  std::string text_;
};

class DataFileReader {
 public:
  DataFileReader(const CompileContext& context, dsl::SourceId source, std::string path,
                 dsl::Span span)
      : context_(context), source_(source), path_(std::move(path)), span_(span) {}

  // Rows of these columns; nothing, and reported, if the file cannot be taken.
  template <typename Read>
  std::optional<event::TableData> read(const Read& read_from) {
    auto text = context_.files.load(std::string(context_.sources.path(source_)), path_);
    if (!text) return fault(text.error().message);
    LoadedFile file(std::move(*text));
    auto data = read_from(file, path_);
    if (!data) return fault(data.error().message);
    if (data->odd.enums_unlisted > 0) {
      return fault(path_ + " has values that the enum does not list: " +
                   std::to_string(data->odd.enums_unlisted));
    }
    if (data->odd.decimals_out_of_range > 0) {
      return fault(
          path_ + " has decimals out of range: " + std::to_string(data->odd.decimals_out_of_range));
    }
    return std::move(*data);
  }

  std::nullopt_t fault(std::string message) {
    context_.diagnostics.add(DiagnosticCode::kDataFile, span_, std::move(message));
    return std::nullopt;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const CompileContext& context_;
  dsl::SourceId source_;
  std::string path_;
  dsl::Span span_;
};

// Entries of an ip list are addresses or networks.
bool fill_networks(DataFileReader& reader, const event::TableData& data, nfa::DataSet& values) {
  for (const auto& row : data.rows) {
    if (!row.has(0)) continue;
    const auto text = row.slots[0].string.view();
    const auto network = event::parse_cidr(text);
    if (!network) {
      (void)reader.fault(reader.path() + " has the value \"" + std::string(text) +
                         "\", which is no address and no network");
      return false;
    }
    values.insert_prefix(event::ip_value(network->base),
                         static_cast<std::uint8_t>(network->prefix));
  }
  return true;
}

bool fill_list(const CompileContext& context, dsl::SourceId source, const dsl::ListDecl& decl,
               nfa::ListImage& list) {
  DataFileReader reader(context, source, *decl.path, decl.path_span);
  const bool networks = list.type.kind == TypeKind::kIp;
  event::Type read_as = list.type;
  if (networks) read_as.kind = TypeKind::kString;
  const auto data = reader.read([&](base::FileEnv& files, const std::string& path) {
    return event::read_list_file(files, path, list.name, read_as);
  });
  if (!data) return false;
  if (networks) return fill_networks(reader, *data, list.values);
  for (const auto& row : data->rows) {
    if (row.has(0)) list.values.insert(row.slots[0]);
  }
  return true;
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

// A table whose file cannot be taken stays, without rows: what names its columns can be checked.
void fill_table(const CompileContext& context, dsl::SourceId source, const dsl::TableDecl& decl,
                nfa::DataTable& rows) {
  std::vector<event::Field> fields;
  for (const auto& column : rows.columns()) {
    event::Field field;
    field.name = column.name;
    field.type = column.type;
    field.optional = column.optional;
    field.path = {column.name};
    fields.push_back(std::move(field));
  }
  DataFileReader reader(context, source, decl.path, decl.path_span);
  const auto data = reader.read([&](base::FileEnv& files, const std::string& path) {
    return event::read_table_file(files, path, fields);
  });
  if (!data) return;
  const auto present = std::make_unique<bool[]>(rows.columns().size());
  for (const auto& row : data->rows) {
    for (std::size_t i = 0; i < rows.columns().size(); ++i) present[i] = row.has(i);
    const std::size_t width = rows.columns().size();
    if (rows.add_row({row.slots, width}, {present.get(), width})) continue;
    const auto& key = rows.columns()[rows.key()];
    (void)reader.fault(decl.path + " has two rows of the key " +
                       nfa::value_text(key.type, row.slots[rows.key()], nfa::Quoting::kQuoted));
    return;
  }
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
  if (decl.path && !fill_list(context, source, decl, list)) return std::nullopt;
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
    fill_table(context, source, decl, table.rows);
  } else if (!decl.broken) {
    context.diagnostics
        .add(DiagnosticCode::kBadTable, decl.name.span,
             "table `" + decl.name.text + "` does not say where its rows are")
        .help = "write the file behind its `}`: `from \"tables/" + decl.name.text + ".csv\"`";
  }
  return table;
}

}  // namespace weir::compiler
