// One stream through one image: reads batches, steps the engine, writes what it reports.
//
// Used by weir::run, and by programs that have an image and no compiler: nothing here knows of rule
// text. One object a run, used by one thread; with RunOptions::threads others read and decode ahead
// of it. The image, the environment and the observer must outlive it.
//
// Invariants
// 1. All outputs are opened before the first record is read, and none gets its name unless all were
//    written (OutputWriter).
// 2. The loop over rows does nothing per row but call the engine, unless an option asks for it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/alert_writer.h"
#include "api/duplicate_filter.h"
#include "api/env.h"
#include "api/output_writer.h"
#include "api/replay_pacer.h"
#include "api/sink_table.h"
#include "base/executor.h"
#include "event/input.h"
#include "nfa/image.h"
#include "runtime/engine.h"
#include "weir/run.h"

namespace weir::api {

class RunSession final : private runtime::Sink {
 public:
  RunSession(const nfa::Image& image, const RunOptions& options, Env env, RunObserver* observer);

  // Asked before each batch of events: may change the lists.
  using BetweenBatches = std::function<void(runtime::LiveLists& lists)>;
  void set_between_batches(BetweenBatches ask) { between_batches_ = std::move(ask); }
  // Of the image; what run() begins with.
  void set_lists(std::shared_ptr<runtime::LiveLists> lists) { lists_ = std::move(lists); }

  // Once. See weir::run.
  [[nodiscard]] Result<RunSummary> run();

 private:
  enum Output : std::size_t { kAlerts, kDecisions, kBadInput, kLate, kSummary, kOutputs };
  static constexpr std::int64_t kProgressNs = 100'000'000;

  [[nodiscard]] Result<RunSummary> run_stream();
  [[nodiscard]] Result<void> close_sinks(bool stopped);
  void send(const runtime::Alert& alert);
  void offer(AlertSink& sink, const runtime::Alert& alert);
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> check_outputs() const;
  [[nodiscard]] Result<void> open_outputs();
  [[nodiscard]] Result<void> take_batch();
  void take_rejects();
  void write_bad_before(std::uint64_t seq);
  [[nodiscard]] bool is_stopped() const;
  [[nodiscard]] std::string interrupted_text() const;
  void take_future(const event::Row& row);
  void take_rows(std::span<const event::Row> rows);
  void take_filtered(const event::Row& row);
  void wait_for(const event::Row& row);
  void end_of_batch();
  [[nodiscard]] Result<void> output_errors() const;
  [[nodiscard]] Result<void> close_outputs();
  void report_progress(bool at_end);
  [[nodiscard]] RunSummary summarise() const;

  void on_alert(const runtime::Alert& alert) override;
  void on_decision(const runtime::Decision& decision) override;
  void on_refused(const event::Row& row, Refusal refusal) override;

  const nfa::Image& image_;
  const RunOptions& options_;
  Env env_;
  RunObserver* observer_;
  BetweenBatches between_batches_;
  std::shared_ptr<runtime::LiveLists> lists_;
  AlertWriter writer_;
  std::unique_ptr<base::Executor> executor_;  // if there is more than one thread
  std::unique_ptr<runtime::Engine> engine_;
  std::unique_ptr<event::EventSource> source_;
  event::Batch batch_;
  std::vector<OutputWriter> outputs_;  // by Output, then of the sinks that are given
  SinkTable sinks_;
  std::vector<std::uint64_t> sent_;  // by sinks_.names()
  std::string sent_line_;
  std::optional<Error> sink_error_;
  bool sinks_closed_ = false;
  std::optional<DuplicateFilter> duplicates_;
  std::optional<ReplayPacer> pacer_;
  bool plain_ = true;            // rows go to the engine as they are
  bool rewrite_raw_ = false;     // of the batch at hand: CSV records become JSON
  std::size_t bad_written_ = 0;  // likewise
  struct Rewritten {             // a row whose record is written anew
    event::Row row;
    std::string json;
  };
  std::deque<Rewritten> rewritten_;  // of the batch under way, until the engine has run

  RunSummary counts_;
  event::OddCounts odd_;
  std::vector<std::uint64_t> alerts_by_label_;  // by rule, then its timeout's
  std::vector<std::uint64_t> decision_counts_;
  std::int64_t start_ns_ = 0;
  std::int64_t reported_ns_ = 0;
};

}  // namespace weir::api
