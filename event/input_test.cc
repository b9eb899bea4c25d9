#include "event/input.h"

#include <gtest/gtest.h>

#include "event/byte_source.h"
#include "event/test_compression.h"
#include "event/test_events.h"
#include "event/test_files.h"

namespace weir::event {
namespace {

using testing::every_type;
using testing::gzip;
using testing::MemoryFiles;
using testing::zstd;

std::string many_lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += R"({"type":"e","ts":)" + std::to_string(i) + R"(,"string":"text number )" +
            std::to_string(i * 7919 % 1000) + "\"}\n";
  }
  return text;
}

base::Result<std::string> load(MemoryFiles& files, const std::string& path) {
  auto source = open_byte_source(files, path);
  if (!source) return std::unexpected(source.error());
  return read_all(**source, 1u << 30);
}

base::ErrorCode error_of(MemoryFiles& files, const std::string& path) {
  const auto text = load(files, path);
  return text ? base::ErrorCode::kInvalidArgument : text.error().code;
}

TEST(ByteSource, DecompressesByNameAndByContent) {
  const std::string text = many_lines(20'000);
  MemoryFiles files;
  files.contents = {{"plain", text},
                    {"a.gz", gzip(text)},
                    {"-", gzip(text)},
                    {"a.zst", zstd(text)},
                    {"packed", zstd(text)},
                    {"members.gz", gzip(text.substr(0, 1000)) + gzip("") + gzip(text.substr(1000))},
                    {"padded.gz", gzip(text) + std::string(5000, '\0')},
                    {"frames.zst", zstd(text.substr(0, 77)) + zstd("") + zstd(text.substr(77))}};
  for (const std::size_t piece : {1ul, 7ul, 100'000ul, std::string::npos}) {
    files.piece = piece;
    for (const auto& [path, bytes] : files.contents) {
      if (piece == 1 && bytes.size() > 500'000) continue;
      const auto got = load(files, path);
      ASSERT_TRUE(got) << path << got.error().message;
      EXPECT_TRUE(*got == text) << path;
    }
  }
  files.contents["empty"] = "";
  EXPECT_EQ(*load(files, "empty"), "");
}

TEST(ByteSource, TellsOfBrokenCompression) {
  const std::string text = many_lines(2000);
  const std::string packed_gz = gzip(text);
  const std::string packed_zst = zstd(text);
  MemoryFiles files;
  for (std::size_t cut = 0; cut < packed_gz.size(); cut += 1 + cut / 3) {
    files.contents["a.gz"] = packed_gz.substr(0, cut);
    EXPECT_EQ(error_of(files, "a.gz"), base::ErrorCode::kCorrupt) << cut;
  }
  for (std::size_t cut = 0; cut < packed_zst.size(); cut += 1 + cut / 3) {
    files.contents["a.zst"] = packed_zst.substr(0, cut);
    EXPECT_EQ(error_of(files, "a.zst"), base::ErrorCode::kCorrupt) << cut;
  }
  files.contents = {{"plain.gz", text},
                    {"plain.zst", text},
                    {"tail.gz", packed_gz + "tail"},
                    {"zeros.gz", packed_gz + std::string(9, '\0') + "x"},
                    {"flip.gz", packed_gz},
                    {"tail.zst", packed_zst + "tail"}};
  files.contents["flip.gz"][packed_gz.size() - 6] ^= 1;  // in the checksum
  for (const auto& [path, bytes] : files.contents) {
    EXPECT_EQ(error_of(files, path), base::ErrorCode::kCorrupt) << path;
  }
  files.contents["io"] = text;
  files.fail_at_end = true;
  EXPECT_EQ(error_of(files, "io"), base::ErrorCode::kIo);
}

TEST(ByteSource, ReadAllHasALimit) {
  MemoryFiles files;
  files.contents["a.zst"] = zstd(std::string(1'000'000, 'x'));
  auto source = open_byte_source(files, "a.zst");
  EXPECT_EQ(read_all(**source, 999'999).error().code, base::ErrorCode::kLimit);
}

TEST(Globs, ExpandByName) {
  MemoryFiles files;
  files.contents = {{"d/a1.json", ""},     {"d/a2.json", ""},  {"d/b.csv", ""},
                    {"d/sub/a3.json", ""}, {"d/.a4.json", ""}, {"top.json", ""},
                    {"odd[1].json", ""}};
  const auto expand = [&](const std::string& pattern) {
    const auto found = expand_globs(files, {pattern});
    std::string joined;
    if (!found) return std::string(found.error().code == base::ErrorCode::kNotFound ? "none" : "?");
    for (const std::string& path : *found) joined += path + " ";
    return joined;
  };
  EXPECT_EQ(expand("d/*.json"), "d/a1.json d/a2.json ");
  EXPECT_EQ(expand("d/a[2-9].json"), "d/a2.json ");
  EXPECT_EQ(expand("d/*/a?.json"), "d/sub/a3.json ");
  EXPECT_EQ(expand("t*.json"), "top.json ");
  EXPECT_EQ(expand("odd[1].json"), "odd[1].json ");
  EXPECT_EQ(expand("d/*.xml"), "none");
  EXPECT_EQ(expand("missing.json"), "missing.json ");
  EXPECT_EQ(expand("-"), "- ");
}

struct Seen {
  std::string rows;  // source:line:seq:ts of each
  std::uint64_t bad = 0;
  std::string error;
};

Seen drain(base::FileEnv& files, const Schema& schema, InputOptions options) {
  Seen seen;
  auto source = open_event_source(files, schema, std::move(options));
  if (!source) return {"", 0, source.error().message};
  Batch batch;
  while (true) {
    const auto got = (*source)->next_batch(batch);
    if (!got) seen.error = got.error().message;
    if (!got || !*got) break;
    EXPECT_FALSE(batch.empty());
    for (std::size_t i = 0; i < batch.rows().size(); ++i) {
      const RecordOrigin& at = batch.origin(i);
      seen.rows += std::to_string(at.source) + ":" + std::to_string(at.line) + ":" +
                   std::to_string(at.seq) + ":" + std::to_string(batch.rows()[i].ts_ms) + " ";
    }
    seen.bad += batch.bad().size();
  }
  EXPECT_TRUE(batch.empty());
  const auto after = (*source)->next_batch(batch);
  EXPECT_TRUE(after && !*after);
  return seen;
}

TEST(EventSource, ReadsSourcesInOrder) {
  const Schema schema = every_type();
  MemoryFiles files;
  files.contents = {{"a.json", R"({"type":"e","ts":1})"
                               "\nbad\n"
                               R"({"type":"e","ts":2})"},
                    {"b.csv.gz", gzip("type,ts\ne,3\nx,4\ne,5\n")},
                    {"c.tsv", "type\tts\ne\t6\n"},
                    {"empty.json", ""}};
  for (const std::size_t piece : {1ul, 5ul, std::string::npos}) {
    files.piece = piece;
    const Seen seen =
        drain(files, schema, {.paths = {"a.json", "empty.json", "b.csv.gz", "c.tsv"}});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen.rows, "0:1:0:1 0:3:2:2 2:2:3:3 2:4:5:5 3:2:6:6 ");
    EXPECT_EQ(seen.bad, 1u);
  }
}

TEST(EventSource, BlocksOfAnySize) {
  const Schema schema = every_type();
  MemoryFiles files;
  files.contents["a"] = many_lines(300);
  const Seen whole = drain(files, schema, {.paths = {"a"}});
  for (const std::size_t block : {1ul, 10ul, 1000ul}) {
    EXPECT_EQ(drain(files, schema, {.paths = {"a"}, .block_bytes = block}).rows, whole.rows);
  }
}

TEST(EventSource, LongLinesAreSkippedWithoutBeingKept) {
  const Schema schema = every_type();
  MemoryFiles files;
  const std::string good = R"({"type":"e","ts":1})"
                           "\n";
  files.contents["a"] = good + std::string(10'000'000, 'x') + "\n" + good;
  InputOptions options{.paths = {"a"}, .block_bytes = 4096};
  options.reader.max_record_bytes = 10'000;
  const Seen seen = drain(files, schema, options);
  EXPECT_EQ(seen.rows, "0:1:0:1 0:3:2:1 ");
  EXPECT_EQ(seen.bad, 1u);
}

TEST(EventSource, ErrorsEndTheInputBehindWhatCameBefore) {
  const Schema schema = every_type();
  MemoryFiles files;
  files.contents["a"] = many_lines(3);
  EXPECT_NE(drain(files, schema, {.paths = {"a", "missing"}}).error, "");
  EXPECT_EQ(drain(files, schema, {.paths = {"a", "missing"}}).rows, "");
  InputOptions no_type{.paths = {"a"}};
  no_type.reader.type_name = "zzz";
  EXPECT_NE(drain(files, schema, no_type).error, "");
  files.fail_at_end = true;
  const Seen seen = drain(files, schema, {.paths = {"a"}});
  EXPECT_EQ(seen.error, "torn");
  EXPECT_EQ(seen.rows, "0:1:0:0 0:2:1:1 0:3:2:2 ");
  files.fail_at_end = false;
  const std::string packed = gzip(many_lines(5000));
  files.contents["cut.gz"] = packed.substr(0, packed.size() - 100);
  const Seen cut = drain(files, schema, {.paths = {"cut.gz"}, .block_bytes = 1000});
  EXPECT_NE(cut.error, "");
  EXPECT_NE(cut.rows.find("0:1000:999:999 "), std::string::npos);
}

TEST(EventSource, OpensEachFileOnce) {
  const Schema schema = every_type();
  MemoryFiles files;
  files.contents["pipe"] = many_lines(3);
  EXPECT_EQ(drain(files, schema, {.paths = {"pipe"}}).rows, "0:1:0:0 0:2:1:1 0:3:2:2 ");
  EXPECT_EQ(files.opened, 1);
  for (int i = 0; i < 100; ++i) files.contents["many" + std::to_string(i)] = many_lines(1);
  EXPECT_EQ(drain(files, schema, {.paths = {"many*"}}).error, "");
}

TEST(EventSource, Progress) {
  const Schema schema = every_type();
  MemoryFiles files;
  files.contents = {{"a", many_lines(100)}, {"b.gz", gzip(many_lines(100))}};
  auto source = open_event_source(files, schema, {.paths = {"a", "b.gz"}});
  Batch batch;
  while (*(*source)->next_batch(batch)) {
  }
  const std::uint64_t total = files.contents["a"].size() + files.contents["b.gz"].size();
  EXPECT_EQ((*source)->progress().bytes_total, total);
  EXPECT_EQ((*source)->progress().bytes_read, total);
  files.sizes_known = false;
  source = open_event_source(files, schema, {.paths = {"a"}});
  EXPECT_EQ((*source)->progress().bytes_total, 0u);
  EXPECT_EQ((*source)->source_names(), std::vector<std::string>{"a"});
}

TEST(EventSource, ABatchKeepsItsMemory) {
  const Schema schema = every_type();
  MemoryFiles files;
  files.contents["a"] = many_lines(20'000);
  auto source = open_event_source(files, schema, {.paths = {"a"}, .block_bytes = 100'000});
  Batch batch;
  ASSERT_TRUE(*(*source)->next_batch(batch));
  ASSERT_TRUE(*(*source)->next_batch(batch));
  const std::size_t capacity = batch.arena().capacity();
  const char* const buffer = batch.buffer().data();
  while (*(*source)->next_batch(batch)) {
  }
  EXPECT_EQ(batch.arena().capacity(), capacity);
  EXPECT_EQ(batch.buffer().data(), buffer);
}

}  // namespace
}  // namespace weir::event
