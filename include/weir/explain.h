// What rules saw of one key: a timeline of its events, what each was taken as, how far each run got
// and which condition stopped it, with the values on both sides. Thread-safe; no state.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/error.h"
#include "weir/ruleset.h"
#include "weir/run.h"

namespace weir {

struct ExplainOptions {
  std::vector<std::string> events;  // as RunOptions::events
  InputFormat input_format = InputFormat::by_name;
  std::string type;
  std::int64_t lateness_ms = 0;  // in event-time order up to it; what is later is left out
  std::optional<std::int64_t> from_ms;
  std::optional<std::int64_t> until_ms;
  bool hold_open = false;  // at the end of the input deadlines stay open
  // Fields of the key and their values, as text. Events with other values
  // are left out; a rule whose parts have keys of their own is traced if one of them is of these
  // fields. A rule without a key sees the events whose fields have these values.
  std::vector<std::pair<std::string, std::string>> key;
  std::string rule;  // empty: all
};

struct ExplainNote {
  enum class Kind : std::uint8_t {
    taken,     // the event was taken, and by which run
    refused,   // it is of a type that a run waits for, and a condition of it is not true
    ended,     // it ended a run: `without`, `next`, `until`, `greedy`
    matched,   // it, or a deadline, completed a match
    withheld,  // likewise, and the cooldown keeps the alert back
    timeout,   // a first event ran out of time
  };
  std::string rule;
  Kind kind = Kind::taken;
  std::string text;  // one line, with the values in it
};

struct ExplainEntry {
  std::optional<std::uint64_t> seq;  // of an event of the input
  // As notes call the event: `#12`, or `*1` for the first alert or result of a stream that the
  // key's rules looked at; empty: a deadline.
  std::string name;
  std::int64_t ts_ms = 0;
  std::string type;                // of the event
  std::string record;              // as it came
  std::vector<ExplainNote> notes;  // by rule; empty: no rule could do anything with it
};

struct ExplainEnd {
  std::uint64_t events = 0;        // of the key
  std::uint64_t late = 0;          // of the key, left out
  std::uint64_t bad = 0;           // records of the whole input: their key is not known
  std::string first_bad;           // where the first of them stands, and why it is bad
  std::uint64_t unknown_type = 0;  // of the whole input
  std::vector<std::string> rules;  // that were traced
  std::vector<std::pair<std::string, std::string>> open;  // (rule, how far a first event got)
};

// Tells the sink each entry in order. invalid_argument if no rule is keyed by these fields, or the
// rule does not exist.
[[nodiscard]] Result<ExplainEnd> explain(const Ruleset& rules, const ExplainOptions& options,
                                         const std::function<void(const ExplainEntry&)>& sink);

}  // namespace weir
