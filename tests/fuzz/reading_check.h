// What the fuzz targets of the codecs share: a schema that uses all that codecs know, and the whole
// of what was read as text, so that two readings can be compared. For fuzz targets only.
#pragma once

#include <string>
#include <utility>

#include "base/check.h"
#include "event/json_writer.h"
#include "event/test_events.h"

namespace weir::fuzz {

// `e` with an optional field of each type, and `d`: fields that must be there, stand in objects,
// are lists of all elements or are read by no rule, a time and an identity of its own.
inline event::Schema codec_schema() {
  using event::TypeKind;
  using event::testing::make_field;
  event::Schema schema = event::testing::every_type();
  event::EventType deep = event::testing::make_type("d", {});
  deep.time_path = {"t", "at"};
  deep.id_path = {"t", "id"};
  const auto add = [&deep](const char* name, TypeKind kind, bool optional,
                           std::vector<std::string> path) {
    event::Field field = make_field(name, kind, optional);
    field.path = std::move(path);
    deep.fields.push_back(std::move(field));
  };
  add("x", TypeKind::kInt, false, {"x"});
  add("b", TypeKind::kDecimal, true, {"a", "b"});
  add("c", TypeKind::kString, true, {"a", "c", "s"});
  add("a", TypeKind::kInt, true, {"a"});
  for (const TypeKind element : {TypeKind::kInt, TypeKind::kFloat, TypeKind::kEnum, TypeKind::kTime,
                                 TypeKind::kGeo, TypeKind::kBool}) {
    const std::string name = std::string(type_kind_name(element)) + "s";
    add(name.c_str(), TypeKind::kList, true, {name});
    deep.fields.back().type.element = element;
    if (element == TypeKind::kEnum) deep.fields.back().type.constants = {"web", "pos"};
  }
  deep.fields.push_back(make_field("unread", TypeKind::kInt, false, false));
  schema.types.push_back(deep);
  return schema;
}

// The fields that are there, as JSON members, each behind a comma.
inline std::string members_of(const event::EventType& type, const event::Row& row) {
  std::string text;
  for (std::size_t slot = 0; slot < type.fields.size(); ++slot) {
    if (!row.has(slot)) continue;
    text += ",\"" + type.fields[slot].name + "\":";
    event::append_json(text, type.fields[slot].type, row.slots[slot]);
  }
  return text;
}

inline std::string described(const event::Schema& schema, const event::testing::Reading& reading) {
  std::string text;
  for (std::size_t i = 0; i < reading.rows(); ++i) {
    const event::Row& row = reading.row(i);
    const event::EventType& type = schema.types[row.type.index()];
    text += std::to_string(row.seq) + " " + type.name + " " + std::to_string(row.ts_ms) + " " +
            std::string(row.identity) + members_of(type, row) + " " + std::string(row.raw) + "\n";
  }
  for (std::size_t i = 0; i < reading.bad(); ++i) {
    const event::BadRecord& bad = reading.bad(i);
    text += std::to_string(bad.origin.seq) + " line " + std::to_string(bad.origin.line) + " " +
            std::string(bad_reason_name(bad.reason)) + " " + std::string(bad.message) + " " +
            std::string(bad.raw) + "\n";
  }
  for (std::size_t i = 0; i < reading.unknown(); ++i) {
    const event::UnknownRecord& unknown = reading.unknown(i);
    text += std::to_string(unknown.origin.seq) + " unknown " + std::string(unknown.type) + "\n";
  }
  return text;
}

// Reads the text whole and in pieces: the two say the same, and account for every record. Returns
// the whole.
template <typename Reader>
event::testing::Reading read_both_ways(const event::Schema& schema, std::string_view text,
                                       const event::ReaderOptions& options, std::size_t piece) {
  auto cut = Reader::create(schema, options);
  event::testing::Reading pieces;
  pieces.feed(**cut, text, piece);
  WEIR_CHECK((*cut)->next_seq() == pieces.rows() + pieces.bad() + pieces.unknown());
  auto reader = Reader::create(schema, options);
  event::testing::Reading whole;
  whole.feed(**reader, text);
  WEIR_CHECK(described(schema, whole) == described(schema, pieces));
  return whole;
}

}  // namespace weir::fuzz
