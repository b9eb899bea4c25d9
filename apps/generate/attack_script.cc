#include "apps/generate/attack_script.h"

#include <utility>

namespace weir::apps {

AttackScript::AttackScript(const Attack& attack, AttackId id, const Population& population,
                           uint32_t device_generation)
    : attack_(attack), id_(id), population_(population), random_(attack.seed) {
  holder_.ts_ms = attack.start_ms;
  holder_.card = attack.card;
  holder_.account = attack.account;
  holder_.country = population.CountryAt(attack.account, attack.start_ms);
  holder_.device = population.DeviceOf(attack.account, device_generation);
  holder_.ipv4 = population.AddressOf(attack.account, holder_.country, attack.start_ms);
  holder_.phone = MixBits(std::to_underlying(attack.account), 1) >> 16;
  holder_.address = MixBits(std::to_underlying(attack.account), 2) >> 16;
  thief_ = holder_;
  thief_.attack = id;
  thief_.country = population.AbroadFrom(holder_.country, random_);
  thief_.device = DeviceId{random_.Next() >> 16};
  thief_.ipv4 = AddressIn(thief_.country, random_.Next());
}

StreamEvent& AttackScript::Add(const StreamEvent& who, EventType type) {
  StreamEvent& event = events_.emplace_back(who);
  event.type = type;
  event.ts_ms = attack_.start_ms + now_ms_;
  return event;
}

StreamEvent& AttackScript::AddAmount(const StreamEvent& who, EventType type, int64_t cents) {
  StreamEvent& event = Add(who, type);
  event.amount_cents = cents;
  return event;
}

StreamEvent& AttackScript::AddAtShop(const StreamEvent& who, EventType type, const Shop& shop,
                                     int64_t cents) {
  StreamEvent& event = AddAmount(who, type, cents);
  event.merchant = shop.merchant;
  event.mcc = shop.mcc;
  return event;
}

void AttackScript::Auth(const StreamEvent& who, const Shop& shop, int64_t cents, bool approved) {
  AddAtShop(who, EventType::kAuth, shop, cents).approved = approved;
}

void AttackScript::Transfer(const StreamEvent& who, AccountId to, int64_t cents) {
  AddAmount(who, EventType::kTransfer, cents).to_account = to;
}

AccountId AttackScript::OtherAccount() {
  AccountId other = population_.AnyAccount(random_);
  for (int tries = 0; other == attack_.account && tries < 8; ++tries) {
    other = population_.AnyAccount(random_);
  }
  return other;
}

void AttackScript::ThiefAuth(int64_t low_cents, int64_t high_cents, uint32_t declined) {
  const Shop shop = population_.DrawShop(thief_.country, random_);
  const int64_t cents = random_.Between(low_cents, high_cents);
  Auth(thief_, shop, cents, !random_.PerTenThousand(declined));
}

StreamEvent AttackScript::Person(uint32_t i) const {
  StreamEvent person = holder_;
  person.account = AccountId{std::to_underlying(attack_.account) + i};
  person.card = CardId{std::to_underlying(person.account)};
  person.device = population_.DeviceOf(person.account, 0);
  person.ipv4 = population_.AddressOf(person.account, person.country, attack_.start_ms);
  person.phone = MixBits(std::to_underlying(person.account), 1) >> 16;
  person.address = MixBits(std::to_underlying(person.account), 2) >> 16;
  return person;
}

StreamEvent AttackScript::Local(CountryId country) {
  StreamEvent person = holder_;
  for (int tries = 0; tries < 30; ++tries) {
    person.card = population_.AnyCard(random_);
    person.account = population_.AccountOf(person.card);
    person.country = population_.CountryAt(person.account, attack_.start_ms);
    if (person.country == country) break;
  }
  person.device = population_.DeviceOf(person.account, 0);
  person.ipv4 = population_.AddressOf(person.account, person.country, attack_.start_ms);
  return person;
}

StreamEvent AttackScript::Guilty(StreamEvent who) const {
  who.attack = id_;
  return who;
}

Shop AttackScript::DearShop(CountryId country) {
  constexpr uint16_t kElectronics = 5732;
  Shop shop = population_.DrawShop(country, random_);
  for (int tries = 0; shop.mcc != kElectronics && tries < 60; ++tries) {
    shop = population_.DrawShop(country, random_);
  }
  return shop;
}

void AttackScript::LiveUntil(const StreamEvent& who, int64_t until_ms, int64_t low_gap_ms,
                             int64_t high_gap_ms) {
  while (now_ms_ < until_ms) {
    const Shop shop = population_.DrawShop(who.country, random_);
    const int64_t cents = random_.Between(4'00, 90'00);
    Auth(who, shop, cents, true);
    Wait(low_gap_ms, high_gap_ms);
  }
  now_ms_ = until_ms;
}

}  // namespace weir::apps
