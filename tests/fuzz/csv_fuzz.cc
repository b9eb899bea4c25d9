// Any bytes as CSV, below a header that names every field or one of their own. Every record is
// accounted for, and how the bytes are cut into blocks does not matter.
//
// The first byte is the size of the blocks, the second the options.
#include <algorithm>
#include <cstdint>
#include <string>

#include "event/csv_reader.h"
#include "tests/fuzz/reading_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  static const event::Schema schema = fuzz::codec_schema();
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0];
  event::ReaderOptions options;
  options.max_record_bytes = 512;
  options.strict = (data[1] & 1) != 0;
  if ((data[1] & 2) != 0) options.type_name = "e";
  if ((data[1] & 4) != 0) options.delimiter = ';';
  std::string text;
  if ((data[1] & 8) == 0) {
    text = "type,ts,bool,int,decimal,float,string,enum,time,duration,ip,geo,list\n";
    if (options.delimiter == ';') std::ranges::replace(text, ',', ';');
  }
  text.append(reinterpret_cast<const char*>(data) + 2, size - 2);
  (void)fuzz::read_both_ways<event::CsvReader>(schema, text, options, piece);
  return 0;
}
