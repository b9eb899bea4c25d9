// Three sources are merged by time: the honest traffic, drawn one customer at a time as the clock
// goes on; the attacks, planned before the start and written out when their time comes; and a heap
// of events that either has set for later. So memory does not grow with the stream.
//
// The number of events is exact because the plan says how many the attacks take: the rest is the
// budget of the honest traffic, which counts each event when it is drawn. The pace adapts to what
// is left: the gap to the next customer is uniform in [0, 2 * time left / customers left].
//
// Day and night: the gaps are measured on a "busy clock" that runs faster in the hours in which
// people buy; see BusyClock.
#include "apps/generate/stream_generator.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apps/generate/event_writer.h"
#include "apps/generate/honest_traffic.h"
#include "apps/generate/population.h"
#include "apps/generate/seeded_random.h"

namespace weir::apps {
namespace {

// The busy clock advances by the hour's weight in each millisecond.
// Example: at 04:30 UTC it runs with weight 3, so that of two spans of one busy length the one at
// night lasts twenty times the one at 18:00.
class BusyClock {
 public:
  static int64_t FromTime(int64_t ts_ms) {
    int64_t busy = ts_ms / kDayMs * kBusyDay;
    int64_t left_ms = ts_ms % kDayMs;
    for (size_t hour = 0; left_ms > 0; ++hour) {
      const int64_t part_ms = std::min(left_ms, kHourMs);
      busy += part_ms * kHourWeights[hour];
      left_ms -= part_ms;
    }
    return busy;
  }

  static int64_t ToTime(int64_t busy) {
    int64_t ts_ms = busy / kBusyDay * kDayMs;
    int64_t left = busy % kBusyDay;
    size_t hour = 0;
    for (; left >= kHourWeights[hour] * kHourMs; ++hour) {
      left -= kHourWeights[hour] * kHourMs;
      ts_ms += kHourMs;
    }
    return ts_ms + left / kHourWeights[hour];
  }

 private:
  static constexpr std::array<int64_t, 24> kHourWeights = {
      14, 8, 5, 3, 3, 6, 16, 30, 42, 46, 48, 54, 60, 56, 50, 50, 54, 60, 62, 58, 50, 40, 30, 20};
  static constexpr int64_t kBusyDay = 865 * kHourMs;  // the sum of the weights
};

// Customers per 100 events of honest traffic: the others follow from something. An estimate, which
// only has to be near: the pace adapts.
constexpr int64_t kCustomersPer100Events = 94;

uint64_t AttackCount(uint64_t events, uint32_t per_million) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(events) * per_million + 500'000) /
                               1'000'000);
}

int64_t SpanOf(const GenerateOptions& options) {
  if (options.span_ms > 0) return options.span_ms;
  // 20 events a card in 30 days.
  const auto span = static_cast<unsigned __int128>(options.events) *
                    static_cast<uint64_t>(30 * kDayMs) / (uint64_t{20} * options.cards);
  constexpr int64_t kLongest = 100LL * 366 * kDayMs;
  return span > static_cast<uint64_t>(kLongest) ? kLongest
                                                : std::max(static_cast<int64_t>(span), kDayMs);
}

class Generator {
 public:
  Generator(const GenerateOptions& options, const LineSink& event_sink,
            const LineSink& manifest_sink)
      : options_(options),
        event_sink_(event_sink),
        manifest_sink_(manifest_sink),
        span_ms_(SpanOf(options)),
        population_(MixBits(options.seed, 1), options.cards, options.accounts),
        honest_(population_, MixBits(options.seed, 2), options.accounts),
        pace_(MixBits(options.seed, 3)),
        busy_(BusyClock::FromTime(options.start_ms)),
        busy_end_(BusyClock::FromTime(options.start_ms + span_ms_)) {}

  std::expected<GenerateSummary, std::string> Run();

 private:
  struct Pending {
    StreamEvent event;
    uint64_t order = 0;  // among equal times: as they were scheduled
    bool operator>(const Pending& other) const {
      return event.ts_ms != other.event.ts_ms ? event.ts_ms > other.event.ts_ms
                                              : order > other.order;
    }
  };

  // An attack that has begun: what its manifest line needs.
  struct OpenAttack {
    size_t events_left = 0;
    int64_t first_ms = 0;
    std::vector<uint64_t> positions;
  };

  void PlanAttacks();
  // Adds `count` attacks of a kind to the plan, drawn from `random`.
  void PlanKind(AttackKind kind, bool look_alike, uint64_t count, SeededRandom& random);
  void StartAttack(AttackId id);
  void DrawHonest(int64_t ts_ms);
  int64_t NextCustomerTime();
  void Schedule(const StreamEvent& event) { pending_.push({event, next_order_++}); }
  void Emit(const StreamEvent& event);
  void NoteAttackEvent(const StreamEvent& event);

