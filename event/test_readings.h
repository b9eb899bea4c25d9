// Whether two readings of a text are the same in all that a consumer can see: each slot's bytes,
// each origin, each message. For tests and fuzz targets.
#pragma once

#include <cstring>
#include <string>

#include "event/test_events.h"

namespace weir::event::testing {

inline bool same_value(TypeKind kind, TypeKind element, const Value& a, const Value& b) {
  if (kind == TypeKind::kString) {
    if (a.string.is_inline() || b.string.is_inline()) return std::memcmp(&a, &b, sizeof a) == 0;
    return a.string == b.string;
  }
  if (kind != TypeKind::kList) return std::memcmp(&a, &b, sizeof a) == 0;
  if (a.list.size != b.list.size) return false;
  for (std::size_t i = 0; i < a.list.size; ++i) {
    if (!same_value(element, element, a.list.items[i], b.list.items[i])) return false;
  }
  return true;
}

inline bool same_origin(const RecordOrigin& a, const RecordOrigin& b) {
  return a.seq == b.seq && a.position == b.position && a.line == b.line && a.source == b.source;
}

// What is not the same of two rows, or nothing.
inline std::string row_difference(const Schema& schema, const Row& a, const Row& b) {
  if (a.type != b.type) return "type";
  if (a.ts_ms != b.ts_ms) return "time";
  if (a.seq != b.seq) return "seq";
  if (a.identity != b.identity) return "identity";
  if (a.raw != b.raw) return "raw";
  const auto& fields = schema.types[a.type.index()].fields;
  for (std::size_t i = 0; i < presence_words(fields.size()); ++i) {
    if (a.present[i] != b.present[i]) return "presence";
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Type& type = fields[i].type;
    const TypeKind kind = a.has(i) ? type.kind : TypeKind::kInt;  // absent: all bytes are zero
    if (!same_value(kind, type.element, a.slots[i], b.slots[i])) return "slot " + fields[i].name;
  }
  return "";
}

// The first difference, for a person; nothing if there is none.
inline std::string difference(const Schema& schema, const Reading& a, const Reading& b) {
  if (a.rows() != b.rows() || a.bad() != b.bad() || a.unknown() != b.unknown()) return "counts";
  for (std::size_t i = 0; i < a.rows(); ++i) {
    std::string found = row_difference(schema, a.row(i), b.row(i));
    if (!same_origin(a.origin(i), b.origin(i))) found = "origin";
    if (!found.empty()) return found + " of " + std::string(b.row(i).raw);
  }
  for (std::size_t i = 0; i < a.bad(); ++i) {
    const BadRecord& x = a.bad(i);
    const BadRecord& y = b.bad(i);
    if (!same_origin(x.origin, y.origin) || x.reason != y.reason || x.message != y.message ||
        x.raw != y.raw) {
      return "bad record " + std::string(y.raw);
    }
  }
  for (std::size_t i = 0; i < a.unknown(); ++i) {
    const UnknownRecord& x = a.unknown(i);
    const UnknownRecord& y = b.unknown(i);
    if (!same_origin(x.origin, y.origin) || x.type != y.type) {
      return "unknown record of type " + std::string(y.type);
    }
  }
  const OddCounts x = a.odd();
  const OddCounts y = b.odd();
  const bool same_odd = x.decimals_rounded == y.decimals_rounded &&
                        x.decimals_out_of_range == y.decimals_out_of_range &&
                        x.enums_unlisted == y.enums_unlisted && x.labels_misfit == y.labels_misfit;
  return same_odd ? "" : "counts of what was odd";
}

}  // namespace weir::event::testing
