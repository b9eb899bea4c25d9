#include "api/duplicate_filter.h"

#include <cstdlib>

namespace weir::api {

bool DuplicateFilter::is_duplicate(std::string_view identity, std::int64_t ts_ms) {
  if (identity.empty()) return false;
  if (ts_ms > newest_ms_) {
    newest_ms_ = ts_ms;
    forget_before(ts_ms - span_ms_ - slack_ms_);
  }
  auto found = seen_.find(identity);
  if (found != seen_.end()) {
    if (std::abs(ts_ms - found->second) <= span_ms_) return true;
    // Far in the past, and not to be remembered: its arrival entry would outlive the newer one's.
    if (ts_ms < found->second) return false;
    found->second = ts_ms;
  } else {
    found = seen_.emplace(std::string(identity), ts_ms).first;
  }
  arrivals_.push_back({ts_ms, &found->first});
  return false;
}

void DuplicateFilter::forget_before(std::int64_t ts_ms) {
  while (!arrivals_.empty() && arrivals_.front().ts_ms < ts_ms) {
    const Entry oldest = arrivals_.front();
    arrivals_.pop_front();
    // An identity that came again, long after, has a later entry of its own.
    const auto found = seen_.find(*oldest.identity);
    if (found->second == oldest.ts_ms) seen_.erase(found);
  }
}

}  // namespace weir::api
