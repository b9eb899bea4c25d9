// Writes one attack, or one look-alike, down: what the scripts in attacks.cc, schemes.cc and
// look_alikes.cc share.
//
// All times are milliseconds since the start of the attack: `now_ms_` is the time of the next
// event, and Wait moves it on. Arguments that draw random numbers are drawn before the call, one
// statement each: compilers differ in the order in which they evaluate arguments.
// Thread safety: none; one object is one attack.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/generate/attacks.h"
#include "apps/generate/population.h"
#include "apps/generate/seeded_random.h"
#include "apps/generate/stream_event.h"

namespace weir::apps {

class AttackScript {
 public:
  AttackScript(const Attack& attack, AttackId id, const Population& population,
               uint32_t device_generation);

 protected:
  void Wait(int64_t low_ms, int64_t high_ms) { now_ms_ += random_.Between(low_ms, high_ms); }

  StreamEvent& Add(const StreamEvent& who, EventType type);
  StreamEvent& AddAmount(const StreamEvent& who, EventType type, int64_t cents);
  // An auth, a refund or a chargeback.
  StreamEvent& AddAtShop(const StreamEvent& who, EventType type, const Shop& shop, int64_t cents);
  void Auth(const StreamEvent& who, const Shop& shop, int64_t cents, bool approved);
  void Transfer(const StreamEvent& who, AccountId to, int64_t cents);

  // Some account other than the attacked one (unless the stream has a single one).
  AccountId OtherAccount();

  // A purchase by the thief, of low to high cents, declined in `declined` of 10,000 cases.
  void ThiefAuth(int64_t low_cents, int64_t high_cents, uint32_t declined);

  // The i-th of the attack's own people, at home with a device and an address of their own.
  StreamEvent Person(uint32_t i) const;
  // Somebody of the population who is in the country now, if a few tries find one.
  StreamEvent Local(CountryId country);
  // The same person as part of the attack.
  StreamEvent Guilty(StreamEvent who) const;

  // A shop that sells what is easily sold again, if a few tries find one.
  Shop DearShop(CountryId country);
  // An everyday life until `until_ms`: approved purchases in ordinary shops, the gaps as given.
  void LiveUntil(const StreamEvent& who, int64_t until_ms, int64_t low_gap_ms, int64_t high_gap_ms);

  const Attack& attack_;
  AttackId id_;
  const Population& population_;
  SeededRandom random_;
  StreamEvent holder_;  // an event by the rightful holder: where, with which device
  StreamEvent thief_;   // and one by the attacker
  int64_t now_ms_ = 0;
  std::vector<StreamEvent> events_;
};

// The scripts of the schemes, see attacks.h: attack.kind is kBustOut or a later one.
std::vector<StreamEvent> BuildScheme(const Attack& attack, AttackId id,
                                     const Population& population);
// Honest customers who look like an attack of the kind.
std::vector<StreamEvent> BuildLookAlike(const Attack& attack, const Population& population,
                                        uint32_t device_generation);

}  // namespace weir::apps
