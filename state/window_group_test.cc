// Groups of windows against their definition (window_model.h), over random streams and all small
// ones: values, memory given back, independence from history.
#include "state/window_group.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "state/window_model.h"

namespace weir::state {
namespace {

// Units of 7 and 11 ms in turn, so that no arithmetic on lengths gets them right.
class OddCalendar final : public Calendar {
 public:
  [[nodiscard]] TimeSpan unit_of(std::int64_t time) const override {
    std::int64_t begin = time / 18 * 18;
    while (begin > time) begin -= 18;
    if (time < begin + 7) return {begin, begin + 7};
    return {begin + 7, begin + 18};
  }
};

enum Column : std::uint16_t { kInt, kMaybeInt, kReal, kWide, kHash, kMaybeHash128, kName };

std::vector<ColumnSpec> all_columns() {
  return {{ColumnKind::kInt64, false},  {ColumnKind::kInt64, true},   {ColumnKind::kFloat, true},
          {ColumnKind::kInt128, false}, {ColumnKind::kHash64, false}, {ColumnKind::kHash128, true},
          {ColumnKind::kText, true}};
}

std::vector<WindowSpec> all_windows() {
  std::vector<WindowSpec> windows;
  for (const std::int64_t length : {1, 5, 40, 300}) {
    windows.push_back({.kind = WindowKind::kSliding, .length_ms = length});
  }
  windows.push_back({.kind = WindowKind::kHopping, .length_ms = 30, .every_ms = 10});
  windows.push_back({.kind = WindowKind::kHopping, .length_ms = 37, .every_ms = 10});
  windows.push_back({.kind = WindowKind::kHopping, .length_ms = 5, .every_ms = 5});
  windows.push_back({.kind = WindowKind::kTumbling, .length_ms = 25});
  windows.push_back({.kind = WindowKind::kTumbling, .length_ms = 400});
  windows.push_back({.kind = WindowKind::kCalendar, .calendar = std::make_shared<OddCalendar>()});
  windows.push_back({.kind = WindowKind::kSession, .length_ms = 3});
  windows.push_back({.kind = WindowKind::kSession, .length_ms = 20});
  windows.push_back({.kind = WindowKind::kLastEvents, .events = 1});
  windows.push_back({.kind = WindowKind::kLastEvents, .events = 50});
  return windows;
}

// Every aggregate over every column that it is defined for.
std::vector<AggregateSpec> all_aggregates(std::uint16_t window, bool quantiles) {
  std::vector<AggregateSpec> all = {{Aggregate::kCount, window}, {Aggregate::kRate, window}};
  for (const std::uint16_t c : {kMaybeInt, kReal, kName}) {
    all.push_back({Aggregate::kCount, window, c});
  }
  for (const std::uint16_t c : {kInt, kMaybeInt, kReal, kWide}) {
    for (const Aggregate kind : {Aggregate::kSum, Aggregate::kAvg, Aggregate::kStddev}) {
      all.push_back({kind, window, c});
      if (kind == Aggregate::kAvg) all.back().multiplier = 10'000;
      if (kind == Aggregate::kStddev) all.back().unit = 100;
    }
    for (const std::uint16_t p :
         std::initializer_list<std::uint16_t>{0, 2'500, 5'000, 9'900, 10'000}) {
      if (quantiles) all.push_back({Aggregate::kQuantile, window, c, p});
    }
  }
  for (const std::uint16_t c : {kInt, kMaybeInt, kReal, kWide, kName}) {
    for (const Aggregate kind :
         {Aggregate::kMin, Aggregate::kMax, Aggregate::kFirst, Aggregate::kLast}) {
      all.push_back({kind, window, c});
    }
  }
  for (const std::uint16_t c : {kInt, kMaybeInt, kReal, kWide, kHash, kMaybeHash128}) {
    all.push_back({Aggregate::kDistinct, window, c});
    all.push_back({Aggregate::kApproxDistinct, window, c});
  }
  return all;
}

WindowGroupSpec everything(bool quantiles) {
  WindowGroupSpec spec{.columns = all_columns(), .windows = all_windows(), .aggregates = {}};
  for (std::uint16_t w = 0; w < spec.windows.size(); ++w) {
    for (const AggregateSpec& a : all_aggregates(w, quantiles)) spec.aggregates.push_back(a);
  }
  return spec;
}

std::shared_ptr<const WindowLayout> layout_of(WindowGroupSpec spec) {
  auto layout = WindowLayout::make(std::move(spec));
  EXPECT_TRUE(layout.has_value());
  return layout.value_or(nullptr);
}

// How a stream looks: the odds of ties and of jumps, and how large values get.
struct Taste {
  std::int64_t usual_gap = 3;
  std::uint64_t ties = 3;    // in 10
  std::uint64_t jumps = 20;  // in 1000
  std::int64_t jump = 500;
  int value_bits = 10;
  bool extremes = false;
  std::uint64_t absent = 2;  // in 10
};

std::string text_of(base::Random& random) {
  std::string text;
  const auto size = random.chance(1, 4) ? random.below(40) : random.below(4);
  for (std::uint64_t i = 0; i < size; ++i) text += static_cast<char>('a' + random.below(3));
  if (random.chance(1, 20)) text += '\0';
  return text;
}

Int128 number_of(base::Random& random, const Taste& taste, bool wide) {
  if (taste.extremes && random.chance(1, 4)) {
    const Int128 limit = wide ? (static_cast<Int128>(UInt128{1} << 127) + 1) * -1 : INT64_MAX;
    return random.chance(1, 2) ? limit : -limit - 1;
  }
  const std::int64_t bound = std::int64_t{1}
                             << random.below(static_cast<unsigned>(taste.value_bits));
  const std::int64_t value = random.between(-bound / 4, bound);
  return wide && random.chance(1, 8) ? Int128{value} << 60 : Int128{value};
}

double real_of(base::Random& random, const Taste& taste) {
  if (taste.extremes && random.chance(1, 6)) {
    constexpr double kOdd[] = {1e300, -1e40, 1e-300, 5e-324, 0x1p106, 1e-25, -0.0, 0x1.fp106};
    return kOdd[random.below(std::size(kOdd))];
  }
  const auto mantissa = static_cast<double>(random.between(-1'000'000, 1'000'000));
  return mantissa * std::pow(10, static_cast<double>(random.between(-7, 2)));
}

ModelEvent event_of(base::Random& random, const Taste& taste, std::int64_t time) {
  ModelEvent event{.time = time, .values = std::vector<ModelValue>(7)};
  const auto there = [&] { return !random.chance(taste.absent, 10); };
  event.values[kInt] = {.there = true, .exact = number_of(random, taste, false)};
  event.values[kMaybeInt] = {.there = there(), .exact = number_of(random, taste, false)};
  event.values[kReal] = {.there = there(), .real = real_of(random, taste)};
  event.values[kWide] = {.there = true, .exact = number_of(random, taste, true)};
  const auto hash = static_cast<std::int64_t>(random.below(40) * 0x9E3779B97F4A7C15u);
  event.values[kHash] = {.there = true, .exact = hash};
  event.values[kMaybeHash128] = {.there = there(), .exact = Int128{hash} << random.below(64)};
  event.values[kName] = {.there = there(), .text = text_of(random)};
  return event;
}

struct Cells {
  std::vector<Cell> cells;
  std::uint64_t present = 0;
};

Cells cells_of(const WindowGroupSpec& spec, const ModelEvent& event) {
  Cells out;
  for (std::size_t c = 0; c < spec.columns.size(); ++c) {
    const ModelValue& value = event.values[c];
    if (value.there) out.present |= std::uint64_t{1} << c;
    switch (spec.columns[c].kind) {
      case ColumnKind::kFloat:
        out.cells.push_back(Cell::of_float(value.real));
        break;
      case ColumnKind::kText:
        out.cells.push_back(Cell::of_text(value.text));
        break;
      case ColumnKind::kInt128:
      case ColumnKind::kHash128:
        out.cells.push_back(Cell::of_wide(value.exact));
        break;
      default:
        out.cells.push_back(Cell::of_int(static_cast<std::int64_t>(value.exact)));
    }
  }
  return out;
}

std::string print(Int128 v) {
  return std::to_string(static_cast<std::int64_t>(v >> 64)) + ":" +
         std::to_string(static_cast<std::uint64_t>(v));
}

// Empty if they agree.
std::string compare(const ModelReading& want, const Reading& got) {
  if (want.kind != got.kind) {
    return "kind " + std::to_string(static_cast<int>(got.kind)) + ", not " +
           std::to_string(static_cast<int>(want.kind)) + "; want " + print(want.exact) + " " +
           std::to_string(want.real) + " got " + print(got.exact) + " " + std::to_string(got.real);
  }
  switch (want.kind) {
    case Reading::Kind::kExact:
      return want.exact == got.exact ? "" : print(got.exact) + ", not " + print(want.exact);
    case Reading::Kind::kFloat:
      return std::fabs(want.real - got.real) <= want.tolerance
                 ? ""
                 : std::to_string(got.real) + ", not " + std::to_string(want.real) + " by " +
                       std::to_string(got.real - want.real);
    case Reading::Kind::kText:
      return want.text == got.text() ? "" : std::string(got.text()) + ", not " + want.text;
    default:
      return "";
  }
}

// A group under test beside its model.
class Pair {
 public:
  explicit Pair(const WindowGroupSpec& spec, unsigned few = SmallWindows::kRecords)
      : spec_(spec), model_(spec), group_(layout_of(spec), pool_, {.seed = 7, .few = few}) {}
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    group_.release(key_);
    EXPECT_TRUE(key_.empty());
    EXPECT_EQ(pool_.bytes_in_use(), 0u);
  }

