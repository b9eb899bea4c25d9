#include "api/run_session.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "api/reject_writer.h"
#include "api/run_setup.h"
#include "event/record_json.h"
#include "event/time.h"
#include "runtime/tbb_executor.h"

namespace weir::api {
namespace {

// Whether two paths, as given, lead to one file.
bool same_file(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (a == "-" || b == "-") return false;
  std::error_code error;
  if (std::filesystem::equivalent(a, b, error)) return true;
  const auto normal = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::absolute(path, ignored).lexically_normal();
  };
  return normal(a) == normal(b);
}

std::string plain_path(const std::string& path) { return path == "/dev/stdout" ? "-" : path; }

}  // namespace

RunSession::RunSession(const nfa::Image& image, const RunOptions& options, Env env,
                       RunObserver* observer)
    : image_(image),
      options_(options),
      env_(env),
      observer_(observer),
      writer_(image, options.match_events),
      sinks_(image, options.sinks),
      sent_(sinks_.names().size()),
      alerts_by_label_(image.rules.size() * 2),
      decision_counts_(image.decisions.size()) {}

Result<RunSummary> RunSession::run() {
  auto summary = run_stream();
  // What was sent before a failure stays sent; what waits is given up.
  if (!summary) static_cast<void>(close_sinks(true));
  return summary;
}

Result<RunSummary> RunSession::run_stream() {
  if (auto opened = open(); !opened) return std::unexpected(opened.error());
  start_ns_ = env_.clock.steady_ns();
  while (true) {
    const auto more = source_->next_batch(batch_);
    if (!more) return std::unexpected(public_error(more.error()));
    if (!*more) break;
    if (between_batches_) between_batches_(engine_->lists());
    if (auto taken = take_batch(); !taken) return std::unexpected(taken.error());
    report_progress(false);
    if (is_stopped()) break;
  }
  if (is_stopped()) return fail(ErrorCode::interrupted, interrupted_text());
  if (options_.hold_open) {
    engine_->flush(*this);
  } else {
    engine_->finish(*this);
  }
  if (auto closed = close_sinks(false); !closed) return std::unexpected(closed.error());
  if (is_stopped()) return fail(ErrorCode::interrupted, interrupted_text());
  report_progress(true);
  const RunSummary summary = summarise();
  if (outputs_[kSummary].is_open()) {
    outputs_[kSummary].buffer() = summary_json(summary) + "\n";
  }
  if (auto closed = close_outputs(); !closed) return std::unexpected(closed.error());
  return summary;
}

// ---- before the first record -------------------------------------------------------------------

Result<void> RunSession::open() {
  if (options_.events.empty()) return fail(ErrorCode::invalid_argument, "no events are given");
  if (options_.lateness_ms < 0) {
    return fail(ErrorCode::invalid_argument, "the lateness is negative");
  }
  if (options_.threads < 1 || options_.threads > kMostThreads) {
    return fail(ErrorCode::invalid_argument,
                "the number of threads is not from 1 to " + std::to_string(kMostThreads));
  }
  if (std::string fault = fault_of_sinks(options_.sinks); !fault.empty()) {
    return fail(ErrorCode::invalid_argument, std::move(fault));
  }
  event::InputOptions input = input_options(options_);
  if (options_.threads > 1) {
    executor_ = runtime::make_tbb_executor(options_.threads);
    input.executor = executor_.get();
  }
  auto source = event::open_event_source(env_.files, image_.schema, std::move(input));
  if (!source) return std::unexpected(public_error(source.error()));
  source_ = std::move(*source);
  if (auto checked = check_outputs(); !checked) return checked;
  runtime::EngineOptions engine_with = engine_options(options_);
  engine_with.executor = executor_.get();
  engine_with.lists = lists_;
  auto engine = runtime::Engine::create(image_, engine_with);
  if (!engine) return std::unexpected(public_error(engine.error()));
  engine_ = std::move(*engine);
  if (options_.dedup_ms) duplicates_.emplace(*options_.dedup_ms, options_.lateness_ms);
  if (options_.speed > 0) pacer_.emplace(env_.clock, options_.speed);
  plain_ = !duplicates_ && !pacer_ && !options_.from_ms && !options_.until_ms;
  return open_outputs();
}

