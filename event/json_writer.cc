#include "event/json_writer.h"

#include <charconv>
#include <cmath>

#include "event/decimal.h"
#include "event/ip.h"
#include "event/time.h"

namespace weir::event {
namespace {

// What a byte becomes inside a JSON string: 0 itself, u a \u escape, else the letter behind \.
char escape_of(unsigned char byte) {
  switch (byte) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return byte < 0x20 ? 'u' : '\0';
  }
}

template <typename Number>
void append_number(std::string& out, Number value) {
  char digits[40];
  const auto [end, code] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

std::string_view constant_of(const Type& type, std::int64_t index) {
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && at < type.constants.size() ? std::string_view(type.constants[at]) : "";
}

void append_json_scalar(std::string& out, TypeKind kind, const Type& type, const Value& value) {
  switch (kind) {
    case TypeKind::kBool:
      out += value.integer != 0 ? "true" : "false";
      break;
    case TypeKind::kInt:
    case TypeKind::kTime:
    case TypeKind::kDuration:
      append_number(out, value.integer);
      break;
    case TypeKind::kDecimal:
      append_decimal(out, value.decimal);
      break;
    case TypeKind::kFloat:
      append_json_float(out, value.real);
      break;
    case TypeKind::kString:
      append_json_string(out, value.string.view());
      break;
    case TypeKind::kEnum:
      append_json_string(out, constant_of(type, value.integer));
      break;
    case TypeKind::kIp:
      out += '"';
      append_ip(out, ip_of(value));
      out += '"';
      break;
    case TypeKind::kGeo:
      out += "{\"lat\":";
      append_json_float(out, value.geo.lat);
      out += ",\"lon\":";
      append_json_float(out, value.geo.lon);
      out += '}';
      break;
    case TypeKind::kList:
      break;  // the language has no lists of lists
  }
}

void append_text_scalar(std::string& out, TypeKind kind, const Type& type, const Value& value) {
  switch (kind) {
    case TypeKind::kFloat:
      append_number(out, value.real);
      break;
    case TypeKind::kString:
      out += value.string.view();
      break;
    case TypeKind::kEnum:
      out += constant_of(type, value.integer);
      break;
    case TypeKind::kTime:
      append_rfc3339(out, value.integer);
      break;
    case TypeKind::kDuration:
      append_duration(out, value.integer);
      break;
    case TypeKind::kIp:
      append_ip(out, ip_of(value));
      break;
    case TypeKind::kGeo:
      append_number(out, value.geo.lat);
      out += ',';
      append_number(out, value.geo.lon);
      break;
    default:
      append_json_scalar(out, kind, type, value);
  }
}

template <typename AppendScalar>
void append_list(std::string& out, const Type& type, const ListRef& list,
                 std::string_view separator, AppendScalar append_scalar) {
  out += '[';
  for (std::uint64_t i = 0; i < list.size; ++i) {
    if (i > 0) out += separator;
    append_scalar(out, type.element, type, list.items[i]);
  }
  out += ']';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // what is not yet written starts here
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = escape_of(byte);
    if (escape == '\0') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_int(std::string& out, std::int64_t value) { append_number(out, value); }
void append_uint(std::string& out, std::uint64_t value) { append_number(out, value); }

void append_json_float(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_number(out, value);
  } else {
    out += "null";
  }
}

void append_json(std::string& out, const Type& type, const Value& value) {
  if (type.is_list()) {
    append_list(out, type, value.list, ",", append_json_scalar);
  } else {
    append_json_scalar(out, type.kind, type, value);
  }
}

void append_text(std::string& out, const Type& type, const Value& value) {
  if (type.is_list()) {
    append_list(out, type, value.list, ", ", append_text_scalar);
  } else {
    append_text_scalar(out, type.kind, type, value);
  }
}

}  // namespace weir::event
