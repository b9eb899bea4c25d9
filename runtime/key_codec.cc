#include "runtime/key_codec.h"

#include <bit>
#include <cstdint>

namespace weir::runtime {
namespace {

void append_big_endian(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
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
  if (text.find('\0') == std::string_view::npos) {
    out += text;
  } else {
    for (const char c : text) {
      out += c;
      if (c == '\0') out += '\xFF';
    }
  }
  out += '\0';
  out += '\1';
}

void append_value(event::TypeKind kind, const event::Value& value, std::string& out) {
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

}  // namespace

bool append_key(const event::EventType& type, const nfa::KeyExpr& expr, const event::Row& row,
                std::string& out) {
  for (const std::uint16_t slot : expr.slots[row.type.index()]) {
    if (!row.has(slot)) return false;
    append_value(type.fields[slot].type.kind, row.slots[slot], out);
  }
  return true;
}

void key_values(const event::EventType& type, const nfa::KeyExpr& expr, const event::Row& row,
                std::vector<event::Value>& out, std::vector<std::string>& texts) {
  const auto& slots = expr.slots[row.type.index()];
  out.clear();
  texts.clear();
  texts.reserve(slots.size());
  for (const std::uint16_t slot : slots) {
    event::Value value = row.slots[slot];
    if (type.fields[slot].type.kind == event::TypeKind::kString) {
      texts.emplace_back(value.string.view());
      value = event::Value::of_string(texts.back());
    }
    out.push_back(value);
  }
}

}  // namespace weir::runtime
