#include "nfa/feature.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nfa/builtins.h"
#include "nfa/vm.h"

namespace weir::nfa {
namespace {

TEST(Feature, AggregatesHaveNames) {
  for (int i = 0; i <= static_cast<int>(AggregateKind::kRate); ++i) {
    const auto kind = static_cast<AggregateKind>(i);
    EXPECT_EQ(aggregate_kind_of(aggregate_kind_name(kind)), kind);
  }
  EXPECT_FALSE(aggregate_kind_of("median"));
  EXPECT_FALSE(aggregate_kind_of(""));
}

TEST(Feature, ListsAreNeverAggregated) {
  event::Type list;
  list.kind = event::TypeKind::kList;
  for (int i = 0; i <= static_cast<int>(AggregateKind::kRate); ++i) {
    EXPECT_FALSE(feature_type(static_cast<AggregateKind>(i), &list)) << i;
  }
}

TEST(Feature, OnlyCountsDoWithoutAField) {
  for (int i = 0; i <= static_cast<int>(AggregateKind::kRate); ++i) {
    const auto kind = static_cast<AggregateKind>(i);
    EXPECT_EQ(feature_type(kind, nullptr).has_value(), !needs_field(kind)) << i;
  }
}

// 2, 4, 4, 4, 5, 5, 7, 9 have the mean 5; the deviation is made up.
TEST(Feature, ZscoreIsTheDistanceFromTheMean) {
  EvalCounters counters;
  CallContext context;
  context.counters = &counters;
  const auto zscore = [&](double x, double sum, double count, double deviation) {
    const event::Value values[] = {event::Value::of_float(x), event::Value::of_float(sum),
                                   event::Value::of_float(count),
                                   event::Value::of_float(deviation)};
    const event::Value* const arguments[] = {&values[0], &values[1], &values[2], &values[3]};
    event::Value out;
    return call_builtin(Builtin::kZscore, context, arguments, &out) ? out.real : std::nan("");
  };
  EXPECT_EQ(zscore(9, 40, 8, 2), 2.0);
  EXPECT_EQ(zscore(4, 40, 8, 2), -0.5);
  EXPECT_TRUE(std::isnan(zscore(9, 40, 8, 0))) << "all values are one";
  EXPECT_TRUE(std::isnan(zscore(9, 0, 0, 2))) << "of nothing";
  EXPECT_EQ(counters.division_by_zero + counters.overflow + counters.domain, 0U)
      << "that is no odd data";
}

}  // namespace
}  // namespace weir::nfa
