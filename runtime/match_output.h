// Where matches go on their way out: from the shards, by way of a MatchReceiver, to the Sink.
//
// A receiver is told where in the order of the input it stands (place), then gets the matches that
// complete there. OrderedOutput is the receiver at the end of the way: it is given all matches in
// the order of the output, counts them, withholds those under cooldown, and has an event's decision
// made when all of its rules have spoken. Single-threaded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/decider.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"
#include "runtime/turn.h"

namespace weir::runtime {

// The moment at which a match completes: a turn, or a deadline before it.
struct MatchPlace {
  static constexpr std::int64_t kEvent = INT64_MAX;

  std::uint32_t turn = 0;             // of the turns under way; their number: behind them all
  std::int64_t deadline_ms = kEvent;  // kEvent: the turn's event itself

  [[nodiscard]] bool is_event() const { return deadline_ms == kEvent; }
  friend auto operator<=>(const MatchPlace&, const MatchPlace&) = default;
};

class MatchReceiver {
 public:
  virtual ~MatchReceiver() = default;
  // `withheld`: by the cooldown; decision and score go on (L3.12). `first`: the preferred match
  // of this rule at this moment.
  virtual void on_match(const Alert& alert, bool withheld, bool first) = 0;

  void stand_at(const MatchPlace& place) {
    if (wants_moves_ && place != place_) on_move();
    place_ = place;
  }
  [[nodiscard]] const MatchPlace& place() const { return place_; }

 protected:
  // The moment has passed at which matches were given; before anything of the next is looked at.
  virtual void on_move() {}
  bool wants_moves_ = false;

 private:
  MatchPlace place_;
};

class OrderedOutput final : public MatchReceiver {
 public:
  // The lists of `loaded` change as the matches say: once their moment has passed.
  OrderedOutput(const LoadedImage& loaded, const EngineOptions& options);

  // Turns of which matches will come; they and the sink have to live until end().
  void begin(std::span<const Turn> turns, Sink& sink);
  void on_match(const Alert& alert, bool withheld, bool first) override;
  // No match of these turns will come any more.
  void end();
  // What matches have changed of lists is so from now on.
  void settle_lists();

  void add_stats(EngineStats& stats) const;

 private:
  void note_changes(const Alert& alert);
  void on_move() override;
  void decide_before(std::uint32_t turn);
  void decide(std::uint32_t turn);

  const EngineOptions& options_;
  LiveLists& lists_;
  nfa::EventContext context_;  // of score thresholds
  Decider decider_;
  std::span<const Turn> turns_;
  Sink* sink_ = nullptr;
  std::uint32_t deciding_ = 0;  // turns before it are decided; what decider_ has is of this one
  std::uint64_t alerts_ = 0;
  std::uint64_t withheld_ = 0;
  std::vector<std::uint64_t> alerts_by_rule_;
  std::vector<std::uint64_t> decisions_;
};

}  // namespace weir::runtime
