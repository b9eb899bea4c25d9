#include "nfa/dataset.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "base/hash.h"

namespace weir::nfa {
namespace {

std::uint64_t hash_bytes(const void* bytes, std::size_t size) {
  return base::hash64({static_cast<const char*>(bytes), size});
}

constexpr std::uint8_t kFree = 0;  // of the tags of a DataSet

std::uint8_t tag_of(std::uint64_t hash) { return static_cast<std::uint8_t>((hash >> 57) + 1); }

double without_negative_zero(double v) { return v == 0 ? 0.0 : v; }

event::Value masked(const event::Value& ip, std::uint8_t bits) {
  event::Value result = ip;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits >= 8 * (i + 1) ? 8 : (bits <= 8 * i ? 0 : bits - 8 * i);
    result.ip[i] = static_cast<std::uint8_t>(result.ip[i] & (0xFF00u >> kept));
  }
  return result;
}

bool less_values(ValueClass c, const event::Value& a, const event::Value& b) {
  switch (c) {
    case ValueClass::kInteger:
      return a.integer < b.integer;
    case ValueClass::kDecimal:
      return a.decimal < b.decimal;
    case ValueClass::kFloat:
      return a.real < b.real;
    case ValueClass::kString:
      return a.string.view() < b.string.view();
    default:
      return std::memcmp(a.ip, b.ip, sizeof a.ip) < 0;
  }
}

void append_scalar(ValueClass c, const event::Value& v, base::ByteWriter& out) {
  if (c == ValueClass::kString) {
    out.string(v.string.view());
  } else {
    out.raw(&v, sizeof v);
  }
}

event::Value read_scalar(ValueClass c, base::ByteReader& in) {
  if (c == ValueClass::kString) return event::Value::of_string(in.string());
  event::Value v;
  const std::string_view bytes = in.raw(sizeof v);
  if (bytes.size() == sizeof v) std::memcpy(static_cast<void*>(&v), bytes.data(), sizeof v);
  return v;
}

}  // namespace

bool equal_values(ValueClass c, const event::Value& a, const event::Value& b) {
  switch (c) {
    case ValueClass::kInteger:
      return a.integer == b.integer;
    case ValueClass::kDecimal:
      return a.decimal == b.decimal;
    case ValueClass::kFloat:
      return a.real == b.real;
    case ValueClass::kString:
      return a.string == b.string;
    case ValueClass::kGeo:
      return a.geo.lat == b.geo.lat && a.geo.lon == b.geo.lon;
    case ValueClass::kIp:
      return std::memcmp(a.ip, b.ip, sizeof a.ip) == 0;
    default:
      break;
  }
  if (a.list.size != b.list.size) return false;
  for (std::uint64_t i = 0; i < a.list.size; ++i) {
    if (!equal_values(element_class(c), a.list.items[i], b.list.items[i])) return false;
  }
  return true;
}

std::uint64_t hash_value(ValueClass c, const event::Value& value) {
  switch (c) {
    case ValueClass::kInteger:
      return hash_bytes(&value.integer, sizeof value.integer);
    case ValueClass::kDecimal:
      return hash_bytes(&value.decimal, sizeof value.decimal);
    case ValueClass::kFloat: {
      const double real = without_negative_zero(value.real);
      return hash_bytes(&real, sizeof real);
    }
    case ValueClass::kString: {
      const std::string_view text = value.string.view();
      return base::hash64(text);
    }
    case ValueClass::kGeo: {
      const event::Geo geo{without_negative_zero(value.geo.lat),
                           without_negative_zero(value.geo.lon)};
      return hash_bytes(&geo, sizeof geo);
    }
    case ValueClass::kIp:
      return hash_bytes(value.ip, sizeof value.ip);
    default:
      break;
  }
  std::uint64_t hash = value.list.size;
  for (std::uint64_t i = 0; i < value.list.size; ++i) {
    const std::uint64_t pair[2] = {hash, hash_value(element_class(c), value.list.items[i])};
    hash = hash_bytes(pair, sizeof pair);
  }
  return hash;
}

OwnedValue::OwnedValue(ValueClass c, const event::Value& value) : value_(value) {
  if (c != ValueClass::kString || value.string.is_inline()) return;
  const std::string_view text = value.string.view();
  text_ = std::make_unique<char[]>(text.size());
  std::memcpy(text_.get(), text.data(), text.size());
  value_.string = event::StringRef({text_.get(), text.size()});
}

