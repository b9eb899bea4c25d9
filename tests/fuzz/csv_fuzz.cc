// libFuzzer target: any bytes as CSV below a fixed header. Every record must be accounted for,
// and how the bytes are cut into blocks must not matter.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "event/csv_reader.h"
#include "event/test_events.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::event;
  static const Schema schema = testing::every_type();
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::string text = "type,ts,decimal,string,geo,list,duration\n";
  text.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto reader = CsvReader::create(schema, {});
  testing::Reading pieces;
  pieces.feed(**reader, text, piece);
  WEIR_CHECK((*reader)->next_seq() == pieces.rows() + pieces.bad() + pieces.unknown());
  const testing::Reading whole = testing::read_csv(schema, text);
  WEIR_CHECK(whole.rows() == pieces.rows() && whole.bad() == pieces.bad());
  return 0;
}
