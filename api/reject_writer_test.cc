#include "api/reject_writer.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

TEST(ToValidUtf8, KeepsWhatIsAndReplacesTheRest) {
  EXPECT_EQ(to_valid_utf8("aé€𝄞"), "aé€𝄞");
  EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(to_valid_utf8("\xC3"), "\uFFFD");                                // cut short
  EXPECT_EQ(to_valid_utf8("\xC0\x80"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(to_valid_utf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // past U+10FFFF
}

TEST(AppendBadRecord, WritesOneLine) {
  event::BadRecord bad;
  bad.origin = {7, 3, 4, 1};
  bad.reason = event::BadReason::kMissing;
  bad.message = "the field `x` is missing";
  bad.raw = "{\"a\": \"\xFF\"}";
  std::string out;
  append_bad_record(out, bad, {"a", "b"});
  EXPECT_EQ(out, R"({"source":"b","line":4,"seq":7,"reason":"missing","message":)"
                 R"("the field `x` is missing","record":"{\"a\": \")"
                 "\uFFFD"
                 R"(\"}"})"
                 "\n");
  EXPECT_EQ(describe_bad_record(bad, {"a", "-"}), "standard input:4: the field `x` is missing");
}

}  // namespace
}  // namespace weir::api
