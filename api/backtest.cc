// The backtest as a whole: which passes over the input there are, and the report from what they
// gathered. The rules, the version to compare with and the combinations of a sweep go through one
// pass where they can share the decoding, so many at a time.
#include "weir/backtest.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/backtest_compare.h"
#include "api/backtest_metrics.h"
#include "api/backtest_pass.h"
#include "api/purchase_reader.h"
#include "api/ruleset_impl.h"
#include "runtime/tbb_executor.h"

namespace weir {
namespace {

using namespace api;

constexpr std::size_t kWave = 32;  // engines of one pass: each holds its own state
constexpr std::size_t kCurvePoints = 400;

// One ruleset on its way through the input.
struct Entrant {
  const nfa::Image* image = nullptr;
  bool details = false;
};

struct Judged {
  BacktestFigures figures;
  std::shared_ptr<PassResult> pass;  // with details only
  std::size_t run = 0;               // of pass->runs
};

// From the first event of the period to the last.
double days_of(const PurchaseLedger& ledger) {
  const std::int64_t first = ledger.first_ms().value_or(0);
  const double span =
      static_cast<double>(ledger.last_ms().value_or(first)) - static_cast<double>(first);
  return std::max(1.0, span / static_cast<double>(kDayMs));
}

Result<std::int32_t> flag_from(const nfa::Image& image, const std::string& name) {
  const auto weakest = static_cast<std::int32_t>(image.decisions.size()) - 1;
  if (name.empty()) return weakest - 1;
  const auto found = std::ranges::find(image.decisions, name);
  if (found == image.decisions.end() || found + 1 == image.decisions.end()) {
    std::string names;
    for (std::size_t i = 0; i + 1 < image.decisions.size(); ++i) {
      names += (names.empty() ? "" : ", ") + image.decisions[i];
    }
    return fail(ErrorCode::invalid_argument,
                name + " is no decision that could flag; there are " + names);
  }
  return static_cast<std::int32_t>(found - image.decisions.begin());
}

class Backtest {
 public:
  Backtest(const Ruleset& rules, const BacktestOptions& options, Env env, RunObserver* observer)
      : rules_(rules), options_(options), env_(env), observer_(observer) {}

  Result<BacktestReport> run() {
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    if (auto run = run_passes(); !run) return std::unexpected(run.error());
    return report();
  }

 private:
  Result<void> prepare();
  Result<void> check_options() const;
  Result<void> run_passes();
  Result<void> run_pass(const std::vector<std::size_t>& which);
  Result<BacktestReport> report();
  void fill_purchases(BacktestReport& report, const PassResult& pass) const;
  void fill_examples(BacktestReport& report, const PassResult& pass) const;
  void fill_sweep(BacktestReport& report) const;

