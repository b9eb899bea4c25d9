// `weir run`: a stream through rules.
#include <fmt/format.h>
#include <weir/run.h>
#include <weir/values.h>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include "apps/command_line.h"
#include "apps/interrupt.h"
#include "apps/progress_bar.h"
#include "apps/sink_options.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

constexpr const char* kExample =
    "Example:\n"
    "  weir run rules/ --events 'events-*.ndjson.gz' --alerts alerts.ndjson \\\n"
    "    --decisions decisions.ndjson --summary summary.json\n"
    "\n"
    "Alerts and decisions are JSON, one object a line. A file given for output is there when\n"
    "the run has ended well, not before; use - or a pipe to see alerts as they come.\n";

struct RunArguments {
  std::vector<std::string> rules;
  CompileOptions compile;
  RunOptions run;
  SinkOptions sinks;
  std::string input_format;
  std::string order = "watermark";
  std::optional<std::int64_t> lateness_ms;
  std::string late = "drop";
  std::string bad_input;
  std::string speed;
  std::string match;
  std::string state;
  std::string format = "text";
  bool quiet = false;
  bool no_progress = false;
};

void add_inputs(CLI::App& app, RunArguments& a) {
  app.add_option("RULES", a.rules, "rule files, or directories of *.weir files");
  app.add_option("--events", a.run.events,
                 "JSON lines or CSV: files, globs, - for standard input; .gz and .zst too")
      ->type_name("IN...")
      ->required();
  add_choice(app, "--input-format", a.input_format, {"json", "csv"},
             "of the events, where names do not say it");
  app.add_option("--type", a.run.type, "every record is an event of this type")->type_name("T");
  app.add_flag("--strict", a.run.strict, "checks all declared fields, not only those rules read");
  add_params(app, a.compile.params);
  app.add_option("--bad-input", a.bad_input,
                 "writes bad records and their reasons to FILE; `fail` stops at the first one")
      ->type_name("FILE|fail");
  add_duration(app, "--dedup", a.run.dedup_ms, "ignores an id seen at most this long before");
  add_duration(app, "--max-future", a.run.max_future_ms, "refuses events so far ahead of the rest");
  add_time(app, "--from", a.run.from_ms, "ignores events before");
  add_time(app, "--until", a.run.until_ms, "ignores events at or after");
}

void add_processing(CLI::App& app, RunArguments& a) {
  add_choice(app, "--order", a.order, {"watermark", "arrival"},
             "event-time order up to the lateness (default), or as they come");
  add_duration(app, "--lateness", a.lateness_ms, "how late an event may come (default 0s)");
  app.add_option("--late", a.late, "later events: drop (default), process, or write to FILE")
      ->type_name("drop|process|FILE");
  app.add_flag("--hold-open", a.run.hold_open,
               "at the end of the input time does not end: deadlines stay open");
  app.add_option("--speed", a.speed, "replays by event time, so many times faster")
      ->type_name("60x");
  add_number(app, "--threads", a.run.threads, 1,
             "reads ahead on all but one (default 1); the output is the same for any number",
             kMostThreads);
  app.add_option("--state", a.state, "checkpoints (not supported yet)")->type_name("DIR");
}

void add_outputs(CLI::App& app, RunArguments& a) {
  app.add_option("--alerts", a.run.alerts_path, "alerts (default -: standard output)")
      ->type_name("OUT");
  app.add_option("--decisions", a.run.decisions_path, "a line for each event on which a rule fired")
      ->type_name("OUT");
  app.add_flag("--decisions-all", a.run.all_decisions, "a decision line for each event");
  add_choice(app, "--match", a.match, {"events"}, "puts whole events in the alerts' `match`");
  a.sinks.add_to(app);
  app.add_option("--summary", a.run.summary_path, "the summary as JSON")->type_name("FILE");
  add_choice(app, "--format", a.format, {"text", "json"}, "of the summary on standard error");
  app.add_flag("--quiet", a.quiet, "no progress, warnings or summary");
  app.add_flag("--no-progress", a.no_progress, "no progress");
}

// `--events` takes several values, and so the rules behind it: `weir run --events e.ndjson r.weir`.
void take_rules_from_events(RunArguments& a) {
  if (!a.rules.empty()) return;
  std::vector<std::string> events;
  for (std::string& path : a.run.events) {
    std::error_code error;
    const bool is_rules = path.ends_with(".weir") || std::filesystem::is_directory(path, error);
    (is_rules ? a.rules : events).push_back(std::move(path));
  }
  a.run.events = std::move(events);
}

