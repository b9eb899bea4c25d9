// Values as people read them: in reasons, explanations and printed programs. Decimals without
// trailing zeros, floats in the shortest form that reads back the same, times as RFC 3339 in UTC,
// durations as `1h30m`. No locale. Re-entrant.
#pragma once

#include <cstdint>
#include <string>

#include "event/schema.h"
#include "event/value.h"

namespace weir::nfa {

enum class Quoting : std::uint8_t {
  kPlain,   // strings and enums bare, for reasons
  kQuoted,  // as they would be written in a rule
};

void append_value(const event::Type& type, const event::Value& value, Quoting quoting,
                  std::string& out);
[[nodiscard]] std::string value_text(const event::Type& type, const event::Value& value,
                                     Quoting quoting = Quoting::kPlain);

}  // namespace weir::nfa
