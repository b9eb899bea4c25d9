// One event of the generated stream, before it is written as JSON, and the ids in it.
//
// Used by the parts of `weir generate` only; plain data, no invariant of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::apps {

enum class CardId : uint32_t {};
enum class AccountId : uint32_t {};
enum class MerchantId : uint32_t {};
enum class CountryId : uint8_t {};  // an index into the table of countries, see population.h
enum class DeviceId : uint64_t {};  // 48 bits are used
enum class AttackId : uint32_t {};  // the position of an attack in the plan

inline constexpr AttackId kNoAttack{UINT32_MAX};

enum class EventType : uint8_t {
  kAuth,
  kLogin,
  kDeviceChange,
  kMfa,
  kTransfer,
  kPasswordReset,
  kChargeback,
  // These come with schemes and their look-alikes only, see schemes.h.
  kAccountOpen,
  kBonus,        // a sign-up bonus is credited
  kRefund,       // a shop gives money back
  kPayment,      // the holder pays the card's bill; not approved: the bank returned it
  kLimitChange,  // `amount` is the card's new limit
};

inline constexpr auto kEventTypeNames = std::to_array<std::string_view>(
    {"auth", "login", "device_change", "mfa", "transfer", "password_reset", "chargeback",
     "account_open", "bonus", "refund", "payment", "limit_change"});
inline constexpr size_t kEventTypes = kEventTypeNames.size();

struct StreamEvent {
  int64_t ts_ms = 0;
  int64_t amount_cents = 0;  // of all that has an amount
  EventType type = EventType::kAuth;
  bool approved = true;  // of a login or mfa: it succeeded
  CountryId country{};
  uint16_t mcc = 0;       // auth, chargeback, refund
  MerchantId merchant{};  // auth, chargeback, refund
  CardId card{};
  AccountId account{};     // of a transfer: who sends
  AccountId to_account{};  // transfer only
  DeviceId device{};
  uint32_t ipv4 = 0;
  uint64_t phone = 0;           // account_open: 48 bits are used of this
  uint64_t address = 0;         // and of the postal address
  AttackId attack = kNoAttack;  // the attack that the event belongs to
};

}  // namespace weir::apps
