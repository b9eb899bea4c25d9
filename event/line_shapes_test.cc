// Reading by shape against reading without: all that is read has to be the same, whatever is done
// to the lines. And that shapes are used at all, or the rest would say nothing.
#include "event/line_shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "event/json_reader.h"
#include "event/test_readings.h"

namespace weir::event {
namespace {

using testing::difference;
using testing::every_type;
using testing::make_field;
using testing::make_type;
using testing::Reading;

Field field_at(const char* name, TypeKind kind, bool optional, std::vector<std::string> path) {
  Field field = make_field(name, kind, optional);
  field.path = std::move(path);
  return field;
}

// `e` of every type; `pay` and `refund`, as cards have them; `m`, nested, known by a number, with a
// field that is also what says the type, two fields from one place, a place that is looked at as a
// whole and in part, and a time that is a field too; `still`, without a time.
Schema shaped_schema() {
  Schema schema = every_type();
  schema.types.push_back(
      make_type("pay", {make_field("card", TypeKind::kString, false),
                        make_field("amount", TypeKind::kDecimal, false),
                        make_field("mcc", TypeKind::kInt), make_field("ok", TypeKind::kBool, false),
                        make_field("note", TypeKind::kString, true, false)}));
  schema.types.push_back(make_type(
      "refund",
      {make_field("mcc", TypeKind::kDecimal), make_field("amount", TypeKind::kInt, true, false),
       make_field("note", TypeKind::kString), make_field("ok", TypeKind::kBool),
       make_field("card", TypeKind::kString)}));
  EventType mapped = make_type("m", {});
  mapped.type_path = {"head", "mti"};
  mapped.type_value = "100";
  mapped.time_path = {"head", "at"};
  mapped.id_path = {"head", "no"};
  mapped.fields = {field_at("mti", TypeKind::kInt, true, {"head", "mti"}),
                   field_at("at", TypeKind::kTime, false, {"head", "at"}),
                   field_at("x", TypeKind::kInt, false, {"body", "x"}),
                   field_at("x2", TypeKind::kDecimal, false, {"body", "x"}),
                   field_at("deep", TypeKind::kString, true, {"body", "a", "b", "c"}),
                   field_at("spot", TypeKind::kGeo, true, {"spot"}),
                   field_at("lat", TypeKind::kFloat, true, {"spot", "lat"})};
  schema.types.push_back(mapped);
  schema.types.push_back(make_type("still", {make_field("note", TypeKind::kString)}));
  schema.types.back().time_path.clear();
  return schema;
}

class Lines {
 public:
  explicit Lines(unsigned seed) : random_(seed) {}

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  template <typename T>
  const T& one_of(const std::vector<T>& of) {
    return of[below(static_cast<unsigned>(of.size()))];
  }
  std::string number() {
    static const std::vector<std::string> kOdd = {"0",
                                                  "-0",
                                                  "-12.5",
                                                  "1e3",
                                                  "1.5E-2",
                                                  "0.00005",
                                                  "12345678.1234",
                                                  "123456789.1234",
                                                  "1.23456",
                                                  "999999999999999",
                                                  "9999999999999999",
                                                  "9223372036854775807",
                                                  "9223372036854775808",
                                                  "00",
                                                  "01.5",
                                                  "1.",
                                                  "-",
                                                  "99999999999999999999",
                                                  "null",
                                                  "\"7\""};
    if (below(6) == 0) return one_of(kOdd);
    std::string text = std::to_string(random_() % (1ull << below(40)));
    if (below(2) == 0) text += "." + std::to_string(below(10'000));
    return text;
  }
  std::string text() {
    static const std::vector<std::string> kOdd = {R"("")",
                                                  R"("a\n")",
                                                  R"("caf\u00e9")",
                                                  "\"caf\xc3\xa9\"",
                                                  R"("\ud83d\ude00")",
                                                  R"("\ud83d")",
                                                  "null",
                                                  "\"tab\tinside\"",
                                                  "12",
                                                  R"("\q")",
                                                  R"("twelve byte")"};
    if (below(6) == 0) return one_of(kOdd);
    return "\"" + std::string(below(5) == 0 ? below(40) : below(14), char('a' + below(26))) + "\"";
  }
  std::string time() {
    static const std::vector<std::string> kTexts = {
        "\"2026-01-01T00:00:00Z\"", "\"2026-02-29T00:00:00Z\"",
        "\"2024-02-29t23:59:60z\"", "\"1999-12-31 23:59:59.99999+01:30\"",
        "\"2026-01-01T00:00:00\"",  "\"\"",
        "253402300799999",          "253402300800000",
        "-62167219200001",          "1e3"};
    return below(5) == 0 ? one_of(kTexts) : std::to_string(1'767'225'600'000 + below(100'000'000));
  }
  std::string boolean() { return one_of<std::string>({"true", "false", "true", "false", "null"}); }

  // A line that is good as often as not, of one of a few orders of keys.
  std::string line() {
    switch (below(10)) {
      case 0:
        return R"({"type":"e","ts":)" + time() + R"(,"bool":)" + boolean() + R"(,"int":)" +
               number() + R"(,"decimal":)" + number() + R"(,"float":)" + number() +
               R"(,"string":)" + text() + R"(,"enum":)" +
               one_of<std::string>({"\"web\"", "\"pos\"", "\"p\\u006fs\"", "\"other\"", "null"}) +
               R"(,"ip":"10.0.0.)" + std::to_string(below(300)) + R"(","duration":"1h30m"})";
      case 1:
        return R"({"ts": )" + time() + R"(, "type": "e", "time": )" + time() + R"(, "list": [)" +
               text() + "," + text() + R"(], "geo": {"lat": )" + number() +
               R"(, "lon": 1.5}, "string": )" + text() + "}";
      case 2:
        return R"({"head":{"mti":100,"at":)" + time() + R"(,"no":)" + number() +
               R"(},"body":{"x":)" + number() + R"(,"a":)" +
               one_of<std::string>({R"({"b":{"c":"q"}})", R"({"b":{"c":"qq"}})", "null",
                                    R"({"b":null})", "1", "{}"}) +
               "}" +
               one_of<std::string>({"", R"(,"spot":{"lat":1.5,"lon":2})", R"(,"spot":null)"}) + "}";
      case 3:
        return R"({"type":")" + one_of<std::string>({"other", "else"}) + R"(","note":)" + text() +
               R"(,"n":)" + number() + R"(,"list":[1,{"a":)" + text() + "}]}";
      case 4:
        return R"({"type":"still","note":)" + text() + "}";
      case 5:  // the type comes last
        return "{" + members() + R"(,"type":")" + one_of<std::string>({"pay", "refund"}) + "\"}";
      default:
        return R"({"type":")" + one_of<std::string>({"pay", "refund"}) + "\"," + members() + "}";
    }
  }
  std::string members() {
    return R"("ts":)" + time() + R"(,"card":)" + text() + R"(,"amount":)" + number() +
           (below(4) == 0 ? "" : R"(,"mcc":)" + number()) +
           (below(2) == 0 ? "" : R"(,"note":)" + text()) + R"(,"unread":)" + number() +
           R"(,"ok":)" + boolean();
  }
  std::string mutated(std::string line) {
    static const std::string kBytes("\"\\,:{}[]0159.-+eEtnu \t\r\n\x00\x1f\x7f\xc3\xff", 30);
    const std::size_t at = below(static_cast<unsigned>(line.size()));
    const char byte = kBytes[below(30)];
    switch (below(4)) {
      case 0:
        line[at] = byte;
        break;
      case 1:
        line.insert(at, 1, byte);
        break;
      case 2:
        line.erase(at, 1 + below(3));
        break;
      default:
        line.insert(at, line.substr(below(static_cast<unsigned>(line.size())), below(30)));
        break;
    }
    return line;
  }

