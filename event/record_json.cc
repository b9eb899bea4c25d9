#include "event/record_json.h"

#include "event/json_writer.h"

namespace weir::event {

void append_record_json(std::string& out, const Schema& schema, const Row& row) {
  const EventType& type = schema.types[row.type.index()];
  out += "{\"type\":";
  append_json_string(out, type.name);
  out += ",\"ts\":";
  append_int(out, row.ts_ms);
  if (!row.identity.empty()) {
    out += ",\"id\":";
    append_json_string(out, row.identity);
  }
  for (std::size_t slot = 0; slot < type.fields.size(); ++slot) {
    const Field& field = type.fields[slot];
    if (field.derived || !row.has(slot) || field.name == "ts" || field.name == "id") continue;
    out += ',';
    append_json_string(out, field.name);
    out += ':';
    append_json(out, field.type, row.slots[slot]);
  }
  out += '}';
}

}  // namespace weir::event
