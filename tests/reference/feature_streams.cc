#include "tests/reference/feature_streams.h"

#include <algorithm>

namespace weir::reference {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

struct ClockChange {
  const char* zone;
  std::int64_t at_ms;
  std::int64_t before_ms;  // ahead of UTC
  std::int64_t after_ms;
};

constexpr ClockChange kChanges[] = {
    {"Europe/London", 1'774'746'000'000, 0, kHour},
    {"Europe/London", 1'792'890'000'000, kHour, 0},
    {"America/New_York", 1'772'953'200'000, -5 * kHour, -4 * kHour},
    {"America/New_York", 1'793'512'800'000, -4 * kHour, -5 * kHour},
    {"Australia/Lord_Howe", 1'775'314'800'000, 11 * kHour, 630 * kMinute},
    {"Australia/Lord_Howe", 1'791'041'400'000, 630 * kMinute, 11 * kHour},
    {"Asia/Beirut", 1'774'735'200'000, 2 * kHour, 3 * kHour},
    {"Asia/Beirut", 1'792'875'600'000, 3 * kHour, 2 * kHour},
};

// The local midnight at or before the time.
std::int64_t midnight(std::int64_t time_ms, std::int64_t ahead_ms) {
  return (time_ms + ahead_ms) / kDay * kDay - ahead_ms;
}

std::vector<std::int64_t> times_around_change(Random& random, const std::string& zone,
                                              std::int64_t count) {
  std::vector<ClockChange> changes;
  for (const ClockChange& c : kChanges) {
    if (c.zone == zone) changes.push_back(c);
  }
  const ClockChange change = random.pick(changes);
  // Midnights: before the change, the next after it, and those of UTC and of the days around.
  const std::vector<std::int64_t> edges = {change.at_ms,
                                           midnight(change.at_ms - 1, change.before_ms),
                                           midnight(change.at_ms, change.after_ms) + kDay,
                                           midnight(change.at_ms - 1, change.before_ms) - kDay,
                                           midnight(change.at_ms, change.after_ms) + 2 * kDay,
                                           midnight(change.at_ms, 0),
                                           midnight(change.at_ms, 0) + kDay};
  const std::vector<std::int64_t> beside = {0,      -1,           0,         1,    kHour,
                                            -kHour, 30 * kMinute, 6 * kHour, 1000, 12 * kHour};
  std::vector<std::int64_t> out;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool far = random.percent(10);
    out.push_back(random.pick(edges) +
                  (far ? kHour * random.between(-72, 72) : random.pick(beside)));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::int64_t> times_in_seconds(Random& random, std::int64_t count) {
  std::vector<std::int64_t> out;
  std::int64_t now = kStreamOriginMs + 1000 * random.below(10);
  const bool ties = random.percent(40);
  const bool off = random.percent(30);  // a millisecond past or before an edge
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t step = random.percent(ties ? 40 : 5) ? 0
                        : random.percent(65)          ? 1000
                                                      : 1000 * random.between(1, 4);
    if (step > 0 && off && random.percent(25)) step += random.percent(50) ? 1 : -1;
    out.push_back(now += step);
  }
  return out;
}

}  // namespace

const std::vector<std::string>& stream_zones() {
  static const std::vector<std::string> kZones = {"Europe/London", "America/New_York",
                                                  "Australia/Lord_Howe", "Asia/Beirut"};
  return kZones;
}

std::vector<RefEvent> feature_stream(Random& random, const FeatureStream& stream,
                                     std::size_t max_events) {
  const auto most = static_cast<std::int64_t>(max_events);
  const std::int64_t count = random.between(std::min<std::int64_t>((most + 3) / 2, most), most);
  const std::vector<std::int64_t> times = stream.day_jumps
                                              ? times_around_change(random, stream.zone, count)
                                              : times_in_seconds(random, count);
  const std::int64_t second_key = random.percent(50) ? 30 : 0;
  std::vector<RefEvent> out;
  for (const std::int64_t time : times) {
    RefEvent e{random.percent(4) ? "d" : random.pick(stream.types), time, {}};
    e.fields["k"] = random.percent(second_key) ? "k2" : "k1";
    if (!random.percent(10)) e.fields["j"] = random.percent(35) ? "k2" : "k1";
    e.fields["v"] = random.below(4);
    if (random.percent(75)) e.fields["x"] = random.below(3);
    if (random.percent(75)) e.fields["m"] = RefDecimal{random.below(4) * 2500};
    if (random.percent(75)) e.fields["f"] = static_cast<double>(random.below(9)) / 4;
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace weir::reference
