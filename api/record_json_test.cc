#include "api/record_json.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

event::Field field(const char* name, event::TypeKind kind) {
  event::Field made;
  made.name = name;
  made.type.kind = kind;
  return made;
}

// The value of a feature is the engine's own: it is no part of the record.
TEST(RecordJson, ShowsDeclaredFieldsThatAreThere) {
  event::Schema schema;
  event::EventType& type = schema.types.emplace_back();
  type.name = "auth";
  type.fields = {field("card", event::TypeKind::kString), field("tries", event::TypeKind::kInt),
                 field("gone", event::TypeKind::kInt), field("seen", event::TypeKind::kInt)};
  type.fields[3].derived = true;
  const event::Value slots[] = {event::Value::of_string("c1"), event::Value::of_int(2),
                                event::Value(), event::Value::of_int(7)};
  const std::uint64_t present[] = {0b1011};
  event::Row row;
  row.type = event::EventTypeId(std::size_t{0});
  row.ts_ms = 5;
  row.slots = slots;
  row.present = present;
  std::string out;
  append_record_json(out, schema, row);
  EXPECT_EQ(out, R"({"type":"auth","ts":5,"card":"c1","tries":2})");
}

}  // namespace
}  // namespace weir::api
