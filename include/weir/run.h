// A stream through a ruleset, from its beginning to its end: what `weir run` does, for programs.
// (An engine to be fed event by event is another header's matter.)
//
// What goes out is a contract: one JSON object a line, keys in a fixed order. The output depends on
// the rules, the input and the options alone, not on threads, times or hash seeds.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/alert_sink.h"
#include "weir/error.h"
#include "weir/ruleset.h"

namespace weir {

class Lists;  // weir/lists.h

enum class Order : std::uint8_t {
  watermark,  // event-time order up to the lateness, ties by input position
  arrival,    // each event as it comes
};

enum class LatePolicy : std::uint8_t {
  drop,     // counted; written to late_path if there is one
  process,  // counted, and matched at the clock
};

enum class InputFormat : std::uint8_t {
  by_name,  // CSV for .csv and .tsv (also with .gz, .zst behind), else JSON lines
  json_lines,
  csv,
};

inline constexpr unsigned kMostThreads = 256;

// Where the alerts of rules with `send "NAME"` go, besides RunOptions::alerts_path: to a file or to
// a receiver, which is closed at the end of the run and must outlive it.
struct NamedSink {
  std::string name;
  std::string path;
  AlertSink* sink = nullptr;
};

// Paths: "-" is standard input or output, empty is nowhere. A regular file is written under
// another name (PATH.partial) and renamed when all has gone well: it is there whole or not at all.
// A pipe or device is written as it is, batch by batch.
struct RunOptions {
  std::vector<std::string> events;  // files, globs, "-"; gzip and Zstandard too
  InputFormat input_format = InputFormat::by_name;
  std::string type;     // every record is of this event type; empty: as its field says
  bool strict = false;  // check all declared fields, not only those that rules read

  Order order = Order::watermark;
  std::int64_t lateness_ms = 0;
  LatePolicy late = LatePolicy::drop;
  std::string late_path;       // dropped records, as they came, one a line
  std::string bad_input_path;  // bad records, and what max_future refuses, with reasons; JSON lines
  bool bad_input_fails = false;               // stop with ErrorCode::bad_record at the first one
  std::optional<std::int64_t> dedup_ms;       // ignore an identity seen at most this long before
  std::optional<std::int64_t> max_future_ms;  // refuse events so far ahead of the stream's newest
  std::optional<std::int64_t> from_ms;        // ignore events before; milliseconds since the epoch
  std::optional<std::int64_t> until_ms;       // ignore events at or after
  double speed = 0;        // replay by event time, so many times faster; 0: at full speed
  bool hold_open = false;  // at the end of the input deadlines stay open
  // 1 to kMostThreads, with the calling one; the output is the same for any number. The others end
  // before run() does.
  unsigned threads = 1;
  // What lists hold before and behind the run, and a way to change them from other threads; of the
  // rules that are run. Null: they begin as the files have them. Must outlive the run.
  const Lists* lists = nullptr;
  // Asked after each block of input and in the waits of `speed`: true ends the run with
  // ErrorCode::interrupted, as any failure does. Null: nobody asks. May be set by a signal handler
  // or another thread, and must outlive the run.
  const std::atomic<bool>* stop = nullptr;

  std::string alerts_path = "-";
  std::string decisions_path;
  std::string summary_path;      // JSON
  bool all_decisions = false;    // a decision line for each event, not only where a rule fired
  bool match_events = false;     // whole events in `match`
  std::vector<NamedSink> sinks;  // each with a path or a receiver; a name once
};

struct RunProgress {
  std::uint64_t events = 0;
  std::uint64_t alerts = 0;
  double seconds = 0;
  double share = -1;  // of the input, 0 to 1; < 0: not known (a pipe)
  std::optional<std::int64_t> watermark_ms;
};

struct RunSummary {
  std::uint64_t read = 0;  // records: those below and what was filtered, but not `late` twice
  std::uint64_t accepted = 0;
  std::uint64_t bad = 0;
  std::uint64_t late = 0;  // processed or dropped, as the options say
  std::uint64_t unknown_type = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t future = 0;   // refused by max_future
  std::uint64_t outside = 0;  // of from and until
  std::uint64_t clamped = 0;  // matched at a later time than their own (arrival order)

  std::uint64_t alerts = 0;
  std::vector<std::pair<std::string, std::uint64_t>> alerts_by_rule;  // those that fired; R.T too
  std::vector<std::pair<std::string, std::uint64_t>> decisions;       // of the decision lines
  std::vector<std::pair<std::string, std::uint64_t>> sent;            // alerts, by sink
  std::vector<std::pair<std::string, std::uint64_t>> unsent;          // to sinks that are not given
  std::uint64_t withheld = 0;                                         // alerts, by cooldown
  std::uint64_t limited = 0;                                          // events forgotten by `limit`
  std::uint64_t unexamined = 0;  // moments with too many assignments to look at
  std::uint64_t overflow = 0;
  std::uint64_t division_by_zero = 0;
  std::uint64_t enum_unlisted = 0;         // values absent for that
  std::uint64_t decimal_out_of_range = 0;  // likewise
  std::uint64_t decimal_rounded = 0;

  double seconds = 0;
  double events_per_second = 0;  // records read
  std::uint64_t peak_partial_matches = 0;
  std::uint64_t peak_rss_bytes = 0;  // of the process; 0 where the system does not say
  std::optional<std::int64_t> watermark_ms;
  std::string first_bad;      // of the first bad record: where and why; empty if there is none
  std::string first_future;   // likewise, of the first that max_future refused
  std::string hint;           // what may be wrong where every record is bad
  std::string first_unknown;  // the first type that no file declares
};

// One JSON object on one line, without a newline; keys in the order of docs/cli.md, then more.
[[nodiscard]] std::string summary_json(const RunSummary& summary);
// A few lines for a person.
[[nodiscard]] std::string summary_text(const RunSummary& summary);

// A file of a list or table that was found to have changed.
struct DataFileChange {
  std::string path;
  std::size_t entries = 0;  // or rows: what it holds now
  std::string refused;      // why it cannot be taken: the old content goes on; empty: it was taken
};

// Told how it goes, on the calling thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // At most ten times a second.
  virtual void on_progress(const RunProgress& progress) = 0;
  virtual void on_data_file(const DataFileChange& /*change*/) {}
};

// Runs to the end of the input on the calling thread. Files of lists and tables are looked at twice
// a second, and read anew where they have changed. Fails with invalid_argument if the options
// contradict each other (two outputs of one path, an output that is an input, two sinks of one
// name), with not_found if an input is not there; nothing has been written then. On a later failure
// no file of the given names has been made or changed, but what went to a pipe has gone. `observer`
// may be null.
[[nodiscard]] Result<RunSummary> run(const Ruleset& rules, const RunOptions& options,
                                     RunObserver* observer = nullptr);

}  // namespace weir
