#include "runtime/key_codec.h"

#include <gtest/gtest.h>

#include <array>

namespace weir::runtime {
namespace {

using namespace std::string_literals;

class KeyCodec : public testing::Test {
 protected:
  std::string key_of(std::string_view first, std::string_view second, std::size_t reserved = 0) {
    const std::array<event::Value, 2> slots = {event::Value::of_string(first),
                                               event::Value::of_string(second)};
    const std::uint64_t present = 3;
    event::Row row;
    row.slots = slots.data();
    row.present = &present;
    std::string out;
    out.reserve(reserved);
    EXPECT_TRUE(append_key(fields_, row, out));
    return out;
  }

  const std::array<KeyField, 2> fields_ = {KeyField{0}, KeyField{1}};
};

TEST_F(KeyCodec, EndsEachString) { EXPECT_EQ(key_of("ab", ""), "ab\0\1\0\1"s); }

TEST_F(KeyCodec, KeepsNulApartFromTheEnd) {
  EXPECT_EQ(key_of("a\0b"s, "c"), "a\0\xFF"s + "b\0\1c\0\1"s);
}

// Strings of every size around those at which the target has to grow, and whatever room it has.
TEST_F(KeyCodec, MakesTheSameBytesWhateverRoomThereIs) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'x');
    const std::string expected = text + "\0\1"s + text + "\0\1"s;
    for (const std::size_t reserved : {0, 1, 15, 16, 31, 64, 1000}) {
      ASSERT_EQ(key_of(text, text, reserved), expected) << size << " " << reserved;
    }
  }
}

TEST_F(KeyCodec, GivesTheValuesBack) {
  const std::string bytes = key_of("a string longer than twelve", "with a \0 in it"s);
  const std::array kinds = {event::TypeKind::kString, event::TypeKind::kString};
  std::vector<event::Value> values;
  std::vector<std::string> texts;
  decode_key(kinds, bytes, values, texts);
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0].string.view(), "a string longer than twelve");
  EXPECT_EQ(values[1].string.view(), "with a \0 in it"s);
}

}  // namespace
}  // namespace weir::runtime
