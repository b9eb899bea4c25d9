#include "api/output_writer.h"

#include <gtest/gtest.h>

#include "api/memory_files.h"

namespace weir::api {
namespace {

TEST(OutputWriter, AFileHasItsNameOnlyOncePublished) {
  MemoryFiles files;
  files.contents["out"] = "old";
  {
    auto writer = OutputWriter::open(files, "out");
    ASSERT_TRUE(writer.has_value());
    writer->buffer() += "new\n";
    writer->line_done();
    writer->end_of_batch();
    ASSERT_TRUE(writer->close().has_value());
    EXPECT_EQ(files.contents["out"], "old");
    ASSERT_TRUE(writer->publish().has_value());
  }
  EXPECT_EQ(files.contents, (std::map<std::string, std::string>{{"out", "new\n"}}));
}

TEST(OutputWriter, WhatIsNotPublishedIsRemoved) {
  MemoryFiles files;
  {
    auto writer = OutputWriter::open(files, "out");
    ASSERT_TRUE(writer.has_value());
    writer->buffer() += "half";
    ASSERT_TRUE(writer->close().has_value());
  }
  EXPECT_TRUE(files.contents.empty());
}

TEST(OutputWriter, TheFirstErrorStays) {
  MemoryFiles files;
  files.space_left = 5;
  auto writer = OutputWriter::open(files, "out");
  ASSERT_TRUE(writer.has_value());
  writer->buffer().assign(OutputWriter::kBlockBytes, 'x');
  writer->line_done();
  ASSERT_TRUE(writer->error().has_value());
  files.space_left = 1 << 20;
  writer->buffer() += "more";
  const auto closed = writer->close();
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().code, base::ErrorCode::kNoSpace);
  EXPECT_EQ(files.contents["out.partial"], "xxxxx");
}

TEST(OutputWriter, APipeIsWrittenBatchByBatch) {
  MemoryFiles files;
  files.special.insert("pipe");
  auto writer = OutputWriter::open(files, "pipe");
  ASSERT_TRUE(writer.has_value());
  writer->buffer() += "a\n";
  writer->line_done();
  EXPECT_EQ(files.contents["pipe"], "");
  writer->end_of_batch();
  EXPECT_EQ(files.contents["pipe"], "a\n");
}

TEST(OutputWriter, NowhereTakesEverything) {
  MemoryFiles files;
  auto writer = OutputWriter::open(files, "");
  ASSERT_TRUE(writer.has_value());
  EXPECT_FALSE(writer->is_open());
  EXPECT_TRUE(writer->close().has_value());
  EXPECT_TRUE(writer->publish().has_value());
  EXPECT_TRUE(files.contents.empty());
}

}  // namespace
}  // namespace weir::api
