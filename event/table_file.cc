// Both kinds are read as events of one type without time or identity. What the readers of events
// do not take is put into their form before: a list without a header gets one, and bare values of
// JSON lines are wrapped into objects.
#include "event/table_file.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "event/byte_source.h"
#include "event/csv_reader.h"
#include "event/input.h"
#include "event/json_reader.h"
#include "event/json_scan.h"

namespace weir::event {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kListColumn = "value";
constexpr std::size_t kBlockBytes = std::size_t{4} << 20;

struct TableText {
  std::string text;
  bool csv = false;
  char delimiter = ',';
  std::uint64_t added_lines = 0;  // before the file's first line
};

Result<TableText> load(base::FileEnv& files, const std::string& path) {
  auto source = open_byte_source(files, path);
  if (!source) return std::unexpected(source.error());
  auto text = read_all(**source, kMaxTableFileBytes);
  if (!text) return std::unexpected(text.error().within("cannot read " + path));
  TableText table{std::move(*text), format_of_name(path) == InputFormat::kCsv,
                  delimiter_of_name(path), 0};
  if (table.text.starts_with(kByteOrderMark)) table.text.erase(0, kByteOrderMark.size());
  return table;
}

Result<std::unique_ptr<RecordReader>> make_reader(const Schema& schema, const TableText& table) {
  ReaderOptions options;
  options.type_name = schema.types[0].name;
  options.delimiter = table.delimiter;
  if (table.csv) {
    auto reader = CsvReader::create(schema, options);
    if (!reader) return std::unexpected(reader.error());
    return std::move(*reader);
  }
  auto reader = JsonReader::create(schema, options);
  if (!reader) return std::unexpected(reader.error());
  return std::move(*reader);
}

// All of the text, in blocks, each given to `take` as a batch that keeps the bytes that its rows
// point into.
template <typename Take>
Result<void> decode(const std::string& path, const TableText& table, std::vector<Field> columns,
                    const Take& take, const std::string& id_column = "") {
  Schema schema;
  EventType& type = schema.types.emplace_back();
  type.name = "row";
  type.time_path.clear();
  type.id_path.clear();
  if (!id_column.empty()) type.id_path = {id_column};
  type.fields = std::move(columns);
  for (Field& field : type.fields) field.read = true;
  auto reader = make_reader(schema, table);
  if (!reader) return std::unexpected(reader.error());

  std::string_view rest = table.text;
  std::size_t block = kBlockBytes;
  while (!rest.empty()) {
    auto batch = std::make_unique<Batch>();
    const bool last = rest.size() <= block;
    batch->buffer().assign(rest.substr(0, block));
    const std::size_t used = (*reader)->read(batch->buffer().view(), last, *batch);
    if (!batch->bad().empty()) {
      const BadRecord& bad = batch->bad()[0];
      return base::fail(ErrorCode::kCorrupt,
                        path + ", line " + std::to_string(bad.origin.line - table.added_lines) +
                            ": " + std::string(bad.message));
    }
    if (auto taken = take(std::move(batch)); !taken) return taken;
    rest.remove_prefix(used);
  }
  return {};
}

std::string_view first_line(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The column of a CSV list: the cell of the first line that says one of the two names; a file
// without such a cell gets a header that names its first column.
std::string find_list_column(TableText& table, std::string_view list_name) {
  std::string_view line = first_line(table.text);
  std::string header(kListColumn);
  while (true) {
    const std::size_t cut = line.find(table.delimiter);
    std::string_view cell = line.substr(0, cut);
    while (cell.starts_with(' ') || cell.starts_with('"')) cell.remove_prefix(1);
    while (cell.ends_with(' ') || cell.ends_with('"')) cell.remove_suffix(1);
    if (cell == list_name || cell == kListColumn) return std::string(cell);
    if (cut == line.npos) break;
    line.remove_prefix(cut + 1);
  }
  bool quoted = false;
  for (const char c : first_line(table.text)) {
    if (c == '"') quoted = !quoted;
    if (c == table.delimiter && !quoted) header += table.delimiter;
  }
  table.text.insert(0, header + "\n");
  table.added_lines = 1;
  return std::string(kListColumn);
}

// Whether the text is one JSON value and nothing else; `padded` is room to look at it.
bool is_one_value(std::string_view text, PaddedBuffer& padded) {
  padded.assign(text);
  Token token;
  ScanFault fault;
  return scan_value(padded.data(), token, fault) == padded.data() + text.size();
}

// Bare values become {"value":..}, line by line; lines stay where they are, broken ones broken.
std::string wrap_bare_values(std::string_view text) {
  std::string wrapped;
  wrapped.reserve(text.size() + text.size() / 2);
  PaddedBuffer padded;
  while (!text.empty()) {
    const std::size_t cut = text.find('\n');
    const std::string_view line = text.substr(0, cut);
    const std::size_t first = line.find_first_not_of(" \t\r");
    const std::size_t size = line.find_last_not_of(" \t\r") + 1 - (first == line.npos ? 0 : first);
    if (first != line.npos && line[first] != '{' &&
        is_one_value(line.substr(first, size), padded)) {
      wrapped += "{\"value\":";
      wrapped += line.substr(first, size);
      wrapped += '}';
    } else {
      wrapped += line;
    }
    wrapped += '\n';
    text.remove_prefix(cut == text.npos ? text.size() : cut + 1);
  }
  return wrapped;
}

// The value of a row that has a slot for each of two names. A row with neither is an error, unless
// its value was odd (an enum's text not listed): that is left out.
class TwoNames {
 public:
  TwoNames(const std::string& path, ListReceiver& to) : path_(path), to_(to) {}

  Result<void> take(const Batch& batch) {
    odd_left_ += batch.odd().enums_unlisted + batch.odd().decimals_out_of_range;
    for (std::size_t i = 0; i < batch.rows().size(); ++i) {
      const Row& row = batch.rows()[i];
      const std::size_t slot = row.has(0) ? 0 : 1;
      if (row.has(slot)) {
        to_.take(row.slots[slot]);
      } else if (odd_left_ == 0) {
        return base::fail(
            ErrorCode::kCorrupt,
            path_ + ", line " + std::to_string(batch.origin(i).line) + ": the value is missing");
      } else {
        --odd_left_;
      }
    }
    return {};
  }

 private:
  const std::string& path_;
  ListReceiver& to_;
  std::uint64_t odd_left_ = 0;  // odd values of rows to come
};

Result<OddCounts> read_json_list(const std::string& path, TableText& table,
                                 const std::string& list_name, const Type& type, ListReceiver& to) {
  table.text = wrap_bare_values(table.text);
  std::vector<Field> columns(2);
  columns[0].path = {std::string(kListColumn)};
  columns[1].path = {list_name};
  for (Field& column : columns) {
    column.name = column.path[0];
    column.type = type;
    column.optional = true;
  }
  TwoNames names(path, to);
  OddCounts odd;
  auto read = decode(path, table, std::move(columns), [&](std::unique_ptr<Batch> batch) {
    odd += batch->odd();
    return names.take(*batch);
  });
  if (!read) return std::unexpected(read.error());
  return odd;
}

bool is_plain_text(std::string_view path) {
  for (const std::string_view ending : {".gz", ".zst"}) {
    if (path.ends_with(ending)) path.remove_suffix(ending.size());
  }
  return path.ends_with(".txt");
}

// Each line becomes the one cell of a line of CSV.
void quote_lines(TableText& table) {
  std::string quoted(kListColumn);
  quoted.reserve(table.text.size() + table.text.size() / 4);
  quoted += '\n';
  std::string_view text = table.text;
  while (!text.empty()) {
    const std::size_t cut = text.find('\n');
    std::string_view line = text.substr(0, cut);
    constexpr std::string_view kBlanks = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    if (!line.starts_with('#') && !line.empty()) {
      if (line.find_first_of(",\"") == line.npos) {
        quoted += line;
      } else {
        quoted += '"';
        for (const char c : line) quoted.append(c == '"' ? 2 : 1, c);
        quoted += '"';
      }
    }
    quoted += '\n';  // also of what is left out: so lines keep their numbers
    text.remove_prefix(cut == text.npos ? text.size() : cut + 1);
  }
  table.text = std::move(quoted);
  table.csv = true;
  table.added_lines = 1;
}

}  // namespace

Result<TableData> read_table_file(base::FileEnv& files, const std::string& path,
                                  std::vector<Field> columns, const std::string& id_column) {
  auto table = load(files, path);
  if (!table) return std::unexpected(table.error());
  if (table->csv && table->text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return base::fail(ErrorCode::kCorrupt, path + " is empty: it has no header");
  }
  TableData data;
  if (table->csv) data.header = first_line(table->text);
  const auto take = [&](std::unique_ptr<Batch> batch) {
    data.rows.insert(data.rows.end(), batch->rows().begin(), batch->rows().end());
    data.odd += batch->odd();
    data.batches.push_back(std::move(batch));
    return Result<void>();
  };
  auto read = decode(path, *table, std::move(columns), take, id_column);
  if (!read) return std::unexpected(read.error());
  return data;
}

Result<OddCounts> read_list_file(base::FileEnv& files, const std::string& path,
                                 const std::string& list_name, const Type& type, ListReceiver& to) {
  auto table = load(files, path);
  if (!table) return std::unexpected(table.error());
  to.expect(static_cast<std::size_t>(std::ranges::count(table->text, '\n')) + 1);
  const bool plain = is_plain_text(path);
  if (!plain && !table->csv) return read_json_list(path, *table, list_name, type, to);
  Field column;
  column.name = kListColumn;
  column.type = type;
  if (plain) {
    quote_lines(*table);
    column.path = {std::string(kListColumn)};
  } else {
    column.path = {find_list_column(*table, list_name)};
  }
  OddCounts odd;
  auto read = decode(path, *table, {column}, [&](std::unique_ptr<Batch> batch) {
    odd += batch->odd();
    for (const Row& row : batch->rows()) {
      if (row.has(0)) to.take(row.slots[0]);  // else it was odd, and was counted
    }
    return Result<void>();
  });
  if (!read) return std::unexpected(read.error());
  return odd;
}

}  // namespace weir::event
