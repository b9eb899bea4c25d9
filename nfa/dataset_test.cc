#include "nfa/dataset.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "event/ip.h"
#include "nfa/aggregate.h"
#include "nfa/vm.h"

namespace weir::nfa {
namespace {

using event::TypeKind;
using event::Value;

Value ip(const char* text) { return event::ip_value(*event::parse_ip(text)); }

TEST(DataSet, HoldsStringsUntilTheyRunOut) {
  DataSet set(ValueClass::kString);
  EXPECT_TRUE(set.insert(Value::of_string(std::string("a card number, long")), 100));
  EXPECT_FALSE(set.insert(Value::of_string("a card number, long"), 50));
  EXPECT_TRUE(set.contains(Value::of_string("a card number, long"), 100));
  EXPECT_FALSE(set.contains(Value::of_string("a card number, long"), 101));
  EXPECT_EQ(set.expire(100), 0u);
  EXPECT_EQ(set.expire(101), 1u);
  EXPECT_EQ(set.size(), 0u);
}

TEST(DataSet, AgreesWithAPlainSetUnderChanges) {
  DataSet set(ValueClass::kInteger);
  std::set<std::int64_t> plain;
  std::uint64_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto v = static_cast<std::int64_t>((state >> 33) % 500);
    if ((state >> 20) % 3 == 0) {
      EXPECT_EQ(set.erase(Value::of_int(v)), plain.erase(v) == 1);
    } else {
      EXPECT_EQ(set.insert(Value::of_int(v)), plain.insert(v).second);
    }
    ASSERT_EQ(set.size(), plain.size());
  }
  for (std::int64_t v = 0; v < 500; ++v)
    EXPECT_EQ(set.contains(Value::of_int(v), 0), plain.contains(v));
}

TEST(DataSet, NetworksCoverTheirAddresses) {
  DataSet set(ValueClass::kIp);
  const auto network = *event::parse_cidr("10.1.0.0/16");
  set.insert_prefix(event::ip_value(network.base), static_cast<std::uint8_t>(network.prefix));
  set.insert(ip("192.0.2.7"));
  EXPECT_TRUE(set.contains(ip("10.1.255.3"), 0));
  EXPECT_FALSE(set.contains(ip("10.2.0.1"), 0));
  EXPECT_TRUE(set.contains(ip("192.0.2.7"), 0));
  EXPECT_TRUE(set.erase(ip("192.0.2.7")));
  EXPECT_FALSE(set.contains(ip("192.0.2.7"), 0));
  base::ByteWriter out;
  set.append_bytes(out);
  base::ByteReader in(out.bytes());
  const auto back = DataSet::read(in);
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(back->contains(ip("10.1.0.1"), 0));
}

TEST(DataTable, FindsRowsByKeyAndSurvivesBytes) {
  event::Type text, number;
  text.kind = TypeKind::kString;
  number.kind = TypeKind::kInt;
  DataTable table({{"id", text, false}, {"tier", number, true}}, 0);
  for (int i = 0; i < 100; ++i) {
    const std::string id = "merchant number " + std::to_string(i);
    EXPECT_TRUE(table.add_row(std::array{Value::of_string(id), Value::of_int(i)},
                              std::array{true, i % 2 == 0}));
  }
  EXPECT_FALSE(table.add_row(std::array{Value::of_string("merchant number 3"), Value()},
                             std::array{true, false}));
  base::ByteWriter out;
  table.append_bytes(out);
  base::ByteReader in(out.bytes());
  const auto back = DataTable::read(in);
  ASSERT_TRUE(back.has_value());
  const Value* found = back->find(Value::of_string("merchant number 42"), 1);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->integer, 42);
  EXPECT_EQ(back->find(Value::of_string("merchant number 43"), 1), nullptr);
  EXPECT_EQ(back->find(Value::of_string("nobody"), 1), nullptr);
}

TEST(Accumulator, OfNothingAndOfSomething) {
  event::Type field;
  field.kind = TypeKind::kDecimal;
  Value v;
  EXPECT_TRUE(Accumulator(RegisterKind::kSum, field).result(&v, nullptr));
  EXPECT_TRUE(v.decimal == 0);
  for (const auto kind : {RegisterKind::kAvg, RegisterKind::kMin, RegisterKind::kMax,
                          RegisterKind::kStddev, RegisterKind::kDistinct}) {
    EXPECT_FALSE(Accumulator(kind, field).result(&v, nullptr));
  }
  const auto over = [&](RegisterKind kind) {
    Accumulator a(kind, field);
    for (const std::int64_t x : {1'0000, 2'0000, 2'0000}) a.add(Value::of_decimal(x));
    EXPECT_TRUE(a.result(&v, nullptr));
    return v;
  };
  EXPECT_TRUE(over(RegisterKind::kSum).decimal == 5'0000);
  EXPECT_TRUE(over(RegisterKind::kAvg).decimal == 1'6667);
  EXPECT_TRUE(over(RegisterKind::kMin).decimal == 1'0000);
  EXPECT_TRUE(over(RegisterKind::kMax).decimal == 2'0000);
  EXPECT_EQ(over(RegisterKind::kDistinct).integer, 2);
  EXPECT_NEAR(over(RegisterKind::kStddev).real, 0.57735, 1e-5);
}

TEST(Accumulator, AnIntSumThatOverflowsIsAbsentAndCounted) {
  event::Type field;
  Accumulator a(RegisterKind::kSum, field);
  a.add(Value::of_int(INT64_MAX));
  a.add(Value::of_int(1));
  EvalCounters counters;
  Value v;
  EXPECT_FALSE(a.result(&v, &counters));
  EXPECT_EQ(counters.overflow, 1u);
  a.add(Value::of_int(-1));  // the sum itself is exact: it comes back into range
  EXPECT_TRUE(a.result(&v, &counters));
  EXPECT_EQ(v.integer, INT64_MAX);
}

}  // namespace
}  // namespace weir::nfa
