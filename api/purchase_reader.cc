#include "api/purchase_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "event/json_writer.h"
#include "event/table_file.h"
#include "weir/values.h"

namespace weir::api {
namespace {

using event::TypeKind;

bool is_number(TypeKind kind) {
  return kind == TypeKind::kInt || kind == TypeKind::kDecimal || kind == TypeKind::kFloat;
}

bool can_label(TypeKind kind) {
  return is_number(kind) || kind == TypeKind::kBool || kind == TypeKind::kString ||
         kind == TypeKind::kEnum;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> field_names(const event::Schema& schema) {
  std::vector<std::string> names;
  for (const event::EventType& type : schema.types) {
    for (const event::Field& field : type.fields) {
      if (!field.derived) names.push_back(field.name);
    }
  }
  return names;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(name, names);
  return nearest.empty() || nearest == name ? "" : "; did you mean " + nearest + "?";
}

std::int64_t amount_of(TypeKind kind, const event::Value& value) {
  constexpr double kMost = 9e18;
  event::Int128 scaled = 0;
  switch (kind) {
    case TypeKind::kDecimal:
      scaled = value.decimal;
      break;
    case TypeKind::kInt:
      scaled = event::Int128{value.integer} * event::kDecimalScale;
      break;
    default: {
      const double real = value.real * static_cast<double>(event::kDecimalScale);
      if (std::isnan(real)) return 0;
      return static_cast<std::int64_t>(std::nearbyint(std::clamp(real, -kMost, kMost)));
    }
  }
  return static_cast<std::int64_t>(
      std::clamp(scaled, event::Int128{INT64_MIN}, event::Int128{INT64_MAX}));
}

// The key expression that most rules have; of several the first.
std::vector<std::string> most_used_key(const nfa::Image& image) {
  std::map<std::vector<std::string>, std::size_t> uses;
  for (const nfa::RuleImage& rule : image.rules) {
    if (rule.shown_key < rule.keys.size()) ++uses[rule.keys[rule.shown_key].fields];
  }
  std::vector<std::string> best;
  for (const nfa::RuleImage& rule : image.rules) {
    if (rule.shown_key >= rule.keys.size()) continue;
    const auto& fields = rule.keys[rule.shown_key].fields;
    if (best.empty() || uses[fields] > uses[best]) best = fields;
  }
  return best;
}

event::Field column(const char* name, TypeKind kind, event::FieldRole role) {
  event::Field field;
  field.name = name;
  field.type.kind = kind;
  field.optional = true;
  field.role = role;
  field.path = {name};
  return field;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return "";
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

// 0.5, -1, 1e3; not inf or nan.
std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// Whether a line of CSV has a cell `label`.
bool names_label(std::string_view header) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= header.size(); ++i) {
    if (i < header.size() && header[i] != ',' && header[i] != '\t') continue;
    std::string_view cell = trim(header.substr(begin, i - begin));
    if (cell.size() > 2 && cell.starts_with('"') && cell.ends_with('"')) {
      cell = cell.substr(1, cell.size() - 2);
    }
    if (cell == "label") return true;
    begin = i + 1;
  }
  return false;
}

// Whether a record of JSON has a member `label`, null or not.
bool has_label(std::string_view record) {
  constexpr std::string_view kName = "\"label\"";
  for (std::size_t at = record.find(kName); at != record.npos; at = record.find(kName, at + 1)) {
    if (trim(record.substr(at + kName.size())).starts_with(':')) return true;
  }
  return false;
}

// Whether the file says of any row what it is; else all its rows are fraud.
bool is_labelled(const event::TableData& data) {
  if (!data.header.empty()) return names_label(data.header);
  return std::ranges::any_of(data.rows, [](const event::Row& row) { return has_label(row.raw); });
}

// Where the row stands.
std::uint64_t line_of(const event::TableData& data, std::size_t row) {
  for (const auto& batch : data.batches) {
    if (row < batch->rows().size()) return batch->origin(row).line;
    row -= batch->rows().size();
  }
  return 0;
}

}  // namespace

// ---- labels apart from purchases ---------------------------------------------------------------

void LabelBook::add(std::string_view id, bool fraud, std::int64_t known_ms,
                    std::optional<std::int64_t> known_at_ms) {
  if (known_at_ms && known_ms > *known_at_ms) return;
  const auto [found, added] = entries_.try_emplace(std::string(id), Entry{fraud, known_ms, false});
  if (added) return;
  Entry& entry = found->second;
  if (known_ms == entry.known_ms) {
    entry.fraud = entry.fraud || fraud;
  } else if (known_ms > entry.known_ms) {
    entry.fraud = fraud;
    entry.known_ms = known_ms;
  }
}

const LabelBook::Entry* LabelBook::find(std::string_view id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

std::uint64_t LabelBook::unused() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(entries_, [](const auto& each) { return !each.second.used; }));
}