Result<void> RunSession::check_outputs() const {
  std::vector<std::pair<std::string, std::string>> outputs = {
      {"alerts", plain_path(options_.alerts_path)},
      {"decisions", plain_path(options_.decisions_path)},
      {"bad input", plain_path(options_.bad_input_path)},
      {"late events", plain_path(options_.late_path)},
      {"the summary", plain_path(options_.summary_path)},
  };
  for (const NamedSink& sink : options_.sinks) {
    if (sink.sink == nullptr) {
      outputs.emplace_back("the sink " + sink.name, plain_path(sink.path));
    } else {
      outputs.emplace_back("the dead letters of the sink " + sink.name, sink.sink->file());
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [what, path] = outputs[i];
    if (path.empty() || path == "/dev/null") continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (outputs[j].second.empty() || !same_file(path, outputs[j].second)) continue;
      return fail(ErrorCode::invalid_argument, outputs[j].first + " and " + what +
                                                   " would both be written to " +
                                                   (path == "-" ? "standard output" : path));
    }
    for (const std::string& input : source_->source_names()) {
      if (path == "-" || !same_file(path, input)) continue;
      return fail(ErrorCode::invalid_argument,
                  what + " would be written to " + path + ", which is an input");
    }
  }
  return {};
}

Result<void> RunSession::open_outputs() {
  std::vector<const std::string*> paths = {&options_.alerts_path, &options_.decisions_path,
                                           &options_.bad_input_path, &options_.late_path,
                                           &options_.summary_path};
  for (const NamedSink& sink : options_.sinks) paths.push_back(&sink.path);
  outputs_.reserve(paths.size());
  for (const std::string* path : paths) {
    auto output = OutputWriter::open(env_.files, plain_path(*path));
    if (!output) return std::unexpected(public_error(output.error()));
    outputs_.push_back(std::move(*output));
  }
  return {};
}

// ---- batches -----------------------------------------------------------------------------------

Result<void> RunSession::take_batch() {
  std::span<const event::Row> rows = batch_.rows();
  const bool stop = options_.bad_input_fails && !batch_.bad().empty();
  if (stop) {  // what came before it counts
    const std::uint64_t seq = batch_.bad().front().origin.seq;
    const auto end = std::find_if(rows.begin(), rows.end(),
                                  [&](const event::Row& row) { return row.seq > seq; });
    rows = rows.first(static_cast<std::size_t>(end - rows.begin()));
  }
  take_rejects();
  take_rows(rows);
  write_bad_before(UINT64_MAX);
  end_of_batch();
  if (stop) {
    return fail(
        ErrorCode::bad_record,
        "bad record: " + describe_bad_record(batch_.bad().front(), source_->source_names()));
  }
  return output_errors();
}

void RunSession::take_rejects() {
  add_rejects(counts_, batch_, options_, source_->source_names());
  odd_ += batch_.odd();
  bad_written_ = 0;
}

// The file holds bad records and refused ones in the order of the input, however that came in
// batches.
void RunSession::write_bad_before(std::uint64_t seq) {
  OutputWriter& output = outputs_[kBadInput];
  if (!output.is_open()) return;
  for (; bad_written_ < batch_.bad().size(); ++bad_written_) {
    const event::BadRecord& bad = batch_.bad()[bad_written_];
    if (bad.origin.seq >= seq) return;
    append_bad_record(output.buffer(), bad, source_->source_names());
    output.line_done();
  }
}

void RunSession::take_rows(std::span<const event::Row> rows) {
  // A batch is all of one source.
  rewrite_raw_ = options_.match_events && !rows.empty() &&
                 format_of(options_, source_->source_names()[batch_.origin(0).source]) ==
                     event::InputFormat::kCsv;
  if (plain_ && !rewrite_raw_) {
    for (const event::Row& row : rows) engine_->add(row, *this);
  } else {
    for (const event::Row& row : rows) {
      if (pacer_ && is_stopped()) return;
      take_filtered(row);
    }
  }
  engine_->run(*this);
  rewritten_.clear();
}

