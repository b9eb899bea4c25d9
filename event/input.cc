#include "event/input.h"

#include <algorithm>
#include <string_view>

#include "event/csv_reader.h"
#include "event/json_reader.h"
#include "event/parallel_source.h"
#include "event/source_files.h"

namespace weir::event {
namespace {

using base::Result;

std::string_view name_without_compression(std::string_view path) {
  for (const std::string_view ending : {".gz", ".zst"}) {
    if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  }
  return path;
}

Result<std::unique_ptr<RecordReader>> make_reader(const Schema& schema, InputFormat format,
                                                  const ReaderOptions& options) {
  if (format == InputFormat::kCsv) {
    auto reader = CsvReader::create(schema, options);
    if (!reader) return std::unexpected(reader.error());
    return std::move(*reader);
  }
  auto reader = JsonReader::create(schema, options);
  if (!reader) return std::unexpected(reader.error());
  return std::move(*reader);
}

// Reads files one after the other, on the caller's thread. The bytes of a block live in the batch
// that is made of it; the piece of a record at the block's end moves to the next batch's buffer.
class SerialSource final : public EventSource {
 public:
  SerialSource(std::unique_ptr<SourceFiles> files, const Schema& schema, InputOptions options)
      : files_(std::move(files)), schema_(&schema), options_(std::move(options)) {}

  Result<bool> next_batch(Batch& batch) override {
    batch.clear();
    PaddedBuffer& buffer = batch.buffer();
    buffer.reserve(options_.block_bytes + options_.reader.max_record_bytes + 1);
    while (true) {
      if (!files_->is_open()) {
        const auto opened = open_next();
        if (!opened) return end_with(opened.error());
        if (!*opened) return false;
      }
      buffer.set_size(0);
      buffer.append(carry_);
      carry_.clear();
      const auto read = read_records(batch);
      if (!read) return end_with(read.error());
      if (!batch.empty()) return true;
    }
  }

  Result<void> set_schema(const Schema& schema) override {
    if (!reader_) {
      const auto checked = make_reader(schema, InputFormat::kJsonLines, options_.reader);
      if (!checked) return std::unexpected(checked.error());
    } else if (auto done = reader_->set_schema(schema); !done) {
      return done;
    }
    schema_ = &schema;
    return {};
  }
  const std::vector<std::string>& source_names() const override { return files_->names(); }
  SourceProgress progress() const override { return files_->progress(); }

 private:
  std::unexpected<base::Error> end_with(const base::Error& error) {
    files_->abandon();
    return std::unexpected(error);
  }

  Result<bool> open_next() {
    auto opened = files_->open_next();
    if (!opened || !*opened) return opened;
    ReaderOptions options = options_.reader;
    options.delimiter = files_->delimiter(options.delimiter);
    auto reader = make_reader(*schema_, files_->format(), options);
    if (!reader) return std::unexpected(reader.error());
    (*reader)->start_source(files_->source(), next_seq_);
    reader_ = std::move(*reader);
    return true;
  }

  // Reads until a record is whole or the source ends, which closes it.
  Result<void> read_records(Batch& batch) {
    PaddedBuffer& buffer = batch.buffer();
    while (true) {
      const std::size_t held = buffer.size();
      const auto got = files_->read(buffer.data() + held,
                                    std::min(options_.block_bytes, buffer.capacity() - held));
      if (!got) return std::unexpected(got.error());
      buffer.set_size(held + *got);
      const bool last = *got == 0;
      const std::size_t used = reader_->read(buffer.view(), last, batch);
      next_seq_ = reader_->next_seq();
      if (last) {
        files_->close();
        return {};
      }
      if (used == 0) continue;
      carry_.assign(buffer.view().substr(used));
      return {};
    }
  }

  std::unique_ptr<SourceFiles> files_;
  const Schema* schema_;
  InputOptions options_;
  std::unique_ptr<RecordReader> reader_;  // of the source at hand, or of the last one
  std::string carry_;                     // the beginning of a record that goes on
  std::uint64_t next_seq_ = 0;
};

}  // namespace

InputFormat format_of_name(const std::string& path) {
  const std::string_view name = name_without_compression(path);
  const bool csv = name.ends_with(".csv") || name.ends_with(".tsv");
  return csv ? InputFormat::kCsv : InputFormat::kJsonLines;
}

char delimiter_of_name(const std::string& path) {
  return name_without_compression(path).ends_with(".tsv") ? '\t' : ',';
}

Result<std::unique_ptr<EventSource>> open_event_source(base::FileEnv& files, const Schema& schema,
                                                       InputOptions options) {
  const bool ahead = options.executor != nullptr && options.executor->concurrency() > 1;
  auto opened = std::make_unique<SourceFiles>(files, std::move(options.paths), options.format);
  if (ahead) opened->make_stoppable();
  if (auto done = opened->open_ahead(); !done) return std::unexpected(done.error());
  options.reader.max_record_bytes = std::min(options.reader.max_record_bytes, kMostRecordBytes);
  options.block_bytes = std::max<std::size_t>(options.block_bytes, 1);
  // Tells of a type that does not exist before the first batch is asked for.
  const auto checked = make_reader(schema, InputFormat::kJsonLines, options.reader);
  if (!checked) return std::unexpected(checked.error());
  if (ahead) return make_parallel_source(std::move(opened), schema, options);
  return std::make_unique<SerialSource>(std::move(opened), schema, std::move(options));
}

}  // namespace weir::event