  void add(const ModelEvent& event) {
    const Cells cells = cells_of(spec_, event);
    group_.add(key_, event.time, cells.cells.data(), cells.present);
    model_.add(event);
    // With texts this takes time for each event in the ring.
    const std::size_t n = model_.events().size();
    if (n > 500 && n % 64 != 0) return;
    ASSERT_EQ(group_.bytes(key_), pool_.bytes_in_use());
  }
  void check(std::int64_t time, std::size_t aggregate) {
    const AggregateSpec& a = spec_.aggregates[aggregate];
    const ModelReading want = model_.read(time, a);
    const Reading got = group_.read(key_, time, aggregate);
    std::string wrong = compare(want, got);
    if (a.kind == Aggregate::kApproxDistinct && want.exact > SketchState::kExact) {
      // Six standard errors.
      const auto error = static_cast<double>(got.exact - want.exact);
      if (std::fabs(error) < 6 * 0.023 * static_cast<double>(want.exact)) wrong.clear();
    }
    ASSERT_EQ(wrong, "") << "aggregate " << static_cast<int>(a.kind) << " column " << a.column
                         << " window " << a.window << " kind "
                         << static_cast<int>(spec_.windows[a.window].kind) << " at " << time
                         << " after " << model_.events().size() << " events";
  }
  void check_all(std::int64_t time) {
    for (std::size_t i = 0; i < spec_.aggregates.size() && !testing::Test::HasFatalFailure(); ++i) {
      check(time, i);
    }
  }
  // Everything is empty from the expiry on, and not all of it before.
  void check_expiry() {
    const std::int64_t expiry = group_.expiry(key_);
    bool held = false;
    for (const WindowSpec& window : spec_.windows) {
      ASSERT_TRUE(model_.window(expiry, window).empty());
      held = held || !model_.window(expiry - 1, window).empty();
    }
    ASSERT_TRUE(held);
  }

