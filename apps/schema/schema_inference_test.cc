#include "apps/schema/schema_inference.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "apps/schema/field_names.h"
#include "apps/schema/scalar_kind.h"

namespace weir::apps {
namespace {

SchemaInference Feed(SchemaOptions options, std::initializer_list<std::string_view> lines) {
  SchemaInference inference(std::move(options));
  for (const std::string_view line : lines) inference.AddLine(line);
  return inference;
}

std::string Declare(std::initializer_list<std::string_view> lines) {
  return FormatSchema(Feed({.event_name = "auth"}, lines).Propose());
}

std::string DeclareCsv(std::initializer_list<std::string_view> lines) {
  const SchemaOptions options = {.format = InputFormat::kCsv, .event_name = "auth"};
  return FormatSchema(Feed(options, lines).Propose());
}

// The type of the field f whose values are these.
std::string TypeOf(std::initializer_list<std::string_view> values) {
  SchemaInference inference({});
  for (const std::string_view value : values) {
    inference.AddLine("{\"f\":" + std::string(value) + "}");
  }
  const SchemaProposal proposal = inference.Propose();
  const FieldProposal& field = proposal.events.at(0).fields.at(0);
  return field.type + (field.optional ? "?" : "");
}

TEST(SchemaInferenceTest, OneEventForEachType) {
  EXPECT_EQ(Declare({
                R"({"type":"auth","ts":1767225600000,"card":"c1","amount":12.5,"approved":true})",
                R"({"type":"auth","ts":1767225601000,"card":"c1","amount":3,"approved":true,)"
                R"("ip":"10.0.0.1"})",
                R"({"type":"login","ts":1767225602000,"account":"a1"})",
                R"({"type":"auth","ts":1767225603000,"card":"c2","amount":7.25,"approved":false})",
            }),
            R"(# 4 records read, 0 malformed lines skipped

event auth {  # 3 records
  # likely keys of rules: by card
  time ts
  card string
  amount decimal
  approved bool
  ip ip?
}

event login {  # 1 record
  time ts
  account string
}
)");
}

TEST(SchemaInferenceTest, WithoutATypeFieldTheEventHasTheNameGiven) {
  EXPECT_EQ(Declare({R"({"id":"t1","created_at":"2026-01-01T00:00:00Z","is_fraud":0})",
                     R"({"id":"t2","created_at":"2026-01-01T00:01:00+01:00","is_fraud":1})"}),
            R"(# 2 records read, 0 malformed lines skipped

# no field names the type: run with --type auth
event auth {  # 2 records
  id id string
  time ts from "created_at"
  label is_fraud int
}
)");
}

TEST(SchemaInferenceTest, OtherFieldsCanNameTheType) {
  const std::string text = Declare({R"({"kind":"AUTH_RESP","ts":1767225600000})",
                                    R"({"kind":"card-present","ts":1767225600000})",
                                    R"({"kind":"when","ts":1767225600000})"});
  EXPECT_NE(text.find("event AUTH_RESP from \"kind\" = \"AUTH_RESP\" {"), std::string::npos);
  EXPECT_NE(text.find("event card_present from \"kind\" = \"card-present\" {"), std::string::npos);
  EXPECT_NE(text.find("event when_event from \"kind\" = \"when\" {"), std::string::npos);
}

TEST(SchemaInferenceTest, TypesOfValues) {
  EXPECT_EQ(TypeOf({"true", "false"}), "bool");
  EXPECT_EQ(TypeOf({"1", "-9223372036854775808"}), "int");
  EXPECT_EQ(TypeOf({"1", "9223372036854775808"}), "float");
  EXPECT_EQ(TypeOf({"1", "2.1234"}), "decimal");
  EXPECT_EQ(TypeOf({"1", "2.12345"}), "float");
  EXPECT_EQ(TypeOf({"1e3", "2.5"}), "float");
  EXPECT_EQ(TypeOf({"922337203685478.0"}), "float");
  EXPECT_EQ(TypeOf({R"("x")", "null"}), "string?");
  EXPECT_EQ(TypeOf({R"("10.1.2.3")", R"("2001:db8::1")"}), "ip");
  EXPECT_EQ(TypeOf({R"("10.1.2.3")", R"("n/a")"}), "string");
  EXPECT_EQ(TypeOf({R"({"lat":51.5,"lon":-0.1})"}), "geo");
  EXPECT_EQ(TypeOf({"[]", "[1,2]"}), "list of int");
  EXPECT_EQ(TypeOf({"[1,2.5]"}), "list of decimal");
  EXPECT_EQ(TypeOf({R"(["a"])", "[]"}), "list of string");
  EXPECT_EQ(TypeOf({"null"}), "string?");
}

TEST(SchemaInferenceTest, NamesDecideWhereValuesCannot) {
  const std::string text =
      Declare({R"({"amount":5,"lat":1.5,"when_ts":1767225600000,"n":1767225600000,)"
               R"("email":"a@b.example","last_time":1767225600})"});
  EXPECT_NE(text.find("  amount decimal\n"), std::string::npos);
  EXPECT_NE(text.find("  lat float\n"), std::string::npos);
  EXPECT_NE(text.find("  time ts from \"when_ts\"\n"), std::string::npos);
  EXPECT_NE(text.find("  n int\n"), std::string::npos);
  EXPECT_NE(text.find("  pii email string\n"), std::string::npos);
  EXPECT_NE(text.find("  last_time int  # seconds?"), std::string::npos);
}

TEST(SchemaInferenceTest, FewValuesMetOftenAreAnEnum) {
  SchemaInference inference({});
  for (int i = 0; i < 40; ++i) {
    const std::string channel = i % 2 == 0 ? "web" : "pos";
    inference.AddLine(R"({"channel":")" + channel + R"(","country":"GB","card":"c)" +
                      std::to_string(i % 3) + "\"}");
  }
  const std::string text = FormatSchema(inference.Propose());
  EXPECT_NE(text.find("  channel enum(\"pos\", \"web\")\n"), std::string::npos);
  EXPECT_NE(text.find("  country string\n"), std::string::npos);  // the next may be FR
  EXPECT_NE(text.find("  card string\n"), std::string::npos);
}

TEST(SchemaInferenceTest, NestedFieldsAreMapped) {
  const std::string text = Declare({R"({"entry":{"mode":"web","pos":{"n":1}},"entry_mode":2})",
                                    R"({"entry":null,"entry_mode":3})"});
  EXPECT_NE(text.find("  entry_mode string? from \"entry.mode\"\n"), std::string::npos);
  EXPECT_NE(text.find("  entry_pos_n int? from \"entry.pos.n\"\n"), std::string::npos);
  EXPECT_NE(text.find("  entry_mode_2 int from \"entry_mode\"\n"), std::string::npos);
}

TEST(SchemaInferenceTest, AwkwardNames) {
  const std::string text = Declare(
      {R"({"in":1,"label":"x","id":7,"Card Number":"4","1st":2,"\u00fc":3,"by":4,"ts":"noon"})",
       R"({"in":1,"label":"x","id":7,"Card Number":"4","1st":2,"\u00fc":3,"by":4,"ts":"noon"})"});
  EXPECT_NE(text.find("  `in` int\n"), std::string::npos);
  EXPECT_NE(text.find("  `by` int\n"), std::string::npos);
  EXPECT_NE(text.find("  `label` string\n"), std::string::npos);
  EXPECT_NE(text.find("  `id` int  # not unique\n"), std::string::npos);
  EXPECT_NE(text.find("  pii card_number string from \"Card Number\"\n"), std::string::npos);
  EXPECT_NE(text.find("  f_1st int from \"1st\"\n"), std::string::npos);
  EXPECT_NE(text.find("  field int from \"\u00fc\"\n"), std::string::npos);
  EXPECT_NE(text.find("  ts string  # not read as a time"), std::string::npos);
  EXPECT_NE(text.find("# no field is a time in every record"), std::string::npos);
}

TEST(SchemaInferenceTest, ATsThatIsNoTimeMakesRoomForTheTime) {
  const std::string text = Declare({R"({"ts":17,"timestamp":1767225600000})"});
  EXPECT_NE(text.find("  ts_2 int from \"ts\"\n"), std::string::npos);
  EXPECT_NE(text.find("  time ts from \"timestamp\"\n"), std::string::npos);
}

// Text of the file cannot end a string, a comment or a declaration.
TEST(SchemaInferenceTest, HostileTextStaysInComments) {
  const std::string text =
      Declare({R"({"type":"auth","a\"b":1,"c\nrule x {":2,"d.e":3,"items":[{"x":1}],"":4,"{f}":5})",
               R"({"type":"\n}rule","a":1})"});
  EXPECT_EQ(text, R"(# 2 records read, 0 malformed lines skipped
# 1 record of a type that cannot be written: ?}rule

# no field is a time in every record: give one as `time ts from ...`
# left out, no field can hold it: a"b
# left out, no field can hold it: c?rule x {
# left out, no field can hold it: d.e
# left out, no field can hold it: items
# left out, no field can hold it: 
# left out, no field can hold it: {f}
event auth {  # 1 record
}
)");
}

