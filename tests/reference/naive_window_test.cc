// The windows of L4.1 at their edges. Times of zones are those of their published rules.
#include "tests/reference/naive_window.h"

#include <gtest/gtest.h>

namespace weir::reference {
namespace {

using dsl::WindowKind;
using Places = std::vector<std::size_t>;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

NaiveWindow window(WindowKind kind, std::int64_t length_ms, std::int64_t every_ms = 0) {
  return {.kind = kind, .length_ms = length_ms, .every_ms = every_ms};
}
NaiveWindow calendar(const char* unit, const char* zone) {
  return {.kind = WindowKind::kCalendar, .unit = unit, .zone = zone};
}

TEST(NaiveWindow, SlidingHoldsBothEnds) {
  const NaiveWindow w = window(WindowKind::kSliding, 1000);
  EXPECT_EQ(in_window(w, {3999, 4000, 4500, 5000}, 5000), (Places{1, 2, 3}));
  EXPECT_EQ(in_window(window(WindowKind::kSliding, 0), {4999, 5000}, 5000), Places{1});
}

// Every 2s over 5s: at 7000 the next end is 8000, so [3000, 8000); at 8000 it is [5000, 10000).
TEST(NaiveWindow, HoppingEndsAtTheNextMultipleOfTheHop) {
  const NaiveWindow w = window(WindowKind::kHopping, 5000, 2000);
  EXPECT_EQ(in_window(w, {2999, 3000, 7000}, 7000), (Places{1, 2}));
  EXPECT_EQ(in_window(w, {4999, 5000, 8000}, 8000), (Places{1, 2}));
  // A hop longer than the window: at 1000 the window is [3000, 4000), which has not begun.
  EXPECT_EQ(in_window(window(WindowKind::kHopping, 1000, 4000), {1000}, 1000), Places{});
}

TEST(NaiveWindow, TumblingIsAlignedToTheEpochAndHoldsItsStart) {
  const NaiveWindow w = window(WindowKind::kTumbling, 4000);
  EXPECT_EQ(in_window(w, {3999, 4000, 7999}, 7999), (Places{1, 2}));
  EXPECT_EQ(in_window(w, {7999, 8000}, 8000), Places{1});
  EXPECT_EQ(aligned_start(-1, 4000), -4000);
  EXPECT_EQ(aligned_start(0, 4000), 0);
}

TEST(NaiveWindow, ASessionEndsAfterAGapLongerThanItsLength) {
  const NaiveWindow w = window(WindowKind::kSession, 1000);
  EXPECT_EQ(in_window(w, {0, 1000, 2001, 3001}, 4001), (Places{2, 3}));
  EXPECT_EQ(in_window(w, {0, 1000, 2000}, 3000), (Places{0, 1, 2}));
  EXPECT_EQ(in_window(w, {0, 1000, 2000}, 3001), Places{});
}

TEST(NaiveWindow, TheLastEventsWhateverTheirTime) {
  const NaiveWindow w{.kind = WindowKind::kLastN, .last = 2};
  EXPECT_EQ(in_window(w, {0, 1, 2}, 900'000), (Places{1, 2}));
  EXPECT_EQ(in_window(w, {5}, 5), Places{0});
}

// British clocks went forward on 2026-03-29 at 01:00Z, which is 1774746000000: that day began at
// 00:00Z (1774742400000) and the next at 23:00Z, 23 hours later.
TEST(NaiveWindow, CalendarDaysFollowDaylightSaving) {
  const std::int64_t begin = 1'774'742'400'000;
  const NaiveWindow w = calendar("day", "Europe/London");
  EXPECT_EQ(in_window(w, {begin - 1, begin, begin + 23 * kHour - 1}, begin + 23 * kHour - 1),
            (Places{1, 2}));
  EXPECT_EQ(in_window(w, {begin, begin + 23 * kHour}, begin + 23 * kHour), Places{1});
  EXPECT_EQ(length_at(w, begin), 23 * kHour);
  EXPECT_EQ(length_at(w, begin - 1), kDay);
  // Back on 2026-10-25 at 01:00Z: the day is 25 hours long, from 2026-10-24T23:00Z.
  const std::int64_t autumn = 1'792'882'800'000;
  EXPECT_EQ(length_at(w, autumn), 25 * kHour);
  EXPECT_EQ(in_window(w, {autumn - 1, autumn}, autumn + 25 * kHour - 1), Places{1});
}

// 2026-01-01 was a Thursday: its week began on Monday 2025-12-29.
TEST(NaiveWindow, WeeksBeginOnMondayAndMonthsOnTheFirst) {
  const std::int64_t new_year = 1'767'225'600'000;
  const NaiveWindow week = calendar("week", "UTC");
  EXPECT_EQ(in_window(week, {new_year - 3 * kDay - 1, new_year - 3 * kDay}, new_year), Places{1});
  EXPECT_EQ(in_window(week, {new_year, new_year + 4 * kDay}, new_year + 4 * kDay), Places{1});
  const NaiveWindow month = calendar("month", "UTC");
  EXPECT_EQ(in_window(month, {new_year - 1, new_year}, new_year + 31 * kDay - 1), Places{1});
  EXPECT_EQ(length_at(month, new_year), 31 * kDay);
}

TEST(NaiveWindow, RefusesWhatHasNoSize) {
  EXPECT_EQ(window_problem(window(WindowKind::kTumbling, 0)), "a window without length");
  EXPECT_EQ(window_problem(window(WindowKind::kHopping, 1000, 0)), "a hop without length");
  EXPECT_EQ(window_problem({.kind = WindowKind::kLastN, .last = 0}), "a window without events");
  EXPECT_EQ(window_problem(calendar("day", "Europe/Lundon")), "the zone Europe/Lundon");
  EXPECT_EQ(window_problem(calendar("day", "Europe/London")), "");
}

}  // namespace
}  // namespace weir::reference
