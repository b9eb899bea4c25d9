#include "event/value_decode.h"

#include <cstring>
#include <optional>

#include "event/decimal.h"
#include "event/ip.h"
#include "event/json_scan.h"
#include "event/time.h"

namespace weir::event {
namespace {

bool is_text(const Token& token) {
  return token.kind == TokenKind::kString || token.kind == TokenKind::kCell;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A number's text as JSON would have it; other text comes back as it is and fails to parse.
// Cells may carry what spreadsheets and codes like MCC 0742 put before the digits; where a minus
// stands before such zeros the text is left alone.
std::optional<std::string_view> number_text(const Token& token) {
  if (token.kind == TokenKind::kNumber) return token.text();
  if (token.kind != TokenKind::kCell) return std::nullopt;
  std::string_view text = trim(token.text());
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') {
    text.remove_prefix(1);
  }
  return text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

Conversion convert_bool(const Token& token, Value& value) {
  if (token.kind == TokenKind::kTrue || token.kind == TokenKind::kFalse) {
    value.integer = token.kind == TokenKind::kTrue ? 1 : 0;
    return Conversion::kOk;
  }
  if (token.kind != TokenKind::kCell) return Conversion::kWrongType;
  const std::string_view text = trim(token.text());
  const bool yes = text == "1" || equals_ignoring_case(text, "true");
  const bool no = text == "0" || equals_ignoring_case(text, "false");
  value.integer = yes ? 1 : 0;
  return yes || no ? Conversion::kOk : Conversion::kWrongType;
}

Conversion convert_int(const Token& token, std::int64_t& integer) {
  const auto text = number_text(token);
  if (!text) return Conversion::kWrongType;
  const ParsedInt parsed = parse_int(*text);
  if (parsed.status == IntStatus::kOutOfRange) return Conversion::kOutOfRange;
  if (parsed.status != IntStatus::kOk) return Conversion::kWrongType;
  integer = parsed.value;
  return Conversion::kOk;
}

Conversion convert_decimal(const Token& token, OddCounts& odd, Value& value) {
  const auto text = number_text(token);
  if (!text) return Conversion::kWrongType;
  const ParsedDecimal parsed = parse_decimal(*text);
  switch (parsed.status) {
    case DecimalStatus::kMalformed:
      return Conversion::kWrongType;
    case DecimalStatus::kOutOfRange:
      ++odd.decimals_out_of_range;
      return Conversion::kOdd;
    case DecimalStatus::kRounded:
      ++odd.decimals_rounded;
      break;
    case DecimalStatus::kExact:
      break;
  }
  value.decimal = parsed.scaled;
  return Conversion::kOk;
}

Conversion convert_float(const Token& token, double& real) {
  const auto text = number_text(token);
  if (!text) return Conversion::kWrongType;
  const ParsedFloat parsed = parse_float(*text);
  if (parsed.status == FloatStatus::kOutOfRange) return Conversion::kOutOfRange;
  if (parsed.status != FloatStatus::kOk) return Conversion::kWrongType;
  real = parsed.value;
  return Conversion::kOk;
}

// A cell is a number of milliseconds if it is one at all, otherwise a text.
bool looks_like_number(const Token& token) {
  if (token.kind == TokenKind::kNumber) return true;
  const auto text = number_text(token);
  return text && parse_int(*text).status != IntStatus::kMalformed;
}

Conversion convert_duration(const Token& token, Arena& arena, Value& value) {
  if (looks_like_number(token)) {
    const Conversion result = convert_int(token, value.integer);
    if (result != Conversion::kOk) return result;
    return is_duration_in_range(value.integer) ? Conversion::kOk : Conversion::kOutOfRange;
  }
  if (!is_text(token)) return Conversion::kWrongType;
  const auto ms = parse_duration(trim(token_string(token, arena)));
  if (!ms) return Conversion::kWrongType;
  value.integer = *ms;
  return Conversion::kOk;
}

Conversion convert_ip(const Token& token, Arena& arena, Value& value) {
  if (!is_text(token)) return Conversion::kWrongType;
  std::string_view text = token_string(token, arena);
  if (token.kind == TokenKind::kCell) text = trim(text);
  const auto address = parse_ip(text);
  if (!address) return Conversion::kWrongType;
  value = ip_value(*address);
  return Conversion::kOk;
}

Conversion convert_enum(const Token& token, const ConstantTable& constants, DecodeContext context,
                        Value& value) {
  if (!is_text(token)) return Conversion::kWrongType;
  const std::int64_t index = constants.find(token_string(token, context.arena));
  if (index < 0) {
    ++context.odd.enums_unlisted;
    return Conversion::kOdd;
  }
  value.integer = index;
  return Conversion::kOk;
}

Conversion check_geo(Geo geo) {
  const bool good = geo.lat >= -90 && geo.lat <= 90 && geo.lon >= -180 && geo.lon <= 180;
  return good ? Conversion::kOk : Conversion::kOutOfRange;
}

// {"lat": .., "lon": ..}, other members ignored; the text is valid JSON.
Conversion convert_geo_object(std::string_view text, Arena& arena, Geo& geo) {
  ScanFault fault;
  int lats = 0;
  int lons = 0;
  const char* p = skip_space(text.data() + 1);
  while (*p == '"') {
    Token key;
    p = scan_scalar(p, key, fault);
    p = skip_space(p);
    Token member;
    p = scan_value(skip_space(p + 1), member, fault);
    const std::string_view name = token_string(key, arena);
    const bool lat = name == "lat";
    if (lat || name == "lon") {
      ++(lat ? lats : lons);
      const Conversion result = convert_float(member, lat ? geo.lat : geo.lon);
      if (result != Conversion::kOk) return result;
    }
    p = skip_space(p);
    if (*p == ',') p = skip_space(p + 1);
  }
  return lats == 1 && lons == 1 ? check_geo(geo) : Conversion::kWrongType;
}

// A cell that is JSON after all: copied to where scanners may look past its end.
std::optional<Token> scan_cell(const Token& cell, Arena& arena) {
  const std::string_view text = trim(cell.text());
  char* copy = arena.allocate(text.size() + kReadPadding);
  std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, kReadPadding);
  Token token;
  ScanFault fault;
  if (text.find('\n') != text.npos) return std::nullopt;
  const char* end = scan_value(copy, token, fault);
  if (end == nullptr || end != copy + text.size()) return std::nullopt;
  return token;
}

Conversion convert_geo_cell(const Token& cell, Arena& arena, Geo& geo) {
  const std::string_view text = trim(cell.text());
  if (!text.empty() && text[0] == '{') {
    const auto object = scan_cell(cell, arena);
    return object ? convert_geo_object(object->text(), arena, geo) : Conversion::kWrongType;
  }
  const std::size_t cut = text.find_first_of(",; ");
  if (cut == text.npos) return Conversion::kWrongType;
  const auto cell_of = [](std::string_view part) {
    return Token{part.data(), static_cast<std::uint32_t>(part.size()), TokenKind::kCell, false,
                 false};
  };
  const Conversion lat = convert_float(cell_of(text.substr(0, cut)), geo.lat);
  const Conversion lon = convert_float(cell_of(text.substr(cut + 1)), geo.lon);
  if (lat != Conversion::kOk) return lat;
  return lon == Conversion::kOk ? check_geo(geo) : lon;
}

Conversion convert_geo(const Token& token, Arena& arena, Value& value) {
  Geo geo;
  Conversion result = Conversion::kWrongType;
  if (token.kind == TokenKind::kObject) result = convert_geo_object(token.text(), arena, geo);
  if (token.kind == TokenKind::kCell) result = convert_geo_cell(token, arena, geo);
  if (result == Conversion::kOk) value.geo = geo;
  return result;
}

Conversion convert_scalar(const Token& token, TypeKind kind, const ConstantTable& constants,
                          DecodeContext context, Value& value) {
  switch (kind) {
    case TypeKind::kBool:
      return convert_bool(token, value);
    case TypeKind::kInt:
      return convert_int(token, value.integer);
    case TypeKind::kDecimal:
      return convert_decimal(token, context.odd, value);
    case TypeKind::kFloat:
      return convert_float(token, value.real);
    case TypeKind::kString:
      if (!is_text(token)) return Conversion::kWrongType;
      value.string = StringRef(token_string(token, context.arena));
      return Conversion::kOk;
    case TypeKind::kEnum:
      return convert_enum(token, constants, context, value);
    case TypeKind::kTime:
      return convert_time(token, context.arena, value.integer);
    case TypeKind::kDuration:
      return convert_duration(token, context.arena, value);
    case TypeKind::kIp:
      return convert_ip(token, context.arena, value);
    case TypeKind::kGeo:
      return convert_geo(token, context.arena, value);
    case TypeKind::kList:
      break;  // the language has no lists of lists
  }
  return Conversion::kWrongType;
}

// Collects elements whose number is known only as an upper bound.
class ListBuilder {
 public:
  ListBuilder(std::size_t bound, DecodeContext context)
      : context_(context), items_(context.arena.allocate_array<Value>(bound)) {}

