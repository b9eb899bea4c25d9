// Values as text: JSON for alert lines (product P1), plain text for `reason`. Append-only, no
// locale, no allocation besides the string's own. Free functions, safe from any thread.
//
//   type      JSON                                  text
//   bool      true                                  true
//   int       -7                                    -7
//   decimal   12.5, no trailing zeros               12.5
//   float     shortest that reads back the same     the same; nan, inf
//             (null if not finite)
//   string    "escaped"                             as it is
//   enum      "constant"                            constant
//   time      epoch milliseconds                    2026-01-01T00:00:00Z
//   duration  milliseconds                          1h30m
//   ip        "10.0.0.1"                            10.0.0.1
//   geo       {"lat":51.5,"lon":-0.1}               51.5,-0.1
//   list      [..]                                  [a, b]
//
// Each JSON form is one that the readers take back for the same type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/schema.h"
#include "event/value.h"

namespace weir::event {

// With its quotes. The text must be UTF-8, and stays as it is but for what JSON wants escaped.
void append_json_string(std::string& out, std::string_view text);
void append_int(std::string& out, std::int64_t value);
void append_uint(std::string& out, std::uint64_t value);
void append_json_float(std::string& out, double value);

void append_json(std::string& out, const Type& type, const Value& value);
void append_text(std::string& out, const Type& type, const Value& value);

}  // namespace weir::event
