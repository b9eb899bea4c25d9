#include "event/csv_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "event/json_writer.h"
#include "event/test_events.h"

namespace weir::event {
namespace {

using testing::every_type;
using testing::make_field;
using testing::make_type;
using testing::read_csv;
using testing::read_json;
using testing::Reading;

std::size_t slot(const char* field) { return *every_type().types[0].find_field(field); }

TEST(CsvReader, ReadsEveryType) {
  const Schema schema = every_type();
  const Reading r = read_csv(
      schema,
      "\xef\xbb\xbftype,ts,id,bool,int,decimal,float,string,enum,time,duration,ip,geo,list,zzz\r\n"
      "e,5,a1,TRUE,0742, +1.50 ,1e2,\"a \"\"b\"\",\nc\",pos,2026-01-01T00:00:00Z,5m,10.0.0.1,"
      "\"51.5,-0.1\",a;b,\r\n"
      "e,2026-01-01T00:00:00Z,,0,-1,2,3,\"\",web,5,250,::1,51.5;-0.1,\"[\"\"x\"\"]\",x\r\n");
  ASSERT_EQ(r.rows(), 2u) << (r.bad() != 0 ? r.bad(0).message : "");
  const Row& a = r.row(0);
  EXPECT_EQ(a.ts_ms, 5);
  EXPECT_EQ(a.identity, "a1");
  EXPECT_EQ(a.slots[slot("bool")].integer, 1);
  EXPECT_EQ(a.slots[slot("int")].integer, 742);
  EXPECT_TRUE(a.slots[slot("decimal")].decimal == 15'000);
  EXPECT_EQ(a.slots[slot("string")].string.view(), "a \"b\",\nc");
  EXPECT_EQ(a.slots[slot("enum")].integer, 1);
  EXPECT_EQ(a.slots[slot("duration")].integer, 300'000);
  EXPECT_EQ(a.slots[slot("geo")].geo.lon, -0.1);
  EXPECT_EQ(a.slots[slot("list")].list.size, 2u);
  EXPECT_TRUE(a.raw.starts_with("e,5,a1"));
  EXPECT_TRUE(a.raw.ends_with("a;b,"));
  const Row& b = r.row(1);
  EXPECT_EQ(b.identity, "");
  EXPECT_FALSE(b.has(slot("string")));
  EXPECT_EQ(b.slots[slot("list")].list.items[0].string.view(), "x");
  EXPECT_EQ(b.seq, 1u);
}

TEST(CsvReader, BrokenRecordsCostTheirFirstLine) {
  const Schema schema = every_type();
  const Reading r = read_csv(schema,
                             "type,ts,string\n"
                             "e,1,ok\n"
                             "e,2,\"never closed\n"
                             "e,3,ok\n"
                             "e,4,\"x\"y\n"
                             "e,5,a\"b\n"
                             "e,6\n"
                             "e,7,a,b\n"
                             "\n"
                             "e,8,\"two\nlines\"\n"
                             "e,9,\xff\n"
                             "x,10,\n"
                             "e,11,last");
  std::string seen;
  for (std::size_t i = 0; i < r.rows(); ++i) seen += std::to_string(r.row(i).ts_ms) + " ";
  EXPECT_EQ(seen, "1 3 8 11 ");
  ASSERT_EQ(r.bad(), 6u);
  EXPECT_EQ(r.bad(0).origin.line, 3u);
  EXPECT_EQ(r.bad(0).raw, "e,2,\"never closed");
  EXPECT_EQ(r.bad(1).message, "text behind the closing quote of a cell");
  EXPECT_EQ(r.bad(3).reason, BadReason::kColumnCount);
  EXPECT_EQ(r.bad(4).reason, BadReason::kColumnCount);
  EXPECT_EQ(r.bad(5).reason, BadReason::kNotUtf8);
  EXPECT_EQ(r.bad(5).origin.line, 12u);
  EXPECT_EQ(r.unknown(), 1u);
  EXPECT_EQ(r.row(3).seq, 10u);
}

TEST(CsvReader, AQuoteThatNeverEndsInALargeInput) {
  const Schema schema = every_type();
  std::string text = "type,ts,string\ne,0,\"open\n";
  for (int i = 1; i <= 2000; ++i) text += "e," + std::to_string(i) + ",plain\n";
  for (const std::size_t piece : {100ul, 4096ul, 1'000'000ul}) {
    Reading r;
    auto reader = CsvReader::create(schema, {.max_record_bytes = 1000});
    r.feed(**reader, text, piece);
    EXPECT_EQ(r.rows(), 2000u);
    EXPECT_EQ(r.bad(), 1u);
  }
}

TEST(CsvReader, LongRecords) {
  const Schema schema = every_type();
  const std::string text = "type,ts,string\ne,1,a\ne,2," + std::string(5000, 'x') + "\ne,3,\"" +
                           std::string(400, 'y') + "\n" + std::string(700, 'y') + "\"\ne,4,b\n";
  for (const std::size_t piece : {10ul, 999ul, 100'000ul}) {
    Reading r;
    auto reader = CsvReader::create(schema, {.max_record_bytes = 1000});
    r.feed(**reader, text, piece);
    EXPECT_EQ(r.row(0).ts_ms, 1);
    EXPECT_EQ(r.row(r.rows() - 1).ts_ms, 4) << piece;
    EXPECT_GE(r.bad(), 2u);
    EXPECT_EQ(r.bad(0).reason, BadReason::kTooLong);
  }
}

TEST(CsvReader, NestedPathsForcedTypeAndDuplicateColumns) {
  Schema schema;
  schema.types = {make_type("auth", {make_field("mode", TypeKind::kString, false)})};
  schema.types[0].fields[0].path = {"entry", "mode"};
  const Reading r = read_csv(schema, "ts,entry.mode,type\n1,pos,CASH_OUT\n", {.type_name = "auth"});
  ASSERT_EQ(r.rows(), 1u);
  EXPECT_EQ(r.row(0).slots[0].string.view(), "pos");
  const Reading twice =
      read_csv(schema, "ts,entry.mode,entry.mode\n1,a,b\n", {.type_name = "auth"});
  ASSERT_EQ(twice.bad(), 1u);
  EXPECT_EQ(twice.bad(0).reason, BadReason::kDuplicate);
  const Reading tabs =
      read_csv(schema, "ts\tentry.mode\n1\ta,b\n", {.type_name = "auth", .delimiter = '\t'});
  EXPECT_EQ(tabs.row(0).slots[0].string.view(), "a,b");
}

TEST(CsvReader, CellsThatAreNotOfTheType) {
  const Schema schema = every_type();
  const auto outcome = [&](const std::string& column, const std::string& cell) {
    const Reading r = read_csv(schema, "type,ts," + column + "\ne,1,\"" + cell + "\"\n");
    return r.rows() == 1 ? "good" : bad_reason_name(r.bad(0).reason);
  };
  EXPECT_EQ(outcome("bool", "yes"), "wrong_type");
  EXPECT_EQ(outcome("int", "1.5"), "wrong_type");
  EXPECT_EQ(outcome("int", "99999999999999999999"), "out_of_range");
  EXPECT_EQ(outcome("decimal", "1,5"), "wrong_type");
  EXPECT_EQ(outcome("time", "2026-01-01"), "wrong_type");
  EXPECT_EQ(outcome("time", "1767225600000000"), "out_of_range");
  EXPECT_EQ(outcome("ip", "10.0.0"), "wrong_type");
  EXPECT_EQ(outcome("geo", "91,0"), "out_of_range");
  EXPECT_EQ(outcome("geo", "here"), "wrong_type");
  EXPECT_EQ(outcome("list", "[1"), "wrong_type");
  EXPECT_EQ(outcome("list", "a;;b"), "wrong_type");
  EXPECT_EQ(outcome("enum", "fax"), "good");
  EXPECT_EQ(outcome("decimal", "1e30"), "good");
}

std::string csv_quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

// The same values written both ways read as the same rows.
TEST(CsvReader, AgreesWithJson) {
  const Schema schema = every_type();
  const std::vector<std::pair<std::string, std::string>> values = {
      {"bool", "true"},
      {"int", "-12"},
      {"int", "1e3"},
      {"decimal", "12.50"},
      {"decimal", "0.00015"},
      {"decimal", "1e40"},
      {"float", "-1.5e-3"},
      {"string", "plain"},
      {"string", "with, comma and \"quotes\" that is long"},
      {"enum", "atm"},
      {"enum", "fax"},
      {"time", "2026-05-05T05:05:05.5Z"},
      {"time", "12345"},
      {"duration", "1h"},
      {"duration", "900"},
      {"ip", "2001:db8::1"},
      {"geo", R"({"lat":1.5,"lon":-2})"},
      {"list", R"(["a","b,c"])"},
      {"int", "9e99"},
      {"ip", "nowhere"},
      {"bool", "maybe"}};
  for (const auto& [field, value] : values) {
    const bool bare = field == "bool" || field == "int" || field == "decimal" || field == "float" ||
                      field == "geo" || field == "list" || value == "12345" || value == "900";
    std::string member = value;
    if (!bare) {
      member.clear();
      append_json_string(member, value);
    }
    if (value == "maybe") member = "\"maybe\"";
    const Reading json =
        read_json(schema, R"({"type":"e","ts":1,")" + field + "\":" + member + "}");
    const Reading csv = read_csv(schema, "ts,type," + field + "\n1,e," + csv_quoted(value) + "\n");
    ASSERT_EQ(json.rows(), csv.rows()) << field << " " << value;
    if (json.rows() == 0) {
      EXPECT_EQ(json.bad(0).reason, csv.bad(0).reason) << value;
      continue;
    }
    const std::size_t at = slot(field.c_str());
    ASSERT_EQ(json.row(0).present[0], csv.row(0).present[0]) << value;
    EXPECT_EQ(json.odd().decimals_rounded, csv.odd().decimals_rounded);
    EXPECT_EQ(json.odd().enums_unlisted, csv.odd().enums_unlisted);
    if (!json.row(0).has(at)) continue;
    std::string a;
    std::string b;
    append_json(a, schema.types[0].fields[at].type, json.row(0).slots[at]);
    append_json(b, schema.types[0].fields[at].type, csv.row(0).slots[at]);
    EXPECT_EQ(a, b) << value;
  }
}

TEST(CsvReader, PiecesDoNotMatter) {
  const Schema schema = every_type();
  std::mt19937 random(23);
  for (int i = 0; i < 1500; ++i) {
    std::string text = "type,ts,string\n";
    const std::size_t size = random() % 300;
    for (std::size_t k = 0; k < size; ++k) {
      text += random() % 8 == 0 ? "e,1,x" : std::string(1, "\"\",\n\r\xc3x"[random() % 7]);
    }
    const Reading whole = read_csv(schema, text);
    Reading r;
    auto reader = CsvReader::create(schema, {});
    r.feed(**reader, text, 1 + random() % 20);
    ASSERT_EQ(r.rows(), whole.rows()) << text;
    ASSERT_EQ(r.bad(), whole.bad()) << text;
    for (std::size_t k = 0; k < r.bad(); ++k) {
      ASSERT_EQ(r.bad(k).origin.line, whole.bad(k).origin.line) << text;
      ASSERT_EQ(r.bad(k).raw, whole.bad(k).raw) << text;
    }
  }
}

}  // namespace
}  // namespace weir::event
