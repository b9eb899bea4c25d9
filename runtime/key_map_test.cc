#include "runtime/key_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace weir::runtime {
namespace {

using Map = KeyMap<std::uint64_t>;

std::string key_of(std::uint64_t n) {
  return n % 3 == 0 ? "a key that is longer than any entry holds " + std::to_string(n)
                    : std::to_string(n);
}

// Hashes that collide in their low half, as an outsider could make them.
std::uint64_t hash_of(std::uint64_t n, bool colliding) {
  return colliding ? (n << 32 | n % 5) : hash_key(key_of(n));
}

void insert_and_erase(bool colliding, std::uint64_t keys, int steps) {
  base::Pool pool;
  Map map(pool);
  std::map<std::uint64_t, KeyRef> known;
  std::vector<KeyRef> gone;
  std::mt19937_64 random(keys);
  for (int i = 0; i < steps; ++i) {
    // Grows, shrinks to little, grows again.
    const std::uint64_t wanted = i / (steps / 4) % 2 == 0 ? 4 : 1;
    const std::uint64_t n = random() % keys;
    auto* entry = map.find(key_of(n), hash_of(n, colliding));
    const auto place = known.find(n);
    ASSERT_EQ(entry != nullptr, place != known.end());
    if (entry != nullptr) {
      ASSERT_EQ(entry->key(), key_of(n));
      ASSERT_EQ(map.find(place->second), entry);
    }
    if (entry == nullptr && random() % 5 < wanted) {
      entry = map.insert(key_of(n), hash_of(n, colliding));
      entry->held.push_back(pool, n);
      known[n] = entry->ref();
    } else if (entry != nullptr && random() % 5 >= wanted) {
      gone.push_back(entry->ref());
      map.erase(entry);
      known.erase(place);
    }
    ASSERT_EQ(map.size(), known.size());
  }
  for (const KeyRef& ref : gone) ASSERT_EQ(map.find(ref), nullptr);
  std::size_t visited = 0;
  map.for_each([&](Map::Entry& entry) {
    ++visited;
    EXPECT_TRUE(known.contains(entry.held[0]));
  });
  EXPECT_EQ(visited, known.size());
}

TEST(KeyMap, FindsWhatIsThere) { insert_and_erase(false, 20'000, 400'000); }
TEST(KeyMap, FindsWhatIsThereAmongCollisions) { insert_and_erase(true, 300, 40'000); }

TEST(KeyMap, GivesAFloodBack) {
  base::Pool pool;
  Map map(pool);
  const std::size_t before = map.bytes();
  for (std::uint64_t n = 0; n < 300'000; ++n) map.insert(key_of(n), hash_of(n, false));
  EXPECT_GE(map.bytes(), 300'000U * sizeof(Map::Entry));
  for (std::uint64_t n = 0; n < 300'000; ++n) {
    if (n % 30'000 != 0) map.erase(map.find(key_of(n), hash_of(n, false)));
  }
  // Ten keys are left, and each keeps a slab.
  EXPECT_LE(map.bytes(), 12 * 1024 * sizeof(Map::Entry) + 300'000);
  for (std::uint64_t n = 0; n < 300'000; n += 30'000) {
    auto* entry = map.find(key_of(n), hash_of(n, false));
    ASSERT_NE(entry, nullptr);
    map.erase(entry);
  }
  EXPECT_LE(map.bytes(), before + 1024 * sizeof(Map::Entry) + 8192);
}

TEST(KeyMap, SharesHashesOutEvenly) {
  std::vector<int> count(7);
  for (std::uint64_t n = 0; n < 7'000; ++n) ++count[shard_of(hash_key(key_of(n)), 7)];
  for (const int each : count) EXPECT_NEAR(each, 1000, 150);
}

}  // namespace
}  // namespace weir::runtime
