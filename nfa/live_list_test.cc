#include "nfa/live_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "event/ip.h"

namespace weir::nfa {
namespace {

using event::Value;

constexpr std::uint8_t kWhole = 128;

Value text(const char* t) { return Value::of_string(t); }

DataSet set_of(std::initializer_list<const char*> values) {
  DataSet set(ValueClass::kString);
  for (const char* value : values) set.insert(text(value));
  return set;
}

std::string shown(const LiveList& list, std::int64_t now_ms) {
  std::string out;
  for (const auto& entry : list.entries(now_ms)) {
    out += std::string(entry.value.string.view()) + (entry.from_file ? "*" : "");
    if (entry.last_ms != DataSet::kNever) out += "@" + std::to_string(entry.last_ms);
    out += " ";
  }
  return out;
}

TEST(LiveList, ChangesLieOverTheFile) {
  const DataSet file = set_of({"a", "b, a long one that is kept elsewhere", "c"});
  LiveList list(file);
  list.add(text("d"), kWhole, 100);
  list.remove(text("c"), kWhole);
  EXPECT_TRUE(list.contains(text("a"), 0));
  EXPECT_TRUE(list.contains(text("d"), 100));
  EXPECT_FALSE(list.contains(text("d"), 101));
  EXPECT_FALSE(list.contains(text("c"), 0));
  EXPECT_EQ(shown(list, 0), "a* b, a long one that is kept elsewhere* d@100 ");
  list.add(text("c"), kWhole, 50);  // for its own time only, though the file has it
  EXPECT_TRUE(list.contains(text("c"), 50));
  EXPECT_FALSE(list.contains(text("c"), 51));
  EXPECT_EQ(file.size(), 3u);
  list.reset();
  EXPECT_TRUE(list.contains(text("c"), 51));
  EXPECT_FALSE(list.contains(text("d"), 0));
}

TEST(LiveList, ANewFileTakesNothingAway) {
  const DataSet file = set_of({"a", "c"});
  LiveList list(file);
  list.add(text("d"), kWhole, 100);
  list.remove(text("c"), kWhole);
  EXPECT_EQ(list.replace_file(std::make_shared<DataSet>(set_of({"b", "c"}))), nullptr);
  EXPECT_EQ(shown(list, 0), "b* d@100 ");  // c is still in the file, and still out
  EXPECT_NE(list.replace_file(std::make_shared<DataSet>(set_of({"b"}))), nullptr);
  EXPECT_NE(list.replace_file(std::make_shared<DataSet>(set_of({"b", "c"}))), nullptr);
  EXPECT_EQ(shown(list, 0), "b* c* d@100 ");  // it was gone from the file in between
}

TEST(LiveList, ANetworkStaysWhereAnAddressGoes) {
  DataSet file(ValueClass::kIp);
  const auto network = *event::parse_cidr("10.1.0.0/16");
  file.insert_prefix(event::ip_value(network.base), static_cast<std::uint8_t>(network.prefix));
  const Value address = event::ip_value(*event::parse_ip("10.1.2.3"));
  const Value other = event::ip_value(*event::parse_ip("10.9.2.3"));
  LiveList list(file);
  list.add(address, kWhole, DataSet::kNever);
  list.add(other, kWhole, DataSet::kNever);
  list.remove(address, kWhole);
  list.remove(other, kWhole);
  EXPECT_TRUE(list.contains(address, 0));
  EXPECT_FALSE(list.contains(other, 0));
  list.remove(event::ip_value(network.base), static_cast<std::uint8_t>(network.prefix));
  EXPECT_FALSE(list.contains(address, 0));
}

TEST(LiveList, WhatRanOutGoesInTime) {
  const DataSet file(ValueClass::kInteger);
  LiveList list(file);
  for (std::int64_t i = 0; i < 100'000; ++i) {
    list.sweep(i);
    list.add(Value::of_int(i), kWhole, i + 10);
  }
  EXPECT_LT(list.size(), 200u);
  EXPECT_TRUE(list.contains(Value::of_int(99'995), 99'999));
}

}  // namespace
}  // namespace weir::nfa
