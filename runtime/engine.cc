// How a slice of turns goes through the engine:
//
//   EventOrder ── turns ──▶ FeatureStage: the values of features put into the events
//                                 │
//                                 ▼
//                           Router, a chunk a task ── RoutedChunk ──▶ Shard, a task each
//                                                                                   │
//                                   Sink ◀── OrderedOutput ◀── MatchMerger ◀── RecordedMatches
//
// With one shard nothing is recorded: a chunk is routed, then stepped, and matches go straight to
// the OrderedOutput.
//
// Where rules look at alerts of others, the slice goes through features and rules once for each
// stage of the ruleset (nfa::RuleImage::stage). Between two stages an AlertChain puts the alerts
// that somebody looks at among the turns, and in the end it takes the place of the MatchMerger.
#include "runtime/engine.h"

#include <algorithm>
#include <tuple>

#include "runtime/alert_chain.h"
#include "runtime/event_order.h"
#include "runtime/feature_stage.h"
#include "runtime/loaded_image.h"
#include "runtime/recorded_matches.h"
#include "runtime/rule_stage.h"
#include "runtime/stream_stage.h"

namespace weir::runtime {
namespace {

constexpr std::size_t kNearChunk = 64;  // turns that one thread routes before it steps them
constexpr std::size_t kSlice = 4096;    // turns that pass through all stages at once
constexpr std::size_t kFew = 64;        // turns that are not worth waking a thread for

// What several contexts counted of the same predicates and events, each once.
class PredicateCounts {
 public:
  void add(std::vector<nfa::CountedPredicate>& counted) {
    all_.insert(all_.end(), counted.begin(), counted.end());
    counted.clear();
  }
  void settle() {
    const auto what = [](const nfa::CountedPredicate& each) {
      return std::tuple(each.event, each.predicate.index());
    };
    std::ranges::sort(all_, {}, what);
    const auto doubles = std::ranges::unique(all_, {}, what);
    all_.erase(doubles.begin(), doubles.end());
    for (const nfa::CountedPredicate& each : all_) total_ += each.counters;
    all_.clear();
  }
  [[nodiscard]] const nfa::EvalCounters& total() const { return total_; }

 private:
  std::vector<nfa::CountedPredicate> all_;
  nfa::EvalCounters total_;
};

class StagedEngine final : public Engine {
 public:
  StagedEngine(LoadedImage loaded, const EngineOptions& options)
      : options_(options),
        loaded_(std::move(loaded)),
        order_(loaded_.image->schema, options_),
        features_(loaded_, options_, number_of_shards()),
        chain_(loaded_, options_),
        output_(loaded_, options_),
        shards_(number_of_shards()) {
    for (std::size_t s = 0; s < loaded_.stages.size(); ++s) {
      stages_.push_back(std::make_unique<RuleStage>(loaded_, s, options_, shards_));
      streams_.push_back(std::make_unique<StreamStage>(loaded_, s, options_, shards_));
    }
  }

  bool takes(const event::Row& row) const override { return order_.takes(row); }
  void add(const event::Row& row, Sink& sink) override { order_.add(row, sink); }

  void run(Sink& sink) override {
    std::span<Turn> turns = order_.turns();
    if (stages_.size() > 1 && has_feedback()) return run_one_by_one(turns, sink);
    const std::size_t slice = loaded_.feedback.features ? kNearChunk : kSlice;
    while (turns.size() > slice) {
      run_slice(turns.first(slice), turns[slice - 1].clock_ms, sink);
      turns = turns.subspan(slice);
    }
    run_slice(turns, order_.clock_ms(), sink);
    order_.clear();
  }

  void advance_time(std::int64_t now_ms, Sink& sink) override {
    order_.advance(now_ms);
    run(sink);
  }
  void flush(Sink& sink) override {
    order_.flush();
    run(sink);
  }
  void finish(Sink& sink) override {
    order_.finish();
    run(sink);
  }

  LiveLists& lists() override { return *loaded_.lists; }

  EngineStats stats() const override {
    EngineStats stats;
    stats.alerts_by_rule.assign(loaded_.image->rules.size(), 0);
    stats.decisions.assign(loaded_.image->decisions.size(), 0);
    order_.add_stats(stats);
    output_.add_stats(stats);
    features_.add_stats(stats);
    for (const auto& stage : stages_) stage->add_stats(stats);
    for (const auto& stage : streams_) stage->add_stats(stats);
    stats.overflow += counted_.total().overflow;
    stats.division_by_zero += counted_.total().division_by_zero;
    stats.peak_partial_matches = peak_open_;
    return stats;
  }

 private:
  [[nodiscard]] bool has_feedback() const {
    return loaded_.feedback.rules || loaded_.feedback.features;
  }

  // What rules change of a list, the next event sees: then one shard goes from event to event.
  std::size_t number_of_shards() const {
    if (has_feedback()) return 1;
    if (options_.shards > 0) return options_.shards;
    return options_.executor != nullptr ? options_.executor->concurrency() : 1;
  }

  // Of stages: each event, and each time at which deadlines fall due, with all the alerts that it
  // leads to.
  void run_one_by_one(std::span<Turn> turns, Sink& sink) {
    for (std::size_t i = 0; i < turns.size(); ++i) {
      run_deadlines(turns[i].clock_ms, sink);
      run_slice(turns.subspan(i, 1), turns[i].clock_ms, sink);
    }
    run_deadlines(order_.clock_ms(), sink);
    order_.clear();
  }

