#include "apps/backtest/label_sniffer.h"

#include <algorithm>
#include <string_view>

#include <weir/lines.h>
#include <nlohmann/json.hpp>

namespace weir::apps {
namespace {

using Json = nlohmann::json;

bool record_has(std::string_view line, const std::string& field) {
  const Json record = Json::parse(line, nullptr, false);
  if (record.is_discarded()) return false;
  const Json* at = &record;
  for (std::size_t begin = 0; begin <= field.size();) {
    const std::size_t dot = std::min(field.find('.', begin), field.size());
    if (!at->is_object()) return false;
    const auto found = at->find(field.substr(begin, dot - begin));
    if (found == at->end()) return false;
    at = &*found;
    begin = dot + 1;
  }
  return true;
}

bool header_has(std::string_view line, char delimiter, std::string_view field) {
  while (true) {
    const std::size_t end = line.find(delimiter);
    std::string_view cell = line.substr(0, end);
    while (cell.starts_with(' ') || cell.starts_with('"')) cell.remove_prefix(1);
    while (cell.ends_with(' ') || cell.ends_with('"')) cell.remove_suffix(1);
    if (cell == field) return true;
    if (end == std::string_view::npos) return false;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

bool may_have_field(const std::string& events_path, bool is_csv, const std::string& field) {
  if (events_path == "-") return true;
  bool has = false;
  int records = 0;
  const char delimiter = events_path.find(".tsv") != std::string::npos ? '\t' : ',';
  const std::string name = field.substr(field.rfind('.') + 1);
  const auto look = [&](std::string_view line) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (records == 0 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (is_csv) {
      has = header_has(line, delimiter, field);
      return false;
    }
    has = line.find(name) != std::string_view::npos && record_has(line, field);
    return !has && ++records < kSniffedRecords;
  };
  return !read_lines(events_path, look) || has;
}

}  // namespace weir::apps
