// Alerts as events (language L4.4): makes turns of what a stage of rules has completed, for the
// stages that look at it, and puts what all stages have completed in the order of the output.
//
// Used by the Engine for rulesets in which rules look at alerts or at results of streams. Per
// slice: begin(), then for each stage turns() and take(), then put_out(). Single-threaded.
//
// The order. Events and alerts are a forest. Its roots are the events of the input, and what
// deadlines complete; the children of an event are the alerts that it completes, in the order of
// the output (rule, key bytes, preference). The order of events and of the output is the forest's,
// parents first: an alert comes directly behind what completed it, what it leads to directly behind
// it, before its next sibling. A deadline at T stands behind the events of the input up to T; of
// one time those of a lower stage come first, since their alerts are events of that time, then
// rules, then streams, each by key bytes.
//
// Invariants
// 1. turns() are in that order, each of its family (runtime/turn.h), and hold all that stages
//    before completed and someone looks at. A withheld alert and a timeout are no events.
// 2. Rows and what they point to live until the next begin().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/arena.h"
#include "runtime/loaded_image.h"
#include "runtime/match_output.h"
#include "runtime/recorded_matches.h"
#include "runtime/turn.h"

namespace weir::runtime {

// The result of a stream for a key and a window. What it points to has to live until put_out().
struct StreamResult {
  std::uint32_t stream = 0;  // of Image::streams
  std::int64_t ts_ms = 0;
  std::string_view key_bytes;
  const event::Row* row = nullptr;
};

class AlertChain {
 public:
  AlertChain(const LoadedImage& loaded, const EngineOptions& options);

  void begin(std::span<const Turn> input);
  // What the rules of the next stage see. To be changed only in what they point to.
  [[nodiscard]] std::span<Turn> turns() { return turns_; }
  // The event of the input that a turn is, leads back to or stands before; the number of these: it
  // stands behind them. `turn` may be the number of turns.
  [[nodiscard]] std::uint32_t input_of(std::size_t turn) const;
  // What a turn is called among all turns of the slice, whatever the stage.
  [[nodiscard]] std::uint32_t serial_of(std::size_t turn) const;

  // What a stage completed on turns(): these are now those of the next stage. The records have to
  // stay as they are until put_out().
  void take(std::uint32_t stage, std::span<const RecordedMatches* const> recorded,
            std::span<const StreamResult> results);
  // All that was taken; `out` is told the places of turns of the input.
  void put_out(MatchReceiver& out);

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Node {
    const RecordedMatches::Match* match = nullptr;
    const StreamResult* result = nullptr;  // if it is no match
    std::uint32_t parent = kNone;          // a node; none: it hangs on an event of the input, or on
                                           // a deadline
    std::uint32_t depth = 0;
    std::uint32_t input = 0;                        // as input_of()
    std::int64_t deadline_ms = MatchPlace::kEvent;  // of the root
    std::uint32_t stage = 0;                        // of a deadline's; else 0
    std::uint32_t rule = 0;                         // streams behind all rules
    std::uint32_t family = 0;
    std::string_view key_bytes;
  };
  // Beside turns_.
  struct Origin {
    std::uint32_t node = kNone;  // none: of the input
    std::uint32_t input = 0;
  };

  void add(std::uint32_t stage, const RecordedMatches::Match& match);
  void add(std::uint32_t stage, const StreamResult& result);
  void place_at_deadline(Node& node, std::uint32_t stage, std::int64_t deadline_ms,
                         std::size_t turn);
  [[nodiscard]] bool stands_alone(const Origin& origin) const;
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;
  [[nodiscard]] bool before(const Origin& a, std::uint32_t b) const;
  void insert();
  [[nodiscard]] const event::Row* row_of(const Node& node);
  [[nodiscard]] std::string_view record_of(const event::Row& row);

  const LoadedImage& loaded_;
  const bool keep_raw_;
  const bool clamp_;
  std::vector<Turn> turns_;
  std::vector<Origin> origins_;
  std::uint32_t inputs_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> fresh_;  // nodes of the stage under way that become turns
  std::vector<std::uint32_t> order_;  // scratch
  std::vector<Turn> next_turns_;      // scratch
  std::vector<Origin> next_origins_;  // scratch
  std::string text_;                  // scratch
  event::Arena arena_;
};

}  // namespace weir::runtime
