#include "apps/generate/population.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::apps {
namespace {

struct Country {
  std::string_view name;
  uint32_t home_weight;  // how many of the cards live there, in 1/100
  uint8_t first_octet;   // of its addresses
};

// The issuer is European: the homes share one day and night cycle. The rest are seen on trips and
// in attacks.
constexpr auto kCountries = std::to_array<Country>({
    {"GB", 22, 81}, {"DE", 18, 84}, {"FR", 15, 82}, {"ES", 10, 83}, {"IT", 10, 79},
    {"NL", 7, 77},  {"PL", 6, 89},  {"SE", 4, 78},  {"BE", 3, 91},  {"PT", 2, 85},
    {"IE", 2, 86},  {"AT", 1, 88},  {"US", 0, 66},  {"TR", 0, 94},  {"MA", 0, 105},
    {"AE", 0, 94},  {"TH", 0, 110}, {"JP", 0, 126}, {"BR", 0, 187}, {"ZA", 0, 196},
});
constexpr uint64_t kHomeWeights = 100;
constexpr uint64_t kMerchantsPerCountry = 300;
static_assert(kMerchantsPerCountry * kCountries.size() == Population::kMerchants);

struct Category {
  uint16_t mcc;
  int64_t median_cents;
  int64_t spread;
};

constexpr auto kCategories = std::to_array<Category>({
    {5411, 3200, 260},  // grocery
    {5411, 2600, 260},
    {5812, 2800, 240},   // restaurant
    {5814, 980, 200},    // fast food
    {5541, 4400, 160},   // fuel
    {4111, 620, 220},    // local transport
    {5912, 1500, 260},   // pharmacy
    {5999, 2900, 340},   // other retail
    {5732, 9900, 380},   // electronics
    {5651, 5200, 300},   // clothing
    {4899, 1290, 130},   // streaming, cable
    {4814, 2300, 200},   // telephone
    {7011, 13500, 280},  // hotel
    {4511, 21000, 300},  // airline
    {5942, 1800, 260},   // books
    {7995, 3600, 420},   // betting
});

// 2^(i/16) in 16-bit fixed point: log-normal amounts without <cmath>.
constexpr std::array<int64_t, 17> kPowersOfTwo = {65536,  68438,  71468,  74632,  77936,  81386,
                                                  84990,  88752,  92682,  96785,  101070, 105545,
                                                  110218, 115098, 120194, 125515, 131072};

// Of 2^64 hashes, what is the offset of this one when they are laid on [0, bound)?
uint64_t Scale(uint64_t hash, uint64_t bound) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(hash) * bound) >> 64);
}

constexpr uint32_t kOctaves = 7;

uint32_t DrawRank(SeededRandom& random, uint64_t count) {
  constexpr uint64_t kParts = (1U << kOctaves) - 1;
  const uint64_t octave = random.Below(kOctaves);
  const uint64_t begin = count * ((1ULL << octave) - 1) / kParts;
  const uint64_t end = count * ((2ULL << octave) - 1) / kParts;
  return static_cast<uint32_t>(begin + random.Below(std::max<uint64_t>(end - begin, 1)));
}

// Spreads the busy ranks over all ids: a bijection, as the prime divides no count below it.
uint32_t RankToId(uint32_t rank, uint32_t count) {
  constexpr uint64_t kPrime = 4294967291;  // the largest below 2^32
  return static_cast<uint32_t>(rank * kPrime % count);
}

// Hash domains: one for each thing that is derived from the seed.
enum Domain : uint64_t { kHome = 1, kTrip, kTripCountry, kDevice, kAddress, kCategory };

}  // namespace

std::string_view CountryName(CountryId country) {
  return kCountries[std::to_underlying(country)].name;
}

int64_t DrawAmountCents(SeededRandom& random, int64_t median_cents, int64_t spread) {
  constexpr int64_t kMean = 8 * 255 / 2;
  constexpr int64_t kDeviation = 209;  // sqrt(8 * (256^2 - 1) / 12)
  int64_t sum = 0;
  for (uint64_t bits = random.Next(), i = 0; i < 8; ++i, bits >>= 8) {
    sum += static_cast<int64_t>(bits & 255);
  }
  const int64_t exponent = (sum - kMean) * spread / kDeviation;  // in 1/256 octaves
  const int64_t octaves = exponent >> 8;                         // rounds down, also below 0
  const int64_t fraction = exponent & 255;
  const auto step = static_cast<size_t>(fraction >> 4);
  const int64_t power =
      kPowersOfTwo[step] + (kPowersOfTwo[step + 1] - kPowersOfTwo[step]) * (fraction & 15) / 16;
  const int64_t scaled = median_cents * power;
  const int64_t cents = (octaves >= 0 ? scaled << octaves : scaled >> -octaves) >> 16;
  return std::max<int64_t>(cents, 1);
}

