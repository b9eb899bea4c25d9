#include "apps/generate/attacks.h"

#include <utility>

namespace weir::apps {
namespace {

// Writes one attack down. All times are milliseconds since the start of the attack: `now_ms_` is
// the time of the next event, and Wait moves it on.
class AttackScript {
 public:
  AttackScript(const Attack& attack, AttackId id, const Population& population,
               uint32_t device_generation)
      : attack_(attack), id_(id), population_(population), random_(attack.seed) {
    holder_.ts_ms = attack.start_ms;
    holder_.card = attack.card;
    holder_.account = attack.account;
    holder_.country = population.CountryAt(attack.account, attack.start_ms);
    holder_.device = population.DeviceOf(attack.account, device_generation);
    holder_.ipv4 = population.AddressOf(attack.account, holder_.country, attack.start_ms);
    thief_ = holder_;
    thief_.attack = id;
    thief_.country = population.AbroadFrom(holder_.country, random_);
    thief_.device = DeviceId{random_.Next() >> 16};
    thief_.ipv4 = AddressIn(thief_.country, random_.Next());
  }

  std::vector<StreamEvent> Build();

 private:
  void Wait(int64_t low_ms, int64_t high_ms) { now_ms_ += random_.Between(low_ms, high_ms); }

  StreamEvent& Add(const StreamEvent& who, EventType type) {
    StreamEvent& event = events_.emplace_back(who);
    event.type = type;
    event.ts_ms = attack_.start_ms + now_ms_;
    return event;
  }

  // Arguments that draw random numbers are drawn before the call, one statement each: compilers
  // differ in the order in which they evaluate arguments.
  void Auth(const StreamEvent& who, const Shop& shop, int64_t cents, bool approved) {
    StreamEvent& event = Add(who, EventType::kAuth);
    event.merchant = shop.merchant;
    event.mcc = shop.mcc;
    event.amount_cents = cents;
    event.approved = approved;
  }

  void Transfer(const StreamEvent& who, AccountId to, int64_t cents) {
    StreamEvent& event = Add(who, EventType::kTransfer);
    event.to_account = to;
    event.amount_cents = cents;
  }

  // Some account other than the attacked one (unless the stream has a single one).
  AccountId OtherAccount() {
    AccountId other = population_.AnyAccount(random_);
    for (int tries = 0; other == attack_.account && tries < 8; ++tries) {
      other = population_.AnyAccount(random_);
    }
    return other;
  }

  // A purchase by the thief, of low to high cents, declined in `declined` of 10,000 cases.
  void ThiefAuth(int64_t low_cents, int64_t high_cents, uint32_t declined) {
    const Shop shop = population_.DrawShop(thief_.country, random_);
    const int64_t cents = random_.Between(low_cents, high_cents);
    Auth(thief_, shop, cents, !random_.PerTenThousand(declined));
  }

  void CardTesting();
  void Takeover();
  void ImpossibleTravel();
  void Mule();
  void Structuring();
  void ResetWithoutMfa();
  void Escalation();
  void Velocity();