  void run_deadlines(std::int64_t clock_ms, Sink& sink) {
    while (true) {
      std::int64_t next = INT64_MAX;
      for (const auto& stage : stages_) next = std::min(next, stage->next_deadline_ms());
      if (next >= clock_ms) break;
      run_slice({}, next + 1, sink);
    }
    run_slice({}, clock_ms, sink);
  }

  // All of a slice, and then what falls due before clock_ms.
  void run_slice(std::span<Turn> turns, std::int64_t clock_ms, Sink& sink) {
    const auto use = loaded_.lists->use();
    features_.begin();
    output_.begin(turns, sink);
    open_changes_.assign(turns.size() + 1, 0);
    if (stages_.size() > 1) {
      run_chained(turns, clock_ms, sink);
    } else if (shards_ == 1) {
      run_inline(turns, clock_ms);
    } else {
      run_recorded(turns, clock_ms);
    }
    features_.advance(clock_ms);
    output_.end();
    if (clock_ms != nfa::kNoLimit) loaded_.lists->reach(clock_ms);
    if (options_.show_events && stages_.size() == 1) show(turns, sink);
    counted_.settle();
    follow_open();
  }

  void run_inline(std::span<Turn> turns, std::int64_t clock_ms) {
    RuleStage& stage = *stages_.front();
    stage.begin(turns);
    const std::size_t chunk = loaded_.feedback.features ? 1 : kNearChunk;
    for (std::size_t at = 0; at < turns.size(); at += chunk) {
      const std::size_t end = std::min(at + chunk, turns.size());
      if (loaded_.feedback.features) {  // they see what came before the event
        stage.advance(turns[at].clock_ms, output_);
        output_.settle_lists();
      }
      features_.run(turns, at, end);
      stage.step(turns, at, end, output_);
    }
    stage.advance(clock_ms, output_);
    note(stage, turns.size());
  }

  void run_recorded(std::span<Turn> turns, std::int64_t clock_ms) {
    RuleStage& stage = *stages_.front();
    features_.run(turns, 0, turns.size());
    stage.begin(turns);
    stage.record(turns, clock_ms, turns.size() >= kFew ? options_.executor : nullptr);
    merger_.merge(stage.recorded(), output_);
    note(stage, turns.size());
  }

  // Stage by stage: what one has completed is there when the next looks at it.
  void run_chained(std::span<Turn> input, std::int64_t clock_ms, Sink& sink) {
    base::Executor* executor = input.size() >= kFew ? options_.executor : nullptr;
    chain_.begin(input);
    for (std::uint32_t s = 0; s < stages_.size(); ++s) {
      const std::span<Turn> turns = chain_.turns();
      features_.run_stage(turns, 0, turns.size(), s);
      stages_[s]->begin(turns);
      stages_[s]->record(turns, clock_ms, executor);
      streams_[s]->run(turns, clock_ms, executor);
      note_chained(s, turns.size());
      chain_.take(s, stages_[s]->recorded(), streams_[s]->results());
    }
    chain_.put_out(output_);
    if (options_.show_events) show(chain_.turns(), sink);
  }

  static void show(std::span<const Turn> turns, Sink& sink) {
    for (const Turn& turn : turns) sink.on_event(*turn.row);
  }

  void note(RuleStage& stage, std::size_t turns) {
    const auto take = [this](auto& counted) { counted_.add(counted); };
    features_.take_counted(take);
    stage.take_counted(take);
    for (std::size_t t = 0; t <= turns; ++t) open_changes_[t] += stage.open_change(t);
  }

  // Conditions are counted by event, open partial matches by event of the input, and each stage has
  // its own turns.
  void note_chained(std::size_t s, std::size_t turns) {
    const auto take = [this](auto& counted) {
      for (nfa::CountedPredicate& each : counted) each.event = chain_.serial_of(each.event);
      counted_.add(counted);
    };
    features_.take_counted(take);
    stages_[s]->take_counted(take);
    streams_[s]->take_counted(take);
    for (std::size_t t = 0; t <= turns; ++t) {
      open_changes_[chain_.input_of(t)] += stages_[s]->open_change(t);
    }
  }

  // The most that were open after any event, over all shards.
  void follow_open() {
    for (const std::int64_t change : open_changes_) {
      open_ += change;
      peak_open_ = std::max(peak_open_, static_cast<std::uint64_t>(open_));
    }
  }

  EngineOptions options_;
  LoadedImage loaded_;
  EventOrder order_;
  FeatureStage features_;
  AlertChain chain_;
  MatchMerger merger_;
  OrderedOutput output_;
  std::size_t shards_;
  std::vector<std::unique_ptr<RuleStage>> stages_;
  std::vector<std::unique_ptr<StreamStage>> streams_;  // by stage
  PredicateCounts counted_;
  std::vector<std::int64_t> open_changes_;  // by turn of the slice; behind them all
  std::int64_t open_ = 0;
  std::uint64_t peak_open_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Engine>> Engine::create(const nfa::Image& image,
                                                     const EngineOptions& options) {
  auto loaded = load_image(image, options.lists);
  if (!loaded) return std::unexpected(loaded.error());
  return std::make_unique<StagedEngine>(std::move(*loaded), options);
}

}  // namespace weir::runtime
