#include "api/record_json.h"

#include "event/json_writer.h"

namespace weir::api {

void append_record_json(std::string& out, const event::Schema& schema, const event::Row& row) {
  const event::EventType& type = schema.types[row.type.index()];
  out += "{\"type\":";
  event::append_json_string(out, type.name);
  out += ",\"ts\":";
  event::append_int(out, row.ts_ms);
  if (!row.identity.empty()) {
    out += ",\"id\":";
    event::append_json_string(out, row.identity);
  }
  for (std::size_t slot = 0; slot < type.fields.size(); ++slot) {
    const event::Field& field = type.fields[slot];
    if (field.derived || !row.has(slot) || field.name == "ts" || field.name == "id") continue;
    out += ',';
    event::append_json_string(out, field.name);
    out += ':';
    event::append_json(out, field.type, row.slots[slot]);
  }
  out += '}';
}

}  // namespace weir::api
