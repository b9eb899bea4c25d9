#include "nfa/data_file.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/file_env.h"
#include "event/ip.h"
#include "event/table_file.h"
#include "nfa/value_text.h"

namespace weir::nfa {

using base::ErrorCode;
using base::Result;

namespace {

class TextInput final : public base::InputFile {
 public:
  explicit TextInput(std::string_view text) : rest_(text), size_(text.size()) {}
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

// The text as the one file there is.
class TextFile final : public base::FileEnv {
 public:
  explicit TextFile(std::string text) : text_(std::move(text)) {}
  Result<std::unique_ptr<base::InputFile>> open_input(const std::string&) override {
    return std::make_unique<TextInput>(text_);
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

Result<void> check_odd(const event::OddCounts& odd, const std::string& path) {
  if (odd.enums_unlisted > 0) {
    return base::fail(ErrorCode::kCorrupt, path + " has values that the enum does not list: " +
                                               std::to_string(odd.enums_unlisted));
  }
  if (odd.decimals_out_of_range > 0) {
    return base::fail(ErrorCode::kCorrupt, path + " has decimals out of range: " +
                                               std::to_string(odd.decimals_out_of_range));
  }
  return {};
}

// Entries of an ip list are addresses or networks, read as text.
class SetFiller final : public event::ListReceiver {
 public:
  explicit SetFiller(DataSet& set) : set_(set), networks_(set.value_class() == ValueClass::kIp) {}

  void expect(std::size_t values) override { set_.reserve(values); }
  void take(const event::Value& value) override {
    if (!networks_) {
      set_.insert(value);
      return;
    }
    const auto network = event::parse_cidr(value.string.view());
    if (!network) {
      if (wrong_.empty()) wrong_ = value.string.view();
      return;
    }
    set_.insert_prefix(event::ip_value(network->base), static_cast<std::uint8_t>(network->prefix));
  }
  // The first that is no address and no network.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  DataSet& set_;
  const bool networks_;
  std::string wrong_;
};

}  // namespace

Result<DataSet> read_list_text(std::string text, const std::string& path, const std::string& name,
                               const event::Type& type) {
  TextFile file(std::move(text));
  DataSet set(value_class(type));
  SetFiller filler(set);
  event::Type read_as = type;
  if (type.kind == event::TypeKind::kIp) read_as.kind = event::TypeKind::kString;
  const auto odd = event::read_list_file(file, path, name, read_as, filler);
  if (!odd) return std::unexpected(odd.error());
  if (auto checked = check_odd(*odd, path); !checked) return std::unexpected(checked.error());
  if (!filler.wrong().empty()) {
    return base::fail(ErrorCode::kCorrupt, path + " has the value \"" + filler.wrong() +
                                               "\", which is no address and no network");
  }
  return set;
}

Result<DataTable> read_table_text(std::string text, const std::string& path,
                                  std::vector<DataTable::Column> columns, std::size_t key) {
  std::vector<event::Field> fields;
  for (const auto& column : columns) {
    event::Field field;
    field.name = column.name;
    field.type = column.type;
    field.optional = column.optional;
    field.path = {column.name};
    fields.push_back(std::move(field));
  }
  const std::size_t width = columns.size();
  const event::Type key_type = columns[key].type;
  TextFile file(std::move(text));
  const auto data = event::read_table_file(file, path, std::move(fields));
  if (!data) return std::unexpected(data.error());
  if (auto checked = check_odd(data->odd, path); !checked) return std::unexpected(checked.error());
  DataTable table(std::move(columns), key);
  const auto present = std::make_unique<bool[]>(width);
  for (const auto& row : data->rows) {
    for (std::size_t i = 0; i < width; ++i) present[i] = row.has(i);
    if (table.add_row({row.slots, width}, {present.get(), width})) continue;
    return base::fail(ErrorCode::kCorrupt,
                      path + " has two rows of the key " +
                          value_text(key_type, row.slots[key], Quoting::kQuoted));
  }
  return table;
}

}  // namespace weir::nfa
