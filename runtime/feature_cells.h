// Values of events as windows take them, and what windows say as values of events. Used by whoever
// keeps windows over events (feature_shard.h, stream_stage.h). Stateless.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/hash.h"
#include "event/value.h"
#include "runtime/loaded_features.h"
#include "state/window_group.h"

namespace weir::runtime {

// Addresses as numbers that compare as they do; the two halves of a place.
inline state::Int128 wide_of(const event::Value& value) {
  state::UInt128 bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<state::Int128>(bits);
}
inline constexpr state::UInt128 kSign = state::UInt128{1} << 127;

inline state::UInt128 address_bits(const event::Value& value) {
  state::UInt128 bits = 0;
  for (const std::uint8_t byte : value.ip) bits = bits << 8 | byte;
  return bits;
}

inline state::Cell cell_of(const FeatureColumn& column, const event::Value& value) {
  switch (column.column) {
    case state::ColumnKind::kFloat:
      return state::Cell::of_float(value.real);
    case state::ColumnKind::kText:
      return state::Cell::of_text(value.string.view());
    case state::ColumnKind::kInt128:
      return state::Cell::of_wide(column.kind == event::TypeKind::kIp
                                      ? static_cast<state::Int128>(address_bits(value) ^ kSign)
                                      : wide_of(value));
    case state::ColumnKind::kHash128: {
      if (column.kind != event::TypeKind::kString) {
        return state::Cell::of_hash128(static_cast<state::UInt128>(wide_of(value)));
      }
      const base::Hash128 hash = base::hash128(value.string.view());
      return state::Cell::of_hash128(state::UInt128{hash.high} << 64 | hash.low);
    }
    default:
      return state::Cell::of_int(column.kind == event::TypeKind::kDecimal
                                     ? static_cast<std::int64_t>(value.decimal)
                                     : value.integer);
  }
}

// Whether it fits; the value of an exact reading.
inline bool exact_value(event::TypeKind kind, state::Int128 exact, event::Value* out) {
  if (kind == event::TypeKind::kDecimal) {
    out->decimal = exact;
    return true;
  }
  switch (kind) {
    case event::TypeKind::kIp: {
      auto bits = static_cast<state::UInt128>(exact) ^ kSign;
      for (std::size_t i = sizeof bits; i-- > 0; bits >>= 8) {
        out->ip[i] = static_cast<std::uint8_t>(bits);
      }
      return true;
    }
    case event::TypeKind::kGeo:
      std::memcpy(static_cast<void*>(out), &exact, sizeof exact);
      return true;
    default:
      *out = event::Value::of_int(static_cast<std::int64_t>(exact));
      return exact >= INT64_MIN && exact <= INT64_MAX;
  }
}

}  // namespace weir::runtime