Truth truth_of_text(std::string_view text, const std::vector<std::string>& fraud_values) {
  if (!fraud_values.empty()) {
    const bool is_fraud = std::ranges::any_of(
        fraud_values, [&](const std::string& each) { return each == "*" || each == text; });
    return is_fraud ? Truth::kFraud : Truth::kHonest;
  }
  static constexpr std::array<std::string_view, 4> kFraud = {"1", "true", "yes", "fraud"};
  static constexpr std::array<std::string_view, 7> kHonest = {"0",     "false",   "no", "honest",
                                                              "legit", "genuine", ""};
  const std::string said = lower(trim(text));
  if (std::ranges::find(kFraud, said) != kFraud.end()) return Truth::kFraud;
  if (std::ranges::find(kHonest, said) != kHonest.end()) return Truth::kHonest;
  if (const auto number = number_in(said)) return *number != 0 ? Truth::kFraud : Truth::kHonest;
  return Truth::kUndecidable;
}

Result<LabelBook> read_label_file(Env env, const BacktestLabels& labels) {
  using event::FieldRole;
  const auto data = event::read_table_file(env.files, labels.file,
                                           {column("label", TypeKind::kString, FieldRole::kLabel),
                                            column("ts", TypeKind::kTime, FieldRole::kNone)},
                                           "id");
  if (!data) return std::unexpected(public_error(data.error()));
  const auto wrong = [&](std::size_t row, const std::string& what) {
    return fail(ErrorCode::invalid_argument,
                labels.file + ", line " + std::to_string(line_of(*data, row)) + ": " + what);
  };
  if (data->odd.labels_misfit > 0) {
    return fail(ErrorCode::invalid_argument,
                labels.file + ": a label is neither a bool, a number nor a text");
  }
  const bool all_fraud = !is_labelled(*data);
  LabelBook book;
  for (std::size_t i = 0; i < data->rows.size(); ++i) {
    const event::Row& row = data->rows[i];
    if (row.identity.empty()) return wrong(i, "the id is missing");
    if (!all_fraud && !row.has(0)) continue;
    Truth truth = Truth::kFraud;
    if (!all_fraud) {
      const std::string_view text = row.slots[0].string.view();
      truth = truth_of_text(text, labels.fraud_values);
      if (truth == Truth::kUndecidable) {
        return wrong(i, "nobody said whether the label `" + std::string(text) +
                            "` means fraud; name those that do (--label-value)");
      }
    }
    book.add(row.identity, truth == Truth::kFraud, row.has(1) ? row.slots[1].integer : INT64_MIN,
             labels.known_at_ms);
  }
  return book;
}

NamedField parse_field(const event::Schema& schema, const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return {event::EventTypeId(), text};
  const event::EventTypeId type = schema.find(text.substr(0, dot));
  if (!type.valid()) return {type, text};
  return {type, text.substr(dot + 1)};
}

// ---- which fields ------------------------------------------------------------------------------

Result<PurchaseReader> PurchaseReader::make(const nfa::Image& image, const BacktestOptions& options,
                                            const LabelBook* book) {
  PurchaseReader reader(image.schema);
  reader.book_ = book;
  reader.types_.resize(image.schema.types.size());
  reader.fraud_values_ = options.labels.fraud_values;
  reader.known_at_ms_ = options.labels.known_at_ms;
  reader.maturity_ms_ = options.labels.maturity_ms;
  reader.rest_is_honest_ = options.labels.rest_is_honest.value_or(!options.labels.events.empty());
  if (auto found = reader.find_labels(options.labels); !found) {
    return std::unexpected(found.error());
  }
  reader.find_amounts(options.amount_field);
  if (auto found = reader.find_purchases(options.labels); !found) {
    return std::unexpected(found.error());
  }
  const bool has_amount = std::ranges::any_of(reader.types_, [](const TypeFields& each) {
    return each.is_purchase && each.amount != kNoSlot;
  });
  if (!has_amount && !options.amount_field.empty()) {
    return fail(ErrorCode::invalid_argument,
                "no purchase has a number " + options.amount_field +
                    did_you_mean(options.amount_field, field_names(image.schema)));
  }
  if (!has_amount) reader.amount_field_.clear();
  if (auto found = reader.find_keys(image, options); !found) return std::unexpected(found.error());
  return reader;
}

Result<void> PurchaseReader::find_labels(const BacktestLabels& labels) {
  if (!labels.file.empty()) {
    label_text_ = "the file " + labels.file;
    return {};
  }
  if (!labels.events.empty()) {
    label_text_ = "events " + labels.events;
    return {};
  }
  NamedField named = parse_field(*schema_, labels.field);
  std::string text = labels.field;
  if (text.empty()) {
    auto declared = declared_label();
    if (!declared) return std::unexpected(declared.error());
    text = *declared;
    named = {event::EventTypeId(), text};
  }
  if (auto found = find_label_field(named, text); !found) return found;
  return find_label_times(labels.time_field);
}

