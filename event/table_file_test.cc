#include "event/table_file.h"

#include <gtest/gtest.h>

#include "event/json_writer.h"
#include "event/test_events.h"
#include "event/test_files.h"

namespace weir::event {
namespace {

using testing::make_field;
using testing::MemoryFiles;

std::string shown(const base::Result<TableData>& data, const std::vector<Field>& columns) {
  if (!data) return data.error().message;
  std::string out;
  for (const Row& row : data->rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += ',';
      if (row.has(i)) append_text(out, columns[i].type, row.slots[i]);
    }
    out += '|';
  }
  return out;
}

std::string table_of(const std::string& name, const std::string& text) {
  MemoryFiles files;
  files.contents[name] = text;
  const std::vector<Field> columns = {make_field("id", TypeKind::kString, false),
                                      make_field("tier", TypeKind::kInt, true)};
  return shown(read_table_file(files, name, columns), columns);
}

class Values final : public ListReceiver {
 public:
  explicit Values(const Type& type) : type_(type) {}
  void expect(std::size_t) override {}
  void take(const Value& value) override {
    append_text(text, type_, value);
    text += '|';
  }
  std::string text;

 private:
  const Type& type_;
};

std::string list_of(const std::string& name, const std::string& text,
                    TypeKind kind = TypeKind::kString) {
  MemoryFiles files;
  files.contents[name] = text;
  Field column = make_field("value", kind);
  column.type.constants = {"GB", "US"};
  Values values(column.type);
  const auto read = read_list_file(files, name, "hot_cards", column.type, values);
  return read ? values.text : read.error().message;
}

TEST(TableFile, Tables) {
  EXPECT_EQ(table_of("m.csv", "id,zzz,tier\nm1,x,3\n\"m 2 with a longer name\",,\n"),
            "m1,3|m 2 with a longer name,|");
  EXPECT_EQ(table_of("m.tsv", "tier\tid\n3\tm1"), "m1,3|");
  EXPECT_EQ(table_of("m.jsonl", "{\"id\":\"m1\",\"tier\":3}\n\n{\"id\":\"m2\",\"type\":[]}\n"),
            "m1,3|m2,|");
  EXPECT_EQ(table_of("m.csv", ""), "m.csv is empty: it has no header");
  EXPECT_EQ(table_of("m.csv", "\n\r\n"), "m.csv is empty: it has no header");
  EXPECT_EQ(table_of("m.csv", "id,tier\n"), "");
  EXPECT_EQ(table_of("m.jsonl", ""), "");
  EXPECT_EQ(table_of("m.csv", "id,tier\nm1,3\nm2,x\n"),
            "m.csv, line 3: field tier is text, not a value of type int");
  EXPECT_EQ(table_of("m.csv", "id,tier\n,3\n"), "m.csv, line 2: field id is missing");
  EXPECT_EQ(table_of("m.json", "{\"id\":\"m1\"}\n[]\n"),
            "m.json, line 2: not a JSON object, at byte 1");
  MemoryFiles files;
  EXPECT_FALSE(read_table_file(files, "none.csv", {}).has_value());
}

TEST(TableFile, LargeTablesComeInBlocks) {
  std::string text = "id,tier\n";
  for (int i = 0; i < 600'000; ++i) text += "merchant number " + std::to_string(i) + ",1\n";
  MemoryFiles files;
  files.contents["m.csv"] = text;
  const auto data = read_table_file(files, "m.csv", {make_field("id", TypeKind::kString, false)});
  ASSERT_EQ(data->rows.size(), 600'000u);
  EXPECT_EQ(data->rows[599'999].slots[0].string.view(), "merchant number 599999");
  EXPECT_GT(data->batches.size(), 1u);
}

TEST(TableFile, CsvLists) {
  EXPECT_EQ(list_of("l.csv",
                    "\xef\xbb\xbf"
                    "a\nb\r\n\"c,d\"\n\n"),
            "a|b|c,d|");
  EXPECT_EQ(list_of("l.csv", "hot_cards\na\nb"), "a|b|");
  EXPECT_EQ(list_of("l.csv", "\"value\"\na\n"), "a|");
  EXPECT_EQ(list_of("l.csv", "note,value\nx,a\ny,b\n"), "a|b|");
  EXPECT_EQ(list_of("l.csv", "a,first\nb,second\n"), "a|b|");
  EXPECT_EQ(list_of("l.csv", ""), "");
  EXPECT_EQ(list_of("l.csv", "1\n2\n", TypeKind::kInt), "1|2|");
  EXPECT_EQ(list_of("l.csv", "1\nx\n", TypeKind::kInt),
            "l.csv, line 2: field value is text, not a value of type int");
  EXPECT_EQ(list_of("l.csv", "GB\nXX\nUS\n", TypeKind::kEnum), "GB|US|");
}

TEST(TableFile, PlainTextLists) {
  EXPECT_EQ(list_of("l.txt", "\xef\xbb\xbf# cards\na\n b, \"c\" \r\n\n  # none\nvalue\n"),
            "a|b, \"c\"|value|");
  EXPECT_EQ(list_of("l.txt", "7\n8", TypeKind::kInt), "7|8|");
  EXPECT_EQ(list_of("l.txt", "# n\n7\nx\n", TypeKind::kInt),
            "l.txt, line 3: field value is text, not a value of type int");
  EXPECT_EQ(list_of("l.txt", ""), "");
}

TEST(TableFile, JsonLists) {
  EXPECT_EQ(
      list_of("l.json", "\"a\"\n{\"value\":\"b\"}\n{\"hot_cards\":\"c\",\"x\":1}\n\n\"value\""),
      "a|b|c|value|");
  EXPECT_EQ(list_of("l.json", "12\n 1e1 \r\n", TypeKind::kInt), "12|10|");
  EXPECT_EQ(list_of("l.json", "\"GB\"\n\"XX\"\n", TypeKind::kEnum), "GB|");
  EXPECT_EQ(list_of("l.json", "\"a\"\n{\"x\":1}\n"), "l.json, line 2: the value is missing");
  EXPECT_EQ(list_of("l.json", "null\n"), "l.json, line 1: the value is missing");
  EXPECT_EQ(list_of("l.json", "\"a\",\"value\":\"b\"\n"),
            "l.json, line 1: not a JSON object, at byte 1");
  EXPECT_EQ(list_of("l.json", "\"a\n"), "l.json, line 1: not a JSON object, at byte 1");
}

}  // namespace
}  // namespace weir::event
