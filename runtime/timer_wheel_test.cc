#include "runtime/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace weir::runtime {
namespace {

Timer at(std::int64_t ms, std::uint32_t rule = 0) {
  Timer timer;
  timer.time_ms = ms;
  timer.rule = rule;
  return timer;
}

TEST(TimerWheel, TimersOfOneTimeComeTogetherAndNotBeforeIt) {
  TimerWheel wheel;
  std::vector<Timer> out;
  EXPECT_FALSE(wheel.take_earliest(100, out));
  wheel.push(at(1'000'000, 1));
  wheel.push(at(1'000'000, 2));
  wheel.push(at(1'000'001, 3));
  EXPECT_FALSE(wheel.take_earliest(1'000'000, out));  // not before it has passed
  ASSERT_TRUE(wheel.take_earliest(1'000'001, out));
  EXPECT_EQ(out.size(), 2U);
  EXPECT_FALSE(wheel.take_earliest(1'000'001, out));
  ASSERT_TRUE(wheel.take_earliest(INT64_MAX, out));
  EXPECT_EQ(out.size(), 1U);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, WhatIsSetForThePastComesFirst) {
  TimerWheel wheel;
  std::vector<Timer> out;
  wheel.push(at(500));
  EXPECT_FALSE(wheel.take_earliest(400, out));
  wheel.push(at(300, 1));
  wheel.push(at(200, 2));
  ASSERT_TRUE(wheel.take_earliest(400, out));
  EXPECT_EQ(out.front().rule, 2U);
  ASSERT_TRUE(wheel.take_earliest(400, out));
  EXPECT_EQ(out.front().rule, 1U);
  EXPECT_FALSE(wheel.take_earliest(400, out));
}

// Against a sorted map: random times near and far, before the epoch too, random steps of time.
TEST(TimerWheel, AgreesWithASortedMap) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    TimerWheel wheel;
    std::multimap<std::int64_t, std::uint32_t> expected;
    std::int64_t now = static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
    std::vector<Timer> out;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
      const std::int64_t reach = std::int64_t{1} << random() % 40;
      const std::int64_t time =
          now + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(reach)) -
          (random() % 16 == 0 ? 1'000 : 0);
      wheel.push(at(time, i));
      expected.emplace(time, i);
      if (random() % 4 != 0) continue;
      now += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(reach));
      while (wheel.take_earliest(now, out)) {
        const std::int64_t first = expected.begin()->first;
        ASSERT_LT(first, now);
        const auto [begin, end] = expected.equal_range(first);
        std::vector<std::uint32_t> rules, taken;
        for (auto each = begin; each != end; ++each) rules.push_back(each->second);
        for (const Timer& timer : out) {
          EXPECT_EQ(timer.time_ms, first);
          taken.push_back(timer.rule);
        }
        std::ranges::sort(taken);
        ASSERT_EQ(rules, taken) << "seed " << seed;
        expected.erase(begin, end);
      }
      ASSERT_TRUE(expected.empty() || expected.begin()->first >= now) << "seed " << seed;
      ASSERT_EQ(wheel.size(), expected.size());
    }
  }
}

TEST(TimerWheel, EarliestIsWhatComesOutNext) {
  TimerWheel wheel;
  EXPECT_EQ(wheel.earliest_ms(), INT64_MAX);
  for (const std::int64_t time : {5'000'000, -20, 70, 64, 4'095, 1'000})
    wheel.push({time, {}, 0, 0});
  std::vector<Timer> out;
  std::int64_t last = INT64_MIN;
  while (wheel.size() > 0) {
    const std::int64_t next = wheel.earliest_ms();
    EXPECT_GT(next, last);
    ASSERT_TRUE(wheel.take_earliest(INT64_MAX, out));
    EXPECT_EQ(out.front().time_ms, next);
    last = next;
    if (last == 70) wheel.push({60, {}, 0, 0});  // overdue
    if (last == 60) last = 70;
    if (next == 70) last = 59;
  }
  EXPECT_EQ(wheel.earliest_ms(), INT64_MAX);
}

}  // namespace
}  // namespace weir::runtime
