#include "event/csv_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "event/decode_plan.h"
#include "event/record_decoder.h"

namespace weir::event {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

const char* find_byte(const char* p, const char* end, char byte) {
  const void* found = std::memchr(p, byte, static_cast<std::size_t>(end - p));
  return found == nullptr ? end : static_cast<const char*>(found);
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Writes each doubled quote once; `out` has room for the text.
std::size_t undouble(std::string_view text, char* out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out[size++] = text[i];
    if (text[i] == '"') ++i;
  }
  return size;
}

}  // namespace

struct CsvReader::Decoding {
  explicit Decoding(DecodePlan built) : plan(std::move(built)), decoder(&plan) {
    table.resize(plan.captures());
  }
  DecodePlan plan;
  RecordDecoder decoder;
  TokenTable table;
  std::vector<std::pair<std::size_t, CaptureId>> columns;  // column and what it fills
};

CsvReader::CsvReader(ReaderOptions options) : options_(std::move(options)) {
  options_.max_record_bytes = std::min(options_.max_record_bytes, kMostRecordBytes);
}

CsvReader::~CsvReader() = default;

base::Result<std::unique_ptr<CsvReader>> CsvReader::create(const Schema& schema,
                                                           ReaderOptions options) {
  std::unique_ptr<CsvReader> reader(new CsvReader(std::move(options)));
  reader->start_source(0, 0);
  if (auto done = reader->set_schema(schema); !done) return std::unexpected(done.error());
  return reader;
}

base::Result<void> CsvReader::set_schema(const Schema& schema) {
  auto plan = DecodePlan::build(schema, options_);
  if (!plan) return std::unexpected(plan.error());
  decoding_ = std::make_unique<Decoding>(std::move(*plan));
  map_columns();
  return {};
}

void CsvReader::start_source(std::uint32_t source, std::uint64_t first_seq) {
  place_ = {};
  place_.next.source = source;
  place_.next.seq = first_seq;
}

void CsvReader::resume(Place place) {
  place_ = std::move(place);
  map_columns();
}

RecordOrigin CsvReader::take_origin() {
  const RecordOrigin origin = place_.next;
  ++place_.next.seq;
  ++place_.next.position;
  return origin;
}

std::size_t CsvReader::read(std::string_view text, bool last, Batch& batch) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (place_.skipping) {
    p = find_byte(p, end, '\n');
    if (p == end) return text.size();
    ++p;
    place_.skipping = false;
  }
  if (place_.at_start) {
    const std::size_t size = std::min(text.size(), kByteOrderMark.size());
    const bool begins_so = text.substr(0, size) == kByteOrderMark.substr(0, size);
    if (begins_so && size < kByteOrderMark.size() && !last) return 0;  // it may yet become one
    if (begins_so && size == kByteOrderMark.size()) p += size;
    place_.at_start = false;
  }
  const bool utf8 = simdjson::validate_utf8(p, static_cast<std::size_t>(end - p));
  while (p < end) {
    const Scan scan = scan_record(p, end, last);
    const bool over = static_cast<std::size_t>(end - p) > options_.max_record_bytes;
    if (scan == Scan::kUnfinished && !over) break;
    if (scan == Scan::kWhole) {
      take_record(p, utf8, batch);
      p = next_record_;
      continue;
    }
    if (scan == Scan::kUnfinished) broken_message_ = "a quoted cell does not end";
    const char* next = reject_line(p, end, last, batch);
    if (next == nullptr) break;
    p = next;
  }
  return static_cast<std::size_t>(p - text.data());
}

const char* CsvReader::reject_line(const char* begin, const char* end, bool last, Batch& batch) {
  const char* newline = find_byte(begin, end, '\n');
  const std::string_view line = without_return(between(begin, newline));
  const bool over = line.size() > options_.max_record_bytes;
  if (newline == end && !last && !over) return nullptr;
  ++place_.next.line;
  if (over) {
    batch.add_bad(take_origin(), BadReason::kTooLong, too_long_message("record", options_), line);
  } else {
    batch.add_bad(take_origin(), BadReason::kSyntax, broken_message_, line);
  }
  place_.skipping = newline == end && !last;
  return newline == end ? end : newline + 1;
}

CsvReader::Scan CsvReader::broken(const char* message) {
  broken_message_ = message;
  return Scan::kBroken;
}

