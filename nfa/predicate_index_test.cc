#include "nfa/predicate_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace weir::nfa {
namespace {

constexpr std::size_t kSlots = 4;

// An event of whole numbers; INT64_MIN: the field is absent.
struct Numbers {
  event::Value slots[kSlots];
  std::uint64_t present[1] = {0};
  event::Row row;

  explicit Numbers(const std::vector<std::int64_t>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == INT64_MIN) continue;
      slots[i] = event::Value::of_int(values[i]);
      event::set_present(present, i);
    }
    row.slots = slots;
    row.present = present;
  }
};

bool passes(const SlotTest& test, const Numbers& event) {
  if (!event.row.has(test.slot)) return false;
  const std::int64_t value = event.slots[test.slot].integer;
  if (value < test.low || value > test.high) return false;
  return test.any_of.empty() || std::ranges::binary_search(test.any_of, value);
}

SlotTest random_test(std::uint16_t slot, std::mt19937_64& random) {
  SlotTest test;
  test.slot = slot;
  const auto value = [&] { return static_cast<std::int64_t>(random() % 40); };
  switch (random() % 5) {
    case 0:
      test.any_of = {value()};
      break;
    case 1:
      for (std::int64_t v = value() % 4; v < 40; v += 1 + value() / 4) test.any_of.push_back(v);
      break;
    case 2:
      test.high = value();
      break;
    case 3:
      test.low = value();
      break;
    default:
      test.low = value();
      test.high = test.low + value() / 4;
  }
  return test;
}

// Every conjunction that holds is found, each once, in order; and what is found beyond them is
// little: the index would be right, and useless, if it gave everything.
TEST(PredicateIndex, FindsWhatHoldsAndLittleElse) {
  std::uint64_t held = 0, found = 0, asked = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<PredicateIndex::Conjunction> all;
    const std::size_t count = 1 + random() % 300;
    for (std::uint32_t i = 0; i < count; ++i) {
      PredicateIndex::Conjunction one{i, {}};
      for (std::uint16_t slot = 0; slot < kSlots; ++slot) {
        if (random() % 2 == 0) one.tests.push_back(random_test(slot, random));
      }
      all.push_back(std::move(one));
    }
    PredicateIndex index;
    index.build(all);
    CandidateSet candidates;
    candidates.resize(count);
    for (int e = 0; e < 100; ++e) {
      std::vector<std::int64_t> values;
      for (std::size_t i = 0; i < kSlots; ++i) {
        values.push_back(random() % 8 == 0 ? INT64_MIN : static_cast<std::int64_t>(random() % 44));
      }
      const Numbers event(values);
      index.collect(event.row, candidates);
      std::vector<std::uint32_t> got;
      candidates.drain([&](std::uint32_t target) { got.push_back(target); });
      EXPECT_TRUE(std::ranges::is_sorted(got));
      for (const auto& one : all) {
        const bool holds =
            std::ranges::all_of(one.tests, [&](const auto& test) { return passes(test, event); });
        const bool is_found = std::ranges::binary_search(got, one.target);
        ASSERT_TRUE(!holds || is_found) << "seed " << seed << " conjunction " << one.target;
        held += holds ? 1 : 0;
        found += is_found ? 1 : 0;
        ++asked;
      }
    }
  }
  EXPECT_GT(held, 10'000U);
  EXPECT_LT(found - held, asked / 8);
}

TEST(PredicateIndex, EmptiedSetsStayEmpty) {
  CandidateSet set;
  set.resize(10'000);
  for (const std::uint32_t n : {9'999U, 0U, 63U, 64U, 4'096U, 64U}) set.add(n);
  std::vector<std::uint32_t> got;
  set.drain([&](std::uint32_t n) { got.push_back(n); });
  EXPECT_EQ(got, (std::vector<std::uint32_t>{0, 63, 64, 4'096, 9'999}));
  set.drain([](std::uint32_t) { FAIL(); });
}

}  // namespace
}  // namespace weir::nfa