TEST(SchemaInferenceTest, MalformedLinesAreCountedAndSkipped) {
  SchemaInference inference = Feed(
      {}, {R"({"a":1})", "", "{", "[1]", "7", "nonsense", R"({"a":1} x)", "  \r", R"({"a":2})"});
  const SchemaProposal proposal = inference.Propose();
  EXPECT_EQ(proposal.records, 2U);
  EXPECT_EQ(proposal.malformed, 5U);
}

TEST(SchemaInferenceTest, RecordsWithoutATypeAreNoted) {
  SchemaInference inference = Feed({}, {R"({"type":"auth","a":1})", R"({"a":1})"});
  const SchemaProposal proposal = inference.Propose();
  ASSERT_EQ(proposal.events.size(), 1U);
  EXPECT_EQ(proposal.untyped, 1U);
  EXPECT_EQ(proposal.notes.at(0), "1 record without a type: bad input to `weir run`");
}

TEST(SchemaInferenceTest, OddValuesAreNoted) {
  const std::string text =
      Declare({R"({"a":1,"b":1,"b":2})", R"({"a":2,"b":3})", R"({"a":"x","b":[[1]]})"});
  EXPECT_NE(text.find("  a int  # 1 value of another type\n"), std::string::npos);
  EXPECT_NE(text.find("  b int?  # 1 value that no field can hold; twice in 1 record\n"),
            std::string::npos);
}