  const GenerateOptions& options_;
  const LineSink& event_sink_;
  const LineSink& manifest_sink_;
  int64_t span_ms_;
  Population population_;
  HonestTraffic honest_;
  SeededRandom pace_;
  int64_t busy_;  // the busy clock at the last customer
  int64_t busy_end_;
  uint64_t budget_ = 0;       // honest events not drawn yet
  std::vector<Attack> plan_;  // by start
  uint32_t own_people_ = 0;   // attacks with people of their own so far
  std::priority_queue<Pending, std::vector<Pending>, std::greater<>> pending_;
  uint64_t next_order_ = 0;
  std::unordered_map<uint32_t, OpenAttack> open_attacks_;  // by AttackId
  std::vector<StreamEvent> drawn_;
  EventWriter writer_;
  GenerateSummary summary_;
};

void Generator::PlanKind(AttackKind kind, bool look_alike, uint64_t count, SeededRandom& random) {
  const AttackRow& row = kAttackRows[std::to_underlying(kind)];
  for (uint64_t k = 0; k < count; ++k) {
    Attack attack;
    attack.kind = kind;
    attack.look_alike = look_alike;
    attack.seed = random.Next();
    attack.start_ms = options_.start_ms + random.Between(0, span_ms_ - row.longest_ms);
    if (row.own_people) {
      attack.number = own_people_++;
      const uint32_t first =
          std::max(options_.cards, options_.accounts) + attack.number * kOwnPeople;
      attack.account = AccountId{first};
      attack.card = CardId{first};
    } else if (row.key == AttackKey::kCard) {
      attack.card = population_.AnyCard(random);
      attack.account = population_.AccountOf(attack.card);
    } else {
      attack.account = population_.AnyAccount(random);
      attack.card = population_.CardOf(attack.account);
    }
    plan_.push_back(attack);
  }
}

// Sets plan_, and budget_ to what the attacks leave of the events, or to 0 if they want more.
void Generator::PlanAttacks() {
  constexpr uint64_t kSchemeSeed = 16;
  constexpr uint64_t kLookAlikeSeed = 64;
  SeededRandom random(MixBits(options_.seed, 4));
  for (size_t i = 0; i < kAttackKinds; ++i) {
    const auto kind = static_cast<AttackKind>(i);
    const uint64_t count = AttackCount(options_.events, options_.attacks_per_million[i]);
    SeededRandom own(MixBits(options_.seed, kSchemeSeed + i));
    PlanKind(kind, false, count, kAttackRows[i].own_people ? own : random);
    SeededRandom honest(MixBits(options_.seed, kLookAlikeSeed + i));
    PlanKind(kind, true, count * options_.look_alikes, honest);
  }
  std::ranges::sort(plan_, [](const Attack& a, const Attack& b) {
    return std::pair(a.start_ms, a.seed) < std::pair(b.start_ms, b.seed);
  });
  uint64_t attack_events = 0;  // the number of events does not depend on the device
  for (const Attack& attack : plan_) {
    attack_events += BuildAttack(attack, AttackId{0}, population_, 0).size();
  }
  budget_ = options_.events - std::min(attack_events, options_.events);
}

void Generator::StartAttack(AttackId id) {
  const Attack& attack = plan_[std::to_underlying(id)];
  const uint32_t generation = honest_.DeviceGeneration(attack.account);
  for (const StreamEvent& event : BuildAttack(attack, id, population_, generation)) {
    if (event.attack == id) ++open_attacks_[std::to_underlying(id)].events_left;
    Schedule(event);
  }
}

void Generator::DrawHonest(int64_t ts_ms) {
  honest_.Draw(ts_ms, drawn_);
  if (drawn_.size() > budget_) drawn_.resize(budget_);
  budget_ -= drawn_.size();
  for (size_t i = 1; i < drawn_.size(); ++i) Schedule(drawn_[i]);
  Emit(drawn_.front());
}

int64_t Generator::NextCustomerTime() {
  const int64_t left = std::max<int64_t>(busy_end_ - busy_, 0);
  const auto customers =
      std::max<int64_t>(static_cast<int64_t>(budget_) / 100 * kCustomersPer100Events +
                            static_cast<int64_t>(budget_) % 100 * kCustomersPer100Events / 100,
                        1);
  busy_ = std::min(busy_ + pace_.Between(0, 2 * left / customers), busy_end_);
  return BusyClock::ToTime(busy_);
}