  [[nodiscard]] WindowGroup& group() { return group_; }
  [[nodiscard]] KeyWindows& key() { return key_; }
  [[nodiscard]] const base::Pool& pool() const { return pool_; }

 private:
  WindowGroupSpec spec_;
  WindowModel model_;
  base::Pool pool_;
  WindowGroup group_;
  KeyWindows key_;
};

bool goes_for_ever(const WindowGroupSpec& spec) {
  return std::any_of(spec.windows.begin(), spec.windows.end(),
                     [](const WindowSpec& w) { return w.kind == WindowKind::kLastEvents; });
}

// A stream, with readings before and after events, and between them; now and then none for long.
void run_stream(const WindowGroupSpec& spec, std::uint64_t seed, const Taste& taste, int events,
                std::uint64_t reads_in_8, unsigned few = SmallWindows::kRecords) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::SeededRandom random(seed);
  Pair pair(spec, few);
  std::int64_t time = random.between(-1'000, 1'000);
  for (int i = 0; i < events && !testing::Test::HasFatalFailure(); ++i) {
    if (!random.chance(taste.ties, 10)) time += random.between(1, 2 * taste.usual_gap);
    if (random.chance(taste.jumps, 1'000)) time += random.between(1, taste.jump);
    if (random.chance(1, 16)) pair.check_all(time);
    pair.add(event_of(random, taste, time));
    if (random.chance(reads_in_8, 8)) pair.check_all(time);
    if (random.chance(1, 64)) pair.group().trim(pair.key(), time);
    if (random.chance(1, 32)) pair.check_all(time += random.between(1, 60));
    if (!goes_for_ever(spec)) pair.check_expiry();
  }
}

std::vector<Taste> tastes() {
  return {{},
          {.usual_gap = 1, .ties = 8, .jumps = 5, .value_bits = 40},
          {.usual_gap = 40, .ties = 1, .jumps = 100, .jump = 100'000, .value_bits = 3, .absent = 8},
          {.usual_gap = 2, .ties = 5, .jumps = 10, .value_bits = 62, .extremes = true}};
}

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
      Pair pair(spec, few);
      std::int64_t time = 4;
      for (int i = 0, rest = stream; i < kEvents; ++i, rest /= kChoices) {
        time += rest % 4;
        const int value = rest / 4 % 3;
        pair.add({.time = time, .values = {{.there = value != 2, .exact = value}}});
        pair.check_all(time);
      }
      pair.check_all(time + 1);
      pair.check_all(time + 3);
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
    EXPECT_EQ(group.bytes(key), 64u);
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
