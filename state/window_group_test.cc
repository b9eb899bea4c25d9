// Groups of windows against their definition (window_model.h), over random streams and all small
// ones: values, memory given back, independence from history.
#include "state/window_group.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "state/window_model.h"
#include "state/window_pair.h"

namespace weir::state {
namespace {

TEST(WindowGroup, EverythingInOneGroup) {
  for (const bool quantiles : {false, true}) {
    const WindowGroupSpec spec = everything(quantiles);
    std::uint64_t seed = 100;
    for (const Taste& taste : tastes()) {
      run_stream(spec, ++seed, taste, 150, 4);
      run_stream(spec, ++seed, taste, 400, 1, 1);
      if (HasFatalFailure()) return;
    }
  }
}

// Each alone keeps only what it needs: other columns, other forms of keeping, no ring.
TEST(WindowGroup, EachAggregateOverEachWindowAlone) {
  const std::vector<WindowSpec> windows = all_windows();
  std::uint64_t seed = 1'000;
  for (const WindowSpec& window : windows) {
    for (const AggregateSpec& aggregate : all_aggregates(0, true)) {
      const WindowGroupSpec spec{all_columns(), {window}, {aggregate}};
      const std::vector<Taste> all = tastes();
      ++seed;
      run_stream(spec, seed, all[seed % all.size()], 120, 5);
      ++seed;
      run_stream(spec, seed, all[seed % all.size()], 250, 5, 1);
      if (HasFatalFailure()) return;
    }
  }
}

// Aggregates of one kind over all windows: what they share is shared by windows of all lengths.
TEST(WindowGroup, EachAggregateOverAllWindows) {
  const std::vector<WindowSpec> windows = all_windows();
  std::uint64_t seed = 9'000;
  for (std::size_t a = 0; a < all_aggregates(0, true).size(); ++a) {
    WindowGroupSpec spec{all_columns(), windows, {}};
    for (std::uint16_t w = 0; w < windows.size(); ++w) {
      spec.aggregates.push_back(all_aggregates(w, true)[a]);
    }
    const std::vector<Taste> all = tastes();
    ++seed;
    run_stream(spec, seed, all[seed % all.size()], 300, 3);
    ++seed;
    run_stream(spec, seed, all[seed % all.size()], 600, 1, 4);
    if (HasFatalFailure()) return;
  }
}

// All streams of four events with gaps of 0 to 3 and two values or none, over windows about as
// long.
TEST(WindowGroup, AllSmallStreams) {
  WindowGroupSpec spec{{{ColumnKind::kInt64, true}}, {}, {}};
  for (const std::int64_t length : {1, 2, 3}) {
    spec.windows.push_back({.kind = WindowKind::kSliding, .length_ms = length});
    spec.windows.push_back({.kind = WindowKind::kSession, .length_ms = length});
    spec.windows.push_back({.kind = WindowKind::kTumbling, .length_ms = length});
    spec.windows.push_back({.kind = WindowKind::kHopping, .length_ms = length, .every_ms = 1});
  }
  spec.windows.push_back({.kind = WindowKind::kHopping, .length_ms = 3, .every_ms = 2});
  spec.windows.push_back({.kind = WindowKind::kLastEvents, .events = 2});
  for (std::uint16_t w = 0; w < spec.windows.size(); ++w) {
    for (const Aggregate kind : {Aggregate::kCount, Aggregate::kSum, Aggregate::kMax,
                                 Aggregate::kFirst, Aggregate::kLast, Aggregate::kDistinct}) {
      spec.aggregates.push_back({kind, w, 0});
    }
  }
  constexpr int kEvents = 4, kChoices = 4 * 3;
  int streams = 1;
  for (int i = 0; i < kEvents; ++i) streams *= kChoices;
  for (int stream = 0; stream < streams; ++stream) {
    for (const unsigned few : {1u, 16u}) {
      if (few == 16 && stream % 4 != 0) continue;
      Pair pair(spec, few);
      std::int64_t time = 4;
      for (int i = 0, rest = stream; i < kEvents; ++i, rest /= kChoices) {
        time += rest % 4;
        const int value = rest / 4 % 3;
        pair.add({.time = time, .values = {{.there = value != 2, .exact = value}}});
        if (stream % 2 == 0 || i + 1 == kEvents) pair.check_all(time);
      }
      pair.check_all(time + 2);
      if (HasFatalFailure()) FAIL() << "stream " << stream << " few " << few;
    }
  }
}

// Windows of thousands of events: chunks split and merge, rings grow and shrink, sketches begin and
// end.
TEST(WindowGroup, LongWindows) {
  WindowGroupSpec spec{all_columns(), {}, {}};
  spec.windows.push_back({.kind = WindowKind::kSliding, .length_ms = 300});
  spec.windows.push_back({.kind = WindowKind::kSliding, .length_ms = 6'000});
  spec.windows.push_back({.kind = WindowKind::kHopping, .length_ms = 5'000, .every_ms = 700});
  spec.windows.push_back({.kind = WindowKind::kTumbling, .length_ms = 4'000});
  spec.windows.push_back({.kind = WindowKind::kSession, .length_ms = 20});
  spec.windows.push_back({.kind = WindowKind::kLastEvents, .events = 3'000});
  for (const bool quantiles : {false, true}) {
    spec.aggregates.clear();
    for (std::uint16_t w = 0; w < spec.windows.size(); ++w) {
      for (const AggregateSpec& a : all_aggregates(w, quantiles)) spec.aggregates.push_back(a);
    }
    base::SeededRandom random(quantiles ? 31 : 32);
    Pair pair(spec);
    std::int64_t time = 0;
    for (int i = 0; i < 9'000 && !HasFatalFailure(); ++i) {
      const bool quiet = i % 4'500 > 4'200;
      time += quiet ? random.between(0, 100) : random.between(0, 2);
      pair.add(event_of(random, {.value_bits = i < 4'500 ? 14 : 40}, time));
      if (random.chance(1, quiet ? 40 : 600)) pair.check_all(time);
    }
    pair.check_all(time + 5'000);
  }
}

TEST(WindowGroup, AnEarlierTimeIsTheLatest) {
  const WindowGroupSpec spec{
      {}, {{.kind = WindowKind::kSliding, .length_ms = 10}}, {{Aggregate::kCount, 0}}};
  for (const int events : {3, 30}) {
    Pair pair(spec);
    for (int i = 0; i < events; ++i) pair.group().add(pair.key(), 100 - i, nullptr, 0);
    EXPECT_EQ(pair.group().read(pair.key(), 50, 0).exact, events);
    EXPECT_EQ(pair.group().read(pair.key(), 110, 0).exact, events);
    EXPECT_EQ(pair.group().read(pair.key(), 111, 0).exact, 0);
    EXPECT_EQ(pair.group().expiry(pair.key()), 111);
  }
}

TEST(WindowGroup, AKeyWithoutEvents) {
  const WindowGroupSpec spec = everything(true);
  Pair pair(spec);
  pair.check_all(5);
  EXPECT_EQ(pair.group().bytes(pair.key()), 0u);
  pair.group().trim(pair.key(), 5);
  std::vector<Reading> all(spec.aggregates.size());
  pair.group().read_all(pair.key(), 5, all.data());
  EXPECT_EQ(all[0].kind, Reading::Kind::kExact);
  EXPECT_EQ(all[1].kind, Reading::Kind::kAbsent);
}

// Sums beyond 128 bits are not shown, and are right again when the values have gone.
TEST(WindowGroup, OverflowLeavesWithItsValues) {
  const WindowGroupSpec spec{{{ColumnKind::kInt128}},
                             {{.kind = WindowKind::kLastEvents, .events = 2},
                              {.kind = WindowKind::kTumbling, .length_ms = 1'000}},
                             {{Aggregate::kSum, 0, 0}, {Aggregate::kSum, 1, 0}}};
  const auto most = static_cast<Int128>(~(UInt128{1} << 127));
  for (const unsigned few : {1u, 16u}) {
    base::Pool pool;
    WindowGroup group(layout_of(spec), pool, {.few = few});
    KeyWindows key;
    const auto add = [&](std::int64_t time, Int128 value) {
      const Cell cell = Cell::of_wide(value);
      group.add(key, time, &cell, 1);
    };
    add(1, most);
    EXPECT_EQ(group.read(key, 1, 0).exact, most);
    add(2, 1);
    EXPECT_EQ(group.read(key, 2, 0).kind, Reading::Kind::kOverflow);
    EXPECT_EQ(group.read(key, 2, 1).kind, Reading::Kind::kOverflow);
    add(3, -1);
    EXPECT_EQ(group.read(key, 3, 0).exact, 0);
    EXPECT_EQ(group.read(key, 3, 1).exact, most);
    group.release(key);
  }
}

// The same window gives the same bits, whatever went through it before.
TEST(WindowGroup, NothingIsLeftOfWhatHasGone) {
  const WindowSpec window{.kind = WindowKind::kSliding, .length_ms = 1'000};
  const WindowGroupSpec spec{{{ColumnKind::kFloat, false}},
                             {window},
                             {{Aggregate::kSum, 0, 0},
                              {Aggregate::kAvg, 0, 0},
                              {Aggregate::kStddev, 0, 0},
                              {Aggregate::kApproxDistinct, 0, 0}}};
  base::SeededRandom random(5);
  base::Pool pool;
  WindowGroup group(layout_of(spec), pool);
  KeyWindows old;
  std::vector<std::pair<std::int64_t, double>> events;
  for (std::int64_t time = 0; time < 200'000; ++time) {
    const double huge = time < 150'000 && random.chance(1, 3) ? 1e20 : 1;
    const double value = huge * static_cast<double>(random.between(-1'000'000, 1'000'000)) / 977;
    const Cell cell = Cell::of_float(value);
    group.add(old, time, &cell, 1);
    static_cast<void>(group.read(old, time, 0));
    if (time >= 200'000 - 1'001) events.emplace_back(time, value);
  }
  KeyWindows fresh;
  for (const auto& [time, value] : events) {
    const Cell cell = Cell::of_float(value);
    group.add(fresh, time, &cell, 1);
  }
  for (std::size_t i = 0; i < spec.aggregates.size(); ++i) {
    const Reading a = group.read(old, 199'999, i), b = group.read(fresh, 199'999, i);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.exact, b.exact);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.real), std::bit_cast<std::uint64_t>(b.real));
  }
  group.release(old);
  group.release(fresh);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

// Counts, sums and averages of sliding windows alone: an event alone, few, many, and back. Gaps
// about as long as the windows, values of all widths.
TEST(WindowGroup, PlainWindows) {
  std::uint64_t seed = 50'000;
  for (const std::size_t columns : {0u, 1u, 2u}) {
    WindowGroupSpec spec{std::vector<ColumnSpec>(columns), {}, {}};
    for (const std::int64_t length : {5, 40, 300}) {
      const auto w = static_cast<std::uint16_t>(spec.windows.size());
      spec.windows.push_back({.kind = WindowKind::kSliding, .length_ms = length});
      spec.aggregates.push_back({Aggregate::kCount, w});
      if (columns == 0) continue;
      const auto c = static_cast<std::uint16_t>(w % columns);
      spec.aggregates.push_back({Aggregate::kAvg, w, c});
      spec.aggregates.push_back({Aggregate::kSum, w, c});
      spec.aggregates.back().multiplier = 10'000;
    }
    for (const bool quick : {true, false}) {
      if (!quick) spec.aggregates.push_back({Aggregate::kRate, 1});
      ASSERT_EQ(layout_of(spec)->quick, quick);
      ASSERT_EQ(layout_of(spec)->lone, quick && columns < 2);
      for (const std::int64_t gap : {1, 3, 20, 100, 400}) {
        for (const int bits : {6, 20, 62}) {
          const Taste taste{
              .usual_gap = gap, .value_bits = bits, .extremes = bits == 62, .absent = 0};
          for (const unsigned few : {1u, 4u, 16u}) run_stream(spec, ++seed, taste, 120, 3, few);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

// Values of 63 bits stand without a block, wider ones do not.
TEST(WindowGroup, AnEventAlone) {
  const WindowGroupSpec spec{{{ColumnKind::kInt64, false}},
                             {{.kind = WindowKind::kSliding, .length_ms = 10}},
                             {{Aggregate::kCount, 0}, {Aggregate::kSum, 0, 0}}};
  constexpr std::int64_t kMost = INT64_MAX >> 1;
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, kMost, -kMost - 1, kMost + 1,
                                   -kMost - 2, INT64_MAX, INT64_MIN}) {
    base::Pool pool;
    WindowGroup group(layout_of(spec), pool);
    KeyWindows key;
    const Cell cell = Cell::of_int(value);
    const auto expect = [&](std::int64_t time, std::int64_t count) {
      EXPECT_EQ(group.read(key, time, 0).exact, count);
      EXPECT_EQ(group.read(key, time, 1).exact, Int128{value} * count);
    };
    group.add(key, 100, &cell, 1);
    EXPECT_EQ(key.is_lone(), value >= -kMost - 1 && value <= kMost);
    EXPECT_EQ(group.bytes(key), pool.bytes_in_use());
    EXPECT_EQ(group.expiry(key), 111);
    expect(100, 1);
    expect(110, 1);
    expect(111, 0);
    group.add(key, 110, &cell, 1);
    EXPECT_FALSE(key.is_lone());
    expect(110, 2);
    expect(111, 1);
    group.add(key, 121, &cell, 1);  // all others are over
    expect(121, 1);
    group.trim(key, 131);
    EXPECT_FALSE(key.empty());
    group.trim(key, 132);
    EXPECT_TRUE(key.empty());
    EXPECT_EQ(pool.bytes_in_use(), 0u);
  }
}

TEST(WindowGroup, AKeyOfFewEventsTakesOneSmallBlock) {
  const WindowGroupSpec spec{{{ColumnKind::kInt64, false}},
                             {{.kind = WindowKind::kSliding, .length_ms = 600'000}},
                             {{Aggregate::kCount, 0}, {Aggregate::kSum, 0, 0}}};
  base::Pool pool;
  WindowGroup group(layout_of(spec), pool);
  KeyWindows key;
  for (int i = 0; i < 8; ++i) {
    const Cell amount = Cell::of_int(250'000 + i);  // 25.00 and a bit
    group.add(key, 1'000'000 + i * 1'000, &amount, 1);
    EXPECT_EQ(group.bytes(key), i == 0 ? 0u : 64u);
  }
  group.trim(key, 1'000'000 + 7'000 + 600'000);
  EXPECT_FALSE(key.empty());
  group.trim(key, 1'000'000 + 7'000 + 600'001);
  EXPECT_TRUE(key.empty());
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

// A burst that has passed leaves no memory behind, though the key goes on.
TEST(WindowGroup, MemoryFollowsTheWindows) {
  for (const bool quantiles : {false, true}) {
    WindowGroupSpec spec = everything(quantiles);
    std::erase_if(spec.aggregates, [&](const AggregateSpec& a) {
      return spec.windows[a.window].kind == WindowKind::kTumbling;
    });
    base::SeededRandom random(11);
    base::Pool pool;
    WindowGroup group(layout_of(spec), pool);
    KeyWindows key;
    std::int64_t time = 0;
    const auto add = [&](std::int64_t gap) {
      time += gap;
      const ModelEvent event = event_of(random, {}, time);
      const Cells cells = cells_of(spec, event);
      group.add(key, time, cells.cells.data(), cells.present);
    };
    for (int i = 0; i < 100; ++i) add(30);
    const std::size_t before = group.bytes(key);
    for (int i = 0; i < 20'000; ++i) add(i % 100 == 0 ? 1 : 0);
    const std::size_t peak = group.bytes(key);
    for (int i = 0; i < 200; ++i) add(30);
    EXPECT_GT(peak, 10 * before);
    EXPECT_LT(group.bytes(key), 3 * before);
    group.release(key);
    EXPECT_EQ(pool.bytes_in_use(), 0u);
  }
}

// A key goes back to few events while the last N are older than the sliding window.
TEST(WindowGroup, FewEventsAgainAfterABurst) {
  const WindowGroupSpec spec{{{ColumnKind::kInt64}},
                             {{.kind = WindowKind::kSliding, .length_ms = 10},
                              {.kind = WindowKind::kLastEvents, .events = 3}},
                             {{Aggregate::kSum, 0, 0},
                              {Aggregate::kSum, 1, 0},
                              {Aggregate::kCount, 0},
                              {Aggregate::kFirst, 1, 0}}};
  for (int burst = 90; burst < 122; ++burst) {
    Pair pair(spec);
    for (int i = 0; i < burst + 40 && !HasFatalFailure(); ++i) {
      const std::int64_t time = i < burst ? 0 : 100 * (i - burst + 1);
      pair.add({.time = time, .values = {{.there = true, .exact = 1 + i}}});
      pair.check_all(time);
    }
    EXPECT_EQ(pair.group().bytes(pair.key()), 64u);
  }
}

// Once a key has its memory, events come and go within it, but for a doubling by chance.
TEST(WindowGroup, SteadyStateStaysWithinItsMemory) {
  WindowGroupSpec spec = everything(true);
  // A session without a gap has no end. Texts take what they are long.
  std::erase_if(spec.aggregates, [&](const AggregateSpec& a) {
    return a.column == kName || spec.windows[a.window].kind == WindowKind::kSession;
  });
  base::SeededRandom random(13);
  base::Pool pool;
  WindowGroup group(layout_of(spec), pool);
  KeyWindows key;
  std::size_t least = SIZE_MAX, most = 0;
  for (int i = 0; i < 30'000; ++i) {
    const std::int64_t time = i;
    const ModelEvent event = event_of(random, {.value_bits = 8, .absent = 1}, time);
    const Cells cells = cells_of(spec, event);
    group.add(key, time, cells.cells.data(), cells.present);
    if (i < 10'000) continue;
    least = std::min(least, group.bytes(key));
    most = std::max(most, group.bytes(key));
  }
  EXPECT_LT(most, 2 * least);
  group.release(key);
}

TEST(WindowGroup, RefusesWhatCannotBe) {
  const auto refused = [](WindowGroupSpec spec) { return !WindowLayout::make(spec).has_value(); };
  const WindowSpec hour{.kind = WindowKind::kSliding, .length_ms = 3'600'000};
  EXPECT_FALSE(refused({{}, {hour}, {{Aggregate::kCount, 0}}}));
  EXPECT_TRUE(refused({{}, {hour}, {{Aggregate::kSum, 0}}}));
  EXPECT_TRUE(refused({{}, {hour}, {{Aggregate::kCount, 1}}}));
  EXPECT_TRUE(refused({{}, {{.kind = WindowKind::kSliding}}, {}}));
  EXPECT_TRUE(refused({{}, {{.kind = WindowKind::kLastEvents}}, {}}));
  EXPECT_TRUE(refused({{}, {{.kind = WindowKind::kCalendar}}, {}}));
  EXPECT_TRUE(refused({{}, {{.kind = WindowKind::kHopping, .length_ms = 5, .every_ms = 6}}, {}}));
  for (const Aggregate kind : {Aggregate::kSum, Aggregate::kStddev, Aggregate::kQuantile,
                               Aggregate::kDistinct, Aggregate::kApproxDistinct}) {
    EXPECT_TRUE(refused({{{ColumnKind::kText}}, {hour}, {{kind, 0, 0}}}));
  }
  EXPECT_TRUE(refused({{{ColumnKind::kHash64}}, {hour}, {{Aggregate::kMax, 0, 0}}}));
}

}  // namespace
}  // namespace weir::state