// Cuts the record at `begin` into cells_.
CsvReader::Scan CsvReader::scan_record(const char* begin, const char* end, bool last) {
  cells_.clear();
  inner_lines_ = 0;
  const char* p = begin;
  while (true) {
    if (p < end && *p == '"') {
      const Scan scan = scan_quoted(p, end, last);
      if (scan != Scan::kWhole) return scan;
    } else {
      scan_plain(p, end);
    }
    if (p == end && !last) return Scan::kUnfinished;
    if (p < end && *p == '"') return broken("a quote inside a cell that has none around it");
    if (p < end && *p == options_.delimiter) {
      ++p;
      continue;
    }
    record_end_ = p;
    next_record_ = p == end ? end : p + 1;
    if (p > begin && p[-1] == '\r') {
      --record_end_;
      Cell& cell = cells_.back();
      if (cell.begin + cell.size == p) --cell.size;
    }
    return Scan::kWhole;
  }
}

// p from an opening quote to the delimiter or line end behind the closing one.
CsvReader::Scan CsvReader::scan_quoted(const char*& p, const char* end, bool last) {
  const char* const begin = ++p;
  bool doubled = false;
  while (true) {
    const char* quote = find_byte(p, end, '"');
    inner_lines_ += static_cast<std::uint64_t>(std::count(p, quote, '\n'));
    if (quote == end) return last ? broken("a quoted cell does not end") : Scan::kUnfinished;
    p = quote + 1;
    if (p == end || *p != '"') {
      cells_.push_back({begin, static_cast<std::size_t>(quote - begin), doubled});
      break;
    }
    doubled = true;
    ++p;
  }
  if (p == end) return last ? Scan::kWhole : Scan::kUnfinished;
  if (*p == '\r') {
    if (p + 1 == end) {
      if (!last) return Scan::kUnfinished;
      ++p;
    } else if (p[1] == '\n') {
      ++p;
    }
  }
  const bool ends = p == end || *p == options_.delimiter || *p == '\n';
  return ends ? Scan::kWhole : broken("text behind the closing quote of a cell");
}

// p to the delimiter, quote or line end behind a cell without quotes.
void CsvReader::scan_plain(const char*& p, const char* end) {
  const char* const begin = p;
  const char delimiter = options_.delimiter;
  while (p < end && *p != delimiter && *p != '\n' && *p != '"') ++p;
  cells_.push_back({begin, static_cast<std::size_t>(p - begin), false});
}

// The record that was just scanned: the header, nothing, or an event.
void CsvReader::take_record(const char* begin, bool utf8, Batch& batch) {
  ++place_.next.line;
  const std::string_view raw = between(begin, record_end_);
  if (raw.empty()) return;
  if (!place_.has_header) {
    take_header();
  } else if (raw.size() > options_.max_record_bytes) {
    batch.add_bad(take_origin(), BadReason::kTooLong, too_long_message("record", options_), raw);
  } else if (!utf8 && !simdjson::validate_utf8(raw.data(), raw.size())) {
    batch.add_bad(take_origin(), BadReason::kNotUtf8, "not UTF-8", raw);
  } else if (find_byte(raw.data(), raw.data() + raw.size(), '\0') != raw.data() + raw.size()) {
    batch.add_bad(take_origin(), BadReason::kSyntax, "a NUL byte", raw);
  } else if (cells_.size() != place_.header.size()) {
    batch.add_bad(take_origin(), BadReason::kColumnCount,
                  std::to_string(cells_.size()) + " cells where the header has " +
                      std::to_string(place_.header.size()),
                  raw);
  } else {
    decode(raw, batch);
  }
  place_.next.line += inner_lines_;
}

void CsvReader::take_header() {
  place_.has_header = true;
  place_.header.clear();
  for (const Cell& cell : cells_) {
    std::string name(cell.size, '\0');
    name.resize(undouble({cell.begin, cell.size}, name.data()));
    const std::size_t first = name.find_first_not_of(' ');
    const std::size_t behind = name.find_last_not_of(' ') + 1;
    place_.header.push_back(first == name.npos ? "" : name.substr(first, behind - first));
  }
  map_columns();
}

void CsvReader::map_columns() {
  decoding_->columns.clear();
  const std::vector<std::string>& names = decoding_->plan.capture_names();
  for (std::size_t column = 0; column < place_.header.size(); ++column) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == place_.header[column]) decoding_->columns.emplace_back(column, CaptureId(i));
    }
  }
}

void CsvReader::decode(std::string_view raw, Batch& batch) {
  TokenTable& table = decoding_->table;
  table.begin_record();
  for (const auto& [column, capture] : decoding_->columns) {
    const Cell& cell = cells_[column];
    std::string_view text(cell.begin, cell.size);
    if (cell.doubled) {
      char* out = batch.arena().allocate(text.size());
      text = {out, undouble(text, out)};
    }
    const TokenKind kind = text.empty() ? TokenKind::kNull : TokenKind::kCell;
    table.put(capture, {text.data(), static_cast<std::uint32_t>(text.size()), kind, false, false});
  }
  decoding_->decoder.decode(table, take_origin(), raw, batch);
}

}  // namespace weir::event
