#include "event/input.h"

#include <algorithm>
#include <string_view>

#include "event/byte_source.h"
#include "event/csv_reader.h"
#include "event/json_reader.h"

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

// Reads files one after the other. The bytes of a block live in the batch that is made of it;
// the piece of a record at the block's end moves to the next batch's buffer.
class FileEventSource final : public EventSource {
 public:
  FileEventSource(base::FileEnv& files, const Schema& schema, InputOptions options)
      : files_(files), schema_(&schema), options_(std::move(options)) {}

  Result<void> prepare() {
    auto paths = expand_globs(files_, options_.paths);
    if (!paths) return std::unexpected(paths.error());
    options_.paths = std::move(*paths);
    if (auto opened = open_ahead(); !opened) return opened;
    options_.reader.max_record_bytes = std::min(options_.reader.max_record_bytes, kMostRecordBytes);
    options_.block_bytes = std::max<std::size_t>(options_.block_bytes, 1);
    // Tells of a type that does not exist before the first batch is asked for.
    const auto checked = make_reader(*schema_, InputFormat::kJsonLines, options_.reader);
    if (!checked) return std::unexpected(checked.error());
    return {};
  }

  Result<bool> next_batch(Batch& batch) override {
    batch.clear();
    PaddedBuffer& buffer = batch.buffer();
    buffer.reserve(options_.block_bytes + options_.reader.max_record_bytes + 1);
    while (true) {
      if (!bytes_) {
        if (next_path_ == options_.paths.size()) return false;
        if (auto opened = open_next(); !opened) return end_with(opened.error());
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
    if (reader_) {
      if (auto done = reader_->set_schema(schema); !done) return done;
    }
    schema_ = &schema;
    return {};
  }
  const std::vector<std::string>& source_names() const override { return options_.paths; }
  SourceProgress progress() const override {
    SourceProgress now = progress_;
    if (bytes_) now.bytes_read += bytes_->file_bytes_read();
    return now;
  }

 private:
  static constexpr std::size_t kMostOpen = 64;

  // A file that is not there is told before anything is read. Files stay open, since a pipe
  // cannot be opened twice; of very many only the first do, and the total size is not known.
  Result<void> open_ahead() {
    bool sized = options_.paths.size() <= kMostOpen;
    for (const std::string& path : options_.paths) {
      if (open_.size() == kMostOpen) {
        if (files_.exists(path)) continue;
        return base::fail(base::ErrorCode::kNotFound, "cannot open " + path + ": it is not there");
      }
      auto file = files_.open_input(path);
      if (!file) return std::unexpected(file.error());
      sized = sized && (*file)->size() > 0;
      progress_.bytes_total += (*file)->size();
      open_.push_back(std::move(*file));
    }
    if (!sized) progress_.bytes_total = 0;
    return {};
  }

  std::unexpected<base::Error> end_with(const base::Error& error) {
    bytes_.reset();
    next_path_ = options_.paths.size();
    return std::unexpected(error);
  }

  Result<void> open_next() {
    const std::string& path = options_.paths[next_path_];
    auto opened = next_path_ < open_.size() ? make_byte_source(std::move(open_[next_path_]), path)
                                            : open_byte_source(files_, path);
    if (!opened) return std::unexpected(opened.error());
    InputFormat format = options_.format;
    if (format == InputFormat::kByName) format = format_of_name(path);
    ReaderOptions options = options_.reader;
    if (delimiter_of_name(path) == '\t') options.delimiter = '\t';
    auto reader = make_reader(*schema_, format, options);
    if (!reader) return std::unexpected(reader.error());
    (*reader)->start_source(static_cast<std::uint32_t>(next_path_), next_seq_);
    reader_ = std::move(*reader);
    bytes_ = std::move(*opened);
    ++next_path_;
    return {};
  }

  // Reads until a record is whole or the source ends, which closes it.
  Result<void> read_records(Batch& batch) {
    PaddedBuffer& buffer = batch.buffer();
    while (true) {
      const std::size_t held = buffer.size();
      const auto got = bytes_->read(buffer.data() + held,
                                    std::min(options_.block_bytes, buffer.capacity() - held));
      if (!got) return std::unexpected(got.error());
      buffer.set_size(held + *got);
      const bool last = *got == 0;
      const std::size_t used = reader_->read(buffer.view(), last, batch);
      next_seq_ = reader_->next_seq();
      if (last) {
        progress_.bytes_read += bytes_->file_bytes_read();
        bytes_.reset();
        return {};
      }
      if (used == 0) continue;
      carry_.assign(buffer.view().substr(used));
      return {};
    }
  }

  base::FileEnv& files_;
  const Schema* schema_;
  InputOptions options_;
  std::vector<std::unique_ptr<base::InputFile>> open_;  // of the first paths, until their turn
  std::size_t next_path_ = 0;
  std::unique_ptr<ByteSource> bytes_;  // of the source at hand; none between two
  std::unique_ptr<RecordReader> reader_;
  std::string carry_;  // the beginning of a record that goes on
  std::uint64_t next_seq_ = 0;
  SourceProgress progress_;  // of the sources that have ended
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
  auto source = std::make_unique<FileEventSource>(files, schema, std::move(options));
  if (auto ready = source->prepare(); !ready) return std::unexpected(ready.error());
  return source;
}

}  // namespace weir::event
