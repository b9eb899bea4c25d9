// `weir backtest`: what rules would have caught in events whose truth is known.
#include <fmt/format.h>
#include <weir/backtest.h>
#include <weir/lines.h>
#include <weir/values.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "apps/backtest/html_report.h"
#include "apps/backtest/label_sniffer.h"
#include "apps/backtest/text_report.h"
#include "apps/command_line.h"
#include "apps/file_output.h"
#include "apps/interrupt.h"
#include "apps/progress_bar.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

constexpr const char* kExample =
    "Example:\n"
    "  weir backtest rules/ --events 'events-*.ndjson.gz' --labels is_fraud --key card \\\n"
    "    --sweep large_amount=200..800/100 --target 'precision>=0.9' \\\n"
    "    --json backtest.json --report backtest.html\n"
    "\n"
    "Exit status 1: the rules (with --sweep: every combination) miss a --target.\n";

struct BacktestArguments {
  std::vector<std::string> rules;
  std::vector<std::string> against;
  CompileOptions compile;
  BacktestOptions options;
  std::string input_format;
  std::string order = "watermark";
  std::optional<std::int64_t> lateness_ms;
  std::optional<std::int64_t> maturity_ms;
  std::string late = "drop";
  std::string bad_input;
  std::string unlabelled;
  std::string keys;
  std::string at_recall = "0.5,0.7,0.9";
  std::string at_precision = "0.9,0.95,0.99";
  std::uint32_t examples = 20;
  std::vector<std::string> sweeps;
  std::vector<std::string> targets;
  std::string frontier_by = "alerts_per_day";
  std::string json_path;
  std::string report_path;
  std::string format = "text";
  bool quiet = false;
  bool no_progress = false;
};

void add_texts(CLI::App& app, const char* name, std::vector<std::string>& to, const char* type,
               const char* help) {
  app.add_option(name, to, help)->type_name(type)->allow_extra_args(false);
}

void add_inputs(CLI::App& app, BacktestArguments& a) {
  RunOptions& input = a.options.input;
  app.add_option("RULES", a.rules, "rule files, or directories of *.weir files");
  app.add_option("--events", input.events, "as of `weir run`")->type_name("IN...")->required();
  add_choice(app, "--input-format", a.input_format, {"json", "csv"},
             "of the events, where names do not say it");
  app.add_option("--type", input.type, "every record is an event of this type")->type_name("T");
  app.add_flag("--strict", input.strict, "checks all declared fields");
  add_params(app, a.compile.params);
  add_choice(app, "--bad-input", a.bad_input, {"fail"}, "stops at the first bad record");
  add_duration(app, "--dedup", input.dedup_ms, "ignores an id seen at most this long before");
  add_duration(app, "--max-future", input.max_future_ms, "refuses events so far ahead of the rest");
  add_choice(app, "--order", a.order, {"watermark", "arrival"},
             "event-time order up to the lateness (default), or as they come");
  add_duration(app, "--lateness", a.lateness_ms, "how late an event may come (default 0s)");
  add_choice(app, "--late", a.late, {"drop", "process"}, "later events (default drop)");
  app.add_flag("--hold-open", input.hold_open, "at the end of the input deadlines stay open");
  add_number(app, "--threads", input.threads, 1, "default: as many as the machine runs at a time",
             kMostThreads);
}