// What is wrong with the arguments, or empty. Fills the options that need more than a copy.
std::string complete(RunArguments& a) {
  take_rules_from_events(a);
  if (a.rules.empty()) return "no rules are given";
  if (a.run.events.empty()) return "no events are given";
  for (const std::string& path : a.run.events) {
    if (path.starts_with("kafka://")) return path + ": Kafka is not supported yet";
  }
  if (!a.state.empty()) return "--state is not supported yet";
  if (a.input_format == "csv") a.run.input_format = InputFormat::csv;
  if (a.input_format == "json") a.run.input_format = InputFormat::json_lines;
  if (a.order == "arrival") a.run.order = Order::arrival;
  a.run.lateness_ms = a.lateness_ms.value_or(0);
  if (a.late == "process") {
    a.run.late = LatePolicy::process;
  } else if (a.late != "drop") {
    a.run.late_path = a.late;
  }
  if (a.bad_input == "fail") {
    a.run.bad_input_fails = true;
  } else {
    a.run.bad_input_path = a.bad_input;
  }
  a.run.match_events = a.match == "events";
  if (a.run.from_ms && a.run.until_ms && *a.run.from_ms >= *a.run.until_ms) {
    return "--from is not before --until";
  }
  if (std::string wrong = a.sinks.complete(a.run); !wrong.empty()) return wrong;
  if (a.speed.empty()) return "";
  std::string_view number = a.speed;
  if (number.ends_with('x')) number.remove_suffix(1);
  const auto [end, code] =
      std::from_chars(number.data(), number.data() + number.size(), a.run.speed);
  const bool whole = code == std::errc{} && end == number.data() + number.size();
  constexpr double kFastest = 1e9;
  if (!whole || !(a.run.speed > 0 && a.run.speed <= kFastest)) {
    return "--speed: " + a.speed + " is no speed; write 1x, 60x or 0.5x";
  }
  return "";
}

// What a person hears while it runs.
class Teller final : public RunObserver {
 public:
  Teller(bool progress, Telling telling) : telling_(telling) {
    if (progress) progress_.emplace();
  }
  void on_progress(const RunProgress& progress) override {
    if (progress_) progress_->on_progress(progress);
  }
  void on_data_file(const DataFileChange& change) override {
    if (telling_ != Telling::kText) return;
    clear();
    say("weir: " + change.path +
        (change.refused.empty()
             ? " has changed: " + std::to_string(change.entries) + " entries\n"
             : " has changed and is not taken: " + change.refused + "; what was read stays\n"));
  }
  void clear() {
    if (progress_) progress_->clear();
  }

 private:
  Telling telling_;
  std::optional<ProgressBar> progress_;
};

int run_with(RunArguments& a) {
  const Telling telling = a.format == "json" ? Telling::kJsonMessage : Telling::kText;
  const Compiled compiled = compile_rules(a.rules, a.compile, a.quiet, telling);
  if (!compiled.rules) return compiled.status;
  const Interrupt interrupt;
  a.run.stop = &interrupt.flag();
  Teller teller(!a.quiet && !a.no_progress, telling);
  const auto summary = run(*compiled.rules, a.run, a.quiet ? nullptr : &teller);
  teller.clear();
  if (!summary) {
    const std::string& why = summary.error().message;
    if (telling == Telling::kText) {
      complain(why);
    } else {
      say(error_json(why));
    }
    return summary.error().code == ErrorCode::interrupted ? interrupt.exit_status() : kBadUsage;
  }
  if (!a.quiet) {
    say(a.format == "json" ? summary_json(*summary) + "\n"
                           : summary_text(*summary) + a.sinks.text());
  }
  return kGood;
}

}  // namespace

int run_command(const Arguments& arguments) {
  CLI::App app("Streams events through rules.", "weir run");
  app.footer(kExample);
  RunArguments a;
  add_inputs(app, a);
  add_processing(app, a);
  add_outputs(app, a);
  if (const auto status = parse(app, arguments)) return *status;
  if (const std::string wrong = complete(a); !wrong.empty()) {
    complain(wrong);
    return kBadUsage;
  }
  if (a.run.all_decisions && a.run.decisions_path.empty() && !a.quiet) {
    complain("--decisions-all only counts, as there is no --decisions to write them to");
  }
  return run_with(a);
}

}  // namespace weir::apps
