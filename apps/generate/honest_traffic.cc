#include "apps/generate/honest_traffic.h"

#include <algorithm>
#include <utility>

namespace weir::apps {
namespace {

// What a customer starts, in parts of 1,000. What follows (MFA, retries) comes on top; the stream
// has 88% purchases in the end.
constexpr uint64_t kPurchases = 925;
constexpr uint64_t kLogins = 37;
constexpr uint64_t kDirectTransfers = 16;
constexpr uint64_t kDeviceChanges = 7;
constexpr uint64_t kPasswordResets = 5;
// The rest, 10: chargebacks.

constexpr int64_t kLargeTransferCents = 1'000'00;
constexpr size_t kPastPurchases = 4096;
constexpr size_t kPastFrauds = 256;

}  // namespace

HonestTraffic::HonestTraffic(const Population& population, uint64_t seed, uint32_t accounts)
    : population_(population), random_(seed), device_generations_(accounts, 0) {}

void HonestTraffic::Draw(int64_t ts_ms, std::vector<StreamEvent>& events) {
  events.clear();
  uint64_t draw = random_.Below(1000);
  if (draw < kPurchases) return Purchase(ts_ms, events);
  draw -= kPurchases;
  if (draw < kLogins) return Login(ts_ms, events);
  draw -= kLogins;
  if (draw < kDirectTransfers) return DirectTransfer(ts_ms, events);
  draw -= kDirectTransfers;
  if (draw < kDeviceChanges) return DeviceChange(ts_ms, events);
  draw -= kDeviceChanges;
  if (draw < kPasswordResets) return PasswordReset(ts_ms, events);
  Chargeback(ts_ms, events);
}

void HonestTraffic::Remember(const StreamEvent& auth) {
  const bool fraud = auth.attack != kNoAttack;
  // One purchase in 16 is kept, so that the sample spans days of the stream and not hours.
  if (!auth.approved || (!fraud && random_.Below(16) != 0)) return;
  std::vector<StreamEvent>& past = fraud ? past_frauds_ : past_purchases_;
  if (past.size() < (fraud ? kPastFrauds : kPastPurchases)) {
    past.push_back(auth);
  } else {
    past[random_.Below(past.size())] = auth;
  }
}

uint32_t HonestTraffic::DeviceGeneration(AccountId account) const {
  const size_t index = std::to_underlying(account);
  return index < device_generations_.size() ? device_generations_[index] : 0;
}

StreamEvent HonestTraffic::Start(EventType type, CardId card, AccountId account,
                                 int64_t ts_ms) const {
  StreamEvent event;
  event.type = type;
  event.ts_ms = ts_ms;
  event.card = card;
  event.account = account;
  event.country = population_.CountryAt(account, ts_ms);
  event.device = population_.DeviceOf(account, DeviceGeneration(account));
  event.ipv4 = population_.AddressOf(account, event.country, ts_ms);
  return event;
}

StreamEvent& HonestTraffic::Follow(std::vector<StreamEvent>& events, EventType type,
                                   int64_t delay_ms) const {
  const StreamEvent& last = events.back();
  return events.emplace_back(Start(type, last.card, last.account, last.ts_ms + delay_ms));
}

void HonestTraffic::Purchase(int64_t ts_ms, std::vector<StreamEvent>& events) {
  const CardId card = population_.BusyCard(random_);
  StreamEvent event = Start(EventType::kAuth, card, population_.AccountOf(card), ts_ms);
  // A web shop abroad. Rare: next to a purchase at home it looks like impossible travel.
  if (random_.PerTenThousand(2)) event.country = population_.AbroadFrom(event.country, random_);
  const Shop shop = population_.DrawShop(event.country, random_);
  event.merchant = shop.merchant;
  event.mcc = shop.mcc;
  event.amount_cents =
      std::max<int64_t>(DrawAmountCents(random_, shop.median_cents, shop.spread), 50);
  event.approved = !random_.PerTenThousand(300);
  events.push_back(event);
  if (event.approved || !random_.PerTenThousand(3'000)) return;
  event.ts_ms += random_.Between(8 * kSecondMs, 90 * kSecondMs);  // tries once more
  event.approved = random_.PerTenThousand(6'000);
  events.push_back(event);
}

void HonestTraffic::Login(int64_t ts_ms, std::vector<StreamEvent>& events) {
  const AccountId account = population_.BusyAccount(random_);
  events.push_back(Start(EventType::kLogin, population_.CardOf(account), account, ts_ms));
  if (random_.PerTenThousand(500)) {  // mistyped the password
    events.back().approved = false;
    Follow(events, EventType::kLogin, random_.Between(5 * kSecondMs, 40 * kSecondMs));
  }
  if (random_.PerTenThousand(6'000)) {
    const int64_t delay_ms = random_.Between(4 * kSecondMs, 45 * kSecondMs);
    Follow(events, EventType::kMfa, delay_ms).approved = !random_.PerTenThousand(200);
  }
  if (random_.PerTenThousand(2'000)) {
    Transfer(events, random_.Between(20 * kSecondMs, 4 * kMinuteMs));
  }
}

void HonestTraffic::DeviceChange(int64_t ts_ms, std::vector<StreamEvent>& events) {
  const AccountId account = population_.BusyAccount(random_);
  ++device_generations_[std::to_underlying(account)];
  events.push_back(Start(EventType::kDeviceChange, population_.CardOf(account), account, ts_ms));
  if (random_.PerTenThousand(9'700)) {
    Follow(events, EventType::kMfa, random_.Between(5 * kSecondMs, 90 * kSecondMs));
  }
}

void HonestTraffic::PasswordReset(int64_t ts_ms, std::vector<StreamEvent>& events) {
  const AccountId account = population_.BusyAccount(random_);
  events.push_back(Start(EventType::kPasswordReset, population_.CardOf(account), account, ts_ms));
  if (random_.PerTenThousand(9'000)) {
    Follow(events, EventType::kMfa, random_.Between(10 * kSecondMs, 2 * kMinuteMs));
  }
  Follow(events, EventType::kLogin, random_.Between(10 * kSecondMs, kMinuteMs));
  if (random_.PerTenThousand(500)) {
    Transfer(events, random_.Between(kMinuteMs, 3 * kMinuteMs));
    Follow(events, EventType::kMfa, random_.Between(5 * kSecondMs, 40 * kSecondMs));
  }
}

void HonestTraffic::DirectTransfer(int64_t ts_ms, std::vector<StreamEvent>& events) {
  const AccountId account = population_.BusyAccount(random_);
  events.push_back(Start(EventType::kTransfer, population_.CardOf(account), account, ts_ms));
  StreamEvent& event = events.back();
  event.to_account = population_.AnyAccount(random_);
  event.amount_cents = std::min<int64_t>(DrawAmountCents(random_, 90'00, 300), kLargeTransferCents);
}

void HonestTraffic::Transfer(std::vector<StreamEvent>& events, int64_t delay_ms) {
  const int64_t cents = std::min<int64_t>(DrawAmountCents(random_, 160'00, 420), 40'000'00);
  if (cents > kLargeTransferCents) {
    Follow(events, EventType::kMfa, delay_ms);
    delay_ms = random_.Between(2 * kSecondMs, 20 * kSecondMs);
  }
  StreamEvent& event = Follow(events, EventType::kTransfer, delay_ms);
  event.amount_cents = cents;
  event.to_account = population_.AnyAccount(random_);
  event.approved = !random_.PerTenThousand(100);
}

void HonestTraffic::Chargeback(int64_t ts_ms, std::vector<StreamEvent>& events) {
  const bool fraud = !past_frauds_.empty() && random_.PerTenThousand(6'000);
  const std::vector<StreamEvent>& past = fraud ? past_frauds_ : past_purchases_;
  if (past.empty()) return Purchase(ts_ms, events);
  StreamEvent event = past[random_.Below(past.size())];
  event.type = EventType::kChargeback;
  event.ts_ms = ts_ms;
  event.attack = kNoAttack;  // the attack is over: this is the bank's record of it
  events.push_back(event);
}

}  // namespace weir::apps