void Generator::Emit(const StreamEvent& event) {
  const bool fraud = event.attack != kNoAttack;
  std::string_view label;
  if (fraud && options_.label) label = AttackName(plan_[std::to_underlying(event.attack)].kind);
  const std::string_view line = writer_.EventLine(event, label);
  if (event_sink_ && !event_sink_(line)) {
    summary_.stopped = true;
    return;
  }
  if (summary_.events == 0) summary_.first_ts_ms = event.ts_ms;
  summary_.last_ts_ms = event.ts_ms;
  summary_.bytes += line.size();
  ++summary_.events_by_type[std::to_underlying(event.type)];
  if (event.type == EventType::kAuth) honest_.Remember(event);
  if (fraud) NoteAttackEvent(event);
  ++summary_.events;
}

void Generator::NoteAttackEvent(const StreamEvent& event) {
  const uint32_t id = std::to_underlying(event.attack);
  const auto found = open_attacks_.find(id);
  OpenAttack& open = found->second;
  if (open.positions.empty()) open.first_ms = event.ts_ms;
  open.positions.push_back(summary_.events);
  ++summary_.attack_events;
  if (--open.events_left > 0) return;
  const Attack& attack = plan_[id];
  ++summary_.attacks_by_kind[std::to_underlying(attack.kind)];
  if (manifest_sink_ &&
      !manifest_sink_(writer_.ManifestLine(attack, open.positions, open.first_ms, event.ts_ms))) {
    summary_.stopped = true;
  }
  open_attacks_.erase(found);
}

std::expected<GenerateSummary, std::string> Generator::Run() {
  PlanAttacks();
  if (budget_ < options_.events / 2) {
    return std::unexpected("the attacks would take more than half of the events");
  }
  constexpr int64_t kNever = INT64_MAX;
  size_t next_attack = 0;
  int64_t customer_ms = NextCustomerTime();
  while (!summary_.stopped) {
    const int64_t pending_ms = pending_.empty() ? kNever : pending_.top().event.ts_ms;
    const int64_t attack_ms = next_attack < plan_.size() ? plan_[next_attack].start_ms : kNever;
    const int64_t honest_ms = budget_ > 0 ? customer_ms : kNever;
    if (attack_ms != kNever && attack_ms <= std::min(pending_ms, honest_ms)) {
      StartAttack(AttackId{static_cast<uint32_t>(next_attack++)});
    } else if (pending_ms != kNever && pending_ms <= honest_ms) {
      const StreamEvent event = pending_.top().event;
      pending_.pop();
      Emit(event);
    } else if (honest_ms != kNever) {
      DrawHonest(honest_ms);
      customer_ms = NextCustomerTime();
    } else {
      break;
    }
  }
  return summary_;
}

// What is wrong with the attacks asked for, or empty.
std::string FindAttackFault(const GenerateOptions& options) {
  if (options.look_alikes > GenerateOptions::kMaxLookAlikes) {
    return "there can be at most 100 look-alikes an attack";
  }
  uint64_t attacks_per_million = 0;
  for (const uint32_t rate : options.attacks_per_million) attacks_per_million += rate;
  if (attacks_per_million > 500'000) {
    return "the attack rates must add up to at most 500000 in a million events";
  }
  for (size_t i = 0; i < kAttackKinds; ++i) {
    const AttackRow& row = kAttackRows[i];
    const bool any = AttackCount(options.events, options.attacks_per_million[i]) > 0;
    if (any && row.longest_ms > SpanOf(options)) {
      return std::string(row.name) + " takes up to " + std::to_string(row.longest_ms / kDayMs) +
             " days, and the stream is shorter";
    }
  }
  return {};
}

std::string FindFault(const GenerateOptions& options) {
  constexpr int64_t kYear9000Ms = 221'845'392'000'000;
  const auto in_range = [](uint32_t count) {
    return count >= 1 && count <= GenerateOptions::kMaxCards;
  };
  if (options.events < 1) return "the number of events must be at least 1";
  if (options.events > 4'000'000'000) return "the number of events must be at most 4000000000";
  if (!in_range(options.cards)) return "the number of cards must be from 1 to 10^9";
  if (!in_range(options.accounts)) return "the number of accounts must be from 1 to 10^9";
  if (options.start_ms < 0 || options.start_ms > kYear9000Ms) {
    return "the start must be from 1970 to the year 9000";
  }
  if (options.span_ms != 0 && (options.span_ms < kDayMs || options.span_ms > 100 * 366 * kDayMs)) {
    return "the time span must be from a day to 100 years";
  }
  return FindAttackFault(options);
}

}  // namespace

std::expected<GenerateSummary, std::string> Generate(const GenerateOptions& options,
                                                     const LineSink& event_sink,
                                                     const LineSink& manifest_sink) {
  if (std::string fault = FindFault(options); !fault.empty()) return std::unexpected(fault);
  return Generator(options, event_sink, manifest_sink).Run();
}

}  // namespace weir::apps
