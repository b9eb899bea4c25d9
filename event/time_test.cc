#include "event/time.h"

#include <gtest/gtest.h>

#include <random>

namespace weir::event {
namespace {

std::string rfc3339(std::int64_t ms) {
  std::string text;
  append_rfc3339(text, ms);
  return text;
}

std::string duration(std::int64_t ms) {
  std::string text;
  append_duration(text, ms);
  return text;
}

TEST(Time, ReadsRfc3339) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00Z"), 1'767'225'600'000);
  EXPECT_EQ(parse_rfc3339("2026-01-01t01:30:00.25+01:30"), 1'767'225'600'250);
  EXPECT_EQ(parse_rfc3339("2025-12-31 23:00:00.1239-01:00"), 1'767'225'600'123);
  EXPECT_EQ(parse_rfc3339("2024-02-29T12:00:00z"), 1'709'208'000'000);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), 1'483'228'800'000);
  EXPECT_EQ(parse_rfc3339("0000-01-01T00:00:00Z"), kMinTimeMs);
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59.999Z"), kMaxTimeMs);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999Z"), -1);
}

TEST(Time, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "2026-01-01",
                           "2026-01-01T00:00:00",
                           "2026-01-01T00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2100-02-29T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00+0100",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00Zx",
                           "2026-01-01x00:00:00Z",
                           "2026-1-1T00:00:00Z",
                           "+2026-01-01T00:00:00Z",
                           "9999-12-31T23:59:59-01:00",
                           "0000-01-01T00:00:00+01:00",
                           "1767225600000",
                           "2026/01/01T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Time, PrintsAndReadsBack) {
  EXPECT_EQ(rfc3339(1'767'225'600'000), "2026-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1'767'225'600'050), "2026-01-01T00:00:00.050Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(kMaxTimeMs + 1), "+10000-01-01T00:00:00Z");
  EXPECT_FALSE(rfc3339(INT64_MIN).empty());
  EXPECT_FALSE(rfc3339(INT64_MAX).empty());
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto span = static_cast<std::uint64_t>(kMaxTimeMs - kMinTimeMs + 1);
    const std::int64_t ms = kMinTimeMs + static_cast<std::int64_t>(random() % span);
    ASSERT_EQ(parse_rfc3339(rfc3339(ms)), ms);
  }
}

TEST(Time, EveryDayOfFourHundredYears) {
  CivilDate date{1900, 1, 1};
  std::int64_t days = days_from_civil(date);
  for (int i = 0; i < 146'097; ++i, ++days) {
    const CivilDate next = civil_from_days(days);
    ASSERT_EQ(days_from_civil(next), days);
    if (i > 0) {
      const bool follows = (next.day == date.day + 1 && next.month == date.month) || next.day == 1;
      ASSERT_TRUE(follows) << rfc3339(days * 86'400'000);
    }
    date = next;
  }
  EXPECT_EQ(date.year, 2299);
  EXPECT_EQ(date.month, 12u);
  EXPECT_EQ(date.day, 31u);
}

TEST(Time, Durations) {
  EXPECT_EQ(parse_duration("250ms"), 250);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000);
  EXPECT_EQ(parse_duration("7d"), 604'800'000);
  EXPECT_EQ(parse_duration("1d2h3m4s5ms"), 93'784'005);
  EXPECT_EQ(parse_duration("-5m"), -300'000);
  EXPECT_EQ(parse_duration("0s"), 0);
  for (const char* text : {"", "-", "5", "m", "5 m", "1.5h", "5x", "1m1h", "1m1m", "1h-5m", "--5m",
                           "99999999999999999999s", "4000000000000d", "1M", "5min", "+5m"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(duration(0), "0s");
  EXPECT_EQ(duration(5'400'000), "1h30m");
  EXPECT_EQ(duration(-93'784'005), "-1d2h3m4s5ms");
  EXPECT_EQ(duration(604'800'000), "7d");
  EXPECT_EQ(duration(INT64_MIN), "-106751991167d7h12m55s808ms");
}

}  // namespace
}  // namespace weir::event
