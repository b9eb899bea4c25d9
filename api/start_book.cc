#include "api/start_book.h"

#include <algorithm>
#include <limits>

#include "api/rule_words.h"

namespace weir::api {

void StartBook::take(const Id& id, std::int64_t first_ms, std::int64_t now_ms, std::size_t length,
                     std::string history) {
  const auto [place, added] = starts_.try_emplace(id);
  Start& start = place->second;
  if (added) {
    start.first_ms = first_ms;
    open_[id.second].push_back(id);
  }
  if (length < start.length) return;
  start.length = length;
  start.reached = std::move(history);
  start.taken_ms = now_ms;
  if (start.why_ms != now_ms) start.whys.clear();
  start.last.clear();
  if (start.state == State::kEnded) start.state = State::kOpen;
}

void StartBook::refuse(const Id& id, std::size_t length, std::int64_t now_ms,
                       const std::string& why) {
  Start& start = starts_[id];
  const bool just_left = start.taken_ms == now_ms && length + 1 == start.length;
  if (length < start.length && !just_left) return;
  if (now_ms != start.why_ms) start.whys.clear();
  start.why_ms = now_ms;
  if (std::ranges::find(start.whys, why) == start.whys.end()) start.whys.push_back(why);
}

void StartBook::end(const Id& id, std::size_t length, std::int64_t now_ms, const std::string& why) {
  Start& start = starts_[id];
  if (length < start.length || start.state != State::kOpen) return;
  start.state = State::kEnded;
  start.last = why;
  start.last_ms = now_ms;
}

void StartBook::run_out(const Id& id, std::size_t length, const std::string& why) {
  Start& start = starts_[id];
  if (length >= start.length && start.state == State::kOpen) start.last = why;
}

void StartBook::match(const Id& id) { starts_[id].state = State::kMatched; }

void StartBook::use(const Id& id) {
  if (const auto place = starts_.find(id); place != starts_.end()) place->second.used = true;
}

void StartBook::drop(const Id& id, std::int64_t now_ms, const std::string& by) {
  const auto place = starts_.find(id);
  if (place == starts_.end() || place->second.state != State::kOpen) return;
  place->second.state = State::kDropped;
  place->second.last = by;
  place->second.last_ms = now_ms;
}

void StartBook::wait(const Id& id, const std::string& why) {
  Start& start = starts_[id];
  if (start.state == State::kOpen) start.last = why;
}

std::vector<StartBook::Id> StartBook::expired(const std::string& key, std::int64_t floor_ms,
                                              const std::function<bool(const Id&)>& waits) {
  std::vector<Id> out;
  std::vector<Id>& open = open_[key];
  std::size_t kept = 0;
  std::size_t at = 0;
  for (; at < open.size() && starts_[open[at]].first_ms < floor_ms; ++at) {
    const Start& start = starts_[open[at]];
    if (start.state != State::kOpen || !start.last.empty()) continue;
    if (waits(open[at])) {
      open[kept++] = open[at];
    } else {
      out.push_back(open[at]);
    }
  }
  open.erase(open.begin() + static_cast<std::ptrdiff_t>(kept),
             open.begin() + static_cast<std::ptrdiff_t>(at));
  return out;
}

std::string StartBook::status(const Start& start, std::int64_t within_ms, std::int64_t end_ms,
                              const TimeText& time) const {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  std::string refused;
  for (const std::string& why : start.whys) refused += (refused.empty() ? "" : "; ") + why;
  if (!refused.empty()) add("at " + time(start.why_ms) + " " + refused);
  switch (start.state) {
    case State::kEnded:
      add("ended at " + time(start.last_ms) + ": " + start.last);
      return out;
    case State::kDropped:
      add("dropped at " + time(start.last_ms) + " by " + start.last);
      return out;
    case State::kOpen:
    case State::kMatched:
      break;
  }
  if (out.empty() && start.last.empty() && lost_) {
    return "not followed further: too many first events waited at once";
  }
  const bool limited = within_ms != std::numeric_limits<std::int64_t>::max();
  if (!start.last.empty()) {
    add(start.last);
  } else if (limited && end_ms - within_ms > start.first_ms) {
    if (out.empty()) add("nothing came that could follow");
    add("`within " + duration_text(within_ms) + "` ran out at " + time(start.first_ms + within_ms));
  } else if (out.empty()) {
    add("nothing came after");
  }
  return out;
}

std::vector<std::string> StartBook::lines(const std::string& rule, std::int64_t within_ms,
                                          std::int64_t end_ms, const TimeText& time) const {
  std::vector<std::string> out;
  for (const auto& [id, start] : starts_) {
    if (start.state == State::kMatched || start.length == 0) continue;
    if (start.state == State::kDropped && start.used) continue;
    std::string line = rule;
    if (!id.second.empty()) line += " (" + id.second + ")";
    out.push_back(line + ": " + start.reached + "; " + status(start, within_ms, end_ms, time));
  }
  return out;
}

}  // namespace weir::api