 private:
  std::mt19937 random_;
};

void expect_same(const Schema& schema, const std::string& text, ReaderOptions options = {},
                 std::size_t piece = std::string::npos) {
  const auto read = [&](bool shapes) {
    options.expect_shapes = shapes;
    auto reader = JsonReader::create(schema, options);
    Reading reading;
    reading.feed(**reader, text, piece);
    return reading;
  };
  const Reading by_shape = read(true);
  const Reading without = read(false);
  EXPECT_EQ(difference(schema, by_shape, without), "");
}

// Reads a line by the shapes alone.
class Alone {
 public:
  explicit Alone(const Schema& schema)
      : plan_(*DecodePlan::build(schema, {})), shapes_(&plan_, 1000), schema_(schema) {}
  void learn(const std::string& line) {
    PaddedBuffer text;
    text.assign(line);
    const Reading reading = testing::read_json(schema_, line);
    if (reading.unknown() == 1) {
      // The name has to stand in the text that is learnt.
      const std::string_view name = reading.unknown(0).type;
      shapes_.learn({}, text.view(), text.view().substr(line.find(name), name.size()));
      return;
    }
    ASSERT_EQ(reading.rows(), 1u);
    shapes_.learn(reading.row(0).type, text.view(), {});
  }
  bool reads(const std::string& line) {
    batch_.clear();
    batch_.buffer().assign(line);
    const std::string_view text = batch_.buffer().view();
    const char* const end = text.data() + text.size();
    RecordOrigin next;
    const char* const stop = shapes_.read(text.data(), end, next, batch_);
    EXPECT_TRUE(stop == text.data() || stop == end);
    EXPECT_EQ(batch_.records(), stop == end ? 1u : 0u);
    EXPECT_EQ(next.seq, batch_.records());
    return stop == end;
  }
  [[nodiscard]] const Batch& batch() const { return batch_; }

