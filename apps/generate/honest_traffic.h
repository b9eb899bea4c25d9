// The honest background of the generated stream: purchases, logins with their MFA, transfers,
// device changes, password resets and chargebacks.
//
// Used by the stream generator, one object a stream. Rarely matches the workload rules: MFA follows
// a device change and a transfer that follows a reset, retries repeat the amount, and purchases of
// one card keep the distance that the population's skew gives them.
// State: one byte an account (its device changes) and some thousand past purchases, which
// chargebacks refer to. Thread safety: none.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/generate/population.h"
#include "apps/generate/seeded_random.h"
#include "apps/generate/stream_event.h"

namespace weir::apps {

class HonestTraffic {
 public:
  // `population` outlives this object.
  HonestTraffic(const Population& population, uint64_t seed, uint32_t accounts);

  // Fills `events` with what one customer does next: the first event is at ts_ms, the others follow
  // from it, at most ten minutes later, in time order. Never empty.
  void Draw(int64_t ts_ms, std::vector<StreamEvent>& events);

  // Told of each purchase of the stream, attacks included: it may be charged back later.
  void Remember(const StreamEvent& auth);

  // 0 for an account that is not of the population.
  uint32_t DeviceGeneration(AccountId account) const;

 private:
  StreamEvent Start(EventType type, CardId card, AccountId account, int64_t ts_ms) const;
  // Appends an event by the same customer, `delay_ms` after the last one.
  StreamEvent& Follow(std::vector<StreamEvent>& events, EventType type, int64_t delay_ms) const;

  void Purchase(int64_t ts_ms, std::vector<StreamEvent>& events);
  void Login(int64_t ts_ms, std::vector<StreamEvent>& events);
  void DeviceChange(int64_t ts_ms, std::vector<StreamEvent>& events);
  void PasswordReset(int64_t ts_ms, std::vector<StreamEvent>& events);
  void DirectTransfer(int64_t ts_ms, std::vector<StreamEvent>& events);
  void Chargeback(int64_t ts_ms, std::vector<StreamEvent>& events);
  // Draws the amount and the receiver; a large transfer is confirmed by MFA first.
  void Transfer(std::vector<StreamEvent>& events, int64_t delay_ms);

  const Population& population_;
  SeededRandom random_;
  std::vector<uint8_t> device_generations_;  // by account, modulo 256
  std::vector<StreamEvent> past_purchases_;  // a sample; a new one replaces any old one
  std::vector<StreamEvent> past_frauds_;
};

}  // namespace weir::apps