Population::Population(uint64_t seed, uint32_t cards, uint32_t accounts)
    : seed_(seed), cards_(cards), accounts_(accounts) {}

CardId Population::BusyCard(SeededRandom& random) const {
  return CardId{RankToId(DrawRank(random, cards_), cards_)};
}

AccountId Population::BusyAccount(SeededRandom& random) const {
  return AccountId{RankToId(DrawRank(random, accounts_), accounts_)};
}

CardId Population::AnyCard(SeededRandom& random) const {
  return CardId{static_cast<uint32_t>(random.Below(cards_))};
}

AccountId Population::AnyAccount(SeededRandom& random) const {
  return AccountId{static_cast<uint32_t>(random.Below(accounts_))};
}

AccountId Population::AccountOf(CardId card) const {
  return AccountId{std::to_underlying(card) % accounts_};
}

CardId Population::CardOf(AccountId account) const {
  return CardId{std::to_underlying(account) % cards_};
}

CountryId Population::CountryAt(AccountId account, int64_t ts_ms) const {
  constexpr int64_t kBlockDays = 10;  // at most one trip in each block
  constexpr uint64_t kTripOneIn = 40;
  const uint32_t id = std::to_underlying(account);
  uint64_t weight = Scale(MixBits(seed_, kHome, id), kHomeWeights);
  uint8_t home = 0;
  while (weight >= kCountries[home].home_weight) weight -= kCountries[home++].home_weight;

  const int64_t day = (ts_ms - 3 * kHourMs) / kDayMs;
  const auto block = static_cast<uint64_t>(day / kBlockDays);
  const uint64_t trip = MixBits(seed_ ^ (uint64_t{kTrip} << 56), id, block);
  if (trip % kTripOneIn != 0) return CountryId{home};
  const auto first_day = static_cast<int64_t>((trip >> 8) % 6);
  const auto last_day = first_day + 1 + static_cast<int64_t>((trip >> 16) % 4);
  const int64_t day_in_block = day % kBlockDays;
  if (day_in_block < first_day || day_in_block > last_day) return CountryId{home};
  const uint64_t hop = 1 + Scale(MixBits(trip, kTripCountry), kCountries.size() - 1);
  return CountryId{static_cast<uint8_t>((home + hop) % kCountries.size())};
}

CountryId Population::AbroadFrom(CountryId country, SeededRandom& random) const {
  const uint64_t hop = 1 + random.Below(kCountries.size() - 1);
  return CountryId{static_cast<uint8_t>((std::to_underlying(country) + hop) % kCountries.size())};
}

DeviceId Population::DeviceOf(AccountId account, uint32_t generation) const {
  const uint64_t owner = (uint64_t{std::to_underlying(account)} << 32) | generation;
  return DeviceId{MixBits(seed_, kDevice, owner) >> 16};
}

uint32_t Population::AddressOf(AccountId account, CountryId country, int64_t ts_ms) const {
  const auto lease = static_cast<uint64_t>(ts_ms / (5 * kDayMs));
  const uint64_t owner = (uint64_t{std::to_underlying(account)} << 32) | lease;
  return AddressIn(country, MixBits(seed_, kAddress, owner));
}

Shop Population::DrawShop(CountryId country, SeededRandom& random) const {
  const uint64_t rank = DrawRank(random, kMerchantsPerCountry);
  const uint64_t merchant = rank * kCountries.size() + std::to_underlying(country);
  const Category& category =
      kCategories[Scale(MixBits(seed_, kCategory, merchant), kCategories.size())];
  return Shop{.merchant = MerchantId{static_cast<uint32_t>(merchant)},
              .mcc = category.mcc,
              .median_cents = category.median_cents,
              .spread = category.spread};
}

uint32_t AddressIn(CountryId country, uint64_t bits) {
  const uint32_t network = kCountries[std::to_underlying(country)].first_octet;
  return (network << 24) | static_cast<uint32_t>(bits & 0xffffff);
}

}  // namespace weir::apps
