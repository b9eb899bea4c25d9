// What became of each first event of a rule: how far its longest history got, and what came then.
// Kept by RuleTracer; read by `weir explain` and the failure reports of `weir test`. Not
// thread-safe.
//
// Invariants
// 1. What is told of a start concerns its longest history: a shorter one that an event refused says
//    nothing about how far the start got. But if the event that made it the longest was refused in
//    another place by the history before it, that is told too.
// 2. The reasons kept are those of one event, the last that the longest history met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::api {

class StartBook {
 public:
  using TimeText = std::function<std::string(std::int64_t)>;
  // The seq of the first event, and the key as people read it: with keys of parts one event may
  // begin matches of several keys.
  using Id = std::pair<std::uint64_t, std::string>;

  // An event at now_ms was taken: the history now has `length` events, the first of first_ms.
  void take(const Id& id, std::int64_t first_ms, std::int64_t now_ms, std::size_t length,
            std::string history);
  // An event at now_ms was not taken: `not hit: amount > 2  (1 > 2)`.
  void refuse(const Id& id, std::size_t length, std::int64_t now_ms, const std::string& why);
  void end(const Id& id, std::size_t length, std::int64_t now_ms, const std::string& why);
  // A link's limit ran out, with no event to be refused by it.
  void run_out(const Id& id, std::size_t length, const std::string& why);
  // A reported match began here; or this event has a later place in one.
  void match(const Id& id);
  void use(const Id& id);
  // A match at now_ms made the rule skip it.
  void drop(const Id& id, std::int64_t now_ms, const std::string& by);
  // Something came that too many starts waited for: not all of them were told.
  void lose() { lost_ = true; }
  // It stands only for an absence at its end.
  void wait(const Id& id, const std::string& why);

  // The starts of this key that neither matched nor came to an end, begun before `floor_ms`; each
  // is given once, unless `waits` says that it stands for an absence at its end.
  [[nodiscard]] std::vector<Id> expired(const std::string& key, std::int64_t floor_ms,
                                        const std::function<bool(const Id&)>& waits);
  [[nodiscard]] const std::string& reached(const Id& id) { return starts_[id].reached; }

  // A line for each start that gave no match, by seq: `#0's history; what came then`.
  // `within_ms`: the rule's, INT64_MAX if it has none; `end_ms`: the time that has been reached.
  [[nodiscard]] std::vector<std::string> lines(const std::string& rule, std::int64_t within_ms,
                                               std::int64_t end_ms, const TimeText& time) const;

 private:
  enum class State : std::uint8_t { kOpen, kMatched, kEnded, kDropped };
  struct Start {
    State state = State::kOpen;
    bool used = false;
    std::int64_t first_ms = 0;
    std::size_t length = 0;
    std::int64_t taken_ms = 0;  // the last event of that history
    std::string reached;
    std::vector<std::string> whys;  // refusals by one event
    std::int64_t why_ms = 0;
    std::string last;  // an end, a drop, a wait, a limit of a link
    std::int64_t last_ms = 0;
  };
  [[nodiscard]] std::string status(const Start& start, std::int64_t within_ms, std::int64_t end_ms,
                                   const TimeText& time) const;

  bool lost_ = false;

  std::map<Id, Start> starts_;
  std::map<std::string, std::vector<Id>> open_;  // by key: not yet expired, in order
};

}  // namespace weir::api
