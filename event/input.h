// Where events come from: files, standard input, several of them in order, JSON lines or CSV,
// compressed or not. Hands out batches. Used by the apps and the tests; other transports implement
// EventSource too. Not thread-safe, but a batch once handed out is on its own.
//
// With an executor of several threads the input is read and decoded ahead on them
// (parallel_source.h). What comes out is the same, batch for batch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "base/file_env.h"
#include "event/batch.h"
#include "event/reader.h"
#include "event/schema.h"

namespace weir::event {

struct SourceProgress {
  std::uint64_t bytes_read = 0;   // as they stand in the files, compressed ones too
  std::uint64_t bytes_total = 0;  // of all files; 0 if one has no size (a pipe)
};

class EventSource {
 public:
  virtual ~EventSource() = default;

  // Clears `batch` and fills it with the next records, all of one source. False at the end, with
  // the batch empty. Waits for input only as long as there is no whole record. An error ends the
  // input: what came before it has been handed out.
  [[nodiscard]] virtual base::Result<bool> next_batch(Batch& batch) = 0;

  // For the records of later batches; the old schema must live until batches of it are done with.
  // Fails, and changes nothing, if the type named in the options is gone.
  [[nodiscard]] virtual base::Result<void> set_schema(const Schema& schema) = 0;

  // By RecordOrigin::source.
  [[nodiscard]] virtual const std::vector<std::string>& source_names() const = 0;
  [[nodiscard]] virtual SourceProgress progress() const = 0;
};

enum class InputFormat : std::uint8_t {
  kByName,  // CSV for .csv and .tsv (also with .gz, .zst behind), else JSON lines
  kJsonLines,
  kCsv,
};

struct InputOptions {
  std::vector<std::string> paths;  // globs allowed; "-" is standard input
  InputFormat format = InputFormat::kByName;
  ReaderOptions reader;  // of .tsv the delimiter is always the tab
  // Small enough for a block and its rows to be in a cache when the engine comes to them.
  std::size_t block_bytes = std::size_t{1} << 18;
  // Reads and decodes ahead, if it has more than one thread; must outlive the source.
  base::Executor* executor = nullptr;
};

// Fails if a file is not there, before anything is read. `files` and `schema` must outlive the
// source (the schema until set_schema).
[[nodiscard]] base::Result<std::unique_ptr<EventSource>> open_event_source(base::FileEnv& files,
                                                                           const Schema& schema,
                                                                           InputOptions options);

// kJsonLines or kCsv.
[[nodiscard]] InputFormat format_of_name(const std::string& path);
// The tab for .tsv, else the comma.
[[nodiscard]] char delimiter_of_name(const std::string& path);

}  // namespace weir::event
