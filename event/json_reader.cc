#include "event/json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "event/decode_plan.h"
#include "event/json_walk.h"
#include "event/line_shapes.h"
#include "event/record_decoder.h"

namespace weir::event {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

const char* find_newline(const char* p, const char* end) {
  const void* found = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
  return found == nullptr ? end : static_cast<const char*>(found);
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

struct JsonReader::Decoding {
  Decoding(DecodePlan built, std::size_t most_record_bytes)
      : plan(std::move(built)), shapes(&plan, most_record_bytes), walker(&plan), decoder(&plan) {}
  DecodePlan plan;
  LineShapes shapes;
  JsonWalker walker;
  RecordDecoder decoder;
};

JsonReader::JsonReader(ReaderOptions options) : options_(std::move(options)) {
  options_.max_record_bytes = std::min(options_.max_record_bytes, kMostRecordBytes);
}

JsonReader::~JsonReader() = default;

base::Result<std::unique_ptr<JsonReader>> JsonReader::create(const Schema& schema,
                                                             ReaderOptions options) {
  std::unique_ptr<JsonReader> reader(new JsonReader(std::move(options)));
  reader->start_source(0, 0);
  if (auto done = reader->set_schema(schema); !done) return std::unexpected(done.error());
  return reader;
}

base::Result<void> JsonReader::set_schema(const Schema& schema) {
  auto plan = DecodePlan::build(schema, options_);
  if (!plan) return std::unexpected(plan.error());
  decoding_ = std::make_unique<Decoding>(std::move(*plan), options_.max_record_bytes);
  return {};
}

void JsonReader::start_source(std::uint32_t source, std::uint64_t first_seq) {
  next_.source = source;
  next_.seq = first_seq;
  next_.position = 0;
  next_.line = 0;
  at_start_ = true;
  skipping_ = false;
}

void JsonReader::start_block(std::uint32_t source) {
  start_source(source, 0);
  at_start_ = false;
}

RecordOrigin JsonReader::take_origin() {
  const RecordOrigin origin = next_;
  ++next_.seq;
  ++next_.position;
  return origin;
}

std::size_t JsonReader::read(std::string_view text, bool last, Batch& batch) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (skipping_) p = skip_rest(p, end);
  if (at_start_ && !skipping_) {
    const auto size = std::min(text.size(), kByteOrderMark.size());
    const bool begins_so = text.substr(0, size) == kByteOrderMark.substr(0, size);
    if (begins_so && size < kByteOrderMark.size() && !last) return 0;  // it may yet become one
    if (begins_so && size == kByteOrderMark.size()) p += size;
    at_start_ = false;
  }
  const void* newline = p == end ? nullptr : memrchr(p, '\n', static_cast<std::size_t>(end - p));
  const char* whole = newline == nullptr ? p : static_cast<const char*>(newline) + 1;
  if (last) whole = end;
  read_lines(p, whole, batch);
  if (is_longer_than(between(whole, end), options_.max_record_bytes)) {
    ++next_.line;
    batch.add_bad(take_origin(), BadReason::kTooLong, too_long_message("line", options_),
                  between(whole, end).substr(0, options_.max_record_bytes));
    skipping_ = true;
    whole = end;
  }
  return static_cast<std::size_t>(whole - text.data());
}

// Passes over what is left of a line that was too long.
const char* JsonReader::skip_rest(const char* p, const char* end) {
  const char* newline = find_newline(p, end);
  if (newline == end) return end;
  skipping_ = false;
  return newline + 1;
}

// In slices that stay in the nearest caches: each is read twice, once for its UTF-8.
void JsonReader::read_lines(const char* p, const char* end, Batch& batch) {
  constexpr std::ptrdiff_t kSliceBytes = std::ptrdiff_t{32} << 10;
  while (p < end) {
    const char* slice = end;
    if (end - p > kSliceBytes) {
      const void* newline = memrchr(p, '\n', kSliceBytes);
      slice = newline == nullptr ? find_newline(p + kSliceBytes, end)
                                 : static_cast<const char*>(newline);
      if (slice != end) ++slice;
    }
    read_slice(p, slice, batch);
    p = slice;
  }
}

// Whole lines.
void JsonReader::read_slice(const char* p, const char* end, Batch& batch) {
  const bool utf8 = simdjson::validate_utf8(p, static_cast<std::size_t>(end - p));
  const bool expect = utf8 && options_.expect_shapes;
  while (p < end) {
    if (expect) p = decoding_->shapes.read(p, end, next_, batch);
    if (p == end) return;
    ++next_.line;
    p = read_line(p, end, utf8, batch);
  }
}

// The line at `begin`; returns where the next one starts.
const char* JsonReader::read_line(const char* begin, const char* end, bool utf8, Batch& batch) {
  const char* const object = skip_space(begin);
  if (object == end || *object == '\n') {
    const bool over = without_return(between(begin, object)).size() > options_.max_record_bytes;
    if (over) return reject(begin, end, {}, batch);
    return object == end ? end : object + 1;
  }
  if (!utf8) {
    const char* newline = find_newline(object, end);
    if (!simdjson::validate_utf8(begin, static_cast<std::size_t>(newline - begin))) {
      return reject(begin, end, {BadReason::kNotUtf8, "not UTF-8", nullptr}, batch);
    }
  }
  return walk_line(begin, object, end, batch);
}

// The line at `begin` whose object starts at `object`, whatever it looks like.
const char* JsonReader::walk_line(const char* begin, const char* object, const char* end,
                                  Batch& batch) {
  const char* const behind = decoding_->walker.walk(object);
  if (behind == nullptr) return reject(begin, end, decoding_->walker.fault(), batch);
  const char* const stop = skip_space(behind);
  if (stop != end && *stop != '\n') {
    return reject(begin, end, {BadReason::kSyntax, "text behind the object", stop}, batch);
  }
  if (static_cast<std::size_t>(stop - begin) > options_.max_record_bytes &&
      without_return(between(begin, stop)).size() > options_.max_record_bytes) {
    return reject(begin, end, {}, batch);
  }
  const std::string_view text = between(object, behind);
  const std::size_t rows = batch.rows().size();
  const std::size_t unknown = batch.unknown().size();
  const std::uint64_t misfits = batch.odd().labels_misfit;
  decoding_->decoder.decode(decoding_->walker.table(), take_origin(), text, batch);
  if (options_.expect_shapes) {
    // A label may stand twice, or be hidden, in a line that is good: no shape says so.
    const bool fits = batch.odd().labels_misfit == misfits;
    if (batch.rows().size() != rows && fits) {
      decoding_->shapes.learn(batch.rows().back().type, text, {});
    }
    if (batch.unknown().size() != unknown) {
      decoding_->shapes.learn({}, text, batch.unknown().back().type);
    }
  }
  return stop == end ? end : stop + 1;
}

const char* JsonReader::reject(const char* begin, const char* end, const ScanFault& fault,
                               Batch& batch) {
  const char* const newline = find_newline(begin, end);
  const std::string_view line = without_return(between(begin, newline));
  if (line.size() > options_.max_record_bytes) {
    batch.add_bad(take_origin(), BadReason::kTooLong, too_long_message("line", options_),
                  line.substr(0, options_.max_record_bytes));
  } else {
    std::string message = fault.message;
    if (fault.at != nullptr && fault.at >= line.data() + line.size()) {
      message = "the line ends before its object does";
    } else if (fault.at != nullptr) {
      message += ", at byte " + std::to_string(fault.at - begin + 1);
    }
    batch.add_bad(take_origin(), fault.reason, message, line);
  }
  return newline == end ? end : newline + 1;
}

}  // namespace weir::event
