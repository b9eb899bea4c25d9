#include "api/run_setup.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "api/reject_writer.h"

namespace weir::api {
namespace {

// What may be wrong with an input of which no record is good; empty if there is nothing to say.
std::string hint_of(const event::BadRecord& bad, event::InputFormat format) {
  const std::size_t start = bad.raw.find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? ' ' : bad.raw[start];
  const auto count = [&](char c) { return std::ranges::count(bad.raw, c); };
  if (format == event::InputFormat::kCsv) {
    if (first == '{') return "this looks like JSON lines: --input-format json";
    if (count(';') > count(',')) {
      return "the cells seem to be parted by semicolons; of CSV commas are read, of .tsv tabs";
    }
    if (count('\t') > count(',')) return "the cells seem to be parted by tabs: name the file .tsv";
    return "";
  }
  if (bad.reason != event::BadReason::kSyntax || first == '{') return "";
  if (first == '[') return "this looks like one JSON array; one object a line is read";
  return count(',') + count(';') + count('\t') > 0
             ? "this looks like CSV: --input-format csv, or a name that ends in .csv"
             : "one JSON object a line is read";
}

}  // namespace

runtime::EngineOptions engine_options(const RunOptions& options) {
  runtime::EngineOptions out;
  out.order =
      options.order == Order::arrival ? runtime::Order::kArrival : runtime::Order::kWatermark;
  out.lateness_ms = options.lateness_ms;
  out.late = options.late == LatePolicy::process ? runtime::LatePolicy::kProcess
                                                 : runtime::LatePolicy::kDrop;
  out.max_future_ms = options.max_future_ms.value_or(-1);
  out.keep_raw = options.match_events;
  out.all_decisions = options.all_decisions;
  return out;
}

event::InputOptions input_options(const RunOptions& options) {
  event::InputOptions out;
  out.paths = options.events;
  switch (options.input_format) {
    case InputFormat::by_name:
      out.format = event::InputFormat::kByName;
      break;
    case InputFormat::json_lines:
      out.format = event::InputFormat::kJsonLines;
      break;
    case InputFormat::csv:
      out.format = event::InputFormat::kCsv;
      break;
  }
  out.reader.type_name = options.type;
  out.reader.strict = options.strict;
  return out;
}

event::InputFormat format_of(const RunOptions& options, const std::string& source) {
  const event::InputFormat format = input_options(options).format;
  return format == event::InputFormat::kByName ? event::format_of_name(source) : format;
}

void add_rejects(RunSummary& summary, const event::Batch& batch, const RunOptions& options,
                 const std::vector<std::string>& sources) {
  summary.read += batch.records();
  summary.bad += batch.bad().size();
  summary.unknown_type += batch.unknown().size();
  if (summary.first_bad.empty() && !batch.bad().empty()) {
    const event::BadRecord& bad = batch.bad().front();
    summary.first_bad = describe_bad_record(bad, sources);
    summary.hint = hint_of(bad, format_of(options, sources[bad.origin.source]));
  }
  if (summary.first_unknown.empty() && !batch.unknown().empty()) {
    summary.first_unknown = to_valid_utf8(batch.unknown().front().type);
  }
}

RunProgress progress_of(const runtime::EngineStats& stats, const event::SourceProgress& input) {
  RunProgress progress;
  progress.alerts = stats.alerts;
  if (input.bytes_total > 0) {
    progress.share = std::min(
        1.0, static_cast<double>(input.bytes_read) / static_cast<double>(input.bytes_total));
  }
  if (stats.has_watermark) progress.watermark_ms = stats.watermark_ms;
  return progress;
}

void add_figures(RunSummary& summary, const runtime::EngineStats& stats,
                 const event::OddCounts& odd) {
  if (summary.bad != summary.read) summary.hint.clear();
  summary.accepted = stats.accepted;
  summary.late = stats.late;
  summary.future = stats.future;
  summary.clamped = stats.clamped;
  summary.withheld = stats.withheld;
  summary.limited = stats.limited;
  summary.unexamined = stats.unexamined;
  summary.overflow = stats.overflow;
  summary.division_by_zero = stats.division_by_zero;
  summary.enum_unlisted = odd.enums_unlisted;
  summary.decimal_out_of_range = odd.decimals_out_of_range;
  summary.decimal_rounded = odd.decimals_rounded;
  summary.peak_partial_matches = stats.peak_partial_matches;
  if (stats.has_watermark) summary.watermark_ms = stats.watermark_ms;
}

std::uint64_t peak_rss_bytes(base::FileEnv& files) {
  constexpr std::uint64_t kMostBytes = 1 << 16;
  const auto status = files.read_file("/proc/self/status", kMostBytes);
  if (!status) return 0;
  constexpr std::string_view kField = "VmHWM:";
  std::size_t at = status->find(kField);
  if (at == std::string::npos) return 0;
  at = status->find_first_of("0123456789", at);
  std::uint64_t kilobytes = 0;
  if (at != std::string::npos) {
    std::from_chars(status->data() + at, status->data() + status->size(), kilobytes);
  }
  return kilobytes * 1024;
}

}  // namespace weir::api
