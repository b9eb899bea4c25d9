// Every aggregate of L4.1 on figures worked out by hand.
#include "tests/reference/naive_aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weir::reference {
namespace {

using Values = std::vector<RefValue>;

RefValue num(std::int64_t v) { return v; }
RefValue dec(std::string_view text) { return *parse_decimal(text); }
RefValue of(std::string_view function, const Values& values, RefValue p = {}) {
  return aggregate({function, num(0), p}, values);
}
Values ints(std::initializer_list<std::int64_t> list) {
  Values out;
  for (const auto v : list) out.emplace_back(v);
  return out;
}
double real(const RefValue& v) { return std::get<double>(v); }
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(NaiveAggregate, OfNothingCountAndSumAreZeroAndTheOthersAbsent) {
  EXPECT_EQ(of("count", {}), num(0));
  EXPECT_EQ(of("sum", {}), num(0));
  EXPECT_EQ(aggregate({"sum", RefDuration{0}, {}}, {}), RefValue{RefDuration{0}});
  for (const char* f :
       {"avg", "min", "max", "stddev", "distinct", "approx_distinct", "first", "last"}) {
    EXPECT_TRUE(is_absent(of(f, {}))) << f;
  }
  EXPECT_TRUE(is_absent(of("quantile", {}, dec("0.5"))));
}

TEST(NaiveAggregate, SumsAreExactAndOnlyTheSumHasToFit) {
  EXPECT_EQ(of("sum", {dec("0.1"), dec("0.2"), dec("-0.0001")}), dec("0.2999"));
  EXPECT_EQ(of("sum", ints({kMost, 1, -2})), num(kMost - 1));  // past the largest on the way
  EXPECT_TRUE(is_absent(of("sum", ints({kMost, 1}))));
  EXPECT_EQ(of("sum", {RefDuration{1500}, RefDuration{500}}), RefValue{RefDuration{2000}});
  EXPECT_EQ(of("sum", {0.25, 0.5}), RefValue{0.75});
}

// 7/3 = 2.33333...; 0.00005 is half way and its even neighbour 0, that of 0.00015 is 0.0002.
TEST(NaiveAggregate, AveragesAreRoundedHalfToEven) {
  EXPECT_EQ(of("avg", ints({1, 2, 4})), dec("2.3333"));
  EXPECT_EQ(of("avg", ints({-1, -2, -2})), dec("-1.6667"));
  EXPECT_EQ(of("avg", {dec("0.0001"), dec("0")}), dec("0"));
  EXPECT_EQ(of("avg", {dec("0.0003"), dec("0")}), dec("0.0002"));
  EXPECT_EQ(of("avg", ints({kMost, kMost})), RefValue{to_decimal(kMost)});
  EXPECT_EQ(of("avg", {1.0, 2.0}), RefValue{1.5});
  EXPECT_EQ(of("avg", {RefDuration{1}, RefDuration{2}}), RefValue{RefDuration{2}});
  EXPECT_EQ(of("avg", {RefDuration{2}, RefDuration{3}}), RefValue{RefDuration{2}});
}

TEST(NaiveAggregate, ExtremesFirstAndLast) {
  EXPECT_EQ(of("min", ints({3, 1, 2})), num(1));
  EXPECT_EQ(of("max", ints({3, 1, 2})), num(3));
  EXPECT_EQ(of("first", ints({3, 1, 2})), num(3));
  EXPECT_EQ(of("last", ints({3, 1, 2})), num(2));
  EXPECT_EQ(of("max", {RefTime{5}, RefTime{7}}), RefValue{RefTime{7}});
}

TEST(NaiveAggregate, DistinctComparesByValue) {
  EXPECT_EQ(of("distinct", ints({1, 2, 1, 1})), num(2));
  EXPECT_EQ(of("approx_distinct", ints({1, 2, 1, 1})), num(2));
  EXPECT_EQ(of("distinct", {dec("1"), dec("1.0")}), num(1));
  EXPECT_EQ(of("distinct", {0.0, -0.0}), num(1));
  EXPECT_EQ(of("distinct", {std::string("a"), std::string("A")}), num(2));
}

// Of 5 values: ceil(0.5 * 5) = 3, ceil(0.2 * 5) = 1, ceil(0.21 * 5) = 2, ceil(0.95 * 5) = 5.
TEST(NaiveAggregate, QuantileIsTheNearestRank) {
  const Values five = ints({50, 20, 40, 35, 15});  // in order: 15 20 35 40 50
  EXPECT_EQ(of("quantile", five, dec("0.5")), num(35));
  EXPECT_EQ(of("quantile", five, dec("0.2")), num(15));
  EXPECT_EQ(of("quantile", five, dec("0.21")), num(20));
  EXPECT_EQ(of("quantile", five, dec("0.95")), num(50));
  EXPECT_EQ(of("quantile", five, num(0)), num(15));
  EXPECT_EQ(of("quantile", five, num(1)), num(50));
  EXPECT_EQ(of("quantile", five, 0.5), num(35));
  EXPECT_EQ(of("quantile", ints({1, 2}), dec("0.5")), num(1));
  // 0.95 * 20 is 19 and not a little more, as it would be in binary floats: the 19th.
  Values twenty;
  for (std::int64_t i = 1; i <= 20; ++i) twenty.emplace_back(i);
  EXPECT_EQ(of("quantile", twenty, dec("0.95")), num(19));
}

// 2 4 4 4 5 5 7 9: the mean is 5, the squares add up to 9+1+1+1+0+0+4+16 = 32, and 32/7.
TEST(NaiveAggregate, DeviationIsTheSamples) {
  const double expected = std::sqrt(32.0 / 7.0);
  EXPECT_DOUBLE_EQ(real(of("stddev", ints({2, 4, 4, 4, 5, 5, 7, 9}))), expected);
  EXPECT_DOUBLE_EQ(real(of("stddev", {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0})), expected);
  EXPECT_DOUBLE_EQ(real(of("stddev", {dec("0.2"), dec("0.4")})), std::sqrt(0.02));
  EXPECT_TRUE(is_absent(of("stddev", ints({3}))));
  // Large and close together: the squares of the values would drown the difference.
  EXPECT_DOUBLE_EQ(real(of("stddev", ints({1000000000000, 1000000000002}))), std::sqrt(2.0));
  EXPECT_EQ(of("stddev", {dec("0.1"), dec("0.1"), dec("0.1")}), RefValue{0.0});
}

// The mean of 2 4 4 4 5 5 7 9 is 5: (9 - 5) / sqrt(32/7). Of 1 2 2 it is 5/3, not 1.6667.
TEST(NaiveAggregate, ZscoreTakesTheExactMean) {
  EXPECT_DOUBLE_EQ(real(zscore(num(9), ints({2, 4, 4, 4, 5, 5, 7, 9}))),
                   4.0 / std::sqrt(32.0 / 7.0));
  EXPECT_DOUBLE_EQ(real(zscore(num(2), ints({1, 2, 2}))), (1.0 / 3.0) / std::sqrt(1.0 / 3.0));
  EXPECT_TRUE(is_absent(zscore(num(2), ints({2}))));
  EXPECT_TRUE(is_absent(zscore(num(3), ints({2, 2}))));  // no deviation to divide by
  EXPECT_TRUE(is_absent(zscore({}, ints({1, 2}))));
}

TEST(NaiveAggregate, RateIsPerSecond) {
  EXPECT_EQ(rate(3, 60'000), RefValue{0.05});
  EXPECT_EQ(rate(1, 250), RefValue{4.0});
}

TEST(FiguresAgree, ExactlyOrWithinTheStatedError) {
  EXPECT_TRUE(figures_agree("sum", num(3), dec("3")));
  EXPECT_FALSE(figures_agree("sum", dec("3"), dec("3.0001")));
  EXPECT_TRUE(figures_agree("avg", 0.1 + 0.2, 0.3));
  EXPECT_FALSE(figures_agree("avg", 0.3, 0.3000001));
  EXPECT_TRUE(figures_agree("min", {}, {}));
  EXPECT_FALSE(figures_agree("min", {}, num(0)));
  EXPECT_FALSE(figures_agree("min", num(0), {}));
  EXPECT_FALSE(figures_agree("approx_distinct", num(100), num(101)));
  EXPECT_TRUE(figures_agree("approx_distinct", num(1000), num(1050)));
  EXPECT_FALSE(figures_agree("approx_distinct", num(1000), num(1051)));
  EXPECT_FALSE(figures_agree("distinct", num(1000), num(1001)));
}

}  // namespace
}  // namespace weir::reference
