#include "apps/schema/record_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "apps/schema/field_names.h"

namespace weir::apps {
namespace {

ScalarKind Wider(ScalarKind a, ScalarKind b) {
  const auto is_number = [](ScalarKind kind) {
    return kind == ScalarKind::kInt || kind == ScalarKind::kDecimal || kind == ScalarKind::kFloat;
  };
  const auto is_text = [](ScalarKind kind) {
    return kind == ScalarKind::kTime || kind == ScalarKind::kIp || kind == ScalarKind::kString;
  };
  if (a == b || b == ScalarKind::kNull) return a;
  if (a == ScalarKind::kNull) return b;
  if (is_number(a) && is_number(b)) return std::max(a, b);
  return is_text(a) && is_text(b) ? ScalarKind::kString : ScalarKind::kNull;
}

// Gathers the fields from the parser's callbacks. Callbacks, and not the parsed tree, because only
// they give the digits of a number and a key that stands twice.
class FieldCollector : public nlohmann::json_sax<nlohmann::json> {
 public:
  Record TakeRecord() { return std::move(record_); }
  bool is_object() const { return is_object_; }

  bool null() override { return Scalar(ScalarKind::kNull, {}); }
  bool boolean(bool value) override { return Scalar(ScalarKind::kBool, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return Scalar(ScalarKind::kInt, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    const std::string digits = std::to_string(value);
    return Scalar(ClassifyNumber(digits), digits);
  }
  bool number_float(number_float_t, const string_t& literal) override {
    return Scalar(ClassifyNumber(literal), literal);
  }
  bool string(string_t& value) override { return Scalar(ClassifyText(value), value); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override {
    if (frames_.empty()) {
      is_object_ = true;
    } else if (opaque_depth_ > 0 || list_ || frames_.size() >= kMaxPathDepth) {
      return EnterOpaque();
    }
    Frame frame;
    if (!frames_.empty()) {
      frame.path = Path();
      frame.opaque_key = frames_.back().opaque_key || !PlainKey();
      frame.repeated = frames_.back().key_repeated;
    }
    frame.first_field = record_.size();
    frames_.push_back(std::move(frame));
    return true;
  }

  bool key(string_t& name) override {
    if (opaque_depth_ > 0) return true;
    Frame& frame = frames_.back();
    frame.key = name;
    frame.key_repeated = !frame.keys.insert(name).second || frame.repeated;
    return frame.keys.size() <= kMaxRecordFields;
  }

  bool end_object() override {
    if (LeaveOpaque()) return true;
    const Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (!frames_.empty()) FoldGeo(frame);
    return true;
  }

  bool start_array(std::size_t) override {
    if (frames_.empty()) return false;
    if (opaque_depth_ > 0 || list_) return EnterOpaque();
    list_ = FieldValue{.path = Path(), .shape = ValueShape::kList};
    return true;
  }

  bool end_array() override {
    if (LeaveOpaque()) return true;
    FieldValue list = std::move(*list_);
    list_.reset();
    return Add(std::move(list));
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Frame {       // an object that is open
    std::string path;  // of the object; empty for the record
    std::string key;   // the key whose value comes next
    std::set<std::string> keys;
    size_t first_field = 0;     // of record_
    bool key_repeated = false;  // `key` stood here before
    bool opaque_key = false;    // a key on the way cannot be part of a path
    bool repeated = false;      // the object itself stands under a repeated key
  };

  std::string Path() const {
    const Frame& frame = frames_.back();
    return frame.path.empty() ? frame.key : frame.path + "." + frame.key;
  }

  bool PlainKey() const {
    const std::string& key = frames_.back().key;
    return IsQuotable(key) && key.find('.') == std::string::npos;
  }

  // What is inside is skipped; the list or object around it is marked.
  bool EnterOpaque() {
    if (opaque_depth_++ > 0) return true;
    if (list_) {
      list_->shape = ValueShape::kOpaque;
      return true;
    }
    return Add(FieldValue{.path = Path(), .shape = ValueShape::kOpaque});
  }

  bool LeaveOpaque() {
    if (opaque_depth_ == 0) return false;
    --opaque_depth_;
    return true;
  }

  bool Scalar(ScalarKind kind, std::string text) {
    if (frames_.empty()) return false;  // the line is a number or a string
    if (opaque_depth_ > 0) return true;
    if (!list_) return Add({.path = Path(), .kind = kind, .text = std::move(text)});
    const bool first = !list_has_items_;
    list_has_items_ = true;
    const ScalarKind wider = first ? kind : Wider(list_->kind, kind);
    if (wider == ScalarKind::kNull) list_->shape = ValueShape::kOpaque;  // mixed, or nulls in it
    list_->kind = wider;
    return true;
  }

  bool Add(FieldValue value) {
    list_has_items_ = false;
    if (frames_.back().opaque_key || !PlainKey()) value.shape = ValueShape::kOpaque;
    value.repeated = frames_.back().key_repeated;
    record_.push_back(std::move(value));
    return record_.size() <= kMaxRecordFields;
  }

  // {"lat":..,"lon":..} is one value of type geo.
  void FoldGeo(const Frame& frame) {
    const auto is_number = [](const FieldValue& value) {
      return value.shape == ValueShape::kScalar && value.kind >= ScalarKind::kInt &&
             value.kind <= ScalarKind::kFloat;
    };
    if (frame.keys != std::set<std::string>{"lat", "lon"}) return;
    if (record_.size() != frame.first_field + 2) return;
    if (!is_number(record_.back()) || !is_number(record_[frame.first_field])) return;
    record_.resize(frame.first_field);
    Add({.path = frame.path, .shape = ValueShape::kGeo});
  }

  Record record_;
  std::vector<Frame> frames_;
  std::optional<FieldValue> list_;  // the list that is open
  bool list_has_items_ = false;
  size_t opaque_depth_ = 0;
  bool is_object_ = false;
};

// Splits a whole record into cells; nothing if a quote is out of place.
std::optional<std::vector<std::string>> SplitCsv(std::string_view text) {
  std::vector<std::string> cells;
  while (true) {
    std::string& cell = cells.emplace_back();
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      while (true) {
        const size_t quote = text.find('"');
        if (quote == std::string_view::npos) return std::nullopt;
        cell.append(text.substr(0, quote));
        text.remove_prefix(quote + 1);
        if (!text.starts_with('"')) break;
        cell.push_back('"');
        text.remove_prefix(1);
      }
    } else {
      const size_t comma = text.find(',');
      cell = text.substr(0, comma);
      if (cell.find('"') != std::string::npos) return std::nullopt;
      text.remove_prefix(std::min(comma, text.size()));
    }
    if (text.empty()) return cells;
    if (!text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
  }
}

}  // namespace

std::optional<Record> ReadJsonRecord(std::string_view line) {
  FieldCollector collector;
  const bool parsed = nlohmann::json::sax_parse(line.begin(), line.end(), &collector);
  if (!parsed || !collector.is_object()) return std::nullopt;
  return collector.TakeRecord();
}

CsvReader::Result CsvReader::ReadLine(std::string_view line, Record& record) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::string whole = std::move(pending_);
  pending_.clear();
  if (!whole.empty()) whole.push_back('\n');
  whole.append(line);
  if (std::ranges::count(whole, '"') % 2 != 0) {
    constexpr size_t kMaxRecordBytes = size_t{1} << 20;
    if (whole.size() > kMaxRecordBytes) return Result::kMalformed;
    pending_ = std::move(whole);
    return Result::kIncomplete;
  }
  std::optional<std::vector<std::string>> cells = SplitCsv(whole);
  if (!cells || cells->size() > kMaxRecordFields) return Result::kMalformed;
  if (columns_.empty()) {
    columns_ = std::move(*cells);
    if (columns_[0].starts_with("\xef\xbb\xbf")) columns_[0].erase(0, 3);  // a byte order mark
    return Result::kHeader;
  }
  if (cells->size() != columns_.size()) return Result::kMalformed;
  record.clear();
  std::set<std::string_view> names;
  for (size_t i = 0; i < columns_.size(); ++i) {
    FieldValue& value = record.emplace_back();
    value.path = columns_[i];
    value.kind = ClassifyCell((*cells)[i]);
    value.text = std::move((*cells)[i]);
    value.repeated = !names.insert(columns_[i]).second;
    if (!IsQuotable(columns_[i])) value.shape = ValueShape::kOpaque;
  }
  return Result::kRecord;
}

}  // namespace weir::apps
