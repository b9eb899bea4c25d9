#include "tests/reference/ref_value.h"

#include <gtest/gtest.h>

#include <limits>

namespace weir::reference {
namespace {

RefValue dec(std::string_view text) { return *parse_decimal(text); }
RefValue num(std::int64_t v) { return v; }
constexpr auto kMul = Arithmetic::kMul;
constexpr auto kDiv = Arithmetic::kDiv;
constexpr auto kMod = Arithmetic::kMod;

TEST(RefDecimal, ParsesAndRoundsHalfToEven) {
  EXPECT_EQ(parse_decimal("1.00005")->scaled, 10000);
  EXPECT_EQ(parse_decimal("1.00015")->scaled, 10002);
  EXPECT_EQ(parse_decimal("1.000050001")->scaled, 10001);
  EXPECT_EQ(parse_decimal("-1.00015")->scaled, -10002);
  EXPECT_EQ(parse_decimal("7")->scaled, 70000);
  EXPECT_FALSE(parse_decimal("1.2.3"));
  EXPECT_FALSE(parse_decimal(""));
  EXPECT_FALSE(parse_decimal(std::string(40, '9')));
  EXPECT_EQ(to_text(dec("-0.25")), "-0.25");
  EXPECT_EQ(to_text(dec("12.3400")), "12.34");
}

TEST(Arithmetic, DecimalsAreExactInsideAndRoundedOnce) {
  EXPECT_EQ(arithmetic(kDiv, num(1), num(3)), dec("0.3333"));
  EXPECT_EQ(arithmetic(kDiv, num(-2), num(3)), dec("-0.6667"));
  EXPECT_EQ(arithmetic(kMul, dec("0.0003"), dec("0.5")), dec("0.0002"));
  EXPECT_EQ(arithmetic(kMul, dec("0.0001"), dec("0.5")), dec("0"));
  // The product needs more than 128 bits before it is scaled back; the result does not.
  const RefValue big = dec("1000000000000000000000000000000");
  EXPECT_EQ(arithmetic(kMul, big, num(2)), dec("2000000000000000000000000000000"));
  EXPECT_EQ(arithmetic(kDiv, big, dec("0.5")), dec("2000000000000000000000000000000"));
  EXPECT_TRUE(is_absent(arithmetic(kMul, big, big)));
}

TEST(Arithmetic, RemainderHasTheSignOfTheDividend) {
  EXPECT_EQ(arithmetic(kMod, num(-7), num(3)), num(-1));
  EXPECT_EQ(arithmetic(kMod, num(7), num(-3)), num(1));
  EXPECT_EQ(arithmetic(kMod, dec("-1.75"), dec("0.5")), dec("-0.25"));
  EXPECT_EQ(arithmetic(kMod, num(std::numeric_limits<std::int64_t>::min()), num(-1)), num(0));
}

TEST(Arithmetic, OverflowAndDivisionByZeroAreAbsent) {
  const RefValue most = num(std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(is_absent(arithmetic(Arithmetic::kAdd, most, num(1))));
  EXPECT_TRUE(is_absent(arithmetic(kMul, most, num(2))));
  EXPECT_TRUE(is_absent(arithmetic(kDiv, num(1), num(0))));
  EXPECT_TRUE(is_absent(arithmetic(kMod, dec("1.5"), num(0))));
  EXPECT_TRUE(is_absent(arithmetic(kDiv, 1.5, 0.0)));
  EXPECT_TRUE(is_absent(negate(num(std::numeric_limits<std::int64_t>::min()))));
}

TEST(Arithmetic, TimesAndDurations) {
  EXPECT_EQ(arithmetic(Arithmetic::kSub, RefTime{5}, RefTime{2}), RefValue{RefDuration{3}});
  EXPECT_EQ(arithmetic(Arithmetic::kAdd, RefTime{5}, RefDuration{2}), RefValue{RefTime{7}});
  EXPECT_EQ(arithmetic(Arithmetic::kSub, RefDuration{5}, RefDuration{2}), RefValue{RefDuration{3}});
  EXPECT_TRUE(is_absent(arithmetic(Arithmetic::kAdd, RefTime{5}, RefTime{2})));
}

TEST(Compare, NumbersByValueAndNothingWithAbsence) {
  EXPECT_EQ(compare(num(3), dec("3.0")), std::partial_ordering::equivalent);
  EXPECT_EQ(compare(dec("3.0001"), num(3)), std::partial_ordering::greater);
  EXPECT_FALSE(compare(RefValue{}, num(3)));
  EXPECT_FALSE(compare(RefValue{std::string("3")}, num(3)));
}

TEST(Rounding, RoundAndFloor) {
  EXPECT_EQ(round_decimal(*parse_decimal("2.5"), 0), *parse_decimal("2"));
  EXPECT_EQ(round_decimal(*parse_decimal("3.5"), 0), *parse_decimal("4"));
  EXPECT_EQ(round_decimal(*parse_decimal("-2.55"), 1), *parse_decimal("-2.6"));
  EXPECT_EQ(floor_decimal(*parse_decimal("-1.5")), *parse_decimal("-2"));
}

}  // namespace
}  // namespace weir::reference
