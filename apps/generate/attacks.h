// The attacks that the generator injects, and the script of each.
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
};

struct AttackRow {
  std::string_view name;
  bool by_card;          // the manifest's key: the card, else the account
  uint32_t per_million;  // the default rate: attacks in a million events
  int64_t longest_ms;    // no attack of the kind lasts longer
};

inline constexpr auto kAttackRows = std::to_array<AttackRow>({
    {"card_testing", true, 400, 20 * kMinuteMs},
    {"takeover", false, 400, kHourMs},
    {"impossible_travel", true, 400, kHourMs},
    {"mule", false, 300, 2 * kHourMs},
    {"structuring", false, 100, kDayMs - kHourMs},
    {"reset_without_mfa", false, 400, kHourMs},
    {"escalation", true, 150, kHourMs},
    {"velocity", true, 150, kHourMs},
});
inline constexpr size_t kAttackKinds = kAttackRows.size();

// Attacks in a million events, by kind.
using AttackRates = std::array<uint32_t, kAttackKinds>;
AttackRates DefaultAttackRates();

std::string_view AttackName(AttackKind kind);
std::optional<AttackKind> FindAttackKind(std::string_view name);
bool KeyedByCard(AttackKind kind);

struct Attack {
  AttackKind kind{};
  uint64_t seed = 0;  // fixes the script
  int64_t start_ms = 0;
  CardId card{};        // the victim's card, and its account
  AccountId account{};  // the victim's account; the mule's own for kMule
};

// The events of the attack in no particular order, each marked with `id`. An event that its holder
// did in good faith, but without which the attack makes no sense (the purchase at home before one
// far away), is marked kNoAttack. `device_generation` is the account's (see Population).
std::vector<StreamEvent> BuildAttack(const Attack& attack, AttackId id,
                                     const Population& population, uint32_t device_generation);

}  // namespace weir::apps
