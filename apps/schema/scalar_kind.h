// What one value of a record looks like: the step from text to Weir's types (language reference,
// L2.1). Used by the schema inference. Functions only; no state.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::apps {

enum class ScalarKind : uint8_t {
  kNull,  // absent: JSON null, an empty CSV cell
  kBool,
  kInt,      // fits 64 bits
  kDecimal,  // at most 4 fractional digits, no exponent, in the range of `decimal`
  kFloat,    // any other number
  kTime,     // a string in RFC 3339
  kIp,       // a string: an IPv4 or IPv6 address
  kString,
};
inline constexpr int kScalarKinds = 8;

// kInt, kDecimal or kFloat for the text of a JSON number.
ScalarKind ClassifyNumber(std::string_view literal);

// kTime, kIp or kString for the contents of a JSON string.
ScalarKind ClassifyText(std::string_view text);

// Any kind, for a CSV cell. Digits with a leading zero (a postcode, a bank number) are a string.
ScalarKind ClassifyCell(std::string_view cell);

// A date and time with its offset: 2026-01-01T00:00:00Z, 2026-01-01T01:00:00.123+01:00.
bool IsRfc3339(std::string_view text);

// An IPv4 address, four numbers without leading zeros, or an IPv6 address (RFC 4291, 2.2).
bool IsIpAddress(std::string_view text);

}  // namespace weir::apps