// The one name that fields with the role label have.
Result<std::string> PurchaseReader::declared_label() const {
  std::string declared;
  for (const event::EventType& type : schema_->types) {
    for (const event::Field& field : type.fields) {
      if (field.role != event::FieldRole::kLabel) continue;
      if (!declared.empty() && declared != field.name) {
        return fail(ErrorCode::invalid_argument, "there are the labels " + declared + " and " +
                                                     field.name + "; say which (--labels)");
      }
      declared = field.name;
    }
  }
  if (declared.empty()) {
    return fail(ErrorCode::invalid_argument,
                "no field is declared as label; say which has the truth (--labels)");
  }
  return declared;
}

Result<void> PurchaseReader::find_label_field(const NamedField& named, const std::string& text) {
  bool found = false;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    if (named.type.valid() && named.type.index() != t) continue;
    const event::EventType& type = schema_->types[t];
    if (!type.is_input()) continue;
    const auto slot = type.find_field(named.field);
    if (!slot) continue;
    const event::Field& field = type.fields[*slot];
    if (!can_label(field.type.kind)) {
      return fail(ErrorCode::invalid_argument, "the field " + text + " is " + field.type.name() +
                                                   ", and a label is a bool, a number or a text");
    }
    found = true;
    types_[t].label = static_cast<std::int32_t>(*slot);
    rules_read_label_ = rules_read_label_ || field.read;
  }
  if (!found) {
    return fail(ErrorCode::invalid_argument,
                "no event has a field " + text + did_you_mean(named.field, field_names(*schema_)));
  }
  label_text_ = "the field " + text;
  return {};
}

Result<void> PurchaseReader::find_label_times(const std::string& field) {
  if (field.empty()) return {};
  bool found = false;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    const auto slot = schema_->types[t].find_field(field);
    if (!slot || types_[t].label == kNoSlot) continue;
    const TypeKind kind = schema_->types[t].fields[*slot].type.kind;
    if (kind != TypeKind::kTime && kind != TypeKind::kInt) {
      return fail(ErrorCode::invalid_argument, "the field " + field + " is no time");
    }
    found = true;
    types_[t].label_time = static_cast<std::int32_t>(*slot);
  }
  if (found) return {};
  return fail(ErrorCode::invalid_argument,
              "no purchase has a time " + field + did_you_mean(field, field_names(*schema_)));
}

void PurchaseReader::find_amounts(const std::string& field) {
  amount_field_ = field.empty() ? "amount" : field;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    const NamedField named = parse_field(*schema_, amount_field_);
    if (named.type.valid() && named.type.index() != t) continue;
    if (!schema_->types[t].is_input()) continue;
    const auto slot = schema_->types[t].find_field(named.field);
    if (slot && is_number(schema_->types[t].fields[*slot].type.kind)) {
      types_[t].amount = static_cast<std::int32_t>(*slot);
    }
  }
}

Result<void> PurchaseReader::find_purchases(const BacktestLabels& labels) {
  for (const std::string& name : labels.purchases) {
    const event::EventTypeId type = schema_->find(name);
    if (!type.valid()) {
      std::vector<std::string> names;
      for (const event::EventType& each : schema_->types) names.push_back(each.name);
      return fail(ErrorCode::invalid_argument,
                  "no event is declared with the name " + name + did_you_mean(name, names));
    }
    TypeFields& fields = types_[type.index()];
    if (book_ == nullptr && fields.label == kNoSlot) {
      return fail(ErrorCode::invalid_argument, name + " events have no label");
    }
    fields.is_purchase = true;
  }
  if (!labels.purchases.empty()) return {};
  const bool any_amount =
      std::ranges::any_of(types_, [](const TypeFields& each) { return each.amount != kNoSlot; });
  const event::EventTypeId label_events =
      labels.events.empty() ? event::EventTypeId() : parse_field(*schema_, labels.events).type;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    TypeFields& fields = types_[t];
    if (!schema_->types[t].is_input()) continue;
    if (book_ == nullptr) {
      fields.is_purchase = fields.label != kNoSlot;
    } else {
      const bool is_label = label_events.valid() && label_events.index() == t;
      fields.is_purchase = !is_label && (!any_amount || fields.amount != kNoSlot);
    }
  }
  return {};
}

