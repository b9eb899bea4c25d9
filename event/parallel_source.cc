#include "event/parallel_source.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "event/csv_reader.h"
#include "event/json_reader.h"
#include "event/line_cutter.h"

namespace weir::event {
namespace {

using base::Result;

// A piece of one source, on its way from the file to the caller.
struct Block {
  enum class State : std::uint8_t { kRead, kDecoding, kDecoded };

  State state = State::kRead;
  Batch batch;            // its text in the buffer, then its rows
  std::size_t begin = 0;  // of the text
  bool last = false;      // the source ends with its text
  bool starts_source = false;
  std::uint32_t source = 0;
  std::uint64_t lines = 0;   // of JSON
  std::uint64_t schema = 0;  // the serial number of the one that it was decoded by
  SourceProgress progress;   // once it had been read
  bool is_csv = false;
  ReaderOptions csv_options;  // of its source
  CsvReader::Place place;     // before its text
};

class ParallelSource final : public EventSource {
 public:
  ParallelSource(std::unique_ptr<SourceFiles> files, const Schema& schema,
                 const InputOptions& options)
      : files_(std::move(files)),
        options_(options),
        schema_(&schema),
        cutter_(options.reader.max_record_bytes),
        threads_(options.executor->concurrency()),
        group_(options.executor->new_group()) {}

  ~ParallelSource() override {
    {
      const Lock lock(mutex_);
      stopping_ = true;
    }
    files_->stop();
    group_->wait();
  }

