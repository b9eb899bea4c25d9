#include "apps/backtest/label_sniffer.h"

#include <charconv>
#include <string_view>
#include <vector>

#include <weir/lines.h>
#include <nlohmann/json.hpp>

namespace weir::apps {
namespace {

using Json = nlohmann::json;

std::optional<std::string> type_of(const Json& value) {
  if (value.is_boolean()) return "bool";
  if (value.is_number_integer()) return "int";
  if (value.is_number()) return "float";
  if (value.is_string()) return "string";
  return std::nullopt;
}

std::optional<std::string> type_in(std::string_view line, const std::string& field) {
  const Json record = Json::parse(line, nullptr, false);
  if (record.is_discarded()) return std::nullopt;
  const Json* at = &record;
  for (std::size_t begin = 0; begin <= field.size();) {
    const std::size_t dot = std::min(field.find('.', begin), field.size());
    const auto found = at->is_object() ? at->find(field.substr(begin, dot - begin)) : at->end();
    if (!at->is_object() || found == at->end()) return std::nullopt;
    at = &*found;
    begin = dot + 1;
  }
  return type_of(*at);
}

// Of a line without quotes: labels and ids want none, and another line will do.
std::vector<std::string_view> cells_of(std::string_view line, char delimiter) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = line.find(delimiter);
    out.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return out;
    line.remove_prefix(end + 1);
  }
}

std::optional<std::string> type_of_cell(std::string_view cell) {
  if (cell.empty()) return std::nullopt;
  double number = 0;
  const auto [stop, code] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (code == std::errc{} && stop == cell.data() + cell.size()) return "float";
  return "string";
}

}  // namespace

std::optional<std::string> sniff_type(const std::string& events_path, bool is_csv,
                                      const std::string& field) {
  std::optional<std::string> type;
  int records = 0;
  std::optional<std::size_t> column;
  const char delimiter = events_path.find(".tsv") != std::string::npos ? '\t' : ',';
  const auto look = [&](std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_csv) {
      if (line.find(field.substr(field.rfind('.') + 1)) != std::string_view::npos) {
        type = type_in(line, field);
      }
      return !type && ++records < kSniffedRecords;
    }
    const std::vector<std::string_view> cells = cells_of(line, delimiter);
    if (records++ == 0) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i] == field) column = i;
      }
      return column.has_value();
    }
    if (*column < cells.size() && line.find('"') == std::string_view::npos) {
      type = type_of_cell(cells[*column]);
    }
    return !type && records < kSniffedRecords;
  };
  if (!read_lines(events_path, look)) return std::nullopt;
  return type;
}

}  // namespace weir::apps