// ---- DataSet -----------------------------------------------------------------------------------

std::string_view PackedText::keep(std::string_view text) {
  constexpr std::size_t kFirst = 256;
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  if (text.size() > left_) {
    const std::size_t wanted = std::clamp(bytes_, kFirst, kLargest);  // twice as much as before
    left_ = std::max(wanted, text.size());
    next_ = chunks_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
    bytes_ += left_;
  }
  char* const to = next_;
  std::memcpy(to, text.data(), text.size());
  next_ += text.size();
  left_ -= text.size();
  return {to, text.size()};
}

std::uint64_t DataSet::hash_of(const event::Value& value, std::uint8_t bits) const {
  const std::uint64_t hash = hash_value(class_, value);
  return class_ == ValueClass::kIp ? hash + bits * 0x9E3779B97F4A7C15u : hash;
}

std::uint32_t DataSet::find(const event::Value& value, std::uint8_t bits) const {
  if (tags_.empty()) return kNone;
  const std::uint64_t hash = hash_of(value, bits);
  const std::uint8_t tag = tag_of(hash);
  const std::size_t mask = tags_.size() - 1;
  for (std::size_t i = hash & mask; tags_[i] != kFree; i = (i + 1) & mask) {
    if (tags_[i] != tag) continue;
    const std::uint32_t entry = slots_[i];
    if (bits_at(entry) == bits && !is_dead(entry) && equal_values(class_, values_[entry], value)) {
      return entry;
    }
  }
  return kNone;
}

bool DataSet::insert_prefix(const event::Value& value, std::uint8_t bits, std::int64_t last_ms) {
  const event::Value key = class_ == ValueClass::kIp ? masked(value, bits) : value;
  if (const std::uint32_t found = find(key, bits); found != kNone) {
    set_last(found, std::max(last_at(found), last_ms));
    return false;
  }
  put(key, bits, last_ms);
  note_length(bits, +1);
  const auto entry = static_cast<std::uint32_t>(values_.size() - 1);
  if (values_.size() * 4 > tags_.size() * 3) {
    make_slots(values_.size());
  } else {
    index_entry(entry);
  }
  return true;
}

void DataSet::put(const event::Value& value, std::uint8_t bits, std::int64_t last_ms) {
  event::Value kept = value;
  if (class_ == ValueClass::kString && !value.string.is_inline()) {
    kept.string = event::StringRef(text_.keep(value.string.view()));
  }
  values_.push_back(kept);
  const auto entry = static_cast<std::uint32_t>(values_.size() - 1);
  if (!bits_.empty() || bits != 128) {
    bits_.resize(entry, 128);
    bits_.push_back(bits);
  }
  if (!dead_.empty()) dead_.push_back(false);
  if (!last_ms_.empty()) last_ms_.push_back(kNever);
  set_last(entry, last_ms);
}

void DataSet::set_last(std::uint32_t entry, std::int64_t last_ms) {
  if (last_ms_.empty() && last_ms == kNever) return;
  last_ms_.resize(values_.size(), kNever);
  last_ms_[entry] = last_ms;
}

void DataSet::kill(std::uint32_t entry) {
  dead_.resize(values_.size());
  dead_[entry] = true;
  ++dead_count_;
  note_length(bits_at(entry), -1);
}

bool DataSet::erase(const event::Value& value, std::uint8_t bits) {
  const std::uint32_t found = find(class_ == ValueClass::kIp ? masked(value, bits) : value, bits);
  if (found == kNone) return false;
  kill(found);
  if (size() * 4 < values_.size() && values_.size() > 16) drop_dead();
  return true;
}

bool DataSet::contains(const event::Value& value, std::int64_t now_ms,
                       const DataSet* without) const {
  const auto has = [&](const event::Value& key, std::uint8_t bits) {
    const std::uint32_t entry = find(key, bits);
    if (entry == kNone || last_at(entry) < now_ms) return false;
    return without == nullptr || without->find(key, bits) == kNone;
  };
  if (class_ != ValueClass::kIp) return has(value, 128);
  return std::ranges::any_of(lengths_, [&](std::uint8_t bits) {
    return has(bits == 128 ? value : masked(value, bits), bits);
  });
}

std::optional<std::int64_t> DataSet::last_ms(const event::Value& value, std::uint8_t bits) const {
  const std::uint32_t entry = find(class_ == ValueClass::kIp ? masked(value, bits) : value, bits);
  if (entry == kNone) return std::nullopt;
  return last_at(entry);
}

