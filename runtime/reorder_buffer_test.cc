#include "runtime/reorder_buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace weir::runtime {
namespace {

// Rows with a number, a text and a list of texts; what they point to is overwritten at once.
class Reorder : public testing::Test {
 protected:
  Reorder() {
    event::EventType type;
    type.fields.resize(3);
    type.fields[0].type.kind = event::TypeKind::kInt;
    type.fields[1].type.kind = event::TypeKind::kString;
    type.fields[2].type.kind = event::TypeKind::kList;
    type.fields[2].type.element = event::TypeKind::kString;
    schema_.types.push_back(std::move(type));
  }

  void add(ReorderBuffer& buffer, std::int64_t ts_ms, std::uint64_t seq, bool with_list) {
    std::string text = text_of(seq), raw = "{" + text + "}";
    std::vector<std::string> texts = {text + " first", "x", "", text + " last"};
    std::vector<event::Value> items;
    for (const std::string& each : texts) items.push_back(event::Value::of_string(each));
    event::Value slots[3] = {event::Value::of_int(static_cast<std::int64_t>(seq)),
                             event::Value::of_string(text),
                             event::Value::of_list({items.data(), items.size()})};
    std::uint64_t present = with_list ? 7 : 3;
    event::Row row;
    row.type = event::EventTypeId(std::size_t{0});
    row.ts_ms = ts_ms;
    row.seq = seq;
    row.slots = slots;
    row.present = &present;
    row.identity = text;
    row.raw = raw;
    buffer.add(row);
    for (std::string& each : texts) each.assign(each.size(), '#');
    text.assign(text.size(), '#');
    raw.assign(raw.size(), '#');
    for (auto& item : items) item = {};
    present = 0;
  }

  static std::string text_of(std::uint64_t seq) {
    return "a text of some length " + std::string(seq % 90, 'y') + std::to_string(seq);
  }

  void expect_whole(const event::Row& row, bool with_list) {
    EXPECT_EQ(row.slots[0].integer, static_cast<std::int64_t>(row.seq));
    EXPECT_EQ(row.slots[1].string.view(), text_of(row.seq));
    EXPECT_EQ(row.identity, text_of(row.seq));
    EXPECT_EQ(row.raw, "{" + text_of(row.seq) + "}");
    ASSERT_EQ(row.has(2), with_list);
    if (!with_list) return;
    const event::ListRef list = row.slots[2].list;
    ASSERT_EQ(list.size, 4U);
    EXPECT_EQ(list.items[0].string.view(), text_of(row.seq) + " first");
    EXPECT_EQ(list.items[1].string.view(), "x");
    EXPECT_EQ(list.items[2].string.view(), "");
    EXPECT_EQ(list.items[3].string.view(), text_of(row.seq) + " last");
  }

  event::Schema schema_;
};

TEST_F(Reorder, ReleasesByTimeThenArrival) {
  ReorderBuffer buffer(schema_);
  std::mt19937_64 random(3);
  constexpr std::uint64_t kRows = 500;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    add(buffer, static_cast<std::int64_t>(random() % 40), i, i % 3 == 0);
  }
  std::int64_t ts_ms = 0;
  std::uint64_t seq = 0;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    ASSERT_FALSE(buffer.empty());
    const std::int64_t next_ms = buffer.next_ms();
    const event::Row* row = buffer.pop();
    ASSERT_EQ(row->ts_ms, next_ms);
    ASSERT_TRUE(row->ts_ms > ts_ms || (row->ts_ms == ts_ms && (i == 0 || row->seq > seq)));
    ts_ms = row->ts_ms;
    seq = row->seq;
    expect_whole(*row, seq % 3 == 0);
    buffer.give_back(row);
  }
  EXPECT_TRUE(buffer.empty());
}

TEST_F(Reorder, UsesMemoryAgain) {
  ReorderBuffer buffer(schema_);
  std::vector<const event::Row*> taken;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    add(buffer, static_cast<std::int64_t>(i), i, true);
    if (i < 50) continue;
    taken.push_back(buffer.pop());
    if (taken.size() < 20) continue;
    for (const event::Row* row : taken) {
      expect_whole(*row, true);
      buffer.give_back(row);
    }
    taken.clear();
  }
  EXPECT_EQ(buffer.size(), 50U);
  for (const event::Row* row : taken) buffer.give_back(row);
}

}  // namespace
}  // namespace weir::runtime