TEST(SchemaInferenceTest, DeepAndWideRecordsAreBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  deep += "1" + std::string(100'000, '}');
  std::string wide = "{\"a\":0";
  for (int i = 0; i < 3'000; ++i) wide += ",\"f" + std::to_string(i) + "\":1";
  wide += "}";
  const SchemaProposal proposal = Feed({}, {deep, wide}).Propose();
  EXPECT_EQ(proposal.records, 1U);
  EXPECT_EQ(proposal.malformed, 1U);
  EXPECT_TRUE(proposal.events.at(0).fields.empty());
}

TEST(SchemaInferenceTest, ManyTypesAreNotAllDeclared) {
  SchemaInference inference({});
  for (int i = 0; i < 100; ++i) inference.AddLine("{\"type\":\"t" + std::to_string(i) + "\"}");
  const SchemaProposal proposal = inference.Propose();
  EXPECT_EQ(proposal.events.size(), SchemaInference::kMaxEvents);
  EXPECT_EQ(proposal.notes.at(0), "36 records of further types, not declared");
}

TEST(SchemaInferenceTest, KeysAreFoundOverAllTypes) {
  const SchemaProposal proposal =
      Feed({}, {R"({"type":"a","card":"c1","user":"u1"})", R"({"type":"b","card":"c1"})",
                R"({"type":"a","card":"c2","user":"u2"})", R"({"type":"b","card":"c2"})"})
          .Propose();
  for (const EventProposal& event : proposal.events) {
    EXPECT_EQ(event.likely_keys, std::vector<std::string>{"card"}) << event.name;
  }
}

TEST(SchemaInferenceTest, CsvColumnsHaveTypes) {
  EXPECT_EQ(DeclareCsv({"\xef\xbb\xbfid,ts,Card No,zip,amount,ok,note,when\r",
                        "1,1767225600000,c1,01234,12.50,TRUE,\"a, \"\"b\"\"\",2026-01-01\r",
                        "2,1767225600000,c1,99999,7,false,,2026-01-01\r",
                        "3,1767225600001,c1,01234,-1,false,\"two", "lines\",2026-01-01\r",
                        "4,1767225600001,c1\r", "5,\"x\"y,c1,1,1,true,,\r"}),
            R"(# 3 records read, 2 malformed lines skipped

# no field names the type: run with --type auth
event auth {  # 3 records
  id id int
  time ts
  pii card_no string from "Card No"
  zip string
  amount decimal
  ok bool
  note string?
  `when` string
}
)");
}

TEST(SchemaInferenceTest, CsvWithATypeColumn) {
  const std::string text = DeclareCsv({"type,ts,a.b", "login,2026-01-01T00:00:00Z,1"});
  EXPECT_NE(text.find("event login {"), std::string::npos);
  EXPECT_NE(text.find("  time ts\n"), std::string::npos);
  EXPECT_NE(text.find("  a_b int from \"a.b\"\n"), std::string::npos);
}

TEST(SchemaInferenceTest, CsvCellsLeftOpenAreMalformed) {
  const SchemaOptions options = {.format = InputFormat::kCsv};
  EXPECT_EQ(Feed(options, {"a", "\"open", "", "still"}).Propose().malformed, 1U);
}

TEST(SchemaInferenceTest, NothingReadNothingProposed) {
  EXPECT_EQ(Declare({}), "# 0 records read, 0 malformed lines skipped\n");
}

TEST(ScalarKindTest, Times) {
  for (const char* good :
       {"2026-01-01T00:00:00Z", "2026-12-31t23:59:60.123456+05:30", "2026-01-01 00:00:00-00:00"}) {
    EXPECT_TRUE(IsRfc3339(good)) << good;
  }
  for (const char* bad :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+0100"}) {
    EXPECT_FALSE(IsRfc3339(bad)) << bad;
  }
}

TEST(ScalarKindTest, Addresses) {
  for (const char* good : {"0.0.0.0", "255.255.255.255", "::", "::1", "1::", "2001:db8::8:800",
                           "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"}) {
    EXPECT_TRUE(IsIpAddress(good)) << good;
  }
  for (const char* bad :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "-1.2.3.4", "1.2.3.", ":", ":1",
        "1:", "1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "12345::", "g::", "::1.2.3.4:5"}) {
    EXPECT_FALSE(IsIpAddress(bad)) << bad;
  }
}

TEST(ScalarKindTest, Cells) {
  EXPECT_EQ(ClassifyCell(""), ScalarKind::kNull);
  EXPECT_EQ(ClassifyCell("0"), ScalarKind::kInt);
  EXPECT_EQ(ClassifyCell("-0.5"), ScalarKind::kDecimal);
  EXPECT_EQ(ClassifyCell("1e-3"), ScalarKind::kFloat);
  for (const char* text : {"007", "+1", ".5", "1.", "1e", "-", "1,5", "0x1", "NaN"}) {
    EXPECT_EQ(ClassifyCell(text), ScalarKind::kString) << text;
  }
}

}  // namespace
}  // namespace weir::apps