std::size_t DataSet::expire(std::int64_t now_ms) {
  const std::size_t before = dead_count_;
  for (std::uint32_t entry = 0; entry < last_ms_.size(); ++entry) {
    if (!is_dead(entry) && last_ms_[entry] < now_ms) kill(entry);
  }
  const std::size_t gone = dead_count_ - before;
  if (gone > 0) drop_dead();
  return gone;
}

// All anew: what strings pointed to goes too.
void DataSet::drop_dead() {
  DataSet alive(class_);
  alive.reserve(size());
  for (std::uint32_t entry = 0; entry < values_.size(); ++entry) {
    if (!is_dead(entry)) alive.insert_prefix(values_[entry], bits_at(entry), last_at(entry));
  }
  *this = std::move(alive);
}

void DataSet::reserve(std::size_t more) {
  values_.reserve(values_.size() + more);
  make_slots(values_.size() + more);
}

void DataSet::make_slots(std::size_t entries) {
  std::size_t size = 16;
  while (size * 3 < entries * 4) size *= 2;
  if (size <= tags_.size()) return;
  tags_.assign(size, kFree);
  slots_ = std::vector<std::uint32_t>(size);  // the old ones go first
  for (std::uint32_t entry = 0; entry < values_.size(); ++entry) index_entry(entry);
}

void DataSet::index_entry(std::uint32_t entry) {
  const std::uint64_t hash = hash_of(values_[entry], bits_at(entry));
  const std::size_t mask = tags_.size() - 1;
  std::size_t i = hash & mask;
  while (tags_[i] != kFree) i = (i + 1) & mask;
  tags_[i] = tag_of(hash);
  slots_[i] = entry;
}

std::size_t DataSet::bytes() const {
  return sizeof *this + values_.capacity() * sizeof(event::Value) +
         last_ms_.capacity() * sizeof(std::int64_t) + bits_.capacity() + dead_.capacity() / 8 +
         text_.bytes() + tags_.capacity() + slots_.capacity() * sizeof(std::uint32_t);
}

void DataSet::note_length(std::uint8_t bits, int change) {
  const auto place = std::lower_bound(lengths_.begin(), lengths_.end(), bits, std::greater<>());
  const auto at = place - lengths_.begin();
  if (place == lengths_.end() || *place != bits) {
    lengths_.insert(place, bits);
    length_counts_.insert(length_counts_.begin() + at, 0);
  }
  std::uint32_t& count = length_counts_[static_cast<std::size_t>(at)];
  count = change > 0 ? count + 1 : count - 1;
  if (count > 0) return;
  lengths_.erase(lengths_.begin() + at);
  length_counts_.erase(length_counts_.begin() + at);
}

std::vector<DataSet::Entry> DataSet::sorted_entries() const {
  std::vector<Entry> entries;
  entries.reserve(size());
  for (std::uint32_t entry = 0; entry < values_.size(); ++entry) {
    if (!is_dead(entry)) entries.push_back(Entry{values_[entry], bits_at(entry), last_at(entry)});
  }
  std::sort(entries.begin(), entries.end(),
            [this](const Entry& a, const Entry& b) { return stands_before(a, b); });
  return entries;
}

bool DataSet::stands_before(const Entry& a, const Entry& b) const {
  if (less_values(class_, a.value, b.value)) return true;
  return !less_values(class_, b.value, a.value) && a.bits < b.bits;
}

void DataSet::append_bytes(base::ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(class_));
  out.u32(static_cast<std::uint32_t>(size()));
  for (const Entry& entry : sorted_entries()) {
    append_scalar(class_, entry.value, out);
    out.u8(entry.bits);
    out.i64(entry.last_ms);
  }
}

base::Result<DataSet> DataSet::read(base::ByteReader& in) {
  const std::uint8_t c = in.u8();
  if (c > static_cast<std::uint8_t>(ValueClass::kGeo)) in.fail();
  DataSet set(static_cast<ValueClass>(in.ok() ? c : 0));
  const std::size_t count = in.read_count(4 + 1 + 8);
  set.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const event::Value value = read_scalar(set.class_, in);
    const std::uint8_t bits = in.u8();
    const std::int64_t last_ms = in.i64();
    if (bits > 128 || (set.class_ != ValueClass::kIp && bits != 128)) in.fail();
    if (in.ok()) set.insert_prefix(value, bits, last_ms);
  }
  if (!in.ok()) return base::fail(base::ErrorCode::kCorrupt, "a list's entries are damaged");
  return set;
}