void add_truth(CLI::App& app, BacktestArguments& a) {
  BacktestLabels& labels = a.options.labels;
  app.add_option("--labels", labels.field,
                 "the field with the truth; default: the one declared as label")
      ->type_name("FIELD|TYPE.FIELD");
  add_texts(app, "--label-value", labels.fraud_values, "TEXT",
            "a label that means fraud, all others mean honest; * is any; repeatable");
  app.add_option("--label-time", labels.time_field, "the field that says when it became known")
      ->type_name("FIELD");
  app.add_option("--label-events", labels.events,
                 "events such as chargebacks, whose FIELD is the id of a fraudulent purchase")
      ->type_name("TYPE.FIELD");
  app.add_option("--label-file", labels.file, "a table of id, label and ts")->type_name("FILE");
  add_time(app, "--known-at", labels.known_at_ms, "labels that became known later are not known");
  add_choice(app, "--unlabelled", a.unlabelled, {"apart", "honest"},
             "purchases without a label (default apart; honest with --label-events)");
  add_duration(app, "--maturity", a.maturity_ms,
               "purchases so young at --known-at are not yet taken for honest");
  add_texts(app, "--purchases", labels.purchases, "TYPE", "the events to judge; repeatable");
  app.add_option("--amount", a.options.amount_field, "the field with the money (default amount)")
      ->type_name("FIELD");
  app.add_option("--key", a.keys, "who is defrauded (default: the key that most rules have)")
      ->type_name("FIELD,...");
  add_time(app, "--from", a.options.input.from_ms, "the period begins");
  add_time(app, "--until", a.options.input.until_ms, "the period has ended");
  add_time(app, "--warm-from", a.options.warm_from_ms,
           "events from then to --from move state, and are not judged");
}

