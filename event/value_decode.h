// From a token to a value of a type (language L2.1, L2.3): the one place that says which spellings
// a type accepts. Used by the RecordDecoder and by the readers of lists. Free functions without
// state; what they allocate goes into the arena that they are given.
//
//   type      JSON                                       CSV cell
//   bool      true, false                                true, false in any case, 1, 0
//   int       a whole number of 64 bits (1.0 and 1e3     the same; + and leading zeros allowed
//             are whole, 1.5 is not)
//   decimal   a number                                   the same; + and leading zeros allowed
//   float     a number                                   the same; + and leading zeros allowed
//   string    a string                                   the cell
//   enum      a string                                   the cell
//   time      a whole number of epoch milliseconds, or   the same
//             an RFC 3339 string
//   duration  a whole number of milliseconds, or "1h30m" the same
//   ip        a string                                   the cell
//   geo       {"lat": number, "lon": number}             that, or "lat,lon"; also with ; or space
//   list      an array                                   that, or elements with ; between them
#pragma once

#include <cstdint>
#include <string_view>

#include "event/batch.h"
#include "event/decode_plan.h"
#include "event/token.h"

namespace weir::event {

enum class Conversion : std::uint8_t {
  kOk,
  kOdd,  // absent, counted: an enum's text not listed, a decimal out of range
  kWrongType,
  kOutOfRange,  // an int, float, time, duration or degree beyond what the type holds
};

struct DecodeContext {
  Arena& arena;
  OddCounts& odd;
};

// The text that a string or cell token means; in the arena if escapes had to be undone, otherwise
// where the token points.
[[nodiscard]] std::string_view token_string(const Token& token, Arena& arena);

// `constants` belong to the type. The token is of a record, so neither kNone nor kNull.
[[nodiscard]] Conversion convert(const Token& token, const Type& type,
                                 const ConstantTable& constants, DecodeContext context,
                                 Value& value);

// The same for a field, with what its plan says of labels.
[[nodiscard]] Conversion convert_field(const Token& token, const FieldPlan& field,
                                       DecodeContext context, Value& value);

[[nodiscard]] Conversion convert_time(const Token& token, Arena& arena, std::int64_t& ms);

// An identity: a string, a cell, or a whole number as it is written. Not called for null.
[[nodiscard]] Conversion convert_id(const Token& token, Arena& arena, std::string_view& identity);

}  // namespace weir::event
