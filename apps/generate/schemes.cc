// Fraud that takes weeks. The people in it are new: their accounts and cards belong to the scheme
// alone, so that the script has all of their history, the honest part included. Only the events
// that are the fraud itself bear its mark; good conduct before it does not.
#include <utility>

#include "apps/generate/attack_script.h"

namespace weir::apps {
namespace {

class Scheme : public AttackScript {
 public:
  using AttackScript::AttackScript;

  std::vector<StreamEvent> Build();

 private:
  void BustOut();
  void RefundAbuse();
  void SyntheticIdentity();
  void BonusAbuse();
  void FirstParty();
  void MerchantCollusion();
  void DormantAccount();

  // What a made-up customer does once the account is open: little, then a loan's worth.
  void BorrowAndVanish(const StreamEvent& who, int64_t opened_ms);
};

void Scheme::BustOut() {
  const int64_t quiet_ms = random_.Between(35, 50) * kDayMs;
  LiveUntil(holder_, quiet_ms / 2, kDayMs, 4 * kDayMs);
  const int64_t first_bill = random_.Between(150'00, 450'00);
  AddAmount(holder_, EventType::kPayment, first_bill);
  LiveUntil(holder_, quiet_ms, kDayMs, 4 * kDayMs);
  const int64_t second_bill = random_.Between(150'00, 450'00);
  AddAmount(holder_, EventType::kPayment, second_bill);
  if (random_.PerTenThousand(7'000)) {
    const int64_t limit = random_.Between(40, 90) * 100'00;
    AddAmount(holder_, EventType::kLimitChange, limit);
    Wait(kHourMs, 3 * kDayMs);
  }
  const StreamEvent guilty = Guilty(holder_);
  const bool feigned = random_.PerTenThousand(6'000);  // a payment that the bank will return
  const int64_t purchases = random_.Between(6, 11);
  for (int64_t i = 0; i < purchases; ++i) {
    const Shop shop = DearShop(holder_.country);
    const int64_t cents = random_.Between(350'00, 1'600'00);
    Auth(guilty, shop, cents, i < 4 || !random_.PerTenThousand(2'500));
    Wait(20 * kMinuteMs, 9 * kHourMs);
    if (feigned && i == 3) {
      const int64_t returned = random_.Between(15, 50) * 100'00;
      AddAmount(guilty, EventType::kPayment, returned).approved = false;
    }
  }
}

void Scheme::RefundAbuse() {
  const StreamEvent guilty = Guilty(holder_);
  const int64_t rounds = random_.Between(5, 9);
  for (int64_t i = 0; i < rounds; ++i) {
    const Shop shop = DearShop(holder_.country);
    const int64_t cents = random_.Between(60'00, 450'00);
    Auth(holder_, shop, cents, true);
    Wait(4 * kHourMs, 3 * kDayMs);
    if (random_.PerTenThousand(8'500)) AddAtShop(guilty, EventType::kRefund, shop, cents);
    if (random_.PerTenThousand(5'000)) {  // something that is eaten, and not brought back
      const Shop grocer = population_.DrawShop(holder_.country, random_);
      const int64_t spent = random_.Between(5'00, 40'00);
      Auth(holder_, grocer, spent, true);
    }
    Wait(6 * kHourMs, 40 * kHourMs);
  }
  if (random_.PerTenThousand(4'000)) {  // and a refund of what was never bought
    const Shop shop = DearShop(holder_.country);
    const int64_t cents = random_.Between(80'00, 400'00);
    AddAtShop(guilty, EventType::kRefund, shop, cents);
  }
}

void Scheme::BorrowAndVanish(const StreamEvent& who, int64_t opened_ms) {
  now_ms_ = opened_ms;
  Wait(kDayMs, 3 * kDayMs);
  const int64_t quiet_ms = opened_ms + random_.Between(18, 30) * kDayMs;
  LiveUntil(who, quiet_ms, 2 * kDayMs, 7 * kDayMs);
  const int64_t purchases = random_.Between(2, 4);
  for (int64_t i = 0; i < purchases; ++i) {
    const Shop shop = DearShop(who.country);
    const int64_t cents = random_.Between(450'00, 2'200'00);
    Auth(Guilty(who), shop, cents, true);
    Wait(kHourMs, 16 * kHourMs);
  }
}

void Scheme::SyntheticIdentity() {
  const auto people = static_cast<uint32_t>(random_.Between(4, 7));
  const bool one_device = random_.PerTenThousand(7'000);
  const uint64_t address = random_.Next() >> 16;
  int64_t opened_ms = 0;
  for (uint32_t i = 0; i < people; ++i) {
    StreamEvent person = Person(i);
    person.address = address;
    person.phone = Person(i / 3).phone;  // a telephone serves three
    if (one_device) person.device = OwnDevice(attack_);
    now_ms_ = opened_ms;
    Add(Guilty(person), EventType::kAccountOpen);
    BorrowAndVanish(person, opened_ms);
    opened_ms += random_.Between(kHourMs, 50 * kHourMs);
  }
}

void Scheme::BonusAbuse() {
  const auto people = static_cast<uint32_t>(random_.Between(4, 9));
  const int64_t bonus = random_.Between(4, 12) * 5'00;
  const AccountId collector = OtherAccount();
  const uint64_t second_device = random_.Next() >> 16;
  const bool two_devices = random_.PerTenThousand(3'500);
  int64_t opened_ms = 0;
  for (uint32_t i = 0; i < people; ++i) {
    StreamEvent person = Person(i);
    person.device = two_devices && i % 2 == 1 ? DeviceId{second_device} : OwnDevice(attack_);
    person.ipv4 = (Person(0).ipv4 & ~255U) | (person.ipv4 & 255U);
    now_ms_ = opened_ms;
    Add(person, EventType::kAccountOpen);
    Wait(kMinuteMs, 30 * kMinuteMs);
    AddAmount(Guilty(person), EventType::kBonus, bonus);
    Wait(10 * kMinuteMs, 8 * kHourMs);
    Transfer(Guilty(person), collector, bonus * random_.Between(85, 100) / 100);
    opened_ms += random_.Between(5 * kMinuteMs, 10 * kHourMs);
  }
}

void Scheme::FirstParty() {
  LiveUntil(holder_, 12 * kDayMs, 12 * kHourMs, 2 * kDayMs);
  const int64_t purchases = random_.Between(4, 7);
  for (int64_t i = 0; i < purchases; ++i) {
    const Shop shop = DearShop(holder_.country);
    const int64_t cents = random_.Between(80'00, 600'00);
    Auth(holder_, shop, cents, true);
    const int64_t bought_ms = now_ms_;
    if (i == 0 || random_.PerTenThousand(8'500)) {
      Wait(12 * kDayMs, 32 * kDayMs);
      AddAtShop(Guilty(holder_), EventType::kChargeback, shop, cents);
      if (random_.PerTenThousand(5'000)) {  // is back in the shop that they accused
        Wait(kDayMs, 4 * kDayMs);
        const int64_t again = random_.Between(10'00, 80'00);
        Auth(holder_, shop, again, true);
      }
    }
    now_ms_ = bought_ms;
    Wait(kDayMs, 4 * kDayMs);
    const Shop grocer = population_.DrawShop(holder_.country, random_);
    const int64_t spent = random_.Between(5'00, 60'00);
    Auth(holder_, grocer, spent, true);
  }
}

void Scheme::MerchantCollusion() {
  constexpr int64_t kRound[] = {100'00, 150'00, 200'00, 250'00, 300'00, 400'00, 500'00};
  const Shop shop = {.merchant = OwnMerchant(attack_), .mcc = 5999, .median_cents = 0, .spread = 0};
  const int64_t cards = random_.Between(4, 8);
  for (int64_t i = 0; i < cards; ++i) {
    StreamEvent person = Guilty(Local(holder_.country));
    if (random_.PerTenThousand(6'000)) person.device = OwnDevice(attack_);
    const int64_t sales = random_.Between(2, 4);
    now_ms_ = random_.Between(0, kDayMs);
    for (int64_t k = 0; k < sales; ++k) {
      const int64_t cents = kRound[random_.Below(std::size(kRound))];
      Auth(person, shop, cents, true);
      Wait(10 * kMinuteMs, 16 * kHourMs);
    }
  }
}

void Scheme::DormantAccount() {
  Add(holder_, EventType::kAccountOpen);
  const int64_t active_ms = random_.Between(5, 10) * kDayMs;
  while (now_ms_ < active_ms) {
    Add(holder_, EventType::kLogin);
    Wait(kMinuteMs, 10 * kMinuteMs);
    const Shop shop = population_.DrawShop(holder_.country, random_);
    const int64_t cents = random_.Between(5'00, 120'00);
    Auth(holder_, shop, cents, true);
    Wait(12 * kHourMs, 2 * kDayMs);
  }
  Wait(60 * kDayMs, 90 * kDayMs);
  if (random_.PerTenThousand(6'000)) {
    Add(thief_, EventType::kPasswordReset);
    Wait(30 * kSecondMs, 5 * kMinuteMs);
  }
  Add(thief_, EventType::kLogin);
  const AccountId to = OtherAccount();
  const int64_t transfers = random_.Between(1, 3);
  for (int64_t i = 0; i < transfers; ++i) {
    Wait(2 * kMinuteMs, 30 * kMinuteMs);
    const int64_t cents = random_.Between(350'00, 4'500'00);
    Transfer(thief_, to, cents);
  }
}

std::vector<StreamEvent> Scheme::Build() {
  switch (attack_.kind) {
    case AttackKind::kBustOut:
      BustOut();
      break;
    case AttackKind::kRefundAbuse:
      RefundAbuse();
      break;
    case AttackKind::kSyntheticIdentity:
      SyntheticIdentity();
      break;
    case AttackKind::kBonusAbuse:
      BonusAbuse();
      break;
    case AttackKind::kFirstParty:
      FirstParty();
      break;
    case AttackKind::kMerchantCollusion:
      MerchantCollusion();
      break;
    case AttackKind::kDormantAccount:
      DormantAccount();
      break;
    default:  // on people of the population, see attacks.cc
      break;
  }
  return std::move(events_);
}

}  // namespace

std::vector<StreamEvent> BuildScheme(const Attack& attack, AttackId id,
                                     const Population& population) {
  return Scheme(attack, id, population, 0).Build();
}

}  // namespace weir::apps
