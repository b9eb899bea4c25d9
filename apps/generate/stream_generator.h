// `weir generate`: a synthetic card-payment stream in time order, with injected attacks and a
// manifest of them. (What the events and attacks look like: honest_traffic.h, attacks.h.) Schemes
// and look-alikes have their own random numbers: asking for them changes no other attack.
//
// An event is one line of JSON with the fields type, ts, card, account, country, device, ip, and by
// type also merchant, mcc, amount, approved, from_account, to_account, phone and address; about 195
// bytes, 88% auths. The manifest has one line per attack, written when its last event has been:
//
//   {"kind":"takeover","key":{"account":"a00012345"},"events":[17,21,40],"first_ts":1,"last_ts":9}
//
// `events` are 0-based positions in the stream. With `label`, exactly these events carry the field
// `fraud`, whose value is the kind.
//
// Invariants:
//  1. The same options give the same bytes on every platform (no float, no std distribution).
//  2. Exactly `events` events, in the order of `ts`; ties are possible.
//  3. An attack is in the stream whole or not at all.
// Cost: well under a microsecond an event; memory grows with accounts and with the number of
// attacks (40 bytes each, and the events of those under way), not with events.
// Thread safety: Generate keeps all its state on its own stack.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "apps/generate/attacks.h"
#include "apps/generate/stream_event.h"

namespace weir::apps {

struct GenerateOptions {
  uint64_t seed = 1;
  uint64_t events = 2'000'000;
  uint32_t cards = 100'000;              // 1 to kMaxCards
  uint32_t accounts = 80'000;            // 1 to kMaxCards
  int64_t start_ms = 1'767'225'600'000;  // epoch milliseconds; 2026-01-01T00:00:00Z
  // The time from the first event to about the last. 0: as long as gives a card the same pace
  // whatever the numbers (2,000,000 events of 100,000 cards: 30 days), a day at least.
  int64_t span_ms = 0;
  AttackRates attacks_per_million = DefaultAttackRates();
  uint32_t look_alikes = 0;  // honest ones for each attack of a kind, at most kMaxLookAlikes
  bool label = false;        // add the field `fraud` to the events of attacks

  static constexpr uint32_t kMaxCards = 1'000'000'000;
  static constexpr uint32_t kMaxLookAlikes = 100;
};

struct GenerateSummary {
  uint64_t events = 0;
  uint64_t bytes = 0;                                    // of the stream, newlines included
  std::array<uint64_t, kEventTypes> events_by_type{};    // by EventType
  std::array<uint64_t, kAttackKinds> attacks_by_kind{};  // by AttackKind; those in the manifest
  uint64_t attack_events = 0;                            // the events that the manifest lists
  int64_t first_ts_ms = 0;
  int64_t last_ts_ms = 0;
  bool stopped = false;  // a sink said so
};

// Takes one line with its newline, which is valid during the call only; false stops the generator
// (a full disk, a closed pipe).
using LineSink = std::function<bool(std::string_view line)>;

// Writes the whole stream to `event_sink` and the manifest to `manifest_sink`; an empty sink is
// skipped. The error says in a sentence which option is wrong; nothing is written then.
[[nodiscard]] std::expected<GenerateSummary, std::string> Generate(const GenerateOptions& options,
                                                                   const LineSink& event_sink,
                                                                   const LineSink& manifest_sink);

}  // namespace weir::apps