void add_questions(CLI::App& app, BacktestArguments& a) {
  app.add_option("--flag-from", a.options.flag_from,
                 "the weakest decision that flags (default: all but the weakest)")
      ->type_name("DECISION");
  app.add_option("--at-recall", a.at_recall, "asks for the precision there (default 0.5,0.7,0.9)")
      ->type_name("R,...");
  app.add_option("--at-precision", a.at_precision,
                 "asks for the recall there (default 0.9,0.95,0.99)")
      ->type_name("P,...");
  add_texts(app, "--sweep", a.sweeps, "PARAM=1,2,3|10..50/10",
            "tries values of a param; with several every combination");
  add_texts(app, "--target", a.targets, "MEASURE>=X",
            "what has to be reached: precision>=0.9, alerts_per_day<=20; repeatable");
  add_choice(app, "--frontier-by", a.frontier_by,
             {"alerts_per_day", "flagged_per_day", "false_per_day"},
             "what recall is weighed against (default alerts_per_day)");
  app.add_option("--against", a.against, "rules to compare with: the version before")
      ->type_name("RULES...");
  app.add_option("--json", a.json_path, "all figures as JSON")->type_name("FILE");
  app.add_option("--report", a.report_path, "a page with plots, in one file")
      ->type_name("FILE.html");
  add_number(app, "--examples", a.examples, 0, "of missed fraud and of false alarms (default 20)",
             std::uint32_t{10'000});
  add_choice(app, "--format", a.format, {"text", "json"}, "of standard output");
  app.add_flag("--quiet", a.quiet, "no progress, warnings or text report");
  app.add_flag("--no-progress", a.no_progress, "no progress");
}

// `--events` takes several values, and so the rules behind it.
void take_rules_from_events(BacktestArguments& a) {
  if (!a.rules.empty()) return;
  std::vector<std::string> events;
  for (std::string& path : a.options.input.events) {
    std::error_code error;
    const bool is_rules = path.ends_with(".weir") || std::filesystem::is_directory(path, error);
    (is_rules ? a.rules : events).push_back(std::move(path));
  }
  a.options.input.events = std::move(events);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

// Shares from 0 to 1, with commas between them; what is wrong, or empty.
std::string take_shares(const std::string& text, const char* name, std::vector<double>& to) {
  for (const std::string& each : split(text)) {
    double share = -1;
    const auto [stop, code] = std::from_chars(each.data(), each.data() + each.size(), share);
    if (code != std::errc{} || stop != each.data() + each.size() || !(share >= 0 && share <= 1)) {
      return fmt::format("{}: {} is no share from 0 to 1", name, each);
    }
    to.push_back(share);
  }
  return "";
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

// An output that is an input or another output, or empty.
std::string wrong_output(const BacktestArguments& a) {
  if (!a.json_path.empty() && a.json_path == a.report_path) {
    return "--json and --report would both be written to " + a.json_path;
  }
  for (const std::string& path : {a.json_path, a.report_path}) {
    if (path.empty() || path == "-") continue;
    for (const std::string& input : a.options.input.events) {
      if (same_file(path, input)) return path + " would be written, and is an input";
    }
  }
  return "";
}

// What is wrong with the arguments, or empty. Fills the options that need more than a copy.
std::string complete(BacktestArguments& a) {
  take_rules_from_events(a);
  BacktestOptions& options = a.options;
  if (a.rules.empty()) return "no rules are given";
  if (options.input.events.empty()) return "no events are given";
  for (const std::string& path : options.input.events) {
    if (path.starts_with("kafka://")) return path + ": a backtest reads files";
  }
  if (a.input_format == "csv") options.input.input_format = InputFormat::csv;
  if (a.input_format == "json") options.input.input_format = InputFormat::json_lines;
  if (a.order == "arrival") options.input.order = Order::arrival;
  if (a.late == "process") options.input.late = LatePolicy::process;
  options.input.lateness_ms = a.lateness_ms.value_or(0);
  options.input.bad_input_fails = a.bad_input == "fail";
  options.labels.maturity_ms = a.maturity_ms.value_or(0);
  if (!a.unlabelled.empty()) options.labels.rest_is_honest = a.unlabelled == "honest";
  options.key_fields = split(a.keys);
  options.examples = a.examples;
  if (options.warm_from_ms && !options.input.from_ms) return "--warm-from is given without --from";
  if (a.maturity_ms && !options.labels.known_at_ms) return "--maturity is given without --known-at";
  for (const std::string& target : a.targets) {
    auto parsed = parse_backtest_target(target);
    if (!parsed) return "--target: " + parsed.error().message;
    options.targets.push_back(std::move(*parsed));
  }
  if (a.frontier_by == "flagged_per_day") options.frontier_by = BacktestMeasure::flagged_per_day;
  if (a.frontier_by == "false_per_day") options.frontier_by = BacktestMeasure::false_per_day;
  if (a.json_path == "-") {  // nothing else may stand there then
    a.json_path.clear();
    a.format = "json";
  }
  if (a.report_path == "-") a.quiet = true;
  if (std::string wrong = wrong_output(a); !wrong.empty()) return wrong;
  std::string wrong = take_shares(a.at_recall, "--at-recall", options.at_recall);
  if (wrong.empty()) wrong = take_shares(a.at_precision, "--at-precision", options.at_precision);
  return wrong;
}

bool is_csv(const BacktestArguments& a, const std::string& path) {
  if (!a.input_format.empty()) return a.input_format == "csv";
  return is_csv_name(path);
}

// The field, if no file declares it and the events may have it; else nothing.
std::string undeclared(const BacktestArguments& a, const Ruleset& rules, const std::string& field) {
  if (field.empty() || declares_field(rules, field)) return "";
  const std::string path = field_of(rules, field);
  const bool is_there = std::ranges::any_of(a.options.input.events, [&](const std::string& events) {
    return may_have_field(events, is_csv(a, events), path);
  });
  return is_there ? field : "";
}

// A label that no file declares is read all the same, as text: whatever it is, it is as written.
void declare_labels(BacktestArguments& a, const Ruleset& rules) {
  a.compile.label_field = undeclared(a, rules, a.options.labels.field);
  a.compile.label_type = "string";
  a.compile.label_time_field = undeclared(a, rules, a.options.labels.time_field);
}

Compiled compile_own(BacktestArguments& a, Telling telling) {
  Compiled compiled = compile_rules(a.rules, a.compile, a.quiet, telling);
  if (!compiled.rules) return compiled;
  declare_labels(a, *compiled.rules);
  if (a.compile.label_field.empty() && a.compile.label_time_field.empty()) return compiled;
  return compile_rules(a.rules, a.compile, true, telling);
}

// The combinations of a sweep, and the version to compare with. The exit status if it failed.
std::optional<int> compile_others(BacktestArguments& a, Telling telling) {
  auto combinations = expand_sweep(a.sweeps);
  if (!combinations) {
    complain(combinations.error().message);
    return kBadUsage;
  }
  for (BacktestParams& params : *combinations) {
    CompileOptions compile = a.compile;
    for (const auto& [param, value] : params) compile.params[param] = value;
    Compiled compiled = compile_rules(a.rules, compile, true, telling);
    if (!compiled.rules) return compiled.status;
    a.options.sweep.push_back({std::move(params), std::move(*compiled.rules)});
  }
  if (a.against.empty()) return std::nullopt;
  CompileOptions compile;
  compile.label_field = a.compile.label_field;
  compile.label_type = a.compile.label_type;
  compile.label_time_field = a.compile.label_time_field;
  Compiled compiled = compile_rules(a.against, compile, true, telling);
  if (!compiled.rules) return compiled.status;
  a.options.against = std::move(*compiled.rules);
  return std::nullopt;
}

// Opened before the run, so that what cannot be written is said at once.
struct Outputs {
  std::optional<FileOutput> json;
  std::optional<FileOutput> report;
};

bool open_output(const std::string& path, std::optional<FileOutput>& to) {
  if (path.empty()) return true;
  auto opened = FileOutput::open(path);
  if (!opened) {
    complain(opened.error());
    return false;
  }
  to.emplace(std::move(*opened));
  return true;
}

bool write_output(std::optional<FileOutput>& to, const std::string& text) {
  if (!to) return true;
  to->write(text);
  const auto finished = to->finish();
  if (!finished) complain(finished.error());
  return finished.has_value();
}

bool write_all(const BacktestArguments& a, const BacktestReport& report, Outputs& outputs) {
  const std::string json = backtest_json(report) + "\n";
  if (!write_output(outputs.json, json)) return false;
  if (outputs.report && !write_output(outputs.report, html_report(report))) return false;
  if (a.format == "json") return print_data(json);
  return a.quiet || print_data(text_report(report));
}

int status_of(const BacktestReport& report) {
  if (report.targets.empty()) return kGood;
  if (report.sweep) return report.sweep->best ? kGood : kFallsShort;
  const bool all =
      std::ranges::all_of(report.targets, [](const auto& each) { return each.second; });
  return all ? kGood : kFallsShort;
}

int run_with(BacktestArguments& a) {
  const Telling telling = a.format == "json" ? Telling::kJsonMessage : Telling::kText;
  const Compiled compiled = compile_own(a, telling);
  if (!compiled.rules) return compiled.status;
  if (const auto status = compile_others(a, telling)) return *status;
  Outputs outputs;
  if (!open_output(a.json_path, outputs.json) || !open_output(a.report_path, outputs.report)) {
    return kBadUsage;
  }
  const Interrupt interrupt;
  a.options.input.stop = &interrupt.flag();
  std::optional<ProgressBar> progress;
  if (!a.quiet && !a.no_progress) progress.emplace();
  const auto report = backtest(*compiled.rules, a.options, progress ? &*progress : nullptr);
  if (progress) progress->clear();
  if (!report) {
    const std::string& why = report.error().message;
    if (telling == Telling::kText) {
      complain(why);
    } else {
      say(error_json(why));
    }
    return report.error().code == ErrorCode::interrupted ? interrupt.exit_status() : kBadUsage;
  }
  return write_all(a, *report, outputs) ? status_of(*report) : kBadUsage;
}

}  // namespace

int backtest_command(const Arguments& arguments) {
  CLI::App app("What rules would have caught in events whose truth is known.", "weir backtest");
  app.footer(kExample);
  BacktestArguments a;
  a.options.input.threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  add_inputs(app, a);
  add_truth(app, a);
  add_questions(app, a);
  if (const auto status = parse(app, arguments)) return *status;
  if (const std::string wrong = complete(a); !wrong.empty()) {
    complain(wrong);
    return kBadUsage;
  }
  return run_with(a);
}

}  // namespace weir::apps
