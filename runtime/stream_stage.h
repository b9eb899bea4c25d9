// The streams of one stage (language L4.4): counts events in tumbling windows, and gives their
// results when time passes the windows' ends. Used by the Engine. Used by one thread at a time;
// shares its work out on the executor that it is handed, by key.
//
// Invariants
// 1. A stream has one window open at a time in all its keys: the one around the clock. An event
//    whose window has ended before its turn counts in none, and is counted.
// 2. What comes out depends on events and clocks alone, not on the number of shards.
//
// Cost: for each event and group of columns over its type, a key and a look-up in one shard; every
// shard looks at every such event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/pool.h"
#include "event/arena.h"
#include "nfa/event_context.h"
#include "runtime/alert_chain.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"
#include "runtime/turn.h"
#include "runtime/window_table.h"

namespace weir::runtime {

class StreamShard {
 public:
  // Both must outlive it. Of the shards of a stage, the one with this number.
  StreamShard(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
              std::size_t shard, std::size_t shards);
  ~StreamShard();

  // All turns of a slice, and what ends at clock_ms or before. The results live until the next
  // call.
  void run(std::span<const Turn> turns, std::int64_t clock_ms);
  [[nodiscard]] const std::vector<StreamResult>& results() const { return results_; }
  [[nodiscard]] std::vector<nfa::CountedPredicate>& counted() { return context_.counted(); }
  void add_stats(EngineStats& stats) const;

 private:
  struct OpenStream {
    std::uint32_t stream = 0;  // of Image::streams
    std::int64_t end_ms = 0;   // of the open window; there is none while no key is held
    std::vector<std::unique_ptr<state::WindowGroup>> groups;
    std::unique_ptr<WindowTable> keys;
  };
  // An event type counts in a group of a stream's columns.
  struct Count {
    std::uint32_t open = 0;  // of streams_
    std::uint32_t group = 0;
  };

  [[nodiscard]] std::int64_t window_end(const LoadedStream& stream, std::int64_t ts_ms) const;
  void count(const Count& count, const event::Row& row, std::int64_t clock_ms);
  void close_before(std::int64_t clock_ms);
  void close(OpenStream& open);
  [[nodiscard]] const event::Row* row_of(OpenStream& open, WindowEntry& entry);
  void put_key(const LoadedStream& stream, std::string_view key, event::Value* slots,
               std::uint64_t* present);
  // False: absent.
  [[nodiscard]] bool read(OpenStream& open, WindowEntry& entry, std::size_t column,
                          event::Value* out);

  const LoadedImage& loaded_;
  const bool keep_raw_;
  const std::size_t shard_;
  const std::size_t shards_;
  base::Pool pool_;
  nfa::EventContext context_;
  std::vector<OpenStream> streams_;
  std::vector<std::vector<Count>> by_type_;
  std::uint64_t late_ = 0;
  std::uint64_t overflow_ = 0;

  std::vector<StreamResult> results_;
  event::Arena arena_;  // of results
  std::string key_;
  std::vector<state::Cell> cells_;
  std::vector<event::Value> key_values_;
  std::vector<std::string> key_texts_;
};

class StreamStage {
 public:
  StreamStage(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
              std::size_t shards);

  void run(std::span<const Turn> turns, std::int64_t clock_ms, base::Executor* executor);
  // Of the last run, in no order; they live until the next.
  [[nodiscard]] std::span<const StreamResult> results() const { return results_; }
  template <typename Take>
  void take_counted(const Take& take) {
    for (const auto& shard : shards_) take(shard->counted());
  }
  void add_stats(EngineStats& stats) const;

 private:
  std::vector<std::unique_ptr<StreamShard>> shards_;  // none: the stage has no streams
  std::vector<StreamResult> results_;
};

}  // namespace weir::runtime
