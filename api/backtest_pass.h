// One pass over a stream for several images at once: the input is decoded once, and every engine
// steps the same events. Used by the backtest, for the rules themselves, a version to compare with
// and the combinations of a sweep. Used by one thread; with RunOptions::threads others decode ahead
// and run the engines. What it is made of must outlive it.
//
// Invariants
// 1. All images declare the same events and read the same fields of them (can_share), so that a
//    record is bad for all or for none, and an event refused by all or by none.
// 2. One engine has the threads for its shards; of several, each runs on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "api/alert_collector.h"
#include "api/duplicate_filter.h"
#include "api/env.h"
#include "api/purchase_ledger.h"
#include "api/purchase_reader.h"
#include "base/executor.h"
#include "event/input.h"
#include "nfa/image.h"
#include "runtime/engine.h"
#include "weir/backtest.h"

namespace weir::api {

// Whether rows decoded by one serve the other too.
[[nodiscard]] bool can_share(const event::Schema& a, const event::Schema& b);

struct PassJob {
  const nfa::Image* image = nullptr;
  CollectOptions collect;
};

struct PassResult {
  std::vector<RunFacts> runs;  // beside the jobs
  RunSummary run;              // alerts and decisions are those of the first job
  std::uint64_t warm_up = 0;
  std::uint64_t labels_misfit = 0;
  std::unique_ptr<PurchaseLedger> ledger;
};

class BacktestPass {
 public:
  // `reader` was made from the first job's image. `executor` and `observer` may be null.
  BacktestPass(std::vector<PassJob> jobs, const PurchaseReader& reader,
               const BacktestOptions& options, Env env, base::Executor* executor,
               RunObserver* observer);

  // Once.
  [[nodiscard]] Result<PassResult> run();

 private:
  static constexpr std::int64_t kProgressNs = 100'000'000;

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> take_batch();
  void take_rejects();
  void take_row(const event::Row& row, bool is_csv);
  void run_engines();
  void finish();
  [[nodiscard]] bool is_stopped() const;
  void report_progress(bool at_end);
  void summarise();

  std::vector<PassJob> jobs_;
  const PurchaseReader& reader_;
  const BacktestOptions& options_;
  Env env_;
  base::Executor* executor_;
  RunObserver* observer_;
  event::Schema schema_;  // what is decoded
  PassResult result_;
  std::unique_ptr<event::EventSource> source_;
  event::Batch batch_;
  std::vector<std::unique_ptr<runtime::Engine>> engines_;    // beside jobs_
  std::vector<std::unique_ptr<AlertCollector>> collectors_;  // likewise
  std::vector<const event::Row*> taken_;                     // of the batch, by the first engine
  std::optional<DuplicateFilter> duplicates_;
  std::optional<std::int64_t> read_from_ms_;  // earlier events are left out
  event::OddCounts odd_;
  std::int64_t start_ns_ = 0;
  std::int64_t reported_ns_ = 0;
};

// The label events of BacktestLabels::events, read in a pass of their own.
[[nodiscard]] Result<LabelBook> read_label_events(Env env, const event::Schema& schema,
                                                  const BacktestOptions& options);

}  // namespace weir::api
