#include "api/backtest_pass.h"

#include <algorithm>
#include <filesystem>

#include "api/reject_writer.h"
#include "api/run_setup.h"
#include "event/json_writer.h"

namespace weir::api {
namespace {

bool same_field(const event::Field& a, const event::Field& b) {
  return a.name == b.name && a.type == b.type && a.optional == b.optional && a.role == b.role &&
         a.path == b.path && a.read == b.read;
}

std::size_t declared_fields(const event::EventType& type) {
  const auto derived = std::ranges::find_if(type.fields, &event::Field::derived);
  return static_cast<std::size_t>(derived - type.fields.begin());
}

bool same_type(const event::EventType& a, const event::EventType& b) {
  const std::size_t fields = declared_fields(a);
  return a.name == b.name && a.type_path == b.type_path && a.type_value == b.type_value &&
         a.time_path == b.time_path && a.id_path == b.id_path && fields == declared_fields(b) &&
         std::equal(a.fields.begin(), a.fields.begin() + static_cast<std::ptrdiff_t>(fields),
                    b.fields.begin(), same_field);
}

// Rows wide enough for every image: each has the derived fields of its own features.
event::Schema widest(const std::vector<PassJob>& jobs) {
  event::Schema out = jobs.front().image->schema;
  for (const PassJob& job : jobs) {
    for (std::size_t t = 0; t < out.types.size(); ++t) {
      const auto& fields = job.image->schema.types[t].fields;
      if (fields.size() > out.types[t].fields.size()) out.types[t].fields = fields;
    }
  }
  return out;
}

std::string too_few_threads() {
  return "the number of threads is not from 1 to " + std::to_string(kMostThreads);
}

}  // namespace

bool can_share(const event::Schema& a, const event::Schema& b) {
  return std::ranges::equal(a.types, b.types, same_type);
}

BacktestPass::BacktestPass(std::vector<PassJob> jobs, const PurchaseReader& reader,
                           const BacktestOptions& options, Env env, base::Executor* executor,
                           RunObserver* observer)
    : jobs_(std::move(jobs)),
      reader_(reader),
      options_(options),
      env_(env),
      executor_(executor),
      observer_(observer),
      schema_(widest(jobs_)),
      read_from_ms_(options.warm_from_ms ? options.warm_from_ms : options.input.from_ms) {
  reader_.mark(schema_);
  const bool keep_records = options.examples > 0 && jobs_.front().collect.details;
  result_.ledger = std::make_unique<PurchaseLedger>(schema_, reader_, keep_records);
}

Result<PassResult> BacktestPass::run() {
  if (auto opened = open(); !opened) return std::unexpected(opened.error());
  start_ns_ = env_.clock.steady_ns();
  while (true) {
    const auto more = source_->next_batch(batch_);
    if (!more) return std::unexpected(public_error(more.error()));
    if (!*more) break;
    if (auto taken = take_batch(); !taken) return std::unexpected(taken.error());
    report_progress(false);
    if (is_stopped()) {
      return fail(ErrorCode::interrupted, "stopped after " + std::to_string(result_.run.read) +
                                              " records; no file was written");
    }
  }
  finish();
  report_progress(true);
  summarise();
  return std::move(result_);
}

Result<void> BacktestPass::open() {
  const RunOptions& input = options_.input;
  if (input.events.empty()) return fail(ErrorCode::invalid_argument, "no events are given");
  if (input.lateness_ms < 0) return fail(ErrorCode::invalid_argument, "the lateness is negative");
  if (input.threads < 1 || input.threads > kMostThreads) {
    return fail(ErrorCode::invalid_argument, too_few_threads());
  }
  event::InputOptions from = input_options(input);
  from.executor = executor_;
  auto source = event::open_event_source(env_.files, schema_, std::move(from));
  if (!source) return std::unexpected(public_error(source.error()));
  source_ = std::move(*source);
  for (const PassJob& job : jobs_) {
    runtime::EngineOptions with = engine_options(input);
    with.keep_raw = false;
    with.all_decisions = false;
    if (jobs_.size() == 1) with.executor = executor_;
    auto engine = runtime::Engine::create(*job.image, with);
    if (!engine) return std::unexpected(public_error(engine.error()));
    engines_.push_back(std::move(*engine));
    auto collector = AlertCollector::make(*job.image, reader_, *result_.ledger, job.collect);
    if (!collector) return std::unexpected(public_error(collector.error()));
    collectors_.push_back(std::move(*collector));
  }
  if (input.dedup_ms) duplicates_.emplace(*input.dedup_ms, input.lateness_ms);
  return {};
}

Result<void> BacktestPass::take_batch() {
  take_rejects();
  if (options_.input.bad_input_fails && !batch_.bad().empty()) {
    return fail(
        ErrorCode::bad_record,
        "bad record: " + describe_bad_record(batch_.bad().front(), source_->source_names()));
  }
  if (batch_.rows().empty()) return {};
  const bool is_csv = format_of(options_.input, source_->source_names()[batch_.origin(0).source]) ==
                      event::InputFormat::kCsv;
  for (const auto& collector : collectors_) collector->set_csv(is_csv);
  for (const event::Row& row : batch_.rows()) take_row(row, is_csv);
  if (const std::string& wrong = result_.ledger->undecidable(); !wrong.empty()) {
    return fail(ErrorCode::invalid_argument, wrong);
  }
  run_engines();
  return {};
}

void BacktestPass::take_rejects() {
  add_rejects(result_.run, batch_, options_.input, source_->source_names());
  odd_ += batch_.odd();
}

void BacktestPass::take_row(const event::Row& row, bool is_csv) {
  const RunOptions& input = options_.input;
  if ((read_from_ms_ && row.ts_ms < *read_from_ms_) ||
      (input.until_ms && row.ts_ms >= *input.until_ms)) {
    ++result_.run.outside;
    return;
  }
  runtime::Engine& first = *engines_.front();
  if (duplicates_ && first.takes(row) && duplicates_->is_duplicate(row.identity, row.ts_ms)) {
    ++result_.run.duplicate;
    return;
  }
  first.add(row, *collectors_.front());
  if (collectors_.front()->take_refused()) return;
  if (engines_.size() > 1) taken_.push_back(&row);
  if (input.from_ms && row.ts_ms < *input.from_ms) {
    ++result_.warm_up;
  } else {
    result_.ledger->add(row, is_csv);
  }
}

void BacktestPass::run_engines() {
  const auto run_one = [this](std::size_t i) {
    if (i > 0) {
      for (const event::Row* row : taken_) engines_[i]->add(*row, *collectors_[i]);
    }
    engines_[i]->run(*collectors_[i]);
  };
  base::for_each(engines_.size() > 1 ? executor_ : nullptr, engines_.size(), run_one);
  taken_.clear();
}

void BacktestPass::finish() {
  const bool hold_open = options_.input.hold_open;
  const auto finish_one = [&](std::size_t i) {
    if (hold_open) {
      engines_[i]->flush(*collectors_[i]);
    } else {
      engines_[i]->finish(*collectors_[i]);
    }
  };
  base::for_each(engines_.size() > 1 ? executor_ : nullptr, engines_.size(), finish_one);
  for (const auto& collector : collectors_) result_.runs.push_back(collector->take());
}

bool BacktestPass::is_stopped() const {
  const std::atomic<bool>* stop = options_.input.stop;
  return stop != nullptr && stop->load(std::memory_order_relaxed);
}

void BacktestPass::report_progress(bool at_end) {
  if (observer_ == nullptr) return;
  const std::int64_t now = env_.clock.steady_ns();
  if (!at_end && now - reported_ns_ < kProgressNs && reported_ns_ != 0) return;
  reported_ns_ = now;
  RunProgress progress = progress_of(engines_.front()->stats(), source_->progress());
  progress.events = result_.run.read;
  progress.seconds = static_cast<double>(now - start_ns_) / 1e9;
  observer_->on_progress(progress);
}

void BacktestPass::summarise() {
  RunSummary& summary = result_.run;
  const nfa::Image& image = *jobs_.front().image;
  const runtime::EngineStats stats = engines_.front()->stats();
  summary.alerts = stats.alerts;
  for (std::size_t i = 0; i < stats.alerts_by_rule.size(); ++i) {
    if (stats.alerts_by_rule[i] == 0) continue;
    summary.alerts_by_rule.emplace_back(image.rules[i].name, stats.alerts_by_rule[i]);
  }
  for (std::size_t i = 0; i < stats.decisions.size(); ++i) {
    if (stats.decisions[i] > 0) {
      summary.decisions.emplace_back(image.decisions[i], stats.decisions[i]);
    }
  }
  add_figures(summary, stats, odd_);
  result_.labels_misfit = odd_.labels_misfit;
  summary.seconds = static_cast<double>(env_.clock.steady_ns() - start_ns_) / 1e9;
  summary.events_per_second =
      summary.seconds > 0 ? static_cast<double>(summary.read) / summary.seconds : 0;
  summary.peak_rss_bytes = peak_rss_bytes(env_.files);
}

Result<LabelBook> read_label_events(Env env, const event::Schema& schema,
                                    const BacktestOptions& options) {
  const std::string& text = options.labels.events;
  const NamedField named = parse_field(schema, text);
  if (!named.type.valid()) {
    return fail(ErrorCode::invalid_argument,
                text + " is not of the form TYPE.FIELD, with a declared event type");
  }
  event::Schema only = schema;
  for (event::EventType& type : only.types) {
    for (event::Field& field : type.fields) field.read = false;
  }
  const auto slot = only.types[named.type.index()].find_field(named.field);
  if (!slot) {
    return fail(ErrorCode::invalid_argument,
                only.types[named.type.index()].name + " events have no field " + named.field);
  }
  event::Field& field = only.types[named.type.index()].fields[*slot];
  const bool is_int = field.type.kind == event::TypeKind::kInt;
  if (!is_int && field.type.kind != event::TypeKind::kString) {
    return fail(ErrorCode::invalid_argument,
                "the field " + text + " is no string or int, and so no id of a purchase");
  }
  field.read = true;
  field.optional = true;
  for (const std::string& path : options.input.events) {
    if (path == "-" || env.files.is_special_file(path)) {
      return fail(ErrorCode::invalid_argument,
                  "label events are read before all others, and " +
                      std::string(path == "-" ? "standard input" : path) +
                      " can be read only once; give a file");
    }
  }
  auto source = event::open_event_source(env.files, only, input_options(options.input));
  if (!source) return std::unexpected(public_error(source.error()));
  LabelBook book;
  event::Batch batch;
  while (true) {
    const auto more = (*source)->next_batch(batch);
    if (!more) return std::unexpected(public_error(more.error()));
    if (!*more) return book;
    for (const event::Row& row : batch.rows()) {
      if (row.type != named.type || !row.has(*slot)) continue;
      const event::Value& value = row.slots[*slot];
      const std::string id =
          is_int ? std::to_string(value.integer) : std::string(value.string.view());
      book.add(id, true, row.ts_ms, options.labels.known_at_ms);
    }
  }
}

}  // namespace weir::api