void RunSession::take_filtered(const event::Row& row) {
  write_bad_before(row.seq);
  if ((options_.from_ms && row.ts_ms < *options_.from_ms) ||
      (options_.until_ms && row.ts_ms >= *options_.until_ms)) {
    ++counts_.outside;
    return;
  }
  // What the engine refuses is no first of its id, and moves no time.
  if (duplicates_ && engine_->takes(row) && duplicates_->is_duplicate(row.identity, row.ts_ms)) {
    ++counts_.duplicate;
    return;
  }
  if (pacer_) wait_for(row);
  if (!rewrite_raw_) {
    engine_->add(row, *this);
    return;
  }
  Rewritten& rewritten = rewritten_.emplace_back(Rewritten{row, {}});
  event::append_record_json(rewritten.json, image_.schema, row);
  rewritten.row.raw = rewritten.json;
  engine_->add(rewritten.row, *this);
}

void RunSession::wait_for(const event::Row& row) {
  constexpr std::int64_t kLongestSleepNs = 100'000'000;  // then it is asked whether to stop
  std::int64_t wait_ns = pacer_->wait_ns(row.ts_ms);
  if (wait_ns <= 0) return;
  engine_->run(*this);
  end_of_batch();  // who reads the alerts sees them at their time
  report_progress(false);
  while (wait_ns > 0 && !is_stopped()) {
    env_.clock.sleep_ns(std::min(wait_ns, kLongestSleepNs));
    wait_ns = pacer_->wait_ns(row.ts_ms);
  }
}

bool RunSession::is_stopped() const {
  return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
}

std::string RunSession::interrupted_text() const {
  return "stopped after " + std::to_string(counts_.read) +
         (counts_.read == 1 ? " record" : " records") + "; no file was written";
}

void RunSession::end_of_batch() {
  for (OutputWriter& output : outputs_) output.end_of_batch();
}

Result<void> RunSession::output_errors() const {
  for (const OutputWriter& output : outputs_) {
    if (output.error()) return std::unexpected(public_error(*output.error()));
  }
  if (sink_error_) return std::unexpected(*sink_error_);
  return {};
}

// All of them, also where one fails.
Result<void> RunSession::close_sinks(bool stopped) {
  if (std::exchange(sinks_closed_, true)) return {};
  std::optional<Error> failed = sink_error_;
  for (const NamedSink& each : options_.sinks) {
    if (each.sink == nullptr) continue;
    while (true) {
      const auto closed = each.sink->close(stopped || is_stopped());
      if (!closed && !failed) failed = closed.error();
      if (!closed || *closed) break;
    }
  }
  if (failed) return std::unexpected(*failed);
  return {};
}

Result<void> RunSession::close_outputs() {
  for (OutputWriter& output : outputs_) {
    if (auto closed = output.close(); !closed) return std::unexpected(public_error(closed.error()));
  }
  for (OutputWriter& output : outputs_) {
    if (auto named = output.publish(); !named) return std::unexpected(public_error(named.error()));
  }
  return {};
}

// ---- what the engine reports -------------------------------------------------------------------

void RunSession::on_alert(const runtime::Alert& alert) {
  ++counts_.alerts;
  ++alerts_by_label_[std::size_t{alert.rule} * 2 + (alert.is_timeout ? 1 : 0)];
  if (alert.live && !sinks_.of(alert.rule, alert.is_timeout).empty()) send(alert);
  OutputWriter& output = outputs_[kAlerts];
  if (!output.is_open()) return;
  writer_.append_alert(output.buffer(), alert);
  output.line_done();
}

// Until it is taken, or the run is stopped: then the sinks give up what they have.
void RunSession::offer(AlertSink& sink, const runtime::Alert& alert) {
  const std::string id = alert.id.hex();
  while (true) {
    const auto taken = sink.send(id, sent_line_);
    if (!taken) sink_error_ = taken.error();
    if (!taken || *taken) return;
    if (is_stopped()) static_cast<void>(sink.close(true));
  }
}

