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
#include "runtime/engine.h"

#include <algorithm>
#include <tuple>

#include "runtime/event_order.h"
#include "runtime/feature_stage.h"
#include "runtime/loaded_image.h"
#include "runtime/recorded_matches.h"
#include "runtime/router.h"
#include "runtime/shard.h"

namespace weir::runtime {
namespace {

constexpr std::size_t kNearChunk = 64;       // turns that one thread routes before it steps them
constexpr std::size_t kChunk = 256;          // turns that a task routes
constexpr std::size_t kSlice = 16 * kChunk;  // turns that pass through all stages at once
constexpr std::size_t kFew = 64;             // turns that are not worth waking a thread for

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

class ShardedEngine final : public Engine {
 public:
  ShardedEngine(LoadedImage loaded, const EngineOptions& options)
      : options_(options),
        loaded_(std::move(loaded)),
        order_(loaded_.image->schema, options_),
        warm_up_(loaded_),
        features_(loaded_, options_, number_of_shards()),
        output_(loaded_, options_) {
    const std::size_t shards = number_of_shards();
    for (std::size_t i = 0; i < shards; ++i) {
      shards_.push_back(std::make_unique<Shard>(loaded_, options_, warm_up_));
    }
    recorded_.resize(shards > 1 ? shards : 0);
    for (const RecordedMatches& each : recorded_) all_recorded_.push_back(&each);
  }

  bool takes(const event::Row& row) const override { return order_.takes(row); }
  void add(const event::Row& row, Sink& sink) override { order_.add(row, sink); }

  void run(Sink& sink) override {
    std::span<Turn> turns = order_.turns();
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
    for (const auto& shard : shards_) shard->add_stats(stats);
    stats.overflow += counted_.total().overflow;
    stats.division_by_zero += counted_.total().division_by_zero;
    stats.peak_partial_matches = peak_open_;
    return stats;
  }

 private:
  // What rules change of a list, the next event sees: then one shard goes from event to event.
  std::size_t number_of_shards() const {
    if (loaded_.feedback.rules || loaded_.feedback.features) return 1;
    if (options_.shards > 0) return options_.shards;
    return options_.executor != nullptr ? options_.executor->concurrency() : 1;
  }

  // All of a slice, and then what falls due before clock_ms.
  void run_slice(std::span<Turn> turns, std::int64_t clock_ms, Sink& sink) {
    const auto use = loaded_.lists->use();
    warm_up_.see(turns);
    features_.begin();
    output_.begin(turns, sink);
    for (const auto& shard : shards_) shard->begin(turns);
    if (shards_.size() == 1) {
      run_inline(turns, clock_ms);
    } else {
      run_shards(turns, clock_ms);
    }
    features_.advance(clock_ms);
    output_.end();
    if (clock_ms != nfa::kNoLimit) loaded_.lists->reach(clock_ms);
    features_.take_counted([this](auto& counted) { counted_.add(counted); });
    for (Router& router : routers_) counted_.add(router.counted());
    for (const auto& shard : shards_) counted_.add(shard->counted());
    counted_.settle();
    follow_open(turns.size());
  }

  void run_inline(std::span<Turn> turns, std::int64_t clock_ms) {
    prepare(1);
    Shard& shard = *shards_.front();
    const std::size_t chunk = loaded_.feedback.features ? 1 : kNearChunk;
    for (std::size_t at = 0; at < turns.size(); at += chunk) {
      const std::size_t end = std::min(at + chunk, turns.size());
      if (loaded_.feedback.features) {  // they see what came before the event
        shard.advance(turns[at].clock_ms, output_);
        output_.settle_lists();
      }
      features_.run(turns, at, end);
      routers_.front().route(turns, at, end, routed_.front());
      shard.process(routed_.front(), 0, output_);
    }
    shard.advance(clock_ms, output_);
  }

  void run_shards(std::span<Turn> turns, std::int64_t clock_ms) {
    const std::size_t chunks = (turns.size() + kChunk - 1) / kChunk;
    prepare(chunks);
    features_.run(turns, 0, turns.size());
    base::Executor* executor = turns.size() >= kFew ? options_.executor : nullptr;
    base::for_each(executor, chunks, [&](std::size_t c) {
      const std::size_t at = c * kChunk;
      routers_[c].route(turns, at, std::min(at + kChunk, turns.size()), routed_[c]);
    });
    base::for_each(executor, shards_.size(), [&](std::size_t s) {
      recorded_[s].clear();
      for (std::size_t c = 0; c < chunks; ++c) shards_[s]->process(routed_[c], s, recorded_[s]);
      shards_[s]->advance(clock_ms, recorded_[s]);
    });
    merger_.merge(all_recorded_, output_);
  }

  void prepare(std::size_t chunks) {
    while (routers_.size() < chunks) {
      routers_.emplace_back(loaded_);
      routed_.emplace_back(shards_.size());
    }
  }

  // The most that were open after any event, over all shards.
  void follow_open(std::size_t turns) {
    for (std::size_t t = 0; t <= turns; ++t) {
      for (const auto& shard : shards_) open_ += shard->open_changes()[t];
      peak_open_ = std::max(peak_open_, static_cast<std::uint64_t>(open_));
    }
  }

  EngineOptions options_;
  LoadedImage loaded_;
  EventOrder order_;
  WarmUp warm_up_;
  FeatureStage features_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Router> routers_;            // by chunk
  std::vector<RoutedChunk> routed_;        // by chunk
  std::vector<RecordedMatches> recorded_;  // by shard, if there are several
  std::vector<const RecordedMatches*> all_recorded_;
  MatchMerger merger_;
  OrderedOutput output_;
  PredicateCounts counted_;
  std::int64_t open_ = 0;
  std::uint64_t peak_open_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Engine>> Engine::create(const nfa::Image& image,
                                                     const EngineOptions& options) {
  auto loaded = load_image(image, options.lists);
  if (!loaded) return std::unexpected(loaded.error());
  return std::make_unique<ShardedEngine>(std::move(*loaded), options);
}

}  // namespace weir::runtime
