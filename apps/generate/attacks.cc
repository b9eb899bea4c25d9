#include "apps/generate/attacks.h"

#include <utility>

#include "apps/generate/attack_script.h"

namespace weir::apps {
namespace {

// The attacks on people of the population.
class PaymentAttack : public AttackScript {
 public:
  using AttackScript::AttackScript;

  std::vector<StreamEvent> Build();

 private:
  void CardTesting();
  void Takeover();
  void ImpossibleTravel();
  void Mule();
  void Structuring();
  void ResetWithoutMfa();
  void Escalation();
  void Velocity();
};

void PaymentAttack::CardTesting() {
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

void PaymentAttack::Takeover() {
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

void PaymentAttack::ImpossibleTravel() {
  const Shop shop = population_.DrawShop(holder_.country, random_);
  Auth(holder_, shop, random_.Between(4'00, 80'00), true);
  Wait(4 * kMinuteMs, 25 * kMinuteMs);
  const int64_t purchases = random_.Between(1, 3);
  for (int64_t i = 0; i < purchases; ++i) {
    ThiefAuth(60'00, 950'00, 2'000);
    Wait(kMinuteMs, 6 * kMinuteMs);
  }
}

void PaymentAttack::Mule() {
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

void PaymentAttack::Structuring() {
  StreamEvent sender = holder_;
  sender.attack = id_;
  const AccountId to = OtherAccount();
  const int64_t transfers = random_.Between(4, 8);
  for (int64_t i = 0; i < transfers; ++i) {
    Transfer(sender, to, random_.Between(9'000'00, 9'980'00));
    Wait(30 * kMinuteMs, 150 * kMinuteMs);
  }
}

void PaymentAttack::ResetWithoutMfa() {
  Add(thief_, EventType::kPasswordReset);
  Wait(20 * kSecondMs, 2 * kMinuteMs);
  Add(thief_, EventType::kLogin);
  Wait(30 * kSecondMs, 8 * kMinuteMs);
  const AccountId to = OtherAccount();
  Transfer(thief_, to, random_.Between(300'00, 6'000'00));
}

void PaymentAttack::Escalation() {
  const int64_t purchases = random_.Between(5, 7);
  int64_t cents = random_.Between(10'00, 40'00);
  for (int64_t i = 0; i < purchases; ++i) {
    ThiefAuth(cents, cents, 0);
    cents = cents * random_.Between(130, 190) / 100;
    Wait(2 * kMinuteMs, 4 * kMinuteMs);
  }
}

void PaymentAttack::Velocity() {
  const int64_t purchases = random_.Between(7, 12);
  for (int64_t i = 0; i < purchases; ++i) {
    ThiefAuth(180'00, 420'00, 1'500);
    Wait(10 * kSecondMs, 45 * kSecondMs);
  }
}

std::vector<StreamEvent> PaymentAttack::Build() {
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
    default:  // a scheme, see BuildScheme
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

MerchantId OwnMerchant(const Attack& attack) {
  return MerchantId{Population::kMerchants + attack.number};
}

DeviceId OwnDevice(const Attack& attack) { return DeviceId{MixBits(attack.seed, 9) >> 16}; }

std::vector<StreamEvent> BuildAttack(const Attack& attack, AttackId id,
                                     const Population& population, uint32_t device_generation) {
  if (attack.look_alike) return BuildLookAlike(attack, population, device_generation);
  if (kAttackRows[std::to_underlying(attack.kind)].own_people) {
    return BuildScheme(attack, id, population);
  }
  return PaymentAttack(attack, id, population, device_generation).Build();
}

}  // namespace weir::apps