void RunSession::send(const runtime::Alert& alert) {
  sent_line_.clear();
  writer_.append_alert(sent_line_, alert);
  for (const std::uint32_t name : sinks_.of(alert.rule, alert.is_timeout)) {
    ++sent_[name];
    const std::uint32_t given = sinks_.given(name);
    if (given == SinkTable::kNowhere || sink_error_) continue;
    if (AlertSink* sink = options_.sinks[given].sink; sink != nullptr) {
      offer(*sink, alert);
    } else {
      OutputWriter& output = outputs_[kOutputs + given];
      output.buffer() += sent_line_;
      output.line_done();
    }
  }
}

void RunSession::on_decision(const runtime::Decision& decision) {
  if (decision.decision >= 0) ++decision_counts_[static_cast<std::size_t>(decision.decision)];
  OutputWriter& output = outputs_[kDecisions];
  if (!output.is_open()) return;
  writer_.append_decision(output.buffer(), decision);
  output.line_done();
}

void RunSession::on_refused(const event::Row& row, Refusal refusal) {
  if (refusal == Refusal::kFuture) {
    take_future(row);
    return;
  }
  OutputWriter& output = outputs_[kLate];
  if (!output.is_open()) return;
  output.buffer() += row.raw;
  output.buffer() += '\n';
  output.line_done();
}

// The engine refuses it while it is handed the row, which the batch at hand still has.
void RunSession::take_future(const event::Row& row) {
  const std::span<const event::Row> rows = batch_.rows();
  const auto place = std::ranges::lower_bound(rows, row.seq, {}, &event::Row::seq);
  const auto index = static_cast<std::size_t>(place - rows.begin());
  std::string message = "its time ";
  event::append_rfc3339(message, row.ts_ms);
  message += " is more than ";
  event::append_duration(message, options_.max_future_ms.value_or(0));
  message += " ahead of the newest event";
  const Reject reject = {batch_.origin(index), "future", message, rows[index].raw};
  if (counts_.first_future.empty()) {
    counts_.first_future = describe_reject(reject, source_->source_names());
  }
  write_bad_before(row.seq);
  OutputWriter& output = outputs_[kBadInput];
  if (!output.is_open()) return;
  append_reject(output.buffer(), reject, source_->source_names());
  output.line_done();
}

// ---- how it goes -------------------------------------------------------------------------------

void RunSession::report_progress(bool at_end) {
  if (observer_ == nullptr) return;
  const std::int64_t now = env_.clock.steady_ns();
  if (!at_end && now - reported_ns_ < kProgressNs && reported_ns_ != 0) return;
  reported_ns_ = now;
  RunProgress progress = progress_of(engine_->stats(), source_->progress());
  progress.events = counts_.read;
  progress.seconds = static_cast<double>(now - start_ns_) / 1e9;
  observer_->on_progress(progress);
}

RunSummary RunSession::summarise() const {
  RunSummary summary = counts_;
  const runtime::EngineStats stats = engine_->stats();
  for (std::size_t i = 0; i < alerts_by_label_.size(); ++i) {
    if (alerts_by_label_[i] == 0) continue;
    summary.alerts_by_rule.emplace_back(
        writer_.label(static_cast<std::uint32_t>(i / 2), i % 2 == 1), alerts_by_label_[i]);
  }
  for (std::size_t i = 0; i < decision_counts_.size(); ++i) {
    if (decision_counts_[i] > 0) {
      summary.decisions.emplace_back(image_.decisions[i], decision_counts_[i]);
    }
  }
  for (std::uint32_t i = 0; i < sent_.size(); ++i) {
    if (sent_[i] == 0) continue;
    auto& to = sinks_.given(i) == SinkTable::kNowhere ? summary.unsent : summary.sent;
    to.emplace_back(sinks_.names()[i], sent_[i]);
  }
  add_figures(summary, stats, odd_);
  summary.seconds = static_cast<double>(env_.clock.steady_ns() - start_ns_) / 1e9;
  summary.events_per_second =
      summary.seconds > 0 ? static_cast<double>(summary.read) / summary.seconds : 0;
  summary.peak_rss_bytes = peak_rss_bytes(env_.files);
  return summary;
}

}  // namespace weir::api