  Conversion add(const Token& token, const Type& type, const ConstantTable& constants) {
    Value value;
    const Conversion result = convert_scalar(token, type.element, constants, context_, value);
    if (result == Conversion::kOk) items_[size_++] = value;
    return result == Conversion::kOdd ? Conversion::kOk : result;
  }
  [[nodiscard]] ListRef list() const { return {items_, size_}; }

 private:
  DecodeContext context_;
  Value* items_;
  std::size_t size_ = 0;
};

// How many elements the array has; the text is valid JSON.
std::size_t count_elements(const char* p) {
  std::size_t count = 0;
  ScanFault fault;
  for (p = skip_space(p + 1); *p != ']'; ++count) {
    Token ignored;
    p = skip_space(scan_value(p, ignored, fault));
    if (*p == ',') p = skip_space(p + 1);
  }
  return count;
}

Conversion convert_array(std::string_view text, const Type& type, const ConstantTable& constants,
                         DecodeContext context, Value& value) {
  ListBuilder builder(count_elements(text.data()), context);
  ScanFault fault;
  for (const char* p = skip_space(text.data() + 1); *p != ']';) {
    Token element;
    p = skip_space(scan_value(p, element, fault));
    const Conversion result = builder.add(element, type, constants);
    if (result != Conversion::kOk) return result;
    if (*p == ',') p = skip_space(p + 1);
  }
  value.list = builder.list();
  return Conversion::kOk;
}

Conversion convert_cell_list(const Token& cell, const Type& type, const ConstantTable& constants,
                             DecodeContext context, Value& value) {
  std::string_view rest = trim(cell.text());
  if (!rest.empty() && rest[0] == '[') {
    const auto array = scan_cell(cell, context.arena);
    if (!array) return Conversion::kWrongType;
    return convert_array(array->text(), type, constants, context, value);
  }
  ListBuilder builder(rest.size() / 2 + 1, context);
  while (true) {
    const std::size_t cut = rest.find(';');
    const std::string_view part = trim(rest.substr(0, cut));
    if (part.empty()) return Conversion::kWrongType;
    const Token element{part.data(), static_cast<std::uint32_t>(part.size()), TokenKind::kCell,
                        false, false};
    const Conversion result = builder.add(element, type, constants);
    if (result != Conversion::kOk) return result;
    if (cut == rest.npos) break;
    rest.remove_prefix(cut + 1);
  }
  value.list = builder.list();
  return Conversion::kOk;
}

}  // namespace

std::string_view token_string(const Token& token, Arena& arena) {
  if (!token.escaped) return token.text();
  char* out = arena.allocate(token.size);
  const std::size_t size = unescape(token.text(), out);
  arena.shrink_last(out, size);
  return {out, size};
}

Conversion convert_time(const Token& token, Arena& arena, std::int64_t& ms) {
  if (looks_like_number(token)) {
    const Conversion result = convert_int(token, ms);
    if (result != Conversion::kOk) return result;
    return is_time_in_range(ms) ? Conversion::kOk : Conversion::kOutOfRange;
  }
  if (!is_text(token)) return Conversion::kWrongType;
  std::string_view text = token_string(token, arena);
  if (token.kind == TokenKind::kCell) text = trim(text);
  const auto parsed = parse_rfc3339(text);
  if (!parsed) return Conversion::kWrongType;
  ms = *parsed;
  return Conversion::kOk;
}

Conversion convert_id(const Token& token, Arena& arena, std::string_view& identity) {
  if (!is_text(token)) {
    std::string_view digits = token.text();
    if (token.kind != TokenKind::kNumber) return Conversion::kWrongType;
    if (digits[0] == '-') digits.remove_prefix(1);
    if (digits.find_first_not_of("0123456789") != digits.npos) return Conversion::kWrongType;
  }
  identity = token_string(token, arena);
  return Conversion::kOk;
}

Conversion convert(const Token& token, const Type& type, const ConstantTable& constants,
                   DecodeContext context, Value& value) {
  if (!type.is_list()) return convert_scalar(token, type.kind, constants, context, value);
  if (token.kind == TokenKind::kArray) {
    return convert_array(token.text(), type, constants, context, value);
  }
  if (token.kind == TokenKind::kCell) {
    return convert_cell_list(token, type, constants, context, value);
  }
  return Conversion::kWrongType;
}

Conversion convert_field(const Token& token, const FieldPlan& field, DecodeContext context,
                         Value& value) {
  const Type& type = field.field->type;
  if (!field.is_label) return convert(token, type, field.constants, context, value);
  const bool is_bare = token.kind == TokenKind::kNumber || token.kind == TokenKind::kTrue ||
                       token.kind == TokenKind::kFalse;
  if (type.kind == TypeKind::kString && is_bare) {
    value.string = StringRef(token.text());
    return Conversion::kOk;
  }
  const Conversion result = convert(token, type, field.constants, context, value);
  if (result == Conversion::kOk || result == Conversion::kOdd) return result;
  ++context.odd.labels_misfit;
  value = Value();
  return Conversion::kOdd;
}

}  // namespace weir::event
