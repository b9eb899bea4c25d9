// Who is in the generated stream: cards, accounts, merchants and where they are.
//
// Nearly everything is a hash of the seed and an id, so that 100,000 cards cost no memory: a card's
// home country, its trips, an account's device and address. Used by the honest traffic and by the
// attacks. Thread safety: const, so any number of readers.
//
// Invariants:
//  1. The same seed, id and time give the same answer on every platform (integers only).
//  2. CountryAt changes only at 03:00 UTC, when few events happen: an honest card does not seem to
//     be in two countries within half an hour, except by a purchase abroad from home.
//  3. A merchant belongs to one country and has one merchant category code (MCC).
#pragma once

#include <cstdint>
#include <string_view>

#include "apps/generate/seeded_random.h"
#include "apps/generate/stream_event.h"

namespace weir::apps {

inline constexpr int64_t kSecondMs = 1'000;
inline constexpr int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr int64_t kHourMs = 60 * kMinuteMs;
inline constexpr int64_t kDayMs = 24 * kHourMs;

std::string_view CountryName(CountryId country);

// An amount in cents with a log-normal-like spread: the median times 2^(z * spread / 256), z being
// near normal (a sum of eight uniform bytes). At least one cent.
int64_t DrawAmountCents(SeededRandom& random, int64_t median_cents, int64_t spread);

// A shop as one auth sees it.
struct Shop {
  MerchantId merchant{};
  uint16_t mcc = 0;
  int64_t median_cents = 0;
  int64_t spread = 0;  // of its amounts, see DrawAmountCents
};

class Population {
 public:
  // Merchants have ids below this; a scheme's own shop has one from here on.
  static constexpr uint32_t kMerchants = 6'000;

  // cards and accounts are at least 1.
  Population(uint64_t seed, uint32_t cards, uint32_t accounts);

  // Skewed: the busiest 1/127 of all take a seventh of the traffic, the next 2/127 another, and so
  // on by octaves (about Zipf's law with exponent 1, with a flat head).
  CardId BusyCard(SeededRandom& random) const;
  AccountId BusyAccount(SeededRandom& random) const;
  // Uniform.
  CardId AnyCard(SeededRandom& random) const;
  AccountId AnyAccount(SeededRandom& random) const;

  AccountId AccountOf(CardId card) const;
  CardId CardOf(AccountId account) const;

  // Where the account's holder is at that time: home, or on one of the rare trips.
  CountryId CountryAt(AccountId account, int64_t ts_ms) const;
  // Another country, uniform.
  CountryId AbroadFrom(CountryId country, SeededRandom& random) const;

  // `generation` counts the account's device changes so far.
  DeviceId DeviceOf(AccountId account, uint32_t generation) const;
  // An address out of the country's block; it stays the same for days.
  uint32_t AddressOf(AccountId account, CountryId country, int64_t ts_ms) const;

  Shop DrawShop(CountryId country, SeededRandom& random) const;

 private:
  uint64_t seed_;
  uint32_t cards_;
  uint32_t accounts_;
};

// An address of the country's block, from any bits.
uint32_t AddressIn(CountryId country, uint64_t bits);

}  // namespace weir::apps
