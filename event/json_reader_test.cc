#include "event/json_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "event/test_events.h"

namespace weir::event {
namespace {

using testing::every_type;
using testing::make_field;
using testing::make_type;
using testing::read_json;
using testing::Reading;

// The only outcome of the line {"type":"e","ts":1,<members>}.
struct One {
  Reading reading;
  explicit One(const std::string& members, const Schema& schema = shared(), bool strict = false)
      : reading(read_json(schema,
                          R"({"type":"e","ts":1)" + (members.empty() ? "" : "," + members) + "}",
                          {.strict = strict})) {}
  static const Schema& shared() {
    static const Schema schema = every_type();
    return schema;
  }
  [[nodiscard]] bool good() const { return reading.rows() == 1 && reading.bad() == 0; }
  [[nodiscard]] bool is_bad(BadReason reason) const {
    return reading.rows() == 0 && reading.bad() == 1 && reading.bad(0).reason == reason;
  }
  [[nodiscard]] bool has(const char* field) const { return reading.row(0).has(slot(field)); }
  [[nodiscard]] const Value& operator[](const char* field) const {
    EXPECT_TRUE(good() && has(field)) << field;
    return reading.row(0).slots[slot(field)];
  }
  static std::size_t slot(const char* field) { return *shared().types[0].find_field(field); }
};

// The engine fills these in; what a record says under their name is nothing to them.
TEST(JsonReader, DerivedFieldsAreNoInput) {
  Schema schema;
  schema.types.push_back(make_type("e", {make_field("x", TypeKind::kInt)}));
  Field derived = make_field("seen", TypeKind::kInt, true, false);
  derived.derived = true;
  schema.types[0].fields.push_back(derived);
  for (const bool strict : {false, true}) {
    const One one(R"("x":3,"seen":"no number")", schema, strict);
    ASSERT_TRUE(one.good()) << strict;
    EXPECT_TRUE(one.reading.row(0).has(0));
    EXPECT_FALSE(one.reading.row(0).has(1));
  }
}

TEST(JsonReader, ReadsEveryType) {
  const One one(
      R"("bool":true,"int":-7,"decimal":12.5,"float":1.25e2,"string":"hello","enum":"pos",)"
      R"("time":"2026-01-01T00:00:00Z","duration":"1h30m","ip":"10.0.0.1",)"
      R"("geo":{"lat":51.5,"lon":-0.1},"list":["a","b\n"])");
  EXPECT_EQ(one["bool"].integer, 1);
  EXPECT_EQ(one["int"].integer, -7);
  EXPECT_TRUE(one["decimal"].decimal == 125'000);
  EXPECT_EQ(one["float"].real, 125.0);
  EXPECT_EQ(one["string"].string.view(), "hello");
  EXPECT_EQ(one["enum"].integer, 1);
  EXPECT_EQ(one["time"].integer, 1'767'225'600'000);
  EXPECT_EQ(one["duration"].integer, 5'400'000);
  EXPECT_EQ(one["ip"].ip[10], 0xff);
  EXPECT_EQ(one["ip"].ip[12], 10);
  EXPECT_EQ(one["geo"].geo.lat, 51.5);
  ASSERT_EQ(one["list"].list.size, 2u);
  EXPECT_EQ(one["list"].list.items[1].string.view(), "b\n");
  EXPECT_EQ(one.reading.row(0).ts_ms, 1);
}

TEST(JsonReader, KeepsSeqLineAndRaw) {
  const Schema schema = every_type();
  const Reading r = read_json(schema,
                              "\xef\xbb\xbf  {\"type\":\"e\",\"ts\":1} \r\n"
                              "\n \t\r\n"
                              "nonsense\r\n"
                              "{\"type\":\"other\",\"ts\":1}\n"
                              "{\"type\":\"e\",\"ts\":2,\"id\":17}");
  ASSERT_EQ(r.rows(), 2u);
  EXPECT_EQ(r.row(0).raw, R"({"type":"e","ts":1})");
  EXPECT_EQ(r.row(0).seq, 0u);
  EXPECT_EQ(r.row(1).seq, 3u);
  EXPECT_EQ(r.row(1).identity, "17");
  ASSERT_EQ(r.bad(), 1u);
  EXPECT_EQ(r.bad(0).origin.seq, 1u);
  EXPECT_EQ(r.bad(0).origin.line, 4u);
  EXPECT_EQ(r.bad(0).raw, "nonsense");
  EXPECT_EQ(r.bad(0).message, "not a JSON object, at byte 1");
  ASSERT_EQ(r.unknown(), 1u);
  EXPECT_EQ(r.unknown(0).type, "other");
  EXPECT_EQ(r.unknown(0).origin.seq, 2u);
}

TEST(JsonReader, Ints) {
  EXPECT_EQ(One(R"("int":1.0)")["int"].integer, 1);
  EXPECT_EQ(One(R"("int":12e2)")["int"].integer, 1200);
  EXPECT_EQ(One(R"("int":9223372036854775807)")["int"].integer, INT64_MAX);
  EXPECT_EQ(One(R"("int":-9223372036854775808)")["int"].integer, INT64_MIN);
  EXPECT_TRUE(One(R"("int":9223372036854775808)").is_bad(BadReason::kOutOfRange));
  EXPECT_TRUE(One(R"("int":1e99)").is_bad(BadReason::kOutOfRange));
  EXPECT_TRUE(One(R"("int":1.5)").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("int":"1")").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("int":true)").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, DecimalsAreExactRoundedOrAbsent) {
  const One rounded(R"("decimal":0.00005)");
  EXPECT_TRUE(rounded["decimal"].decimal == 0);
  EXPECT_EQ(rounded.reading.odd().decimals_rounded, 1u);
  EXPECT_TRUE(One(R"("decimal":0.00015)")["decimal"].decimal == 2);
  EXPECT_TRUE(One(R"("decimal":0.10000)")["decimal"].decimal == 1000);
  const One huge(R"("decimal":1e30)");
  EXPECT_TRUE(huge.good());
  EXPECT_FALSE(huge.has("decimal"));
  EXPECT_EQ(huge.reading.odd().decimals_out_of_range, 1u);
  EXPECT_TRUE(One(R"("decimal":"1")").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, Floats) {
  EXPECT_EQ(One(R"("float":3)")["float"].real, 3.0);
  EXPECT_EQ(One(R"("float":1e-999)")["float"].real, 0.0);
  EXPECT_TRUE(One(R"("float":1e999)").is_bad(BadReason::kOutOfRange));
  EXPECT_TRUE(One(R"("float":"1")").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, EnumsNotListedAreAbsentAndCounted) {
  const One one(R"("enum":"fax")");
  EXPECT_TRUE(one.good());
  EXPECT_FALSE(one.has("enum"));
  EXPECT_EQ(one.reading.odd().enums_unlisted, 1u);
  EXPECT_TRUE(One(R"("enum":1)").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, Strings) {
  EXPECT_EQ(One(R"("string":"a\u00e9\ud83d\ude00\\\/\b")")["string"].string.view(),
            "a\xc3\xa9\xf0\x9f\x98\x80\\/\b");
  EXPECT_EQ(One(R"("string":"a string of more than twelve bytes")")["string"].string.view(),
            "a string of more than twelve bytes");
  EXPECT_EQ(One(R"("string":"")")["string"].string.view(), "");
  EXPECT_EQ(One(R"("string":"\u0000")")["string"].string.view(), std::string_view("\0", 1));
  EXPECT_TRUE(One(R"("string":1)").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("string":["a"])").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, TimesAndDurations) {
  EXPECT_EQ(One(R"("time":1767225600000)")["time"].integer, 1'767'225'600'000);
  EXPECT_EQ(One(R"("time":1.7672256e12)")["time"].integer, 1'767'225'600'000);
  EXPECT_TRUE(One(R"("time":1767225600000000)").is_bad(BadReason::kOutOfRange));
  EXPECT_TRUE(One(R"("time":"1767225600000")").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("time":"2026-01-01T00:00:00")").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("time":1.5)").is_bad(BadReason::kWrongType));
  EXPECT_EQ(One(R"("duration":250)")["duration"].integer, 250);
  EXPECT_TRUE(One(R"("duration":"soon")").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("duration":{"s":1})").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, GeoAndIpAndLists) {
  EXPECT_EQ(One(R"("geo":{"x":[{}],"lon":1,"lat":-2e0})")["geo"].geo.lat, -2.0);
  EXPECT_TRUE(One(R"("geo":{"lat":91,"lon":0})").is_bad(BadReason::kOutOfRange));
  EXPECT_TRUE(One(R"("geo":{"lat":1})").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("geo":{"lat":1,"lat":1,"lon":1})").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("geo":{"lat":"1","lon":1})").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("geo":[1,2])").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("ip":"10.0.0.256")").is_bad(BadReason::kWrongType));
  EXPECT_EQ(One(R"("list":[])")["list"].list.size, 0u);
  EXPECT_TRUE(One(R"("list":["a",null])").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("list":["a",1])").is_bad(BadReason::kWrongType));
  EXPECT_TRUE(One(R"("list":"a")").is_bad(BadReason::kWrongType));
}

TEST(JsonReader, NullIsAbsentAndMissingIsBad) {
  EXPECT_FALSE(One(R"("int":null)").has("int"));
  Schema schema;
  schema.types = {make_type("e", {make_field("card", TypeKind::kString, false)})};
  EXPECT_TRUE(One(R"("card":null)", schema).is_bad(BadReason::kMissing));
  EXPECT_TRUE(One("", schema).is_bad(BadReason::kMissing));
  EXPECT_EQ(One("", schema).reading.bad(0).message, "field card is missing");
}

TEST(JsonReader, FieldsThatNobodyReadsAreNotChecked) {
  Schema schema;
  schema.types = {make_type("e", {make_field("card", TypeKind::kString, false, false)})};
  EXPECT_TRUE(One("", schema).good());
  EXPECT_TRUE(One(R"("card":1)", schema).good());
  EXPECT_TRUE(One(R"("card":"a","card":"b")", schema).good());
  EXPECT_FALSE(read_json(schema, R"({"type":"e","ts":1,"card":"x"})").row(0).has(0));
  EXPECT_TRUE(One("", schema, true).is_bad(BadReason::kMissing));
  EXPECT_TRUE(One(R"("card":1)", schema, true).is_bad(BadReason::kWrongType));
}

TEST(JsonReader, DuplicatesOfWhatIsRead) {
  EXPECT_TRUE(One(R"("int":1,"int":1)").is_bad(BadReason::kDuplicate));
  EXPECT_TRUE(One(R"("int":1,"\u0069nt":1)").is_bad(BadReason::kDuplicate));
  EXPECT_TRUE(One(R"("int":null,"int":1)").is_bad(BadReason::kDuplicate));
  EXPECT_TRUE(One(R"("type":"e")").is_bad(BadReason::kDuplicate));
  EXPECT_TRUE(One(R"("ts":1)").is_bad(BadReason::kDuplicate));
  EXPECT_TRUE(One(R"("id":1,"id":1)").is_bad(BadReason::kDuplicate));
  EXPECT_TRUE(One(R"("x":1,"x":1)").good());
}

TEST(JsonReader, TimeTypeAndId) {
  const Schema schema = every_type();
  const auto reason = [&](std::string_view line) {
    const Reading r = read_json(schema, line);
    return r.bad() == 1 ? bad_reason_name(r.bad(0).reason) : "good";
  };
  EXPECT_EQ(reason(R"({"type":"e"})"), "missing");
  EXPECT_EQ(reason(R"({"type":"e","ts":null})"), "missing");
  EXPECT_EQ(reason(R"({"type":"e","ts":true})"), "wrong_type");
  EXPECT_EQ(reason(R"({"type":"e","ts":"2026-01-01T00:00:00.5+01:00"})"), "good");
  EXPECT_EQ(reason(R"({"ts":1})"), "no_type");
  EXPECT_EQ(reason(R"({"type":["e"],"ts":1})"), "wrong_type");
  EXPECT_EQ(reason(R"({"type":5,"ts":1})"), "wrong_type");
  EXPECT_EQ(reason(R"({"type":true,"ts":1})"), "wrong_type");
  EXPECT_EQ(reason(R"({"type":"e","ts":1,"id":1.5})"), "wrong_type");
  EXPECT_EQ(reason(R"({"type":"e","ts":1,"id":{}})"), "wrong_type");
  EXPECT_EQ(reason(R"({"type":"e","ts":1,"id":null})"), "good");
  EXPECT_EQ(read_json(schema, R"({"id":"\u0041b","ts":1,"type":"\u0065"})").row(0).identity, "Ab");
}

TEST(JsonReader, MapsTypesByFieldsOfTheirOwnAndByNestedPaths) {
  Schema schema;
  schema.types = {make_type("auth", {make_field("mode", TypeKind::kString, false)}),
                  make_type("result", {}), make_type("code", {})};
  schema.types[0].fields[0].path = {"entry", "mode"};
  schema.types[1].type_path = {"meta", "kind"};
  schema.types[1].type_value = "AUTH_RESP";
  schema.types[1].time_path = {"meta", "at"};
  schema.types[2].type_path = {"mti"};
  schema.types[2].type_value = "100";
  const Reading r = read_json(
      schema, R"({"type":"auth","ts":1,"entry":{"x":{"mode":1},"mode":"pos"}})"
              "\n"
              R"({"meta":{"kind":"AUTH_RESP","at":5},"type":"zzz"})"
              "\n"
              R"({"mti":100,"ts":7})"
              "\n"
              R"({"meta":{"kind":"AUTH_RESP","at":5},"type":"auth","ts":9,"entry":{"mode":""}})"
              "\n"
              R"({"type":"auth","ts":1,"entry":{"mode":"a"},"entry":{}})"
              "\n"
              R"({"type":"auth","ts":1,"entry":"pos"})"
              "\n"
              R"({"type":"auth","ts":1,"entry":{}})"
              "\n"
              R"({"meta":{"kind":"AUTH_REQ","at":5}})"
              "\n");
  ASSERT_EQ(r.rows(), 4u);
  EXPECT_EQ(r.row(0).slots[0].string.view(), "pos");
  EXPECT_EQ(r.row(1).type, EventTypeId(1u));
  EXPECT_EQ(r.row(1).ts_ms, 5);
  EXPECT_EQ(r.row(2).type, EventTypeId(2u));
  EXPECT_EQ(r.row(3).type, EventTypeId(0u));
  ASSERT_EQ(r.bad(), 3u);
  EXPECT_EQ(r.bad(0).reason, BadReason::kDuplicate);
  EXPECT_EQ(r.bad(1).reason, BadReason::kWrongType);
  EXPECT_EQ(
      r.bad(1).message,
      "field mode (from entry.mode) is inside what is not an object, not a value of type string");
  EXPECT_EQ(r.bad(2).reason, BadReason::kMissing);
  EXPECT_EQ(r.unknown(), 1u);
}

TEST(JsonReader, ForcedType) {
  const Schema schema = every_type();
  EXPECT_EQ(read_json(schema, R"({"ts":1})", {.type_name = "e"}).rows(), 1u);
  EXPECT_EQ(read_json(schema, R"({"ts":1,"type":"PAYMENT"})", {.type_name = "e"}).rows(), 1u);
  EXPECT_FALSE(JsonReader::create(schema, {.type_name = "f"}).has_value());
}

TEST(JsonReader, AFieldWithATypeCanAlsoBeTheTime) {
  Schema schema = every_type();
  schema.types[0].time_path = {"time"};
  const Reading r = read_json(schema, R"({"type":"e","time":42})");
  EXPECT_EQ(r.row(0).ts_ms, 42);
  EXPECT_EQ(r.row(0).slots[One::slot("time")].integer, 42);
}

// Lines that are not one JSON object.
std::vector<std::string> broken_structure() {
  return {"{",
          "}",
          "[]",
          "1",
          "null",
          "\"x\"",
          "{}{}",
          "{} x",
          "{\"a\"}",
          "{\"a\":}",
          "{\"a\":1,}",
          "{,}",
          "{\"a\" 1}",
          "{\"a\":1 \"b\":2}",
          "{a:1}",
          "{'a':1}",
          "{\"a\":01}",
          "{\"a\":1.}",
          "{\"a\":.5}",
          "{\"a\":+1}",
          "{\"a\":-}",
          "{\"a\":1e}",
          "{\"a\":0x1}",
          "{\"a\":NaN}",
          "{\"a\":Infinity}",
          "{\"a\":tru}",
          "{\"a\":truex}",
          "{\"a\":TRUE}",
          "{\"a\":nul}",
          "{\"a\":[1,]}",
          "{\"a\":[,1]}",
          "{\"a\":[1 2]}",
          "{\"a\":[1}",
          "{\"a\":[}]",
          "{\"a\":{]}",
          "{\"a\":[1]]}",
          "{\"a\":{\"b\":1}",
          "{\"a\":{\"b\"}}",
          "{\"a\":{\"b\":1,}}",
          "{\"a\":{1:1}}"};
}

std::vector<std::string> broken_strings_and_bytes() {
  return {"{\"a\":\"x}",
          "{\"a\":\"\\x\"}",
          "{\"a\":\"\\u12g4\"}",
          "{\"a\":\"\\u12\"}",
          "{\"a\":\"\\ud800\"}",
          "{\"a\":\"\\udc00\"}",
          "{\"a\":\"\\ud800\\u0041\"}",
          "{\"a\":\"\\ud800x\"}",
          "{\"a\":\"\\\"}",
          "{\"a\":\"\t\"}",
          "{\"a\":\"\x01\"}",
          "{\"\\ud800\":1}",
          "{\"a\":1}#",
          "{\"a\":1}//",
          "/**/{\"a\":1}",
          "{\"a\":1};",
          "{\"a\":\"\xff\"}",
          "{\"a\":\"\xc0\xaf\"}",
          "{\"a\":\"\xed\xa0\x80\"}",
          "{\"a\":\"\xf4\x90\x80\x80\"}",
          "{\"a\":\"\xe2\x82\"}",
          "\xff",
          "\xef\xbb\xbf{\"a\":1}",
          "{\"a\":1}\xc2\xa0",
          "{\f}",
          std::string("{\"a\":\"\0\"}", 9),
          std::string("{\"a\":\0}", 7),
          std::string("\0", 1),
          std::string("{\"a\":1}\0", 8),
          "{\"a\":1\r,}",
          "{\"type\":\"e\",\"ts\":1,\"z\":[\"\\q\"]}",
          "{\"type\":\"e\",\"ts\":1,\"z\":tru}",
          "{\"type\":\"e\",\"ts\":1,\"z\":1.e5}",
          "{\"type\":\"e\",\"ts\":1}}",
          "{\"type\":\"e\",\"ts\":1}{\"type\":\"e\",\"ts\":1}"};
}

const std::vector<std::string>& broken_lines() {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> all = broken_structure();
    for (std::string& line : broken_strings_and_bytes()) all.push_back(std::move(line));
    return all;
  }();
  return lines;
}

TEST(JsonReader, BrokenLinesHarmNoOther) {
  const Schema schema = every_type();
  const std::string good = R"({"type":"e","ts":1,"string":"some text that is longer"})"
                           "\n";
  std::string all = good;
  for (const std::string& line : broken_lines()) {
    const Reading r = read_json(schema, good + line + "\n" + good);
    ASSERT_EQ(r.rows(), 2u) << line;
    ASSERT_EQ(r.bad(), 1u) << line;
    EXPECT_EQ(r.bad(0).raw, line);
    EXPECT_EQ(r.bad(0).origin.line, 2u);
    EXPECT_EQ(r.row(1).seq, 2u);
    // (The other parser takes a NUL for the end.)
    const bool has_nul = line.find('\0') != line.npos;
    EXPECT_FALSE(!has_nul && nlohmann::json::accept(line) && line[0] == '{') << line;
    // At the end of the input, with no line end behind it.
    EXPECT_EQ(read_json(schema, good + line).bad(), 1u) << line;
    all += line + "\n" + good;
  }
  const Reading r = read_json(schema, all);
  EXPECT_EQ(r.bad(), broken_lines().size());
  EXPECT_EQ(r.rows(), broken_lines().size() + 1);
}

TEST(JsonReader, DeepNesting) {
  const Schema schema = every_type();
  const auto nested = [](std::size_t depth) {
    return R"({"type":"e","ts":1,"z":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(read_json(schema, nested(kMaxNesting)).rows(), 1u);
  EXPECT_EQ(read_json(schema, nested(kMaxNesting + 1)).bad(0).reason, BadReason::kTooDeep);
  EXPECT_EQ(read_json(schema, std::string(900'000, '[')).bad(), 1u);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(read_json(schema, objects).bad(0).reason, BadReason::kTooDeep);
}

TEST(JsonReader, LongLines) {
  const Schema schema = every_type();
  const std::string good = R"({"type":"e","ts":1})"
                           "\n";
  const auto line_of = [](std::size_t size) {
    const std::string head = R"({"type":"e","ts":1,"z":")";
    return head + std::string(size - head.size() - 2, 'x') + "\"}";
  };
  const ReaderOptions options{.max_record_bytes = 1000};
  EXPECT_EQ(read_json(schema, line_of(1000), options).rows(), 1u);
  for (const std::size_t piece : {10ul, 999ul, 5000ul, 100'000ul}) {
    Reading r;
    auto reader = JsonReader::create(schema, options);
    r.feed(**reader, good + line_of(1001) + "\n" + good + line_of(20'000) + "\n" + good, piece);
    ASSERT_EQ(r.rows(), 3u) << piece;
    ASSERT_EQ(r.bad(), 2u);
    EXPECT_EQ(r.bad(0).reason, BadReason::kTooLong);
    EXPECT_EQ(r.bad(1).origin.line, 4u);
    EXPECT_GE(r.bad(1).raw.size(), 1000u);
    EXPECT_LE(r.bad(1).raw.size(), BadRecord::kRawBytes);
    EXPECT_EQ(r.row(2).seq, 4u);
  }
}

TEST(JsonReader, PiecesDoNotMatter) {
  const Schema schema = every_type();
  std::string text = "\xef\xbb\xbf";
  for (const std::string& line : broken_lines()) {
    text += line +
            "\r\n\n"
            R"({"type":"e","ts":1,"string":")"
            "\xc3\xa9"
            R"("})"
            "\n";
  }
  const Reading whole = read_json(schema, text);
  for (const std::size_t piece : {1ul, 2ul, 3ul, 7ul, 64ul, 1000ul}) {
    Reading r;
    auto reader = JsonReader::create(schema, {});
    r.feed(**reader, text, piece);
    ASSERT_EQ(r.rows(), whole.rows());
    ASSERT_EQ(r.bad(), whole.bad());
    for (std::size_t i = 0; i < r.bad(); ++i) {
      EXPECT_EQ(r.bad(i).message, whole.bad(i).message);
      EXPECT_EQ(r.bad(i).origin.line, whole.bad(i).origin.line);
    }
  }
}

TEST(JsonReader, KeysInAnyOrderAndUnknownKeysWithoutEnd) {
  const Schema schema = every_type();
  std::mt19937 random(7);
  std::vector<std::string> members = {R"("type":"e")",   R"("ts":5)",        R"("int":3)",
                                      R"("string":"s")", R"("decimal":1.5)", R"("bool":false)"};
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    std::shuffle(members.begin(), members.end(), random);
    text += "{\"k" + std::to_string(i) + "\":[{\"int\":1}]";
    for (const std::string& member : members) text += "," + member;
    text += ",\"" + std::string(40 + i % 5, 'k') + "\":null}\n";
  }
  const Reading r = read_json(schema, text);
  ASSERT_EQ(r.rows(), 3000u);
  for (std::size_t i = 0; i < r.rows(); ++i) {
    ASSERT_EQ(r.row(i).slots[One::slot("int")].integer, 3);
    ASSERT_TRUE(r.row(i).slots[One::slot("decimal")].decimal == 15'000);
    ASSERT_EQ(r.row(i).present[0], 0b10111u);
  }
}

TEST(JsonReader, SchemaCanChangeBetweenBlocks) {
  const Schema old = every_type();
  Schema changed;
  changed.types = {make_type("f", {})};
  auto reader = JsonReader::create(old, {});
  Reading r;
  const std::string lines = R"({"type":"e","ts":1})"
                            "\n"
                            R"({"type":"f","ts":1})"
                            "\n";
  r.feed(**reader, lines);
  ASSERT_TRUE((*reader)->set_schema(changed));
  r.feed(**reader, lines);
  EXPECT_EQ(r.rows(), 2u);
  EXPECT_EQ(r.unknown(), 2u);
  EXPECT_EQ(r.row(1).seq, 3u);
}

// Whether a line is an object must agree with nlohmann_json on lines that are nearly JSON.
TEST(JsonReader, AgreesWithAnotherParserOnMutatedLines) {
  const Schema schema = every_type();
  const std::vector<std::string> seeds = {
      R"({"type":"e","ts":1,"int":12,"decimal":-0.25,"string":"a\u00e9\n","bool":true})",
      R"({"ts":1,"type":"e","geo":{"lat":1.5,"lon":2},"list":["a","b"],"n":null,"o":{}})",
      R"( { "type" : "e" , "ts" : 10 , "z" : [ [ ] , { "a" : [ true , false ] } ] } )"};
  const std::string alphabet = "{}[]\",:\\/ \t019-+.eEtrufalsn\x01\x7f\xc3\xa9\xff";
  std::mt19937 random(42);
  const auto pick = [&](std::size_t below) { return random() % below; };
  auto reader = JsonReader::create(schema, {});
  for (int i = 0; i < 60'000; ++i) {
    std::string line = seeds[pick(seeds.size())];
    for (std::size_t edits = 1 + pick(3); edits > 0; --edits) {
      const std::size_t at = pick(line.size());
      switch (pick(4)) {
        case 0:
          line[at] = alphabet[pick(alphabet.size())];
          break;
        case 1:
          line.insert(at, 1, alphabet[pick(alphabet.size())]);
          break;
        case 2:
          line.erase(at, 1 + pick(3));
          break;
        default:
          line.insert(at, line.substr(pick(line.size()), pick(6)));
          break;
      }
      if (line.empty()) line = " ";
    }
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    Reading r;
    r.feed(**reader, line + "\n");
    ASSERT_EQ(r.rows() + r.bad() + r.unknown(), 1u) << line;
    const bool syntax_bad = r.bad() == 1 && (r.bad(0).reason == BadReason::kSyntax ||
                                             r.bad(0).reason == BadReason::kNotUtf8);
    const std::size_t first = line.find_first_not_of(" \t\r");
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    const bool object = !parsed.is_discarded() && line[first] == '{';
    if (object == syntax_bad) {
      // The other parser also refuses what is beyond a double.
      bool big_exponent = false;
      for (std::size_t at = 0; at + 3 < line.size(); ++at) {
        big_exponent |= (line[at] | 0x20) == 'e' && std::isdigit(line[at + 2]) != 0;
      }
      ASSERT_TRUE(big_exponent) << line << " -> " << (r.bad() != 0 ? r.bad(0).message : "good");
    }
  }
}

TEST(JsonReader, RandomBytesAreAlwaysAccountedFor) {
  const Schema schema = every_type();
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    const std::size_t size = random() % 400;
    for (std::size_t k = 0; k < size; ++k) {
      text += random() % 3 == 0 ? static_cast<char>(random()) : "{}[]\":,\n e1t"[random() % 12];
    }
    Reading r;
    auto reader = JsonReader::create(schema, {.max_record_bytes = 100});
    r.feed(**reader, text, 1 + random() % 50);
    EXPECT_EQ((*reader)->next_seq(), r.rows() + r.bad() + r.unknown());
  }
}

}  // namespace
}  // namespace weir::event