 private:
  DecodePlan plan_;
  LineShapes shapes_;
  const Schema& schema_;
  Batch batch_;
};

#if defined(__SSE2__)

TEST(LineShapes, ReadLinesThatDifferInTheirValues) {
  const Schema schema = shaped_schema();
  Alone alone(schema);
  const auto pay = [](const char* ts, const char* card, const char* amount, const char* rest) {
    return R"({"type":"pay","ts":)" + std::string(ts) + R"(,"card":)" + card + R"(,"amount":)" +
           amount + rest + "}";
  };
  EXPECT_FALSE(alone.reads(pay("1", R"("c")", "1", R"(,"ok":true)")));
  alone.learn(pay("1", R"("c")", "1", R"(,"ok":true)"));
  EXPECT_TRUE(alone.reads(pay("1767225600000", R"("card number 1")", "12.3456", R"(,"ok":false)")));
  const Row& row = alone.batch().rows()[0];
  EXPECT_EQ(row.ts_ms, 1'767'225'600'000);
  EXPECT_EQ(row.slots[0].string.view(), "card number 1");
  EXPECT_TRUE(row.slots[1].decimal == 123'456);
  EXPECT_EQ(row.slots[3].integer, 0);
  EXPECT_EQ(row.present[0], 0b1011u);
  // Spelled otherwise, but a number all the same.
  EXPECT_TRUE(alone.reads(pay("-1000", R"("")", "-1.5e1", R"(,"ok":true)")));
  EXPECT_TRUE(alone.batch().rows()[0].slots[1].decimal == -150'000);
  EXPECT_TRUE(alone.reads(pay("1", R"("c")", "1.23456", R"(,"ok":true)")));
  EXPECT_EQ(alone.batch().odd().decimals_rounded, 1u);

  // What is bad is not for shapes to say, and leaves no trace.
  EXPECT_FALSE(alone.reads(pay("1", R"("c")", "1.23456", R"(,"ok":null)")));
  EXPECT_EQ(alone.batch().odd().decimals_rounded, 0u);
  EXPECT_FALSE(alone.reads(pay("1", R"("c")", "01", R"(,"ok":true)")));
  EXPECT_FALSE(alone.reads(pay("1", R"("c")", "1.", R"(,"ok":true)")));
  EXPECT_FALSE(alone.reads(pay("253402300800000", R"("c")", "1", R"(,"ok":true)")));
  EXPECT_FALSE(alone.reads(pay("1", "\"c\t\"", "1", R"(,"ok":true)")));
  EXPECT_FALSE(alone.reads(pay("1", R"("c")", "1", R"(,"ok":true,"more":1)")));
  EXPECT_FALSE(alone.reads(pay("1", R"("c")", "1", R"(,"ok":true})")));
}

TEST(LineShapes, WidenWhereALineHadAnotherKindOfValue) {
  const Schema schema = shaped_schema();
  Alone alone(schema);
  const auto line = [](const char* text) {
    return R"({"type":"e","ts":1,"string":)" + std::string(text) + "}";
  };
  alone.learn(line(R"("plain")"));
  EXPECT_FALSE(alone.reads(line(R"("a\n")")));
  alone.learn(line(R"("a\n")"));
  EXPECT_TRUE(alone.reads(line(R"("a\n")")));
  EXPECT_EQ(alone.batch().rows()[0].slots[4].string.view(), "a\n");
  EXPECT_TRUE(alone.reads(line("null")));
  EXPECT_EQ(alone.batch().rows()[0].present[0], 0u);
  EXPECT_TRUE(alone.reads(line(R"("plain")")));
  EXPECT_FALSE(alone.reads(line("1")));
}

TEST(LineShapes, KnowNestedPlacesAndUnknownTypes) {
  const Schema schema = shaped_schema();
  Alone alone(schema);
  alone.learn(R"({"head":{"mti":100,"at":5,"no":"a"},"body":{"x":1},"other":{"x":[]}})");
  EXPECT_TRUE(alone.reads(R"({"head":{"mti":100,"at":6,"no":"bc"},"body":{"x":-2},"other":null})"));
  const Row& row = alone.batch().rows()[0];
  EXPECT_EQ(row.ts_ms, 6);
  EXPECT_EQ(row.identity, "bc");
  EXPECT_EQ(row.slots[0].integer, 100);
  EXPECT_EQ(row.slots[1].integer, 6);
  EXPECT_EQ(row.slots[2].integer, -2);
  EXPECT_TRUE(row.slots[3].decimal == -20'000);
  EXPECT_FALSE(alone.reads(R"({"head":{"mti":101,"at":6,"no":"bc"},"body":{"x":1},"other":{}})"));
  alone.learn(R"({"type":"nobody","x":1})");
  EXPECT_TRUE(alone.reads(R"({"type":"nobody","x":[true]})"));
  EXPECT_EQ(alone.batch().unknown()[0].type, "nobody");
}

#endif

TEST(LineShapes, ChangeNothingOnRandomLines) {
  const Schema schema = shaped_schema();
  for (unsigned seed = 0; seed < 60; ++seed) {
    Lines lines(seed);
    std::string text;
    for (int i = 0; i < 400; ++i) {
      const std::string line = lines.line();
      text += lines.below(3) == 0 ? lines.mutated(line) : line;
      text += lines.below(10) == 0 ? " \r\n" : "\n";
    }
    if (seed % 2 == 0) text.pop_back();
    ReaderOptions options;
    options.strict = seed % 5 == 0;
    if (seed % 7 == 0) options.type_name = "pay";
    if (seed % 11 == 0) options.max_record_bytes = 120;
    expect_same(schema, text, options, seed % 3 == 0 ? 1 + lines.below(3000) : std::string::npos);
  }
}

// Each byte of a line in turn: another one, one more, one less, while the line's shape is known.
TEST(LineShapes, ChangeNothingAtAnyByte) {
  const Schema schema = shaped_schema();
  const std::vector<std::string> lines = {
      R"({"type":"pay","ts":1767225600123,"card":"c1","amount":12.5,"mcc":5411,"ok":true,"z":0.5,"y":false})",
      R"({"type":"pay","ts":-5,"card":"card number 12","amount":12,"ok":false,"z":"abc"})",
      R"({"type":"e","ts":"2026-01-01T00:00:00Z","id":"i","enum":"pos","int":7,"decimal":3,"a":"b"})",
      R"({"head":{"mti":100,"at":5,"no":7},"body":{"x":1,"a":{"b":{"c":"d"}}}, "l":[1,"2"]})",
      R"({"type":"what","ts":1,"list":"a string of more than sixteen bytes","n":-1.5e3})"};
  const std::string bytes("\"\\,:{}[]019.-+eEtfnu \t\r\n\x00\x1f\x7f\xc3\x80", 30);
  for (const std::string& line : lines) {
    std::string text;
    for (std::size_t at = 0; at < line.size(); ++at) {
      std::string changed = line;
      changed.erase(at, 1);
      text += line + "\n" + changed + "\n";
      for (const char byte : bytes) {
        changed = line;
        changed[at] = byte;
        text += line + "\n" + changed + "\n";
        changed = line;
        changed.insert(at, 1, byte);
        text += changed + "\n";
      }
    }
    expect_same(schema, text);
    expect_same(schema, text, {.strict = true, .max_record_bytes = line.size()}, 1000);
  }
}

}  // namespace
}  // namespace weir::event