  Result<bool> next_batch(Batch& batch) override;
  Result<void> set_schema(const Schema& schema) override;
  const std::vector<std::string>& source_names() const override { return files_->names(); }
  SourceProgress progress() const override { return progress_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  // With the lock held; those that take it give it up for the work itself.
  [[nodiscard]] bool may_read() const;
  [[nodiscard]] Block* oldest_undecoded();
  void read_block(Lock& lock);
  void decode_block(Lock& lock, Block& block);
  bool hand_out(Lock& lock, Batch& batch);
  void call_workers(Lock& lock);
  Result<bool> end();

  // Without it.
  void work() noexcept;
  Result<bool> fill(Block& block);
  Result<bool> fill_from_source(Block& block);
  bool fill_json(Block& block);
  bool fill_csv(Block& block);
  std::size_t decode_csv(Block& block);
  [[nodiscard]] Result<bool> open_next();
  void decode_again(Block& block);
  static void decode_json(Block& block, JsonReader& reader);

  // Of whoever has the turn of reading.
  const std::unique_ptr<SourceFiles> files_;
  const InputOptions options_;
  const Schema* schema_;  // changed by the caller's thread, when nobody decodes
  LineCutter cutter_;
  std::string carry_;  // the beginning of a record that goes on
  bool starts_source_ = false;
  std::unique_ptr<CsvReader> csv_;  // of the source at hand; none for JSON
  ReaderOptions csv_options_;
  std::uint64_t csv_schema_ = 0;  // the serial number of the one that csv_ has

  // Of the caller's thread.
  RecordOrigin next_;                // of the next record to be handed out
  std::uint64_t source_begins_ = 0;  // seq of the source's first record
  SourceProgress progress_;

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Block>> queue_;  // in input order
  std::vector<std::unique_ptr<Block>> free_;
  std::vector<std::unique_ptr<JsonReader>> idle_readers_;  // made for the schema as it is
  std::uint64_t schema_serial_ = 0;
  std::size_t undecoded_ = 0;  // blocks that nobody decodes yet
  std::size_t decoding_ = 0;   // threads that do
  bool reading_ = false;
  bool ended_ = false;                // nothing more to read
  std::optional<base::Error> error_;  // that ended it
  SourceProgress end_progress_;
  bool stopping_ = false;
  std::size_t workers_ = 0;     // called and not gone home
  std::size_t on_the_way_ = 0;  // of those, called and not yet here
  const std::size_t threads_;   // with the caller's
  const std::unique_ptr<base::TaskGroup> group_;
};

// ---- the caller's thread -----------------------------------------------------------------------

Result<bool> ParallelSource::next_batch(Batch& batch) {
  batch.clear();
  Lock lock(mutex_);
  while (true) {
    if (!queue_.empty() && queue_.front()->state == Block::State::kDecoded) {
      if (hand_out(lock, batch)) return true;
    } else if (Block* const block = oldest_undecoded()) {
      decode_block(lock, *block);
    } else if (queue_.empty() && ended_) {
      return end();
    } else if (queue_.empty() && !reading_) {
      read_block(lock);
    } else {
      changed_.wait(lock);
    }
  }
}

// Once the error, then that there is no more.
Result<bool> ParallelSource::end() {
  progress_ = end_progress_;
  if (!error_) return false;
  const base::Error error = *std::exchange(error_, std::nullopt);
  return std::unexpected(error);
}

// The first block, if there is a record in it.
bool ParallelSource::hand_out(Lock& lock, Batch& batch) {
  std::unique_ptr<Block> block = std::move(queue_.front());
  queue_.pop_front();
  const bool stale = block->schema != schema_serial_;
  call_workers(lock);  // there is room
  lock.unlock();
  if (stale) decode_again(*block);
  std::swap(batch, block->batch);
  if (block->starts_source) {
    source_begins_ = next_.seq;
    next_.position = next_.line = 0;
  }
  if (block->is_csv) {
    batch.move_origins({source_begins_, 0, 0, 0});
  } else {
    batch.move_origins(next_);
    next_.line += block->lines;
  }
  next_.seq += batch.records();
  next_.position += batch.records();
  progress_ = block->progress;
  lock.lock();
  free_.push_back(std::move(block));
  return !batch.empty();
}

// What is in the queue was decoded by the old schema, and will be again when it is handed out.
Result<void> ParallelSource::set_schema(const Schema& schema) {
  auto reader = JsonReader::create(schema, options_.reader);
  if (!reader) return std::unexpected(reader.error());
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return decoding_ == 0; });
  schema_ = &schema;
  ++schema_serial_;
  idle_readers_.clear();
  idle_readers_.push_back(std::move(*reader));
  return {};
}

void ParallelSource::decode_again(Block& block) {
  block.batch.clear();
  if (block.is_csv) {
    auto reader = CsvReader::create(*schema_, block.csv_options);
    WEIR_CHECK(reader.has_value());  // set_schema() would have told
    (*reader)->resume(block.place);
    (void)(*reader)->read(block.batch.buffer().view(), block.last, block.batch);
    return;
  }
  auto reader = JsonReader::create(*schema_, options_.reader);
  WEIR_CHECK(reader.has_value());
  decode_json(block, **reader);
}

// ---- all threads -------------------------------------------------------------------------------

// Tasks do not throw; what could (no memory) would leave the caller waiting.
void ParallelSource::work() noexcept {
  Lock lock(mutex_);
  --on_the_way_;
  while (!stopping_) {
    if (may_read() && undecoded_ < threads_) {
      read_block(lock);
    } else if (Block* const block = oldest_undecoded()) {
      decode_block(lock, *block);
    } else {
      break;
    }
  }
  --workers_;
}

void ParallelSource::call_workers(Lock& lock) {
  const std::size_t pieces = undecoded_ + (may_read() ? 1 : 0);
  std::size_t called = 0;
  while (workers_ + 1 < threads_ && on_the_way_ < pieces) {
    ++workers_;
    ++on_the_way_;
    ++called;
  }
  if (called == 0) return;
  lock.unlock();
  while (called-- > 0) group_->start([this] { work(); });
  lock.lock();
}

bool ParallelSource::may_read() const {
  return !reading_ && !ended_ && !stopping_ && queue_.size() < 2 * threads_;
}

Block* ParallelSource::oldest_undecoded() {
  if (undecoded_ == 0) return nullptr;
  for (const auto& block : queue_) {
    if (block->state == Block::State::kRead) return block.get();
  }
  return nullptr;
}

void ParallelSource::decode_block(Lock& lock, Block& block) {
  block.state = Block::State::kDecoding;
  --undecoded_;
  ++decoding_;
  block.schema = schema_serial_;
  std::unique_ptr<JsonReader> reader;
  if (!idle_readers_.empty()) {
    reader = std::move(idle_readers_.back());
    idle_readers_.pop_back();
  }
  lock.unlock();
  if (!reader) {
    auto made = JsonReader::create(*schema_, options_.reader);
    WEIR_CHECK(made.has_value());  // of the type it was asked before
    reader = std::move(*made);
  }
  decode_json(block, *reader);
  lock.lock();
  idle_readers_.push_back(std::move(reader));
  block.state = Block::State::kDecoded;
  --decoding_;
  changed_.notify_one();
}

void ParallelSource::decode_json(Block& block, JsonReader& reader) {
  reader.start_block(block.source);
  const std::string_view text = block.batch.buffer().view().substr(block.begin);
  (void)reader.read(text, true, block.batch);
  block.lines = reader.lines();
}

// ---- the turn of reading -----------------------------------------------------------------------

void ParallelSource::read_block(Lock& lock) {
  reading_ = true;
  std::unique_ptr<Block> block;
  if (!free_.empty()) {
    block = std::move(free_.back());
    free_.pop_back();
  }
  lock.unlock();
  if (!block) block = std::make_unique<Block>();
  const auto filled = fill(*block);
  if (!filled) files_->abandon();
  lock.lock();
  reading_ = false;
  if (filled && *filled) {
    block->progress = files_->progress();
    undecoded_ += block->state == Block::State::kRead ? 1 : 0;
    queue_.push_back(std::move(block));
  } else {
    ended_ = true;
    if (!filled) error_ = filled.error();
    end_progress_ = files_->progress();
  }
  call_workers(lock);
  changed_.notify_one();
}

// The next block; false at the end of the input.
Result<bool> ParallelSource::fill(Block& block) {
  block.batch.clear();
  PaddedBuffer& buffer = block.batch.buffer();
  buffer.reserve(options_.block_bytes + options_.reader.max_record_bytes + 1);
  while (true) {
    if (!files_->is_open()) {
      auto opened = open_next();
      if (!opened || !*opened) return opened;
    }
    buffer.set_size(0);
    buffer.append(carry_);
    carry_.clear();
    const auto filled = fill_from_source(block);
    if (!filled) return filled;
    if (!*filled) continue;
    block.starts_source = std::exchange(starts_source_, false);
    block.source = files_->source();
    return true;
  }
}

Result<bool> ParallelSource::open_next() {
  auto opened = files_->open_next();
  if (!opened || !*opened) return opened;
  starts_source_ = true;
  cutter_.start_source();
  csv_.reset();
  if (files_->format() != InputFormat::kCsv) return true;
  csv_options_ = options_.reader;
  csv_options_.delimiter = files_->delimiter(csv_options_.delimiter);
  return true;
}

// Reads until there is something in the block or the source ends, which closes it; false if it
// ends with nothing.
Result<bool> ParallelSource::fill_from_source(Block& block) {
  PaddedBuffer& buffer = block.batch.buffer();
  block.is_csv = files_->format() == InputFormat::kCsv;
  while (true) {
    const std::size_t held = buffer.size();
    const auto got = files_->read(buffer.data() + held,
                                  std::min(options_.block_bytes, buffer.capacity() - held));
    if (!got) return std::unexpected(got.error());
    buffer.set_size(held + *got);
    block.last = *got == 0;
    const bool filled = block.is_csv ? fill_csv(block) : fill_json(block);
    if (block.last) files_->close();
    if (filled || block.last) return filled;
  }
}

bool ParallelSource::fill_json(Block& block) {
  PaddedBuffer& buffer = block.batch.buffer();
  const LineCutter::Cut cut = cutter_.cut(buffer.view(), block.last);
  carry_.assign(buffer.view().substr(cut.end));
  if (cut.begin == cut.end) {
    buffer.set_size(0);
    buffer.append(carry_);
    carry_.clear();
    return false;
  }
  buffer.set_size(cut.end);
  block.begin = cut.begin;
  block.state = Block::State::kRead;
  return true;
}

bool ParallelSource::fill_csv(Block& block) {
  PaddedBuffer& buffer = block.batch.buffer();
  const std::size_t used = decode_csv(block);
  if (!block.batch.empty()) {
    carry_.assign(buffer.view().substr(used));
    block.state = Block::State::kDecoded;
    return true;
  }
  if (used > 0) {
    carry_.assign(buffer.view().substr(used));
    buffer.set_size(0);
    buffer.append(carry_);
    carry_.clear();
  }
  return false;
}

std::size_t ParallelSource::decode_csv(Block& block) {
  {
    const Lock lock(mutex_);
    ++decoding_;
    block.schema = schema_serial_;
  }
  if (!csv_) {
    auto made = CsvReader::create(*schema_, csv_options_);
    WEIR_CHECK(made.has_value());  // of the type it was asked before
    csv_ = std::move(*made);
    csv_->start_source(files_->source(), 0);
  } else if (csv_schema_ != block.schema) {
    WEIR_CHECK(csv_->set_schema(*schema_).has_value());
  }
  csv_schema_ = block.schema;
  block.place = csv_->place();
  block.csv_options = csv_options_;
  const std::size_t used = csv_->read(block.batch.buffer().view(), block.last, block.batch);
  const Lock lock(mutex_);
  --decoding_;
  changed_.notify_one();
  return used;
}

}  // namespace

std::unique_ptr<EventSource> make_parallel_source(std::unique_ptr<SourceFiles> files,
                                                  const Schema& schema,
                                                  const InputOptions& options) {
  return std::make_unique<ParallelSource>(std::move(files), schema, options);
}

}  // namespace weir::event