  const Ruleset& rules_;
  const BacktestOptions& options_;
  Env env_;
  RunObserver* observer_;
  std::unique_ptr<base::Executor> executor_;
  LabelBook book_;
  bool has_book_ = false;
  std::vector<Entrant> entrants_;  // RULES, then the older version, then the sweep
  std::vector<std::unique_ptr<PurchaseReader>> readers_;  // of all passes; collectors refer to them
  std::vector<Judged> judged_;                            // beside entrants_
};

Result<void> Backtest::check_options() const {
  const BacktestLabels& labels = options_.labels;
  const int sources = (labels.field.empty() ? 0 : 1) + (labels.events.empty() ? 0 : 1) +
                      (labels.file.empty() ? 0 : 1);
  if (sources > 1) {
    return fail(ErrorCode::invalid_argument,
                "labels come from a field, from events or from a file, not from two of them");
  }
  const auto& from = options_.input.from_ms;
  if (options_.warm_from_ms && (!from || *options_.warm_from_ms > *from)) {
    return fail(ErrorCode::invalid_argument, "the warm-up does not begin before the period");
  }
  if (from && options_.input.until_ms && *from >= *options_.input.until_ms) {
    return fail(ErrorCode::invalid_argument, "the period ends before it begins");
  }
  if (options_.sweep.size() > kMostVariants) {
    return fail(ErrorCode::limit,
                "there are more than " + std::to_string(kMostVariants) + " combinations");
  }
  if (options_.input.threads < 1 || options_.input.threads > kMostThreads) {
    return fail(ErrorCode::invalid_argument,
                "the number of threads is not from 1 to " + std::to_string(kMostThreads));
  }
  return {};
}

Result<void> Backtest::prepare() {
  if (auto checked = check_options(); !checked) return checked;
  if (options_.input.threads > 1) executor_ = runtime::make_tbb_executor(options_.input.threads);
  entrants_.push_back({&rules_.impl().image, true});
  if (options_.against) entrants_.push_back({&options_.against->impl().image, true});
  for (const BacktestVariant& variant : options_.sweep) {
    entrants_.push_back({&variant.rules.impl().image, false});
  }
  judged_.resize(entrants_.size());
  if (!options_.labels.file.empty()) {
    auto book = read_label_file(env_, options_.labels);
    if (!book) return std::unexpected(book.error());
    book_ = std::move(*book);
    has_book_ = true;
  } else if (!options_.labels.events.empty()) {
    auto book = read_label_events(env_, rules_.impl().image.schema, options_);
    if (!book) return std::unexpected(book.error());
    book_ = std::move(*book);
    has_book_ = true;
  }
  return {};
}

// Entrants that can share the decoding, kWave at a time.
Result<void> Backtest::run_passes() {
  std::vector<bool> done(entrants_.size(), false);
  std::size_t passes = 0;
  for (std::size_t i = 0; i < entrants_.size(); ++i) {
    if (done[i]) continue;
    std::vector<std::size_t> which;
    for (std::size_t j = i; j < entrants_.size() && which.size() < kWave; ++j) {
      if (done[j] || !can_share(entrants_[i].image->schema, entrants_[j].image->schema)) continue;
      which.push_back(j);
      done[j] = true;
    }
    const bool once = std::ranges::find(options_.input.events, "-") != options_.input.events.end();
    if (++passes > 1 && once) {
      return fail(ErrorCode::invalid_argument,
                  "this needs the events more than once, and standard input can be read only "
                  "once; give a file");
    }
    if (auto run = run_pass(which); !run) return run;
  }
  return {};
}

Result<void> Backtest::run_pass(const std::vector<std::size_t>& which) {
  const nfa::Image& first = *entrants_[which.front()].image;
  auto reader = PurchaseReader::make(first, options_, has_book_ ? &book_ : nullptr);
  if (!reader) return std::unexpected(reader.error());
  readers_.push_back(std::make_unique<PurchaseReader>(std::move(*reader)));
  std::vector<PassJob> jobs;
  for (const std::size_t i : which) {
    const auto flags = flag_from(*entrants_[i].image, options_.flag_from);
    if (!flags) return std::unexpected(flags.error());
    CollectOptions collect;
    collect.flag_from = *flags;
    collect.from_ms = options_.input.from_ms;
    collect.until_ms = options_.input.until_ms;
    collect.false_alarms = options_.examples;
    collect.details = entrants_[i].details;
    jobs.push_back({entrants_[i].image, collect});
  }
  BacktestPass pass(std::move(jobs), *readers_.back(), options_, env_, executor_.get(), observer_);
  auto result = pass.run();
  if (!result) return std::unexpected(result.error());
  const auto shared = std::make_shared<PassResult>(std::move(*result));
  const double days = days_of(*shared->ledger);
  for (std::size_t j = 0; j < which.size(); ++j) {
    Judged& judged = judged_[which[j]];
    judged.figures = figures_of(shared->ledger->facts(), shared->runs[j], days);
    judged.run = j;
    if (entrants_[which[j]].details) {
      judged.pass = shared;
    } else {
      shared->runs[j] = RunFacts();
    }
  }
  return {};
}

Result<BacktestReport> Backtest::report() {
  const Judged& own = judged_.front();
  const PassResult& pass = *own.pass;
  const RunFacts& run = pass.runs[own.run];
  const PurchaseFacts& purchases = pass.ledger->facts();
  const PurchaseReader& reader = *readers_.front();
  if (purchases.fraud.events + purchases.honest.events == 0) {
    const std::string names = reader.purchase_names();
    std::string among = "none of the " + names + " events of the period has one";
    if (names.empty()) among = "no event type can be a purchase";
    if (pass.run.accepted == 0) among = "there are no events";
    return fail(ErrorCode::invalid_argument,
                "no purchase has a label (" + reader.label_text() + "): " + among);
  }
  BacktestReport out;
  fill_purchases(out, pass);
  out.labels = reader.label_text();
  out.amount = reader.amount_field();
  out.rules_read_label = reader.rules_read_label();
  out.flag_from = options_.flag_from;
  const nfa::Image& image = rules_.impl().image;
  if (out.flag_from.empty() && image.decisions.size() > 1) {
    out.flag_from = image.decisions[image.decisions.size() - 2];
  }
  out.figures = own.figures;
  out.shadow_alerts = run.shadow_alerts;
  for (const FiredEvent& each : run.fired) {
    const FiredPattern& pattern = run.patterns[each.pattern];
    if (pattern.flagged && each.fraud == kFiredUnlabelled) {
      tally(out.unlabelled_flagged, each.amount_e4);
    }
    if (pattern.overridden) ++out.overridden;
  }
  if (!reader.key_fields().empty()) out.keys = keys_of(purchases, run, reader.key_fields());
  out.rules = rules_of(purchases, run, out.days);
  out.overlap = overlap_of(run);
  const std::vector<BacktestPoint> curve = curve_of(purchases, run, out.days);
  out.curve = thinned(curve, kCurvePoints);
  for (const double recall : options_.at_recall) out.at_recall.push_back(at_recall(curve, recall));
  for (const double precision : options_.at_precision) {
    out.at_precision.push_back(at_precision(curve, precision));
  }
  out.timeline = timeline_of(purchases, run);
  fill_examples(out, pass);
  for (const BacktestTarget& target : options_.targets) {
    out.targets.emplace_back(target.text, meets(out.figures, {target}));
  }
  fill_sweep(out);
  if (options_.against) {
    const Judged& older = judged_[1];
    out.comparison =
        compare({pass.ledger.get(), &run}, {older.pass->ledger.get(), &older.pass->runs[older.run]},
                options_.examples);
    out.comparison->before = older.figures;
  }
  return out;
}

void Backtest::fill_purchases(BacktestReport& report, const PassResult& pass) const {
  const PurchaseFacts& purchases = pass.ledger->facts();
  report.run = pass.run;
  report.from_ms = options_.input.from_ms;
  report.until_ms = options_.input.until_ms;
  report.warm_from_ms = options_.warm_from_ms;
  report.known_at_ms = options_.labels.known_at_ms;
  report.first_ms = pass.ledger->first_ms();
  report.last_ms = pass.ledger->last_ms();
  report.days = days_of(*pass.ledger);
  report.fraud = purchases.fraud;
  report.honest = purchases.honest;
  report.unlabelled = purchases.unlabelled;
  report.without_amount = purchases.without_amount;
  report.warm_up = pass.warm_up;
  report.labels_unused = has_book_ ? book_.unused() : 0;
  report.labels_misfit = pass.labels_misfit;
}

void Backtest::fill_examples(BacktestReport& report, const PassResult& pass) const {
  const RunFacts& run = pass.runs[judged_.front().run];
  const PurchaseFacts& purchases = pass.ledger->facts();
  report.false_alarms = run.false_alarms;
  std::vector<const FiredEvent*> fired(purchases.frauds.size(), nullptr);
  for (const FiredEvent& each : run.fired) {
    if (each.fraud >= 0) fired[static_cast<std::size_t>(each.fraud)] = &each;
  }
  std::vector<std::size_t> missed;
  for (std::size_t i = 0; i < fired.size(); ++i) {
    const bool flagged = fired[i] != nullptr && run.patterns[fired[i]->pattern].flagged;
    if (!flagged) missed.push_back(i);
  }
  std::ranges::stable_sort(missed, std::greater<>{},
                           [&](std::size_t i) { return purchases.frauds[i].amount_e4; });
  missed.resize(std::min(missed.size(), options_.examples));
  for (const std::size_t i : missed) {
    BacktestExample example = pass.ledger->example(i);
    if (fired[i] != nullptr) {
      const FiredPattern& pattern = run.patterns[fired[i]->pattern];
      example.score_e4 = pattern.score_e4;
      for (const auto& each : pattern.fired) example.rules.push_back(run.rules[each.rule].name);
    }
    report.missed.push_back(std::move(example));
  }
}

void Backtest::fill_sweep(BacktestReport& report) const {
  if (options_.sweep.empty()) return;
  BacktestSweep sweep;
  sweep.frontier_by = options_.frontier_by;
  const std::size_t first = options_.against ? 2 : 1;
  for (std::size_t i = 0; i < options_.sweep.size(); ++i) {
    BacktestSweep::Result result;
    result.params = options_.sweep[i].params;
    result.figures = judged_[first + i].figures;
    sweep.results.push_back(std::move(result));
  }
  judge_sweep(sweep, options_.targets);
  report.sweep = std::move(sweep);
}

}  // namespace

std::string field_of(const Ruleset& rules, const std::string& field) {
  return parse_field(rules.impl().image.schema, field).field;
}

bool declares_field(const Ruleset& rules, const std::string& field) {
  const event::Schema& schema = rules.impl().image.schema;
  const NamedField named = parse_field(schema, field);
  for (std::size_t t = 0; t < schema.types.size(); ++t) {
    if (named.type.valid() && named.type.index() != t) continue;
    if (schema.types[t].find_field(named.field)) return true;
  }
  return false;
}

Result<BacktestReport> backtest(const Ruleset& rules, const BacktestOptions& options,
                                RunObserver* observer) {
  return Backtest(rules, options, system_env(), observer).run();
}

}  // namespace weir