Result<void> PurchaseReader::find_keys(const nfa::Image& image, const BacktestOptions& options) {
  key_fields_ = options.key_fields.empty() ? most_used_key(image) : options.key_fields;
  bool found = false;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    if (!types_[t].is_purchase) continue;
    std::vector<std::uint32_t> slots;
    for (const std::string& name : key_fields_) {
      if (const auto slot = schema_->types[t].find_field(name)) {
        slots.push_back(static_cast<std::uint32_t>(*slot));
      }
    }
    if (slots.size() == key_fields_.size()) types_[t].key = std::move(slots);
    found = found || !types_[t].key.empty();
  }
  if (found) return {};
  if (!options.key_fields.empty()) {
    std::string names;
    for (const std::string& each : key_fields_) names += (names.empty() ? "" : ", ") + each;
    return fail(ErrorCode::invalid_argument,
                "no purchase has the key " + names +
                    did_you_mean(key_fields_.front(), field_names(*schema_)));
  }
  key_fields_.clear();
  return {};
}

void PurchaseReader::mark(event::Schema& schema) const {
  for (std::size_t t = 0; t < types_.size(); ++t) {
    if (!types_[t].is_purchase) continue;
    const auto mark_slot = [&](std::int32_t slot, bool is_label = false) {
      if (slot == kNoSlot) return;
      event::Field& field = schema.types[t].fields[static_cast<std::size_t>(slot)];
      if (field.read) return;
      field.read = true;
      field.optional = true;
      if (is_label) field.role = event::FieldRole::kLabel;
    };
    mark_slot(types_[t].label, true);
    mark_slot(types_[t].label_time, true);
    mark_slot(types_[t].amount);
    for (const std::uint32_t slot : types_[t].key) mark_slot(static_cast<std::int32_t>(slot));
  }
}

std::string PurchaseReader::purchase_names() const {
  std::string out;
  for (std::size_t t = 0; t < types_.size(); ++t) {
    if (!types_[t].is_purchase) continue;
    out += (out.empty() ? "" : ", ") + schema_->types[t].name;
  }
  return out;
}

// ---- of an event -------------------------------------------------------------------------------

Truth PurchaseReader::without_label(const event::Row& row) const {
  if (!rest_is_honest_) return Truth::kUnlabelled;
  const bool is_young = known_at_ms_ && row.ts_ms > *known_at_ms_ - maturity_ms_;
  return is_young ? Truth::kUnlabelled : Truth::kHonest;
}

Truth PurchaseReader::truth(const event::Row& row) const {
  const TypeFields& fields = types_[row.type.index()];
  if (!fields.is_purchase) return Truth::kNone;
  if (book_ == nullptr) return truth_of_field(row, fields);
  const LabelBook::Entry* entry = row.identity.empty() ? nullptr : book_->find(row.identity);
  if (entry == nullptr) return without_label(row);
  return entry->fraud ? Truth::kFraud : Truth::kHonest;
}

Truth PurchaseReader::truth_of_field(const event::Row& row, const TypeFields& fields) const {
  const auto slot = static_cast<std::size_t>(fields.label);
  if (!row.has(slot)) return without_label(row);
  if (fields.label_time != kNoSlot && known_at_ms_) {
    const auto time = static_cast<std::size_t>(fields.label_time);
    if (row.has(time) && row.slots[time].integer > *known_at_ms_) return without_label(row);
  }
  const event::Type& type = schema_->types[row.type.index()].fields[slot].type;
  const event::Value& value = row.slots[slot];
  if (type.kind == TypeKind::kString) return truth_of_text(value.string.view(), fraud_values_);
  if (type.kind == TypeKind::kEnum || !fraud_values_.empty()) {
    std::string text;
    event::append_text(text, type, value);
    return truth_of_text(text, fraud_values_);
  }
  bool is_fraud = value.integer != 0;
  if (type.kind == TypeKind::kDecimal) is_fraud = value.decimal != 0;
  if (type.kind == TypeKind::kFloat) is_fraud = value.real != 0;
  return is_fraud ? Truth::kFraud : Truth::kHonest;
}

bool PurchaseReader::amount(const event::Row& row, std::int64_t& amount_e4) const {
  amount_e4 = 0;
  const std::int32_t amount = types_[row.type.index()].amount;
  if (amount == kNoSlot || !row.has(static_cast<std::size_t>(amount))) return false;
  const auto slot = static_cast<std::size_t>(amount);
  amount_e4 = amount_of(schema_->types[row.type.index()].fields[slot].type.kind, row.slots[slot]);
  return true;
}

bool PurchaseReader::append_key(std::string& out, const event::Row& row) const {
  const auto& slots = types_[row.type.index()].key;
  const std::size_t before = out.size();
  if (slots.empty()) return false;
  out += '{';
  for (const std::uint32_t slot : slots) {
    if (!row.has(slot)) {
      out.resize(before);
      return false;
    }
    const event::Field& field = schema_->types[row.type.index()].fields[slot];
    if (out.size() > before + 1) out += ',';
    event::append_json_string(out, field.name);
    out += ':';
    event::append_json(out, field.type, row.slots[slot]);
  }
  out += '}';
  return true;
}

}  // namespace weir::api
