// The matches of one shard over some turns, copied, until those of the other shards are there and
// all can be put out in order. Used by the Engine where there are several shards. Filled by one
// thread, then read by another. Alerts are few beside events: a copy of each costs little.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/arena.h"
#include "runtime/match_output.h"

namespace weir::runtime {

class RecordedMatches final : public MatchReceiver {
 public:
  struct Match {
    MatchPlace place;
    Alert alert;  // points into the record
    bool withheld = false;
    bool first = false;
  };

  void clear();
  void on_match(const Alert& alert, bool withheld, bool first) override;
  [[nodiscard]] const std::deque<Match>& matches() const { return matches_; }

 private:
  [[nodiscard]] std::span<const ReportedValue> copy(std::span<const ReportedValue> values);
  [[nodiscard]] std::span<const ListChange> copy(std::span<const ListChange> changes);
  [[nodiscard]] event::Value copy(const event::Type& type, event::Value value);

  std::deque<Match> matches_;
  std::deque<std::vector<MatchedPart>> parts_;
  event::Arena arena_;
};

// Puts the matches of all shards out in the order of the output: by place, rule, key bytes, and for
// one rule and key as they were recorded.
class MatchMerger {
 public:
  void merge(std::span<const RecordedMatches* const> shards, MatchReceiver& out);

 private:
  std::vector<const RecordedMatches::Match*> order_;
};

}  // namespace weir::runtime
