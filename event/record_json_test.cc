#include "event/record_json.h"

#include <gtest/gtest.h>

namespace weir::event {
namespace {

Field field(const char* name, TypeKind kind) {
  Field made;
  made.name = name;
  made.type.kind = kind;
  return made;
}

// The value of a feature is the engine's own: it is no part of the record.
TEST(RecordJson, ShowsDeclaredFieldsThatAreThere) {
  Schema schema;
  EventType& type = schema.types.emplace_back();
  type.name = "auth";
  type.fields = {field("card", TypeKind::kString), field("tries", TypeKind::kInt),
                 field("gone", TypeKind::kInt), field("seen", TypeKind::kInt)};
  type.fields[3].derived = true;
  const Value slots[] = {Value::of_string("c1"), Value::of_int(2), Value(), Value::of_int(7)};
  const std::uint64_t present[] = {0b1011};
  Row row;
  row.type = EventTypeId(std::size_t{0});
  row.ts_ms = 5;
  row.slots = slots;
  row.present = present;
  std::string out;
  append_record_json(out, schema, row);
  EXPECT_EQ(out, R"({"type":"auth","ts":5,"card":"c1","tries":2})");
}

}  // namespace
}  // namespace weir::event
