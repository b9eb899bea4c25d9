// For tests: columns, windows and aggregates of every kind, random streams for them, and a group of
// windows beside its model, which it is compared with at each reading.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "base/random.h"
#include "state/window_group.h"
#include "state/window_model.h"

namespace weir::state {

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

inline std::vector<ColumnSpec> all_columns() {
  return {{ColumnKind::kInt64, false},  {ColumnKind::kInt64, true},   {ColumnKind::kFloat, true},
          {ColumnKind::kInt128, false}, {ColumnKind::kHash64, false}, {ColumnKind::kHash128, true},
          {ColumnKind::kText, true}};
}

inline std::vector<WindowSpec> all_windows() {
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
inline std::vector<AggregateSpec> all_aggregates(std::uint16_t window, bool quantiles) {
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

inline WindowGroupSpec everything(bool quantiles) {
  WindowGroupSpec spec{.columns = all_columns(), .windows = all_windows(), .aggregates = {}};
  for (std::uint16_t w = 0; w < spec.windows.size(); ++w) {
    for (const AggregateSpec& a : all_aggregates(w, quantiles)) spec.aggregates.push_back(a);
  }
  return spec;
}

inline std::shared_ptr<const WindowLayout> layout_of(WindowGroupSpec spec) {
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

inline std::string text_of(base::Random& random) {
  std::string text;
  const auto size = random.chance(1, 4) ? random.below(40) : random.below(4);
  for (std::uint64_t i = 0; i < size; ++i) text += static_cast<char>('a' + random.below(3));
  if (random.chance(1, 20)) text += '\0';
  return text;
}

inline Int128 number_of(base::Random& random, const Taste& taste, bool wide) {
  if (taste.extremes && random.chance(1, 4)) {
    const Int128 limit = wide ? (static_cast<Int128>(UInt128{1} << 127) + 1) * -1 : INT64_MAX;
    return random.chance(1, 2) ? limit : -limit - 1;
  }
  const std::int64_t bound = std::int64_t{1}
                             << random.below(static_cast<unsigned>(taste.value_bits));
  const std::int64_t value = random.between(-bound / 4, bound);
  return wide && random.chance(1, 8) ? Int128{value} << 60 : Int128{value};
}

inline double real_of(base::Random& random, const Taste& taste) {
  if (taste.extremes && random.chance(1, 6)) {
    constexpr double kOdd[] = {1e300, -1e40, 1e-300, 5e-324, 0x1p106, 1e-25, -0.0, 0x1.fp106};
    return kOdd[random.below(std::size(kOdd))];
  }
  const auto mantissa = static_cast<double>(random.between(-1'000'000, 1'000'000));
  return mantissa * std::pow(10, static_cast<double>(random.between(-7, 2)));
}

inline ModelEvent event_of(base::Random& random, const Taste& taste, std::int64_t time) {
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

inline Cells cells_of(const WindowGroupSpec& spec, const ModelEvent& event) {
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

inline std::string print(Int128 v) {
  return std::to_string(static_cast<std::int64_t>(v >> 64)) + ":" +
         std::to_string(static_cast<std::uint64_t>(v));
}

// Empty if they agree.
inline std::string compare(const ModelReading& want, const Reading& got) {
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
  // `got`: what the group says.
  void check(std::int64_t time, std::size_t aggregate, const Reading& got) {
    const AggregateSpec& a = spec_.aggregates[aggregate];
    const ModelReading want = model_.read(time, a);
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
  // Read one by one and all at once.
  void check_all(std::int64_t time) {
    std::vector<Reading> all(spec_.aggregates.size());
    group_.read_all(key_, time, all.data());
    for (std::size_t i = 0; i < all.size() && !testing::Test::HasFatalFailure(); ++i) {
      const Reading one = group_.read(key_, time, i);
      check(time, i, one);
      ASSERT_EQ(all[i].kind, one.kind) << "aggregate " << i << " at " << time;
      ASSERT_EQ(all[i].exact, one.exact) << "aggregate " << i << " at " << time;
      ASSERT_EQ(std::bit_cast<std::uint64_t>(all[i].real), std::bit_cast<std::uint64_t>(one.real));
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

inline bool goes_for_ever(const WindowGroupSpec& spec) {
  return std::any_of(spec.windows.begin(), spec.windows.end(),
                     [](const WindowSpec& w) { return w.kind == WindowKind::kLastEvents; });
}

// A stream, with readings before and after events, and between them; now and then none for long.
inline void run_stream(const WindowGroupSpec& spec, std::uint64_t seed, const Taste& taste,
                       int events, std::uint64_t reads_in_8,
                       unsigned few = SmallWindows::kRecords) {
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

inline std::vector<Taste> tastes() {
  return {{},
          {.usual_gap = 1, .ties = 8, .jumps = 5, .value_bits = 40},
          {.usual_gap = 40, .ties = 1, .jumps = 100, .jump = 100'000, .value_bits = 3, .absent = 8},
          {.usual_gap = 2, .ties = 5, .jumps = 10, .value_bits = 62, .extremes = true}};
}

}  // namespace weir::state
