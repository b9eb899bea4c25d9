// Counts the matches of the workload rules W1 to W6 in a generated stream, straight from what the
// rules say: no automaton, each event looked at with its key's earlier ones. For the tests of the
// generator only, so that its rates do not rest on the engine that they are meant to load.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::apps {

struct ParsedEvent {
  int64_t ts = 0;
  std::string_view type;
  int64_t card = 0;
  int64_t account = 0;
  std::string_view country;
  int64_t cents = 0;
  bool approved = false;
  std::string_view fraud;
};

// The text after `"key":`, up to the next comma or brace, without quotes; empty if there is none.
inline std::string_view FieldText(std::string_view line, std::string_view key) {
  const std::string pattern = "\"" + std::string(key) + "\":";
  const size_t at = line.find(pattern);
  if (at == std::string_view::npos) return {};
  std::string_view rest = line.substr(at + pattern.size());
  rest = rest.substr(0, rest.find_first_of(",}"));
  if (rest.starts_with('"')) rest = rest.substr(1, rest.size() - 2);
  return rest;
}

inline int64_t ToNumber(std::string_view text) {
  int64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') value = value * 10 + (c - '0');
  }
  return value;
}

// The views point into `line`.
inline ParsedEvent ParseEvent(std::string_view line) {
  return {.ts = ToNumber(FieldText(line, "ts")),
          .type = FieldText(line, "type"),
          .card = ToNumber(FieldText(line, "card")),
          .account = ToNumber(FieldText(line, "account")),
          .country = FieldText(line, "country"),
          .cents = ToNumber(FieldText(line, "amount")),  // two digits after the point
          .approved = FieldText(line, "approved") == "true",
          .fraud = FieldText(line, "fraud")};
}

using History = std::vector<ParsedEvent>;  // one key's events, in order

constexpr int64_t kMinute = 60'000;

// W1: 3+ probes, then the first hit after the last of them; reported matches do not overlap.
inline uint64_t CountCardTesting(const History& auths) {
  uint64_t matches = 0;
  size_t reported_to = 0;    // no event before this position may be used
  bool fresh_probe = false;  // a probe since the last hit: a chain takes the first hit after it
  for (size_t i = 0; i < auths.size(); ++i) {
    const ParsedEvent& hit = auths[i];
    fresh_probe |= !hit.approved && hit.cents < 200;
    if (!hit.approved || hit.cents <= 200'00) continue;
    int probes = 0;
    for (size_t j = reported_to; j < i; ++j) {
      probes += !auths[j].approved && auths[j].cents < 200 && hit.ts - auths[j].ts <= 10 * kMinute;
    }
    if (probes >= 3 && fresh_probe) {
      ++matches;
      reported_to = i + 1;
    }
    fresh_probe = false;
  }
  return matches;
}

// W2: two auths in a row in different countries.
inline uint64_t CountTravel(const History& auths) {
  uint64_t matches = 0;
  for (size_t i = 1; i < auths.size(); ++i) {
    matches +=
        auths[i].country != auths[i - 1].country && auths[i].ts - auths[i - 1].ts <= 30 * kMinute;
  }
  return matches;
}

// W3: the first large transfer after a device change, no mfa between.
inline uint64_t CountTakeover(const History& events) {
  uint64_t matches = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].type != "device_change") continue;
    for (size_t j = i + 1; j < events.size() && events[j].type != "mfa"; ++j) {
      if (events[j].ts - events[i].ts > 60 * kMinute) break;
      if (events[j].type != "transfer" || events[j].cents <= 1000'00) continue;
      ++matches;
      break;
    }
  }
  return matches;
}

// W4: the first transfer after a reset, and no mfa from there until 15 minutes after the reset.
inline uint64_t CountAbsence(const History& events) {
  uint64_t matches = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].type != "password_reset") continue;
    const int64_t deadline = events[i].ts + 15 * kMinute;
    size_t out = i + 1;
    while (out < events.size() && events[out].type != "transfer") ++out;
    if (out >= events.size() || events[out].ts > deadline) continue;
    matches +=
        std::none_of(events.begin() + static_cast<std::ptrdiff_t>(out), events.end(),
                     [&](const ParsedEvent& e) { return e.type == "mfa" && e.ts <= deadline; });
  }
  return matches;
}

// W5: more than 5 auths and more than 1,000 in the last ten minutes, the auth at hand included.
inline uint64_t CountVelocity(const History& auths) {
  uint64_t matches = 0;
  size_t begin = 0;
  int64_t sum = 0;
  for (size_t i = 0; i < auths.size(); ++i) {
    sum += auths[i].cents;
    for (; auths[begin].ts < auths[i].ts - 10 * kMinute; ++begin) sum -= auths[begin].cents;
    matches += i - begin + 1 > 5 && sum > 1000'00;
  }
  return matches;
}

// W6: every row of at least four auths with rising amounts.
inline uint64_t CountEscalation(const History& auths) {
  uint64_t matches = 0;
  for (size_t i = 0; i < auths.size(); ++i) {
    for (size_t j = i + 1; j < auths.size() && auths[j].cents > auths[j - 1].cents &&
                           auths[j].ts - auths[i].ts <= 30 * kMinute;
         ++j) {
      matches += j - i >= 3;
    }
  }
  return matches;
}

// W1 to W6 over the lines of a stream, in which kinds of event they read by card or account.
inline std::array<uint64_t, 6> CountWorkloads(const std::vector<ParsedEvent>& events) {
  std::map<int64_t, History> auths_by_card, w3_by_account, w4_by_account;
  for (const ParsedEvent& event : events) {
    if (event.type == "auth") auths_by_card[event.card].push_back(event);
    const bool both = event.type == "mfa" || event.type == "transfer";
    if (both || event.type == "device_change") w3_by_account[event.account].push_back(event);
    if (both || event.type == "password_reset") w4_by_account[event.account].push_back(event);
  }
  std::array<uint64_t, 6> counts{};
  for (const auto& [card, auths] : auths_by_card) {
    counts[0] += CountCardTesting(auths);
    counts[1] += CountTravel(auths);
    counts[4] += CountVelocity(auths);
    counts[5] += CountEscalation(auths);
  }
  for (const auto& [account, history] : w3_by_account) counts[2] += CountTakeover(history);
  for (const auto& [account, history] : w4_by_account) counts[3] += CountAbsence(history);
  return counts;
}

}  // namespace weir::apps