  const Attack& attack_;
  AttackId id_;
  const Population& population_;
  SeededRandom random_;
  StreamEvent holder_;  // an event by the rightful holder: where, with which device
  StreamEvent thief_;   // and one by the attacker
  int64_t now_ms_ = 0;
  std::vector<StreamEvent> events_;
};

void AttackScript::CardTesting() {
  const Shop shop = population_.DrawShop(thief_.country, random_);
  const int64_t probes = random_.Between(3, 7);
  for (int64_t i = 0; i < probes; ++i) {
    Auth(thief_, shop, random_.Between(10, 199), false);
    Wait(4 * kSecondMs, 40 * kSecondMs);
  }
  const int64_t hits = random_.Between(1, 3);
  for (int64_t i = 0; i < hits; ++i) {
    Wait(5 * kSecondMs, 60 * kSecondMs);
    ThiefAuth(201'00, 900'00, 0);
  }
}

void AttackScript::Takeover() {
  Add(thief_, EventType::kLogin);
  Wait(20 * kSecondMs, 3 * kMinuteMs);
  Add(thief_, EventType::kDeviceChange);
  const int64_t transfers = random_.Between(1, 3);
  const AccountId to = OtherAccount();
  for (int64_t i = 0; i < transfers; ++i) {
    Wait(kMinuteMs, 14 * kMinuteMs);
    Transfer(thief_, to, random_.Between(1'050'00, 7'500'00));
  }
}

void AttackScript::ImpossibleTravel() {
  const Shop shop = population_.DrawShop(holder_.country, random_);
  Auth(holder_, shop, random_.Between(4'00, 80'00), true);
  Wait(4 * kMinuteMs, 25 * kMinuteMs);
  const int64_t purchases = random_.Between(1, 3);
  for (int64_t i = 0; i < purchases; ++i) {
    ThiefAuth(60'00, 950'00, 2'000);
    Wait(kMinuteMs, 6 * kMinuteMs);
  }
}

void AttackScript::Mule() {
  const AccountId beneficiary = OtherAccount();
  const int64_t rounds = random_.Between(1, 2);
  for (int64_t i = 0; i < rounds; ++i) {
    const AccountId source = OtherAccount();
    const CountryId country = population_.CountryAt(source, attack_.start_ms);
    StreamEvent sender = holder_;
    sender.attack = id_;
    sender.account = source;
    sender.card = population_.CardOf(source);
    sender.country = country;
    sender.device = population_.DeviceOf(source, 0);
    sender.ipv4 = population_.AddressOf(source, country, attack_.start_ms);
    const int64_t cents = random_.Between(600'00, 9'000'00);
    Transfer(sender, attack_.account, cents);
    Wait(kMinuteMs, 15 * kMinuteMs);
    StreamEvent mule = holder_;
    mule.attack = id_;
    Transfer(mule, beneficiary, cents * random_.Between(85, 98) / 100);
    Wait(5 * kMinuteMs, 40 * kMinuteMs);
  }
}

void AttackScript::Structuring() {
  StreamEvent sender = holder_;
  sender.attack = id_;
  const AccountId to = OtherAccount();
  const int64_t transfers = random_.Between(4, 8);
  for (int64_t i = 0; i < transfers; ++i) {
    Transfer(sender, to, random_.Between(9'000'00, 9'980'00));
    Wait(30 * kMinuteMs, 150 * kMinuteMs);
  }
}

void AttackScript::ResetWithoutMfa() {
  Add(thief_, EventType::kPasswordReset);
  Wait(20 * kSecondMs, 2 * kMinuteMs);
  Add(thief_, EventType::kLogin);
  Wait(30 * kSecondMs, 8 * kMinuteMs);
  const AccountId to = OtherAccount();
  Transfer(thief_, to, random_.Between(300'00, 6'000'00));
}

void AttackScript::Escalation() {
  const int64_t purchases = random_.Between(5, 7);
  int64_t cents = random_.Between(10'00, 40'00);
  for (int64_t i = 0; i < purchases; ++i) {
    ThiefAuth(cents, cents, 0);
    cents = cents * random_.Between(130, 190) / 100;
    Wait(2 * kMinuteMs, 4 * kMinuteMs);
  }
}

void AttackScript::Velocity() {
  const int64_t purchases = random_.Between(7, 12);
  for (int64_t i = 0; i < purchases; ++i) {
    ThiefAuth(180'00, 420'00, 1'500);
    Wait(10 * kSecondMs, 45 * kSecondMs);
  }
}

std::vector<StreamEvent> AttackScript::Build() {
  switch (attack_.kind) {
    case AttackKind::kCardTesting:
      CardTesting();
      break;
    case AttackKind::kTakeover:
      Takeover();
      break;
    case AttackKind::kImpossibleTravel:
      ImpossibleTravel();
      break;
    case AttackKind::kMule:
      Mule();
      break;
    case AttackKind::kStructuring:
      Structuring();
      break;
    case AttackKind::kResetWithoutMfa:
      ResetWithoutMfa();
      break;
    case AttackKind::kEscalation:
      Escalation();
      break;
    case AttackKind::kVelocity:
      Velocity();
      break;
  }
  return std::move(events_);
}

}  // namespace

AttackRates DefaultAttackRates() {
  AttackRates rates{};
  for (size_t i = 0; i < kAttackKinds; ++i) rates[i] = kAttackRows[i].per_million;
  return rates;
}

std::string_view AttackName(AttackKind kind) { return kAttackRows[std::to_underlying(kind)].name; }

std::optional<AttackKind> FindAttackKind(std::string_view name) {
  for (size_t i = 0; i < kAttackKinds; ++i) {
    if (kAttackRows[i].name == name) return static_cast<AttackKind>(i);
  }
  return std::nullopt;
}

bool KeyedByCard(AttackKind kind) { return kAttackRows[std::to_underlying(kind)].by_card; }

std::vector<StreamEvent> BuildAttack(const Attack& attack, AttackId id,
                                     const Population& population, uint32_t device_generation) {
  return AttackScript(attack, id, population, device_generation).Build();
}

}  // namespace weir::apps
