// Decimal text to and from values scaled by 10^4 (language L2.1, L2.3). Used by the codecs, by the
// writers of alerts and by the compiler for constants. Exact: no floating point on the way.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "event/value.h"

namespace weir::event {

// A decimal in an event or a rule is within ±kDecimalMax (scaled); only sums grow beyond it.
inline constexpr std::int64_t kDecimalMax = std::numeric_limits<std::int64_t>::max();

enum class DecimalStatus : std::uint8_t {
  kExact,
  kRounded,     // digits other than zero stood beyond the fourth: rounded half to even
  kOutOfRange,  // beyond ±kDecimalMax after rounding
  kMalformed,   // not a number as JSON writes them
};

struct ParsedDecimal {
  std::int64_t scaled = 0;  // meaningful for kExact and kRounded
  DecimalStatus status = DecimalStatus::kMalformed;
};

// Text as JSON writes numbers: -1, 0.25, 1e3, 2.50E-2; no leading zero or plus sign. Cost is the
// length of the text, whatever its exponent says.
[[nodiscard]] ParsedDecimal parse_decimal(std::string_view text);

// A whole number of 64 bits in any of these spellings (so 1.0 and 1e3 are, 1.5 is not).
enum class IntStatus : std::uint8_t { kOk, kNotWhole, kOutOfRange, kMalformed };
struct ParsedInt {
  std::int64_t value = 0;
  IntStatus status = IntStatus::kMalformed;
};
[[nodiscard]] ParsedInt parse_int(std::string_view text);

enum class FloatStatus : std::uint8_t { kOk, kOutOfRange, kMalformed };
struct ParsedFloat {
  double value = 0;
  FloatStatus status = FloatStatus::kMalformed;
};
// Nearest double; what is too small for one is 0.
[[nodiscard]] ParsedFloat parse_float(std::string_view text);

// 12.5, -0.0001, 250: no trailing zeros, no exponent; itself a JSON number.
void append_decimal(std::string& out, Int128 scaled);
[[nodiscard]] std::string print_decimal(Int128 scaled);

}  // namespace weir::event
