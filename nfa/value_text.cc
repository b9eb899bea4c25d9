#include "nfa/value_text.h"

#include <array>
#include <charconv>
#include <string_view>

#include "event/decimal.h"
#include "event/ip.h"
#include "event/time.h"

namespace weir::nfa {
namespace {

using event::TypeKind;

template <typename Number>
void append_number(Number v, std::string& out) {
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), v).ptr;
  out.append(buffer.data(), end);
}

void append_string(std::string_view text, Quoting quoting, std::string& out) {
  if (quoting == Quoting::kPlain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

void append_scalar(TypeKind kind, const std::vector<std::string>& constants,
                   const event::Value& value, Quoting quoting, std::string& out) {
  switch (kind) {
    case TypeKind::kBool:
      out += value.integer != 0 ? "true" : "false";
      return;
    case TypeKind::kInt:
      append_number(value.integer, out);
      return;
    case TypeKind::kDecimal:
      event::append_decimal(out, value.decimal);
      return;
    case TypeKind::kFloat:
      append_number(value.real, out);
      return;
    case TypeKind::kString:
      append_string(value.string.view(), quoting, out);
      return;
    case TypeKind::kTime:
      event::append_rfc3339(out, value.integer);
      return;
    case TypeKind::kDuration:
      event::append_duration(out, value.integer);
      return;
    case TypeKind::kIp:
      event::append_ip(out, event::ip_of(value));
      return;
    case TypeKind::kEnum: {
      const auto index = static_cast<std::size_t>(value.integer);
      append_string(index < constants.size() ? constants[index] : "?", quoting, out);
      return;
    }
    case TypeKind::kGeo:
      out += '(';
      append_number(value.geo.lat, out);
      out += ", ";
      append_number(value.geo.lon, out);
      out += ')';
      return;
    case TypeKind::kList:
      return;  // there are no lists of lists
  }
}

}  // namespace

void append_value(const event::Type& type, const event::Value& value, Quoting quoting,
                  std::string& out) {
  if (!type.is_list()) {
    append_scalar(type.kind, type.constants, value, quoting, out);
    return;
  }
  out += '[';
  for (std::uint64_t i = 0; i < value.list.size; ++i) {
    if (i > 0) out += ", ";
    append_scalar(type.element, type.constants, value.list.items[i], quoting, out);
  }
  out += ']';
}

std::string value_text(const event::Type& type, const event::Value& value, Quoting quoting) {
  std::string out;
  append_value(type, value, quoting, out);
  return out;
}

}  // namespace weir::nfa
