// Second events with an identity that was seen within a time (`--dedup`, language L2.2).
//
// Times are event times. The first event with an identity counts; a later one with it is a
// duplicate if their times are at most the span apart, and leaves no trace: it does not prolong the
// span.
// Identities are compared whole, not by hash, so that no one can forge a collision to have an event
// ignored. Memory: the identities of the last span and lateness. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::api {

class DuplicateFilter {
 public:
  // Events may come `slack_ms` out of order.
  DuplicateFilter(std::int64_t span_ms, std::int64_t slack_ms)
      : span_ms_(span_ms), slack_ms_(slack_ms) {}

  // Events without an identity are never duplicates.
  [[nodiscard]] bool is_duplicate(std::string_view identity, std::int64_t ts_ms);
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Seen = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;
  struct Entry {
    std::int64_t ts_ms;
    const std::string* identity;  // the key in seen_, which stays put
  };

  void forget_before(std::int64_t ts_ms);

  std::int64_t span_ms_;
  std::int64_t slack_ms_;
  std::int64_t newest_ms_ = INT64_MIN;
  Seen seen_;                   // the newest time of each identity
  std::deque<Entry> arrivals_;  // one for each time put into seen_
};

}  // namespace weir::api
