// The attacks that the generator injects: their kinds, rates and keys. The scripts are in
// attacks.cc (within a day, on people of the population), schemes.cc (over weeks, with people of
// their own) and look_alikes.cc (honest customers who look like an attack of the kind).
//
// Used by the stream generator; the names of the kinds are the values of the label field `fraud`
// and of `kind` in the manifest. Thread safety: functions only, no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "apps/generate/population.h"
#include "apps/generate/stream_event.h"

namespace weir::apps {

enum class AttackKind : uint8_t {
  kCardTesting,       // small declines, then large purchases
  kTakeover,          // login from a new device, device change, no MFA, large transfers
  kImpossibleTravel,  // the card is used far away, minutes after its holder used it
  kMule,              // money comes in and goes out again at once
  kStructuring,       // transfers just under 10,000, all within a day
  kResetWithoutMfa,   // password reset and a transfer, with no MFA before or after
  kEscalation,        // each purchase larger than the one before
  kVelocity,          // many mid-sized purchases within minutes
  // Schemes: none in a stream unless asked for.
  kBustOut,            // weeks of good conduct, then the whole limit is spent and not paid
  kRefundAbuse,        // most of what is bought goes back, or never was bought
  kSyntheticIdentity,  // made-up customers with one address, who borrow after some weeks
  kBonusAbuse,         // many new accounts collect a sign-up bonus for one
  kFirstParty,         // the holder disputes purchases of their own
  kMerchantCollusion,  // a shop charges the same few cards round amounts, for nothing
  kDormantAccount,     // an account that nobody used for months is emptied
};

// What the manifest names an attack by.
enum class AttackKey : uint8_t { kCard, kAccount, kMerchant, kDevice };

struct AttackRow {
  std::string_view name;
  AttackKey key;
  uint32_t per_million;  // the default rate: attacks in a million events
  int64_t longest_ms;    // no attack of the kind, and no look-alike, lasts longer
  bool own_people;       // not of the population: new customers, whose history is in the script
};

inline constexpr auto kAttackRows = std::to_array<AttackRow>({
    {"card_testing", AttackKey::kCard, 400, 20 * kMinuteMs, false},
    {"takeover", AttackKey::kAccount, 400, kHourMs, false},
    {"impossible_travel", AttackKey::kCard, 400, kHourMs, false},
    {"mule", AttackKey::kAccount, 300, 2 * kHourMs, false},
    {"structuring", AttackKey::kAccount, 100, kDayMs - kHourMs, false},
    {"reset_without_mfa", AttackKey::kAccount, 400, kHourMs, false},
    {"escalation", AttackKey::kCard, 150, kHourMs, false},
    {"velocity", AttackKey::kCard, 150, kHourMs, false},
    {"bust_out", AttackKey::kCard, 0, 65 * kDayMs, true},
    {"refund_abuse", AttackKey::kAccount, 0, 45 * kDayMs, true},
    {"synthetic_identity", AttackKey::kDevice, 0, 60 * kDayMs, true},
    {"bonus_abuse", AttackKey::kDevice, 0, 5 * kDayMs, true},
    {"first_party", AttackKey::kAccount, 0, 80 * kDayMs, true},
    {"merchant_collusion", AttackKey::kMerchant, 0, 5 * kDayMs, true},
    {"dormant_account", AttackKey::kAccount, 0, 105 * kDayMs, true},
});
inline constexpr size_t kAttackKinds = kAttackRows.size();

// Attacks in a million events, by kind.
using AttackRates = std::array<uint32_t, kAttackKinds>;
AttackRates DefaultAttackRates();

std::string_view AttackName(AttackKind kind);
std::optional<AttackKind> FindAttackKind(std::string_view name);

struct Attack {
  AttackKind kind{};
  bool look_alike = false;  // honest: what it makes is no attack, and is in no manifest
  uint64_t seed = 0;        // fixes the script
  int64_t start_ms = 0;
  CardId card{};        // the victim's card, and its account
  AccountId account{};  // the victim's account; the mule's own for kMule
  // With people of its own: their accounts (and cards) are `account` and the kOwnPeople - 1 after
  // it, and `number` tells such attacks apart.
  uint32_t number = 0;
};
inline constexpr uint32_t kOwnPeople = 16;

// The shop, and the device, that a scheme has for itself.
MerchantId OwnMerchant(const Attack& attack);
DeviceId OwnDevice(const Attack& attack);

// The events of the attack in no particular order, each marked with `id`. An event that its holder
// did in good faith, but without which the attack makes no sense (the purchase at home before one
// far away), is marked kNoAttack; so is all that a look-alike does. `device_generation` is the
// account's (see Population).
std::vector<StreamEvent> BuildAttack(const Attack& attack, AttackId id,
                                     const Population& population, uint32_t device_generation);

}  // namespace weir::apps