// ---- DataTable ---------------------------------------------------------------------------------

DataTable::DataTable(std::vector<Column> columns, std::size_t key)
    : columns_(std::move(columns)), key_(key) {}

VerifyContext::Table DataTable::shape() const {
  VerifyContext::Table shape;
  shape.key = value_class(columns_[key_].type);
  for (const Column& column : columns_) shape.columns.push_back(value_class(column.type));
  return shape;
}

std::uint32_t DataTable::find_row(const event::Value& key) const {
  if (index_.empty()) return kFree;
  const ValueClass c = value_class(columns_[key_].type);
  const std::size_t mask = index_.size() - 1;
  for (std::size_t i = hash_value(c, key) & mask; index_[i] != kFree; i = (i + 1) & mask) {
    if (equal_values(c, cells_[index_[i] * columns_.size() + key_].get(), key)) return index_[i];
  }
  return kFree;
}

bool DataTable::add_row(std::span<const event::Value> values, std::span<const bool> present) {
  if (values.size() != columns_.size() || present.size() != columns_.size()) return false;
  if (!present[key_] || find_row(values[key_]) != kFree) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const event::Value value = present[i] ? values[i] : event::Value();
    cells_.emplace_back(value_class(columns_[i].type), value);
    present_.push_back(present[i]);
  }
  if (rows() * 2 > index_.size()) {
    grow();
  } else {
    index_row(static_cast<std::uint32_t>(rows() - 1));
  }
  return true;
}

void DataTable::index_row(std::uint32_t row) {
  const event::Value& key = cells_[row * columns_.size() + key_].get();
  const std::size_t mask = index_.size() - 1;
  std::size_t i = hash_value(value_class(columns_[key_].type), key) & mask;
  while (index_[i] != kFree) i = (i + 1) & mask;
  index_[i] = row;
}

void DataTable::grow() {
  index_.assign(std::max<std::size_t>(16, index_.size() * 2), kFree);
  for (std::uint32_t row = 0; row < rows(); ++row) index_row(row);
}

const event::Value* DataTable::find(const event::Value& key, std::size_t column) const {
  const std::uint32_t row = find_row(key);
  if (row == kFree) return nullptr;
  const std::size_t cell = row * columns_.size() + column;
  return present_[cell] ? &cells_[cell].get() : nullptr;
}

const event::Value* DataTable::cell(std::size_t row, std::size_t column) const {
  const std::size_t place = row * columns_.size() + column;
  return present_[place] ? &cells_[place].get() : nullptr;
}

void DataTable::append_bytes(base::ByteWriter& out) const {
  out.u32(static_cast<std::uint32_t>(columns_.size()));
  for (const Column& column : columns_) {
    out.string(column.name);
    append_type(column.type, out);
    out.boolean(column.optional);
  }
  out.u32(static_cast<std::uint32_t>(key_));
  out.u32(static_cast<std::uint32_t>(rows()));
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    out.boolean(present_[cell]);
    const Column& column = columns_[cell % columns_.size()];
    if (present_[cell]) append_scalar(value_class(column.type), cells_[cell].get(), out);
  }
}

base::Result<DataTable> DataTable::read(base::ByteReader& in) {
  std::vector<Column> columns;
  const std::size_t count = in.read_count(4 + 6 + 1);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Column column;
    column.name = in.string();
    column.type = read_type(in);
    column.optional = in.boolean();
    if (column.type.is_list()) in.fail();  // a cell owns no list
    columns.push_back(std::move(column));
  }
  const std::size_t key = in.u32();
  if (key >= columns.size()) in.fail();
  const std::size_t rows = in.ok() ? in.read_count(columns.size()) : 0;
  DataTable table(std::move(columns), key);
  std::vector<event::Value> values(count);
  const auto present = std::make_unique<bool[]>(count + 1);
  for (std::size_t row = 0; row < rows && in.ok(); ++row) {
    for (std::size_t i = 0; i < count; ++i) {
      present[i] = in.boolean();
      if (present[i]) values[i] = read_scalar(value_class(table.columns_[i].type), in);
    }
    if (in.ok() && !table.add_row(values, {present.get(), count})) in.fail();
  }
  if (!in.ok()) return base::fail(base::ErrorCode::kCorrupt, "a table's rows are damaged");
  return table;
}

}  // namespace weir::nfa
