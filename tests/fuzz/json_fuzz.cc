// Any bytes as JSON lines. Every record is accounted for, however the bytes are cut into blocks;
// what a row's fields say reads back from what is written for them; a line is JSON to this reader
// exactly where it is to nlohmann_json; and with the shapes of lines it reads what it reads
// without.
//
// The first byte is the size of the blocks, the second the options.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "event/json_reader.h"
#include "event/test_readings.h"
#include "tests/fuzz/reading_check.h"

namespace {

using namespace weir;
using nlohmann::json;

// Takes every value; a number beyond a double is no fault of the syntax.
class SyntaxOnly final : public nlohmann::json_sax<json> {
 public:
  bool is_object = false;
  bool too_great = false;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    if (depth_++ == 0) is_object = true;
    return true;
  }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return ++depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    constexpr int kNumberOverflow = 406;
    too_great = error.id == kNumberOverflow;
    return false;
  }

 private:
  int depth_ = 0;
};

enum class Verdict : std::uint8_t { kObject, kNone, kUnclear };

Verdict judge(std::string_view line) {
  // To the other parser a zero byte ends the text, and each line may begin with a byte order mark.
  if (line.find('\0') != line.npos || line.starts_with("\xef\xbb\xbf")) return Verdict::kUnclear;
  SyntaxOnly handler;
  const bool valid = json::sax_parse(line, &handler);
  if (handler.too_great) return Verdict::kUnclear;
  return valid && handler.is_object ? Verdict::kObject : Verdict::kNone;
}

void check_syntax(const event::testing::Reading& reading) {
  for (std::size_t i = 0; i < reading.rows(); ++i) {
    WEIR_CHECK(judge(reading.row(i).raw) != Verdict::kNone);
  }
  for (std::size_t i = 0; i < reading.bad(); ++i) {
    const event::BadRecord& bad = reading.bad(i);
    const bool syntax =
        bad.reason == event::BadReason::kSyntax || bad.reason == event::BadReason::kNotUtf8;
    const bool whole =
        bad.reason != event::BadReason::kTooLong && bad.reason != event::BadReason::kTooDeep;
    if (whole) WEIR_CHECK(judge(bad.raw) != (syntax ? Verdict::kObject : Verdict::kNone));
  }
}

// Rows of `e`, whose fields stand at the top of the record.
void check_round_trip(const event::Schema& schema, const event::testing::Reading& reading) {
  for (std::size_t i = 0; i < reading.rows(); ++i) {
    const event::Row& row = reading.row(i);
    const event::EventType& type = schema.types[row.type.index()];
    if (type.name != "e") continue;
    const std::string members = fuzz::members_of(type, row);
    const std::string line = R"({"type":"e","ts":)" + std::to_string(row.ts_ms) + members + "}";
    const event::testing::Reading again = event::testing::read_json(schema, line);
    WEIR_CHECK(again.rows() == 1 && again.row(0).ts_ms == row.ts_ms);
    WEIR_CHECK(fuzz::members_of(type, again.row(0)) == members);
  }
}

// The lines twice, so that each meets the shape that was made of it.
void check_shapes(const event::Schema& schema, std::string_view text,
                  event::ReaderOptions options) {
  const std::string twice = std::string(text) + "\n" + std::string(text);
  const event::testing::Reading by_shape = event::testing::read_json(schema, twice, options);
  options.expect_shapes = false;
  const event::testing::Reading without = event::testing::read_json(schema, twice, options);
  WEIR_CHECK(event::testing::difference(schema, by_shape, without).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const event::Schema schema = fuzz::codec_schema();
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0];
  event::ReaderOptions options;
  options.max_record_bytes = 512;
  options.strict = (data[1] & 1) != 0;
  if ((data[1] & 2) != 0) options.type_name = "e";
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto reading = fuzz::read_both_ways<event::JsonReader>(schema, text, options, piece);
  check_syntax(reading);
  check_round_trip(schema, reading);
  check_shapes(schema, text, options);
  return 0;
}
