// The parallel source against the serial one: whatever comes in, and however it is cut, both hand
// out the same batches.
#include "event/parallel_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/random.h"
#include "event/json_writer.h"
#include "event/line_cutter.h"
#include "event/test_compression.h"
#include "event/test_events.h"
#include "event/test_files.h"
#include "event/test_threads.h"

namespace weir::event {
namespace {

using base::SeededRandom;
using testing::every_type;
using testing::MemoryFiles;
using testing::TestThreads;

constexpr std::size_t kMostBytes = 300;  // of a record

// `e` of every type, and `d`, of which `int` must be there and which has an identity.
Schema two_types() {
  Schema schema = every_type();
  EventType d = testing::make_type("d", {testing::make_field("int", TypeKind::kInt, false)});
  d.id_path = {"id"};
  schema.types.push_back(d);
  return schema;
}

// What a schema of after a reload may be: `e` is gone, `d` reads another field.
Schema other_types() {
  Schema schema;
  EventType d = testing::make_type("d", {testing::make_field("string", TypeKind::kString)});
  d.id_path = {"id"};
  schema.types.push_back(d);
  return schema;
}

std::string place_of(const RecordOrigin& at) {
  return std::to_string(at.seq) + "/" + std::to_string(at.position) + "/" +
         std::to_string(at.line) + "/" + std::to_string(at.source) + " ";
}

// What batches hold, as text.
struct Described {
  void add(const Schema& schema, const Batch& batch) {
    for (std::size_t i = 0; i < batch.rows().size(); ++i) {
      rows += place_of(batch.origin(i)) + row_text(schema, batch.rows()[i]) + "\n";
    }
    for (const BadRecord& record : batch.bad()) {
      bad += place_of(record.origin) + std::string(bad_reason_name(record.reason)) + " " +
             std::string(record.message) + " <" + std::string(record.raw) + ">\n";
    }
    for (const UnknownRecord& record : batch.unknown()) {
      unknown += place_of(record.origin) + std::string(record.type) + "\n";
    }
    odd += batch.odd();
  }
  static std::string row_text(const Schema& schema, const Row& row) {
    const EventType& type = schema.types[row.type.index()];
    std::string text = std::to_string(row.seq) + " " + type.name + " " + std::to_string(row.ts_ms) +
                       " <" + std::string(row.identity) + "> ";
    for (std::size_t slot = 0; slot < type.fields.size(); ++slot) {
      if (row.has(slot)) append_json(text, type.fields[slot].type, row.slots[slot]);
      text += ",";
    }
    return text + " " + std::string(row.raw);
  }
  [[nodiscard]] std::string text() const {
    return rows + "bad\n" + bad + "unknown\n" + unknown + "odd " +
           std::to_string(odd.decimals_rounded) + " " + std::to_string(odd.decimals_out_of_range) +
           " " + std::to_string(odd.enums_unlisted) + "\n";
  }

