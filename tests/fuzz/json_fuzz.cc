// libFuzzer target: any bytes as JSON lines. Every record must be accounted for, however the bytes
// are cut into blocks, and what a row's fields say must read back from what is written for them.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "event/json_reader.h"
#include "event/json_writer.h"
#include "event/test_events.h"

namespace {

using namespace weir::event;

void check_rows(const testing::Reading& reading, const Schema& schema) {
  for (std::size_t i = 0; i < reading.rows(); ++i) {
    const Row& row = reading.row(i);
    const EventType& type = schema.types[row.type.index()];
    std::string line = R"({"type":"e","ts":)" + std::to_string(row.ts_ms);
    for (std::size_t slot = 0; slot < type.fields.size(); ++slot) {
      if (!row.has(slot)) continue;
      line += ",\"" + type.fields[slot].name + "\":";
      append_json(line, type.fields[slot].type, row.slots[slot]);
    }
    const testing::Reading again = testing::read_json(schema, line + "}");
    WEIR_CHECK(again.rows() == 1 && again.row(0).present[0] == row.present[0]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Schema schema = testing::every_type();
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  ReaderOptions options;
  options.max_record_bytes = 512;
  auto reader = JsonReader::create(schema, options);
  testing::Reading pieces;
  pieces.feed(**reader, text, piece);
  WEIR_CHECK((*reader)->next_seq() == pieces.rows() + pieces.bad() + pieces.unknown());
  const testing::Reading whole = testing::read_json(schema, text, options);
  WEIR_CHECK(whole.rows() == pieces.rows() && whole.bad() == pieces.bad());
  check_rows(whole, schema);
  return 0;
}
