// Keys as bytes: equal keys, equal bytes, and bytes compare as the values do, so that the output's
// "by key bytes" is an order that people can follow. FROZEN: alert ids are made of these bytes.
//
//   string           its bytes with 00 written as 00 FF, then 00 01
//   bool int enum time duration   8 bytes big-endian, the sign bit turned
//   decimal          16 bytes likewise
//   float            8 bytes, ordered as numbers are
//   ip               16 bytes;  geo   two floats
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/row.h"
#include "nfa/image.h"

namespace weir::runtime {

// Appends the key of the row under `expr`; false if a field of it is absent (L3.13: not seen).
[[nodiscard]] bool append_key(const event::EventType& type, const nfa::KeyExpr& expr,
                              const event::Row& row, std::string& out);

// A field of a key as one event type has it.
struct KeyField {
  std::uint16_t slot = 0;
  event::TypeKind kind = event::TypeKind::kString;
};
[[nodiscard]] std::vector<KeyField> key_fields(const event::Schema& schema,
                                               const nfa::KeyExpr& expr, event::EventTypeId type);
// The same for a row of the type that the fields are of.
[[nodiscard]] bool append_key(std::span<const KeyField> fields, const event::Row& row,
                              std::string& out);

// A value of a key, to stand behind what `out` has.
void append_key_value(event::TypeKind kind, const event::Value& value, std::string& out);

// What the fields of such a key are, in order; none if the schema has no type with them.
[[nodiscard]] std::vector<event::TypeKind> key_kinds(const event::Schema& schema,
                                                     const nfa::KeyExpr& expr);

// The values that a key was made of. Strings point into `bytes`, or into `texts`.
void decode_key(std::span<const event::TypeKind> kinds, std::string_view bytes,
                std::vector<event::Value>& out, std::vector<std::string>& texts);

}  // namespace weir::runtime
