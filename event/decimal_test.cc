#include "event/decimal.h"

#include <gtest/gtest.h>

#include <random>

namespace weir::event {
namespace {

std::string shown(std::string_view text) {
  const ParsedDecimal parsed = parse_decimal(text);
  switch (parsed.status) {
    case DecimalStatus::kExact:
      return print_decimal(parsed.scaled);
    case DecimalStatus::kRounded:
      return "~" + print_decimal(parsed.scaled);
    case DecimalStatus::kOutOfRange:
      return "range";
    case DecimalStatus::kMalformed:
      return "bad";
  }
  return "";
}

TEST(Decimal, ReadsAndPrints) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"1", "1"},
      {"250.00", "250"},
      {"12.5", "12.5"},
      {"-3.0001", "-3.0001"},
      {"0.1000000000000000000000", "0.1"},
      {"1e3", "1000"},
      {"1E+3", "1000"},
      {"25e-1", "2.5"},
      {"1.25e1", "12.5"},
      {"1e-4", "0.0001"},
      {"0e999999999999999999999", "0"},
      {"0.00000e-99999999999999999999", "0"},
      {"123456789012345.6789", "123456789012345.6789"},
      {"922337203685477.5807", "922337203685477.5807"},
      {"-922337203685477.5807", "-922337203685477.5807"},
      {"922337203685477.5808", "range"},
      {"922337203685477.58074", "~922337203685477.5807"},
      {"922337203685477.58075", "range"},
      {"-922337203685477.5808", "range"},
      {"1e15", "range"},
      {"9.2e14", "920000000000000"},
      {"1e99999999999999999999", "range"},
      {"1e-99999999999999999999", "~0"},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(shown(text), want) << text;
}

TEST(Decimal, RoundsHalfToEven) {
  const std::pair<const char*, const char*> cases[] = {
      {"0.00005", "~0"},        {"0.00015", "~0.0002"},
      {"0.00025", "~0.0002"},   {"0.000051", "~0.0001"},
      {"0.00004999", "~0"},     {"0.000050000001", "~0.0001"},
      {"-0.00015", "~-0.0002"}, {"-0.00005", "~0"},
      {"1.99995", "~2"},        {"9.99995", "~10"},
      {"5e-5", "~0"},           {"15e-5", "~0.0002"},
      {"5e-6", "~0"},           {"9e-6", "~0"},
      {"99999e-9", "~0.0001"},  {"0.99994999999", "~0.9999"},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(shown(text), want) << text;
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* text : {"",    "-",     "+1",    ".5",    "5.",
                           "01",  "-01",   "00",    "1e",    "1e+",
                           "1 ",  " 1",    "1.2.3", "0x10",  "NaN",
                           "1,5", "1e5.0", "--1",   "1_000", "12345678901234567890x"}) {
    EXPECT_EQ(shown(text), "bad") << text;
    EXPECT_EQ(parse_int(text).status, IntStatus::kMalformed) << text;
    EXPECT_EQ(parse_float(text).status, FloatStatus::kMalformed) << text;
  }
}

// Against the definition, digit by digit in wide integers.
TEST(Decimal, AgreesWithWideArithmetic) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 200'000; ++i) {
    const auto places = static_cast<unsigned>(random() % 10);
    const auto magnitude = static_cast<std::int64_t>(random() >> (2 + random() % 60));
    const std::int64_t digits = magnitude % 1'000'000'000'000'000;
    std::string text = std::to_string(digits);
    if (places > 0) {
      if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
      text.insert(text.size() - places, 1, '.');
    }
    Int128 power = 1;
    for (unsigned k = 0; k < places; ++k) power *= 10;
    const Int128 wide = Int128{digits} * kDecimalScale;
    Int128 want = wide / power;
    const Int128 twice = wide % power * 2;
    if (twice > power || (twice == power && want % 2 != 0)) ++want;
    const ParsedDecimal parsed = parse_decimal(text);
    if (want > kDecimalMax) {
      ASSERT_EQ(parsed.status, DecimalStatus::kOutOfRange) << text;
      continue;
    }
    ASSERT_TRUE(parsed.scaled == want) << text;
    ASSERT_EQ(parsed.status == DecimalStatus::kRounded, wide % power != 0) << text;
    ASSERT_EQ(parse_decimal("-" + text).scaled, -parsed.scaled) << text;
    // What is printed reads back.
    ASSERT_EQ(parse_decimal(print_decimal(parsed.scaled)).scaled, parsed.scaled);
  }
}

TEST(Decimal, PrintsSumsOf128Bits) {
  std::string out;
  append_decimal(out, Int128{INT64_MAX} * 1'000'000);
  EXPECT_EQ(out, "922337203685477580700");
  const Int128 least = static_cast<Int128>(static_cast<unsigned __int128>(1) << 127);
  EXPECT_EQ(print_decimal(least), "-17014118346046923173168730371588410.5728");
}

TEST(Decimal, Ints) {
  EXPECT_EQ(parse_int("1.0").value, 1);
  EXPECT_EQ(parse_int("-120e-1").value, -12);
  EXPECT_EQ(parse_int("1.5").status, IntStatus::kNotWhole);
  EXPECT_EQ(parse_int("-9223372036854775808").value, INT64_MIN);
  EXPECT_EQ(parse_int("-9223372036854775809").status, IntStatus::kOutOfRange);
  EXPECT_EQ(parse_int("9223372036854775807").value, INT64_MAX);
  EXPECT_EQ(parse_int("9223372036854775807.5").status, IntStatus::kNotWhole);
  EXPECT_EQ(parse_int("9223372036854775808").status, IntStatus::kOutOfRange);
}

TEST(Decimal, Floats) {
  EXPECT_EQ(parse_float("-1.5e300").value, -1.5e300);
  EXPECT_EQ(parse_float("1e-400").value, 0.0);
  EXPECT_EQ(parse_float("0.000001e-400").status, FloatStatus::kOk);
  EXPECT_EQ(parse_float("1e400").status, FloatStatus::kOutOfRange);
  EXPECT_EQ(parse_float("1" + std::string(400, '0')).status, FloatStatus::kOutOfRange);
  EXPECT_EQ(parse_float("4.9e-324").value, 4.9e-324);
}

}  // namespace
}  // namespace weir::event