  std::string rows;
  std::string bad;
  std::string unknown;
  OddCounts odd;
};

struct Case {
  MemoryFiles files;
  InputOptions options;
  std::size_t reload_behind = std::string::npos;  // batches
};

// All that a source hands out, as text: what has the same transcript is the same to any caller.
std::string transcript(Case& c, TestThreads* executor) {
  const Schema before = two_types();
  const Schema after = other_types();
  InputOptions options = c.options;
  options.executor = executor;
  auto source = open_event_source(c.files, before, options);
  if (!source) return source.error().message;
  std::string text;
  const Schema* schema = &before;
  Batch batch;
  for (std::size_t batches = 0;; ++batches) {
    if (batches == c.reload_behind) {
      if (executor != nullptr) executor->wait_until_idle();  // so that there are blocks ahead
      EXPECT_TRUE((*source)->set_schema(after));
      schema = &after;
    }
    const auto got = (*source)->next_batch(batch);
    const SourceProgress progress = (*source)->progress();
    text += std::to_string(progress.bytes_read) + " of " + std::to_string(progress.bytes_total);
    if (!got) text += " error " + got.error().message;
    if (!got || !*got) break;
    EXPECT_FALSE(batch.empty());
    text += "\n";
    Described described;
    described.add(*schema, batch);
    text += described.text();
  }
  EXPECT_TRUE(batch.empty());
  const auto after_end = (*source)->next_batch(batch);
  EXPECT_TRUE(after_end && !*after_end);
  return text;
}

// A line of `size` bytes that is a good record.
std::string line_of_size(std::size_t size) {
  std::string line = R"({"type":"e","ts":5,"string":")";
  line += std::string(size - line.size() - 2, 's') + "\"}";
  return line;
}

std::string some_line(SeededRandom& random) {
  static const std::vector<std::string> kLines = {
      R"({"type":"e","ts":1,"string":"\u00e9 escaped","list":["a","b"]})",
      R"({"type":"e","ts":2,"int":7,"decimal":1.23456,"bool":true,"ip":"10.0.0.1"})",
      R"({"type":"e","ts":3,"decimal":1e40,"enum":"elsewhere","geo":{"lat":1,"lon":2}})",
      R"({"type":"d","ts":4,"int":12,"id":"an identity","string":"s"})",
      R"(  {"ts":5,"id":"x","int":1,"type":"d"}  )",
      R"({"type":"d","ts":6,"id":"without an int"})",
      R"({"type":"d","ts":7,"id":"twice","int":1,"int":2})",
      R"({"type":"e","ts":"no time"})",
      R"({"type":"e","ts":8,"int":"x"})",
      R"({"type":"other","ts":9})",
      R"({"ts":10})",
      R"({"type":"e","ts":11} x)",
      R"({"type":"e","ts":)",
      "{",
      "[1]",
      "null",
      "\xef\xbb\xbf{\"type\":\"e\",\"ts\":12}",
      "{\"type\":\"e\",\"ts\":13,\"string\":\"\xff\"}",
      std::string("{\"type\":\"e\",\"ts\":14}\0", 22),
      "",
      " \t ",
      "\r",
      line_of_size(kMostBytes - 1),
      line_of_size(kMostBytes),
      line_of_size(kMostBytes + 1),
      line_of_size(kMostBytes + 2),
      line_of_size(4 * kMostBytes),
      std::string(kMostBytes, ' '),
      std::string(kMostBytes + 1, ' '),
      std::string(kMostBytes - 1, ' ') + "\r",
      std::string(3 * kMostBytes, '\t'),
      std::string(kMostBytes, '[')};
  return kLines[random.below(kLines.size())];
}

std::string some_json(SeededRandom& random) {
  std::string text = random.chance(1, 3) ? "\xef\xbb\xbf" : "";
  if (random.chance(1, 20)) return text.substr(0, random.below(4));
  for (std::uint64_t left = random.below(60); left > 0; --left) {
    text += some_line(random);
    text += random.chance(1, 3) ? "\r\n" : "\n";
  }
  if (random.chance(1, 2)) text += some_line(random);
  return text;
}

std::string some_csv(SeededRandom& random) {
  static const std::vector<std::string> kRecords = {
      "e,1,x,,1.5",        "d,2,\"a\nb\",3,",
      "d,3,\"a\"\"b\",x,", "e,4",
      "e,5,\"open,,",      "",
      "other,6,,,",        "e,7,\xff,,",
      "d,8,id,9,1.23456",  "e,9," + std::string(kMostBytes, 'x') + ",,"};
  std::string text = random.chance(1, 3) ? "\xef\xbb\xbf" : "";
  text += "type,ts,id,int,decimal\n";
  for (std::uint64_t left = random.below(40); left > 0; --left) {
    text += kRecords[random.below(kRecords.size())];
    text += random.chance(1, 3) ? "\r\n" : "\n";
  }
  return text;
}

void add_file(Case& c, SeededRandom& random) {
  std::string name = std::to_string(c.options.paths.size());
  const bool csv = random.chance(1, 3);
  std::string bytes = csv ? some_csv(random) : some_json(random);
  const bool tabs = csv && random.chance(1, 3);
  if (tabs) std::ranges::replace(bytes, ',', '\t');
  name += tabs ? ".tsv" : csv ? ".csv" : ".json";
  if (random.chance(1, 4)) {
    const bool gz = random.chance(1, 2);
    bytes = gz ? testing::gzip(bytes) : testing::zstd(bytes);
    if (random.chance(1, 5)) bytes.resize(bytes.size() / 2);
    name += gz ? ".gz" : ".zst";
  }
  c.files.contents[name] = bytes;
  c.options.paths.push_back(name);
}

Case some_case(std::uint64_t seed) {
  SeededRandom random(seed);
  Case c;
  for (std::uint64_t left = 1 + random.below(4); left > 0; --left) add_file(c, random);
  c.options.reader.max_record_bytes = kMostBytes;
  c.options.reader.strict = random.chance(1, 4);
  if (random.chance(1, 8)) c.options.reader.type_name = "d";
  c.options.block_bytes = 1 + random.below(random.chance(1, 2) ? 20 : 3000);
  if (random.chance(1, 3)) c.files.piece = 1 + random.below(100);
  c.files.fail_at_end = random.chance(1, 8);
  if (random.chance(1, 3)) c.reload_behind = random.below(20);
  return c;
}

TEST(ParallelSource, HandsOutWhatOneThreadDoes) {
  constexpr std::uint64_t kCases = 400;
  for (std::uint64_t seed = 0; seed < kCases; ++seed) {
    Case c = some_case(seed);
    const std::string expected = transcript(c, nullptr);
    const std::size_t threads = 2 + seed % 7;
    TestThreads executor(threads, seed % threads);
    ASSERT_EQ(transcript(c, &executor), expected) << "seed " << seed;
  }
}

// What a record becomes does not depend on where the blocks end.
TEST(ParallelSource, BlocksOfAnySizeGiveTheSameRecords) {
  constexpr std::uint64_t kCases = 60;
  const Schema schema = two_types();
  for (std::uint64_t seed = 0; seed < kCases; ++seed) {
    SeededRandom random(seed);
    MemoryFiles files;
    files.contents["a"] = some_json(random);
    std::string expected;
    for (const std::size_t block : {std::size_t{1} << 20, 1 + random.below(400), std::size_t{1}}) {
      TestThreads executor(4);
      InputOptions options{.paths = {"a"}, .block_bytes = block, .executor = &executor};
      options.reader.max_record_bytes = kMostBytes;
      auto source = open_event_source(files, schema, options);
      ASSERT_TRUE(source);
      Described all;
      Batch batch;
      while (*(*source)->next_batch(batch)) all.add(schema, batch);
      if (expected.empty()) expected = all.text();
      ASSERT_EQ(all.text(), expected) << "seed " << seed << ", blocks of " << block;
    }
  }
}

// A line on a limit: of so many bytes without its end it is good, whichever end it has.
TEST(ParallelSource, TheLongestLine) {
  const Schema schema = two_types();
  for (const std::size_t threads : {1u, 3u}) {
    for (const std::size_t block : {1ul, 7ul, 100'000ul}) {
      MemoryFiles files;
      files.contents["a"] = line_of_size(kMostBytes) + "\r\n" + line_of_size(kMostBytes) + "\n" +
                            line_of_size(kMostBytes + 1) + "\r\n" +
                            std::string(kMostBytes + 1, ' ') + "\n" + std::string(kMostBytes, ' ') +
                            "\r\n" + line_of_size(kMostBytes) + "\r";
      TestThreads executor(threads);
      InputOptions options{.paths = {"a"}, .block_bytes = block, .executor = &executor};
      options.reader.max_record_bytes = kMostBytes;
      auto source = open_event_source(files, schema, options);
      std::string lines;
      std::string bad;
      Batch batch;
      while (*(*source)->next_batch(batch)) {
        for (std::size_t i = 0; i < batch.rows().size(); ++i) {
          lines += std::to_string(batch.origin(i).line) + " ";
        }
        for (const BadRecord& record : batch.bad()) {
          bad += std::to_string(record.origin.line) + " " +
                 std::string(bad_reason_name(record.reason)) + " ";
        }
      }
      EXPECT_EQ(lines, "1 2 6 ");
      EXPECT_EQ(bad, "3 too_long 4 too_long ");
    }
  }
}

// One file, a pipe that gives what the test puts into it.
class Pipe final : public base::FileEnv {
 public:
  void put(const std::string& bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes;
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Until somebody waits for bytes.
  void await_reader() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }

  base::Result<std::unique_ptr<base::InputFile>> open_input(const std::string&) override {
    return std::make_unique<End>(*this);
  }
  base::Result<std::unique_ptr<base::OutputFile>> open_output(const std::string&) override {
    return base::fail(base::ErrorCode::kPermission, "read only");
  }
  base::Result<void> rename(const std::string&, const std::string&) override { return {}; }
  base::Result<void> remove(const std::string&) override { return {}; }
  bool is_directory(const std::string&) override { return false; }
  bool exists(const std::string&) override { return true; }
  base::Result<std::vector<std::string>> list_files(const std::string&) override {
    return std::vector<std::string>{};
  }

 private:
  class End final : public base::InputFile {
   public:
    explicit End(Pipe& pipe) : pipe_(pipe) {}
    base::Result<std::size_t> read(char* buffer, std::size_t size) override {
      std::unique_lock lock(pipe_.mutex_);
      pipe_.waiting_ = true;
      pipe_.changed_.notify_all();
      while (pipe_.bytes_.empty() && !pipe_.closed_) {
        if (stop_ != nullptr && *stop_) return base::fail(base::ErrorCode::kIo, "stopped");
        pipe_.changed_.wait_for(lock, std::chrono::milliseconds(1));
      }
      pipe_.waiting_ = false;
      const std::size_t got = pipe_.bytes_.copy(buffer, size);
      pipe_.bytes_.erase(0, got);
      return got;
    }
    std::uint64_t size() const override { return 0; }
    void stop_waiting_on(const std::atomic<bool>* stop) override { stop_ = stop; }

   private:
    Pipe& pipe_;
    const std::atomic<bool>* stop_ = nullptr;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;
  bool closed_ = false;
  bool waiting_ = false;
};

std::string numbered_line(int i) { return R"({"type":"e","ts":)" + std::to_string(i) + "}\n"; }

// Each line is there before the next one is sent: a source that waited for more would never end.
TEST(ParallelSource, HandsOutWhatAPipeHasGiven) {
  const Schema schema = two_types();
  for (const std::size_t threads : {2u, 3u, 8u}) {
    TestThreads executor(threads);
    Pipe pipe;
    pipe.put(numbered_line(0));
    auto source = open_event_source(pipe, schema, {.paths = {"-"}, .executor = &executor});
    Batch batch;
    for (int i = 0; i < 50; ++i) {
      const auto got = (*source)->next_batch(batch);
      ASSERT_TRUE(got && *got);
      ASSERT_EQ(batch.rows().size(), 1u);
      EXPECT_EQ(batch.rows()[0].ts_ms, i);
      EXPECT_EQ(batch.rows()[0].seq, static_cast<std::uint64_t>(i));
      EXPECT_EQ(batch.origin(0).line, static_cast<std::uint64_t>(i) + 1);
      if (i % 2 == 1) pipe.await_reader();
      if (i + 1 < 50) pipe.put(numbered_line(i + 1));
    }
    pipe.close();
    EXPECT_FALSE(*(*source)->next_batch(batch));
  }
}

// A new schema does not wait for the input either.
TEST(ParallelSource, ChangesTheSchemaWhileAPipeIsSilent) {
  const Schema before = two_types();
  const Schema after = other_types();
  TestThreads executor(2);
  Pipe pipe;
  pipe.put(numbered_line(0));
  auto source = open_event_source(pipe, before, {.paths = {"-"}, .executor = &executor});
  Batch batch;
  ASSERT_TRUE(*(*source)->next_batch(batch));
  pipe.await_reader();
  ASSERT_TRUE((*source)->set_schema(after));
  pipe.put(numbered_line(1));
  ASSERT_TRUE(*(*source)->next_batch(batch));
  EXPECT_EQ(batch.unknown().size(), 1u);
  EXPECT_TRUE(batch.rows().empty());
}

TEST(ParallelSource, RefusesASchemaWithoutTheNamedType) {
  const Schema schema = two_types();
  const Schema other = other_types();
  MemoryFiles files;
  files.contents["a"] = numbered_line(0) + numbered_line(1);
  for (const std::size_t threads : {1u, 4u}) {
    TestThreads executor(threads);
    InputOptions options{.paths = {"a"}, .block_bytes = 5, .executor = &executor};
    options.reader.type_name = "e";
    auto source = open_event_source(files, schema, options);
    EXPECT_FALSE((*source)->set_schema(other));
    Batch batch;
    ASSERT_TRUE(*(*source)->next_batch(batch));
    EXPECT_FALSE((*source)->set_schema(other));
    ASSERT_TRUE(*(*source)->next_batch(batch));
    EXPECT_EQ(batch.rows().size(), 1u);
  }
}

// Destroyed at any moment it ends: while a read waits, with blocks ahead, before the first batch.
TEST(ParallelSource, EndsInTheMiddle) {
  const Schema schema = two_types();
  for (const std::size_t threads : {2u, 8u}) {
    TestThreads executor(threads);
    for (int batches = 0; batches < 4; ++batches) {
      Pipe pipe;
      for (int i = 0; i < 200; ++i) pipe.put(numbered_line(i));
      auto source = open_event_source(pipe, schema,
                                      {.paths = {"-"}, .block_bytes = 100, .executor = &executor});
      Batch batch;
      for (int i = 0; i < batches; ++i) ASSERT_TRUE(*(*source)->next_batch(batch));
    }
    Pipe pipe;
    pipe.put(numbered_line(0));
    auto source = open_event_source(pipe, schema, {.paths = {"-"}, .executor = &executor});
    Batch batch;
    ASSERT_TRUE(*(*source)->next_batch(batch));
    pipe.await_reader();
  }
}

// The look-ahead is bounded: a reader far ahead of its caller stops reading.
TEST(ParallelSource, ReadsAheadSoFar) {
  const Schema schema = two_types();
  MemoryFiles files;
  for (int i = 0; i < 10'000; ++i) files.contents["a"] += numbered_line(i);
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kBlock = 100;
  files.piece = kBlock;
  TestThreads executor(kThreads);
  auto source = open_event_source(files, schema,
                                  {.paths = {"a"}, .block_bytes = kBlock, .executor = &executor});
  Batch batch;
  ASSERT_TRUE(*(*source)->next_batch(batch));
  executor.wait_until_idle();
  EXPECT_GT(files.bytes_read, kBlock);
  EXPECT_LE(files.bytes_read, (2 * kThreads + 1) * kBlock);
  std::size_t rows = batch.rows().size();
  while (*(*source)->next_batch(batch)) rows += batch.rows().size();
  EXPECT_EQ(rows, 10'000u);
}

TEST(LineCutter, CutsBehindLineEnds) {
  const auto cut = [](LineCutter& cutter, std::string_view text, bool last = false) {
    const LineCutter::Cut at = cutter.cut(text, last);
    return std::to_string(at.begin) + "-" + std::to_string(at.end);
  };
  LineCutter cutter(5);
  EXPECT_EQ(cut(cutter, "\xef\xbb"), "0-0");
  EXPECT_EQ(cut(cutter, "\xef\xbb\xbf"), "3-3");
  EXPECT_EQ(cut(cutter, "ab\ncd"), "0-3");
  EXPECT_EQ(cut(cutter, "cdefg"), "0-0");
  EXPECT_EQ(cut(cutter, "cdefg\r"), "0-0");
  EXPECT_EQ(cut(cutter, "cdefg\rh"), "0-7");
  EXPECT_EQ(cut(cutter, "too long"), "8-8");
  EXPECT_EQ(cut(cutter, "end\nab\ncd"), "4-7");
  EXPECT_EQ(cut(cutter, "cd", true), "0-2");
  cutter.start_source();
  EXPECT_EQ(cut(cutter, "\xef\xbb", true), "0-2");
  cutter.start_source();
  EXPECT_EQ(cut(cutter, "\xef\xbb\xbf\n\xef\xbb\xbf"), "3-4");
}

}  // namespace
}  // namespace weir::event
