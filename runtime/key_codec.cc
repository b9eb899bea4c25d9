#include "runtime/key_codec.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

namespace weir::runtime {
namespace {

void append_big_endian(std::uint64_t value, std::string& out) {
  char bytes[sizeof value];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i));
  out.append(bytes, sizeof bytes);
}

void append_integer(std::int64_t value, std::string& out) {
  append_big_endian(static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63), out);
}

void append_float(double value, std::string& out) {
  if (value == 0) value = 0;  // -0 is 0
  const auto bits = std::bit_cast<std::uint64_t>(value);
  append_big_endian((bits >> 63) != 0 ? ~bits : bits | (std::uint64_t{1} << 63), out);
}

void append_string(std::string_view text, std::string& out) {
  if (text.empty() || std::memchr(text.data(), 0, text.size()) == nullptr) {
    const std::size_t at = out.size();
    const std::size_t end = at + text.size() + 2;
    // The size that the callback is given is not the one asked for where libstdc++ 12 has to grow.
    out.resize_and_overwrite(end, [&](char* bytes, std::size_t) {
      text.copy(bytes + at, text.size());
      bytes[end - 2] = '\0';
      bytes[end - 1] = '\1';
      return end;
    });
    return;
  }
  for (const char c : text) {
    out += c;
    if (c == '\0') out += '\xFF';
  }
  out += '\0';
  out += '\1';
}

std::uint64_t read_big_endian(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes.substr(0, sizeof value)) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  bytes.remove_prefix(std::min(bytes.size(), sizeof value));
  return value;
}

std::int64_t read_integer(std::string_view& bytes) {
  return static_cast<std::int64_t>(read_big_endian(bytes) ^ (std::uint64_t{1} << 63));
}

double read_float(std::string_view& bytes) {
  const std::uint64_t bits = read_big_endian(bytes);
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((bits & kSign) != 0 ? bits ^ kSign : ~bits);
}

std::string_view read_string(std::string_view& bytes, std::vector<std::string>& texts) {
  std::size_t end = bytes.find('\0');
  const auto ended = [&] { return end + 1 >= bytes.size() || bytes[end + 1] == '\1'; };
  if (end == std::string_view::npos) return std::exchange(bytes, {});
  std::string_view text = bytes.substr(0, end);
  if (!ended()) {  // a NUL within
    std::string& whole = texts.emplace_back(text);
    while (!ended()) {
      const std::size_t next = std::min(bytes.find('\0', end + 2), bytes.size());
      whole += '\0';
      whole += bytes.substr(end + 2, next - end - 2);
      end = next;
    }
    text = whole;
  }
  bytes.remove_prefix(std::min(end + 2, bytes.size()));
  return text;
}

event::Value read_value(event::TypeKind kind, std::string_view& bytes,
                        std::vector<std::string>& texts) {
  event::Value value;
  switch (kind) {
    case event::TypeKind::kString:
      return event::Value::of_string(read_string(bytes, texts));
    case event::TypeKind::kDecimal: {
      const auto high = static_cast<event::Int128>(read_integer(bytes));
      const std::uint64_t low = read_big_endian(bytes);
      return event::Value::of_decimal((high << 64) | static_cast<event::Int128>(low));
    }
    case event::TypeKind::kFloat:
      return event::Value::of_float(read_float(bytes));
    case event::TypeKind::kIp:
      bytes.copy(reinterpret_cast<char*>(value.ip), sizeof value.ip);
      bytes.remove_prefix(std::min(bytes.size(), sizeof value.ip));
      return value;
    case event::TypeKind::kGeo: {
      const double lat = read_float(bytes);
      return event::Value::of_geo({lat, read_float(bytes)});
    }
    default:
      return event::Value::of_int(read_integer(bytes));
  }
}

}  // namespace

void append_key_value(event::TypeKind kind, const event::Value& value, std::string& out) {
  switch (kind) {
    case event::TypeKind::kString:
      return append_string(value.string.view(), out);
    case event::TypeKind::kDecimal:
      append_integer(static_cast<std::int64_t>(value.decimal >> 64), out);
      return append_big_endian(static_cast<std::uint64_t>(value.decimal), out);
    case event::TypeKind::kFloat:
      return append_float(value.real, out);
    case event::TypeKind::kIp:
      out.append(reinterpret_cast<const char*>(value.ip), sizeof value.ip);
      return;
    case event::TypeKind::kGeo:
      append_float(value.geo.lat, out);
      return append_float(value.geo.lon, out);
    default:
      return append_integer(value.integer, out);
  }
}

bool append_key(const event::EventType& type, const nfa::KeyExpr& expr, const event::Row& row,
                std::string& out) {
  for (const std::uint16_t slot : expr.slots[row.type.index()]) {
    if (!row.has(slot)) return false;
    append_key_value(type.fields[slot].type.kind, row.slots[slot], out);
  }
  return true;
}

std::vector<KeyField> key_fields(const event::Schema& schema, const nfa::KeyExpr& expr,
                                 event::EventTypeId type) {
  std::vector<KeyField> fields;
  for (const std::uint16_t slot : expr.slots[type.index()]) {
    fields.push_back({slot, schema.types[type.index()].fields[slot].type.kind});
  }
  return fields;
}

bool append_key(std::span<const KeyField> fields, const event::Row& row, std::string& out) {
  for (const KeyField& field : fields) {
    if (!row.has(field.slot)) return false;
    append_key_value(field.kind, row.slots[field.slot], out);
  }
  return true;
}

std::vector<event::TypeKind> key_kinds(const event::Schema& schema, const nfa::KeyExpr& expr) {
  std::vector<event::TypeKind> kinds;
  for (std::size_t type = 0; kinds.empty() && type < expr.slots.size(); ++type) {
    for (const std::uint16_t slot : expr.slots[type]) {
      kinds.push_back(schema.types[type].fields[slot].type.kind);
    }
  }
  return kinds;
}

void decode_key(std::span<const event::TypeKind> kinds, std::string_view bytes,
                std::vector<event::Value>& out, std::vector<std::string>& texts) {
  out.clear();
  texts.clear();
  texts.reserve(kinds.size());
  for (const event::TypeKind kind : kinds) {
    if (bytes.empty()) return;
    out.push_back(read_value(kind, bytes, texts));
  }
}

}  // namespace weir::runtime
