#include "api/rule_words.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

TEST(WithValues, PutsEachInItsPlace) {
  const std::vector<NamedValue> values = {{"x.amount", "2"}, {"y.amount", "3"}};
  EXPECT_EQ(with_values("y.amount - x.amount > 100", values), "3 - 2 > 100");
  EXPECT_EQ(with_values("min(x.amount, y.amount) > 1", values), "min(2, 3) > 1");
}

TEST(WithValues, LeavesLongerNamesAlone) {
  EXPECT_EQ(with_values("ax.amount + x.amounts + x.amount", {{"x.amount", "2"}}),
            "ax.amount + x.amounts + 2");
  EXPECT_EQ(with_values("card == a.card", {{"card", "\"c\""}}), "\"c\" == a.card");
  EXPECT_EQ(
      with_values("avg(x.a) > first(x).a", {{"x.a", "1"}, {"avg(x.a)", "2"}, {"first(x).a", "3"}}),
      "2 > 3, x.a = 1");
}

TEST(WithValues, LeavesTextsAndRegularExpressionsAlone) {
  EXPECT_EQ(with_values(R"(x.a == "x.a\" x.a")", {{"x.a", "1"}}), R"(1 == "x.a\" x.a")");
  EXPECT_EQ(with_values("x.a matches /x.a/ and x.a / x.a > 1", {{"x.a", "1"}}),
            "1 matches /x.a/ and 1 / 1 > 1");
}

TEST(WithValues, SaysBehindWhatItDoesNotFind) {
  EXPECT_EQ(with_values("true", {{"x.a", "1"}, {"y.a", "2"}}), "true, x.a = 1, y.a = 2");
}

}  // namespace
}  // namespace weir::api
