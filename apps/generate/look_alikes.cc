// Honest customers who look like fraud of some kind: what a rule against that kind has to let pass.
// Each kind has a few; which one is drawn. Nothing in here bears an attack's mark.
#include <utility>

#include "apps/generate/attack_script.h"

namespace weir::apps {
namespace {

class LookAlike : public AttackScript {
 public:
  using AttackScript::AttackScript;

  std::vector<StreamEvent> Build();

 private:
  void ParkingMeter();
  void NewTelephone();
  void BorderTown();
  void Treasurer();
  void Builder();
  void DayOut();
  void Renovation();
  void ReturnsWhatDoesNotFit();
  void NewNeighbours();
  void Household();
  void Victim();
  void ConcertHall();
  void BackAgain();

  // Approved purchases in shops of the country; the gaps are up to the longest.
  void Shopping(const StreamEvent& who, int64_t count, int64_t low_cents, int64_t high_cents,
                int64_t longest_gap_ms);
};

void LookAlike::Shopping(const StreamEvent& who, int64_t count, int64_t low_cents,
                         int64_t high_cents, int64_t longest_gap_ms) {
  for (int64_t i = 0; i < count; ++i) {
    const Shop shop = population_.DrawShop(who.country, random_);
    const int64_t cents = random_.Between(low_cents, high_cents);
    Auth(who, shop, cents, true);
    Wait(longest_gap_ms / 10, longest_gap_ms);
  }
}

// A machine declines small amounts again and again; the holder then shops as ever.
void LookAlike::ParkingMeter() {
  const Shop meter = population_.DrawShop(holder_.country, random_);
  const int64_t cents = random_.Between(1'00, 3'00);
  const int64_t tries = random_.Between(2, 4);
  for (int64_t i = 0; i < tries; ++i) {
    Auth(holder_, meter, cents, false);
    Wait(10 * kSecondMs, 40 * kSecondMs);
  }
  Auth(holder_, meter, cents, true);
  Wait(2 * kMinuteMs, 8 * kMinuteMs);
  Shopping(holder_, 1, 8'00, 160'00, kMinuteMs);
}

// A new device, confirmed by a second factor (by a telephone call one time in ten), and a large
// transfer; or a forgotten password.
void LookAlike::NewTelephone() {
  StreamEvent renewed = holder_;
  renewed.device = OwnDevice(attack_);
  if (random_.PerTenThousand(5'000)) {
    Add(renewed, EventType::kPasswordReset);
    Wait(20 * kSecondMs, 2 * kMinuteMs);
  }
  Add(renewed, EventType::kLogin);
  Wait(20 * kSecondMs, 3 * kMinuteMs);
  Add(renewed, EventType::kDeviceChange);
  Wait(10 * kSecondMs, kMinuteMs);
  if (!random_.PerTenThousand(1'000)) Add(renewed, EventType::kMfa);
  Wait(kMinuteMs, 10 * kMinuteMs);
  const AccountId to = OtherAccount();
  const int64_t cents = random_.Between(300'00, 5'000'00);
  Transfer(renewed, to, cents);
}

// Lives where the next country is a short drive away.
void LookAlike::BorderTown() {
  StreamEvent across = holder_;
  across.country = thief_.country;
  Shopping(holder_, 1, 4'00, 70'00, 5 * kMinuteMs);
  Wait(18 * kMinuteMs, 40 * kMinuteMs);
  Shopping(across, 1, 8'00, 75'00, 5 * kMinuteMs);
}

// Collects shares from friends and pays the rent, or a parent passes on some of a gift.
void LookAlike::Treasurer() {
  const int64_t shares = random_.Between(1, 3);
  const int64_t cents = random_.Between(450'00, 1'200'00);
  for (int64_t i = 0; i < shares; ++i) {
    Transfer(Local(holder_.country), attack_.account, cents);
    Wait(2 * kMinuteMs, 20 * kMinuteMs);
  }
  const AccountId to = OtherAccount();
  const int64_t parts = random_.Between(30, 115);
  Transfer(holder_, to, cents * parts / 100);
}

// Pays for a house in parts, some of them not far below 10,000.
void LookAlike::Builder() {
  const AccountId to = OtherAccount();
  const int64_t transfers = random_.Between(1, 3);
  for (int64_t i = 0; i < transfers; ++i) {
    const int64_t cents = random_.Between(5'500'00, 9'900'00);
    Transfer(holder_, to, cents);
    Wait(kHourMs, 6 * kHourMs);
  }
}

// A fair: many small purchases in a short time; or a wedding: a few large ones in an hour.
void LookAlike::DayOut() {
  if (random_.PerTenThousand(5'000)) {
    const int64_t rides = random_.Between(6, 12);
    Shopping(holder_, rides, 2'00, 12'00, 90 * kSecondMs);
  } else {
    const int64_t purchases = random_.Between(4, 7);
    Shopping(holder_, purchases, 60'00, 350'00, 8 * kMinuteMs);
  }
}

// A higher limit and a new kitchen, or a month of presents; both paid.
void LookAlike::Renovation() {
  const int64_t quiet_ms = random_.Between(30, 45) * kDayMs;
  LiveUntil(holder_, quiet_ms, kDayMs, 4 * kDayMs);
  const bool kitchen = random_.PerTenThousand(5'000);
  if (kitchen) {
    const int64_t limit = random_.Between(50, 90) * 100'00;
    AddAmount(holder_, EventType::kLimitChange, limit);
    Wait(kDayMs, 4 * kDayMs);
    const int64_t purchases = random_.Between(1, 4);
    Shopping(holder_, purchases, 300'00, 1'800'00, 3 * kDayMs);
  } else {
    const int64_t purchases = random_.Between(6, 12);
    Shopping(holder_, purchases, 40'00, 320'00, 16 * kHourMs);
  }
  const int64_t bill = random_.Between(10, 40) * 100'00;
  const bool paid = !random_.PerTenThousand(800);  // a wrong digit: the bank returns it
  AddAmount(holder_, EventType::kPayment, bill).approved = paid;
  if (paid) return;
  Wait(kDayMs, 3 * kDayMs);
  AddAmount(holder_, EventType::kPayment, bill);
}

// Tries clothes on at home; or a cancelled journey.
void LookAlike::ReturnsWhatDoesNotFit() {
  const bool journey = random_.PerTenThousand(3'000);
  const int64_t rounds = random_.Between(6, 11);
  for (int64_t i = 0; i < rounds; ++i) {
    const Shop shop = population_.DrawShop(holder_.country, random_);
    const int64_t cents = random_.Between(20'00, 260'00);
    Auth(holder_, shop, cents, true);
    Wait(kDayMs, 3 * kDayMs);
    if (!journey && random_.PerTenThousand(3'500)) {
      const int64_t parts = random_.Between(40, 100);
      AddAtShop(holder_, EventType::kRefund, shop, cents * parts / 100);
    }
  }
  if (!journey) return;
  const Shop airline = DearShop(holder_.country);
  const int64_t cents = random_.Between(400'00, 1'800'00);
  Auth(holder_, airline, cents, true);
  Wait(kDayMs, 6 * kDayMs);
  AddAtShop(holder_, EventType::kRefund, airline, cents);
}

// A hall of residence (one address, everyone with their own device and telephone), a family (one
// tablet, one address, a telephone for two or the parent's for all), or a branch of the bank (one
// tablet, many addresses).
void LookAlike::NewNeighbours() {
  const uint64_t which = random_.Below(3);
  const bool hall = which == 0;
  const bool family = which == 1;
  const auto people = static_cast<uint32_t>(random_.Between(family ? 2 : 4, family ? 5 : 8));
  const uint64_t address = random_.Next() >> 16;
  const uint32_t on_one_phone = random_.PerTenThousand(3'000) ? people : 2;
  int64_t opened_ms = 0;
  for (uint32_t i = 0; i < people; ++i) {
    StreamEvent person = Person(i);
    if (hall || family) person.address = address;
    if (!hall) person.device = OwnDevice(attack_);
    if (family) person.phone = Person(i / on_one_phone).phone;
    now_ms_ = opened_ms;
    Add(person, EventType::kAccountOpen);
    if (!hall) person.device = Person(i).device;
    Wait(kDayMs, 3 * kDayMs);
    LiveUntil(person, opened_ms + random_.Between(20, 35) * kDayMs, 2 * kDayMs, 7 * kDayMs);
    const int64_t dear = random_.Between(0, 2);
    Shopping(person, dear, 150'00, 900'00, kDayMs);
    opened_ms += random_.Between(kHourMs, 40 * kHourMs);
  }
}

// A family on one tablet, who keep the bonus or move it together; or neighbours in one network.
void LookAlike::Household() {
  const bool family = random_.PerTenThousand(6'000);
  const auto people = static_cast<uint32_t>(random_.Between(family ? 2 : 4, family ? 4 : 8));
  const int64_t bonus = random_.Between(4, 12) * 5'00;
  int64_t opened_ms = 0;
  for (uint32_t i = 0; i < people; ++i) {
    StreamEvent person = Person(i);
    if (family) person.device = OwnDevice(attack_);
    person.ipv4 = (Person(0).ipv4 & ~255U) | (person.ipv4 & 255U);
    now_ms_ = opened_ms;
    Add(person, EventType::kAccountOpen);
    Wait(kMinuteMs, 40 * kMinuteMs);
    AddAmount(person, EventType::kBonus, bonus);
    Wait(kHourMs, 20 * kHourMs);
    if (random_.PerTenThousand(4'000)) {
      Transfer(person, family ? Person(0).account : OtherAccount(), bonus);
    } else {
      Shopping(person, 2, 5'00, 60'00, 12 * kHourMs);
    }
    opened_ms += random_.Between(5 * kMinuteMs, 12 * kHourMs);
  }
}

// Somebody else used the card, from a device of their own, and the holder disputes all of it; or
// one delivery that never came.
void LookAlike::Victim() {
  LiveUntil(holder_, 15 * kDayMs, 12 * kHourMs, 2 * kDayMs);
  StreamEvent stranger = thief_;
  stranger.attack = kNoAttack;
  const bool stolen = random_.PerTenThousand(5'000);
  const int64_t purchases = stolen ? random_.Between(3, 6) : random_.Between(1, 2);
  const int64_t stolen_ms = now_ms_;
  const int64_t noticed_ms = stolen_ms + random_.Between(2, 9) * kDayMs;
  for (int64_t i = 0; i < purchases; ++i) {
    const StreamEvent& buyer = stolen ? stranger : holder_;
    const Shop shop = DearShop(buyer.country);
    const int64_t cents = random_.Between(60'00, 500'00);
    now_ms_ = stolen_ms + i * 10 * kMinuteMs;
    Auth(buyer, shop, cents, true);
    now_ms_ = noticed_ms + i * kMinuteMs;
    AddAtShop(buyer, EventType::kChargeback, shop, cents);
  }
  LiveUntil(holder_, noticed_ms + 20 * kDayMs, kDayMs, 3 * kDayMs);
}

// Tickets at one price, or a charity that takes round amounts: many cards, once each.
void LookAlike::ConcertHall() {
  const Shop hall = {.merchant = OwnMerchant(attack_), .mcc = 7922, .median_cents = 0, .spread = 0};
  const bool charity = random_.PerTenThousand(5'000);
  const int64_t price = random_.Between(25, 120) * 1'00;
  const int64_t guests = random_.Between(10, 25);
  for (int64_t i = 0; i < guests; ++i) {
    const StreamEvent guest = Local(holder_.country);
    const int64_t gift = random_.Between(1, 4) * 50'00;
    Auth(guest, hall, charity ? gift : price, true);
    Wait(kMinuteMs, 3 * kHourMs);
    if (random_.PerTenThousand(1'000)) Auth(guest, hall, charity ? gift : price, true);
  }
}

// Comes back to an account after months: with the old device, or with a new one and a second
// factor.
void LookAlike::BackAgain() {
  Add(holder_, EventType::kAccountOpen);
  const int64_t active_ms = random_.Between(5, 10) * kDayMs;
  while (now_ms_ < active_ms) {
    Add(holder_, EventType::kLogin);
    Wait(kMinuteMs, 10 * kMinuteMs);
    Shopping(holder_, 1, 5'00, 120'00, kMinuteMs);
    Wait(12 * kHourMs, 2 * kDayMs);
  }
  Wait(55 * kDayMs, 90 * kDayMs);
  StreamEvent back = holder_;
  const bool renewed = random_.PerTenThousand(5'000);
  if (renewed) back.device = OwnDevice(attack_);
  if (random_.PerTenThousand(4'000)) {
    Add(back, EventType::kPasswordReset);
    Wait(30 * kSecondMs, 5 * kMinuteMs);
  }
  Add(back, EventType::kLogin);
  Wait(10 * kSecondMs, kMinuteMs);
  // One in eight is let in by a telephone call, without the second factor.
  if (renewed && !random_.PerTenThousand(1'250)) Add(back, EventType::kMfa);
  Wait(kMinuteMs, 20 * kMinuteMs);
  const AccountId to = OtherAccount();
  const int64_t cents = random_.Between(50'00, 2'500'00);
  Transfer(back, to, cents);
}

std::vector<StreamEvent> LookAlike::Build() {
  switch (attack_.kind) {
    case AttackKind::kCardTesting:
      ParkingMeter();
      break;
    case AttackKind::kTakeover:
    case AttackKind::kResetWithoutMfa:
      NewTelephone();
      break;
    case AttackKind::kImpossibleTravel:
      BorderTown();
      break;
    case AttackKind::kMule:
      Treasurer();
      break;
    case AttackKind::kStructuring:
      Builder();
      break;
    case AttackKind::kEscalation:
    case AttackKind::kVelocity:
      DayOut();
      break;
    case AttackKind::kBustOut:
      Renovation();
      break;
    case AttackKind::kRefundAbuse:
      ReturnsWhatDoesNotFit();
      break;
    case AttackKind::kSyntheticIdentity:
      NewNeighbours();
      break;
    case AttackKind::kBonusAbuse:
      Household();
      break;
    case AttackKind::kFirstParty:
      Victim();
      break;
    case AttackKind::kMerchantCollusion:
      ConcertHall();
      break;
    case AttackKind::kDormantAccount:
      BackAgain();
      break;
  }
  return std::move(events_);
}

}  // namespace

std::vector<StreamEvent> BuildLookAlike(const Attack& attack, const Population& population,
                                        uint32_t device_generation) {
  return LookAlike(attack, kNoAttack, population, device_generation).Build();
}

}  // namespace weir::apps
