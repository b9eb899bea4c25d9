#include "event/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "event/ip.h"
#include "event/test_events.h"

namespace weir::event {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

Type of(TypeKind kind, TypeKind element = TypeKind::kInt) {
  Type type;
  type.kind = kind;
  type.element = element;
  type.constants = {"web", "pos"};
  return type;
}

std::string json(const Type& type, const Value& value) {
  std::string out;
  append_json(out, type, value);
  return out;
}

std::string text(const Type& type, const Value& value) {
  std::string out;
  append_text(out, type, value);
  return out;
}

TEST(JsonWriter, Strings) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("a\"b\\c\n\t\x01/\xc3\xa9\x7f"),
            "\"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa9\x7f\"");
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  EXPECT_EQ(nlohmann::json::parse(json_string(every)).get<std::string>(), every);
}

TEST(JsonWriter, ValuesAsJsonAndText) {
  const auto check = [](const Type& type, const Value& value, const char* as_json,
                        const char* as_text) {
    EXPECT_EQ(json(type, value), as_json);
    EXPECT_EQ(text(type, value), as_text);
  };
  check(of(TypeKind::kBool), Value::of_bool(true), "true", "true");
  check(of(TypeKind::kInt), Value::of_int(-7), "-7", "-7");
  check(of(TypeKind::kDecimal), Value::of_decimal(2'500'000), "250", "250");
  check(of(TypeKind::kFloat), Value::of_float(0.1), "0.1", "0.1");
  check(of(TypeKind::kFloat), Value::of_float(std::numeric_limits<double>::infinity()), "null",
        "inf");
  check(of(TypeKind::kString), Value::of_string("it's a \"long\" string"),
        R"("it's a \"long\" string")", "it's a \"long\" string");
  check(of(TypeKind::kEnum), Value::of_int(1), "\"pos\"", "pos");
  check(of(TypeKind::kEnum), Value::of_int(7), "\"\"", "");
  check(of(TypeKind::kTime), Value::of_int(1'767'225'600'000), "1767225600000",
        "2026-01-01T00:00:00Z");
  check(of(TypeKind::kDuration), Value::of_int(5'400'000), "5400000", "1h30m");
  check(of(TypeKind::kIp), ip_value(*parse_ip("10.0.0.1")), "\"10.0.0.1\"", "10.0.0.1");
  check(of(TypeKind::kGeo), Value::of_geo({51.5, -0.1}), R"({"lat":51.5,"lon":-0.1})", "51.5,-0.1");
  const Value items[] = {Value::of_string("a"), Value::of_string("b\n")};
  check(of(TypeKind::kList, TypeKind::kString), Value::of_list({items, 2}), R"(["a","b\n"])",
        "[a, b\n]");
  check(of(TypeKind::kList), Value::of_list({}), "[]", "[]");
}

// What is written for a value of any type reads back as the same value.
TEST(JsonWriter, ReadersTakeItBack) {
  const Schema schema = testing::every_type();
  std::mt19937_64 random(9);
  std::vector<Value> values(schema.types[0].fields.size());
  const std::string words[] = {"", "short", "a text of more than twelve", "\xc3\xa9\"\\\n\x02"};
  const Value list[] = {Value::of_string(words[2]), Value::of_string(words[3])};
  for (int round = 0; round < 500; ++round) {
    values[0] = Value::of_bool(random() % 2 != 0);
    values[1] = Value::of_int(static_cast<std::int64_t>(random()));
    values[2] = Value::of_decimal(static_cast<std::int64_t>(random() >> 1) - (INT64_MAX >> 1));
    values[3] = Value::of_float(static_cast<double>(random()) / 7e9);
    values[4] = Value::of_string(words[random() % 4]);
    values[5] = Value::of_int(static_cast<std::int64_t>(random() % 3));
    values[6] = Value::of_int(static_cast<std::int64_t>(random() % 200'000'000'000'000));
    values[7] = Value::of_int(-static_cast<std::int64_t>(random() % 1'000'000'000));
    for (auto& byte : values[8].ip) byte = static_cast<std::uint8_t>(random());
    values[9] = Value::of_geo({static_cast<double>(random() % 900) / 10.3, -1.0 / 3});
    values[10] = Value::of_list({list, random() % 3});
    std::string line = R"({"type":"e","ts":0)";
    for (std::size_t i = 0; i < values.size(); ++i) {
      line += ",\"" + schema.types[0].fields[i].name + "\":";
      append_json(line, schema.types[0].fields[i].type, values[i]);
    }
    line += "}";
    const testing::Reading r = testing::read_json(schema, line);
    ASSERT_EQ(r.rows(), 1u) << line << (r.bad() != 0 ? r.bad(0).message : "");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Type& type = schema.types[0].fields[i].type;
      ASSERT_EQ(json(type, r.row(0).slots[i]), json(type, values[i])) << line;
    }
    ASSERT_EQ(r.row(0).slots[3].real, values[3].real);
  }
}

}  // namespace
}  // namespace weir::event
