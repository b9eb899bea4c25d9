// Windows by themselves: what an event costs that is added and read, and what a key takes.
//
//   window_bench [CASE...] [--events N] [--keys N]
//
// Without cases all are run. A line each: the case, nanoseconds an event (one add, and one read of
// every aggregate), bytes a key at the end, and a sum of the readings that two builds can compare.
// Windows are full before the clock starts; events are a second apart in the mean.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "state/window_group.h"

namespace weir::bench {
namespace {

using state::Aggregate;
using state::AggregateSpec;
using state::Cell;
using state::ColumnKind;
using state::WindowGroupSpec;
using state::WindowKind;
using state::WindowSpec;

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;

struct Case {
  std::string name;
  WindowGroupSpec spec;
  std::uint64_t keys = 1;
  std::uint64_t events = 0;   // 0: as asked for
  std::uint64_t filling = 0;  // events a key before the clock starts
  std::uint64_t different = 1'000;
};

WindowSpec sliding(std::int64_t length) {
  return {.kind = WindowKind::kSliding, .length_ms = length};
}

Case over(std::string name, Aggregate kind, WindowSpec window, std::uint64_t filling,
          ColumnKind column = ColumnKind::kInt64) {
  AggregateSpec aggregate{kind, 0, 0};
  if (kind == Aggregate::kQuantile) aggregate.quantile = 9'500;
  return {std::move(name), {{{column}}, {std::move(window)}, {aggregate}}, 1, 0, filling};
}

// `n` sliding windows of sums, from a minute up to about an hour.
Case sums(std::string name, int n, std::uint64_t keys = 1) {
  Case c{std::move(name), {{{ColumnKind::kInt64}}, {}, {}}, keys, 0, 4'000 / keys};
  for (int i = 0; i < n; ++i) {
    c.spec.windows.push_back(sliding(kMinute * (1 + 59 * i / (n > 1 ? n - 1 : 1))));
    c.spec.aggregates.push_back({Aggregate::kSum, static_cast<std::uint16_t>(i), 0});
  }
  return c;
}

Case velocity(std::string name, std::uint64_t keys, std::uint64_t events_a_key) {
  Case c{std::move(name), {{{ColumnKind::kInt64}}, {sliding(10 * kMinute)}, {}}, keys};
  c.spec.aggregates = {{Aggregate::kCount, 0}, {Aggregate::kSum, 0, 0}};
  c.events = keys * events_a_key;
  return c;
}

std::vector<Case> cases(std::uint64_t keys) {
  const WindowSpec minute = sliding(kMinute), hour = sliding(60 * kMinute);
  const WindowSpec day = sliding(24 * 60 * kMinute);
  std::vector<Case> all = {
      over("sum 1m", Aggregate::kSum, minute, 200),
      over("sum 1h", Aggregate::kSum, hour, 4'000),
      over("sum 24h", Aggregate::kSum, day, 100'000),
      over("count 1h", Aggregate::kCount, hour, 4'000),
      over("sum of floats 1h", Aggregate::kSum, hour, 4'000, ColumnKind::kFloat),
      over("stddev 1h", Aggregate::kStddev, hour, 4'000),
      over("stddev of floats 1h", Aggregate::kStddev, hour, 4'000, ColumnKind::kFloat),
      over("sum each 1h", Aggregate::kSum,
           {.kind = WindowKind::kTumbling, .length_ms = 60 * kMinute}, 4'000),
      over("sum 1h every 1m", Aggregate::kSum,
           {.kind = WindowKind::kHopping, .length_ms = 60 * kMinute, .every_ms = kMinute}, 4'000),
      over("sum session 5s", Aggregate::kSum,
           {.kind = WindowKind::kSession, .length_ms = 5 * kSecond}, 4'000),
      over("sum last 100", Aggregate::kSum, {.kind = WindowKind::kLastEvents, .events = 100}, 200),
      over("max 1h", Aggregate::kMax, hour, 4'000),
      over("max 24h", Aggregate::kMax, day, 100'000),
      over("distinct 1h", Aggregate::kDistinct, hour, 4'000, ColumnKind::kHash64),
      over("distinct 24h", Aggregate::kDistinct, day, 100'000, ColumnKind::kHash64),
      over("approx_distinct 24h", Aggregate::kApproxDistinct, day, 100'000, ColumnKind::kHash64),
      over("quantile 1m", Aggregate::kQuantile, minute, 200),
      over("quantile 1h", Aggregate::kQuantile, hour, 4'000),
      over("quantile 24h", Aggregate::kQuantile, day, 100'000),
      sums("5 windows", 5),
      sums("20 windows", 20),
      sums("20 windows, 100 keys", 20, 100),
      sums("20 windows, 1000 keys", 20, 1'000),
  };
  all[14].different = all[15].different = 50'000;
  for (const std::uint64_t n : {1, 2, 3, 5}) {
    all.push_back(velocity("count+sum, " + std::to_string(n) + " a key", keys, n));
  }
  Case many = sums("20 windows, 3 a key", 20);
  many.keys = keys / 10;
  many.events = 3 * many.keys;
  many.filling = 0;
  all.push_back(many);
  return all;
}

void run(const Case& c, std::uint64_t asked) {
  auto layout = state::WindowLayout::make(c.spec);
  if (!layout) {
    std::fprintf(stderr, "%s: %s\n", c.name.c_str(), layout.error().message.c_str());
    std::exit(2);
  }
  base::Pool pool;
  state::WindowGroup group(*layout, pool);
  std::vector<state::KeyWindows> keys(c.keys);
  std::vector<state::Reading> readings(c.spec.aggregates.size());
  base::SeededRandom random(1);
  const bool is_float = !c.spec.columns.empty() && c.spec.columns[0].kind == ColumnKind::kFloat;
  const bool is_hash = !c.spec.columns.empty() && c.spec.columns[0].kind == ColumnKind::kHash64;
  // Drawn ahead: neither chance nor division is what is measured.
  struct Draw {
    Cell cell;
    std::int64_t gap;
    std::uint32_t key;
  };
  std::vector<Draw> draws(1 << 16);
  const std::uint64_t gap = c.keys > 1'000 ? 1 : 2 * kSecond / c.keys;
  for (Draw& draw : draws) {
    const auto cents =
        static_cast<std::int64_t>(random.below(random.chance(1, 10) ? 80'000 : 8'000));
    draw.cell = is_float  ? Cell::of_float(static_cast<double>(cents) / 100)
                : is_hash ? Cell::of_hash(random.below(c.different) * 0x9E3779B97F4A7C15u)
                          : Cell::of_int(cents * 100);
    draw.gap = static_cast<std::int64_t>(random.below(gap));
    draw.key = static_cast<std::uint32_t>(random.below(c.keys));
  }
  std::uint64_t sum = 0;
  std::int64_t time = 1'700'000'000'000;
  const std::uint64_t mask = draws.size() - 1;
  const auto event = [&](state::KeyWindows& key, const Draw& draw) {
    time += draw.gap;
    group.add(key, time, &draw.cell, 1);
    group.read_all(key, time, readings.data());
    sum += static_cast<std::uint64_t>(readings[0].exact) +
           static_cast<std::uint64_t>(readings[0].real);
  };
  for (std::uint64_t i = 0; i < c.filling * c.keys; ++i) event(keys[i % c.keys], draws[i & mask]);
  const std::uint64_t events = c.events != 0 ? c.events : asked;
  const std::uint64_t before = pool.bytes_in_use();
  const auto start = std::chrono::steady_clock::now();
  if (c.events != 0) {
    // All keys in turn, in an order that is neither that of memory nor random for the caches.
    for (std::uint64_t i = 0, key = 0; i < events; ++i) {
      key += 7'919;
      while (key >= c.keys) key -= c.keys;
      event(keys[key], draws[i & mask]);
    }
  } else {
    for (std::uint64_t i = 0; i < events; ++i) {
      event(keys[draws[i & mask].key], draws[i & mask]);
    }
  }
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  std::printf("%-26s %8.1f ns an event %10.1f bytes a key (%+lld) %016llx\n", c.name.c_str(),
              taken.count() / static_cast<double>(events),
              static_cast<double>(pool.bytes_in_use()) / static_cast<double>(c.keys),
              static_cast<long long>(pool.bytes_in_use() - before),
              static_cast<unsigned long long>(sum));
  std::fflush(stdout);
  for (state::KeyWindows& key : keys) group.release(key);
  if (pool.bytes_in_use() != 0) std::exit(1);
}

int main_of(int argc, char** argv) {
  std::uint64_t events = 1'000'000, keys = 1'000'000;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--events" && i + 1 < argc) {
      events = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--keys" && i + 1 < argc) {
      keys = std::strtoull(argv[++i], nullptr, 10);
    } else {
      wanted.push_back(word);
    }
  }
  for (const Case& c : cases(keys)) {
    bool run_it = wanted.empty();
    for (const std::string& name : wanted) run_it = run_it || c.name == name;
    if (run_it) run(c, events);
  }
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::main_of(argc, argv); }
