// `weir explain`: what rules saw of one key, or the forms that they are compiled to.
#include <fmt/format.h>
#include <weir/explain.h>
#include <weir/values.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "apps/command_line.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kExample =
    "Example:\n"
    "  weir explain rules/ --events events.ndjson --key card=c1 --rule card_testing\n"
    "  weir explain rules/ --rule card_testing --stage automaton\n"
    "\n"
    "In a timeline #3 is the event at position 3 of the input (its `seq`).\n";

const std::vector<std::string> kStages = {"ast",     "pattern",   "typed",
                                          "program", "automaton", "features"};

struct ExplainArguments {
  std::vector<std::string> rules;
  CompileOptions compile;
  ExplainOptions options;
  std::vector<std::string> key;
  std::optional<std::int64_t> lateness_ms;
  std::string input_format;
  std::string stage;
  std::string format = "text";
};

std::string_view kind_name(ExplainNote::Kind kind) {
  switch (kind) {
    case ExplainNote::Kind::taken:
      return "taken";
    case ExplainNote::Kind::refused:
      return "refused";
    case ExplainNote::Kind::ended:
      return "ended";
    case ExplainNote::Kind::matched:
      return "matched";
    case ExplainNote::Kind::withheld:
      return "withheld";
    case ExplainNote::Kind::timeout:
      return "timeout";
  }
  return "taken";
}

std::string entry_text(const ExplainEntry& entry) {
  std::string out = format_time(entry.ts_ms);
  out += entry.name.empty() ? std::string("  a deadline\n")
                            : fmt::format("  {} {}  {}\n", entry.name, entry.type, entry.record);
  std::string rule;
  for (const ExplainNote& note : entry.notes) {
    if (note.rule != rule) out += fmt::format("  {}\n", note.rule);
    rule = note.rule;
    out += fmt::format("    {}\n", note.text);
  }
  return out;
}

std::string entry_json(const ExplainEntry& entry) {
  Json notes = Json::array();
  for (const ExplainNote& note : entry.notes) {
    notes.push_back({{"rule", note.rule}, {"kind", kind_name(note.kind)}, {"text", note.text}});
  }
  Json out = {{"seq", entry.seq ? Json(*entry.seq) : Json(nullptr)}, {"ts", entry.ts_ms}};
  if (!entry.name.empty()) {
    out["type"] = entry.type;
    out["record"] = entry.record;
  }
  out["notes"] = std::move(notes);
  // What a record says in a string need not be UTF-8 once it was CSV.
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string end_text(const ExplainEnd& end) {
  std::string out =
      fmt::format("\n{} {} of the key", end.events, end.events == 1 ? "event" : "events");
  if (end.late > 0) {
    out += fmt::format(", {} more {} late", end.late, end.late == 1 ? "was" : "were");
  }
  constexpr std::size_t kShown = 20;  // --format json has all
  const std::size_t shown = std::min(kShown, end.rules.size());
  const auto last = end.rules.begin() + static_cast<std::ptrdiff_t>(shown);
  out += fmt::format("; rules: {}", fmt::join(end.rules.begin(), last, ", "));
  if (end.rules.size() > shown) out += fmt::format(" and {} more", end.rules.size() - shown);
  out += '\n';
  if (end.bad > 0) {
    out += fmt::format("{} bad {} left out, of whatever key; the first: {}\n", end.bad,
                       end.bad == 1 ? "record was" : "records were", end.first_bad);
  }
  if (end.unknown_type > 0) {
    out += fmt::format("{} {} of unknown type\n", end.unknown_type,
                       end.unknown_type == 1 ? "record was" : "records were");
  }
  if (!end.open.empty()) out += "first events that gave no match:\n";
  for (const auto& [rule, line] : end.open) out += fmt::format("  {}\n", line);
  return out;
}

std::string end_json(const ExplainEnd& end) {
  Json open = Json::array();
  for (const auto& [rule, line] : end.open) open.push_back({{"rule", rule}, {"text", line}});
  const Json out = {{"events", end.events},
                    {"late", end.late},
                    {"bad", end.bad},
                    {"first_bad", end.bad > 0 ? Json(end.first_bad) : Json(nullptr)},
                    {"unknown_type", end.unknown_type},
                    {"rules", end.rules},
                    {"open", std::move(open)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int refuse(const ExplainArguments& a, const Error& error) {
  if (a.format == "json") {
    (void)print_data(error_json(error.message));
  } else {
    complain(error.message);
  }
  return kBadUsage;
}

int print_stage(const ExplainArguments& a, const Ruleset& rules) {
  const auto found = std::find(kStages.begin(), kStages.end(), a.stage);
  const auto text =
      rules.print_stage(static_cast<CompileStage>(found - kStages.begin()), a.options.rule);
  if (!text) return refuse(a, text.error());
  if (a.format == "text") return print_data(*text) ? kGood : kBadUsage;
  const Json out = {{"stage", a.stage},
                    {"rule", a.options.rule.empty() ? Json(nullptr) : Json(a.options.rule)},
                    {"text", *text}};
  return print_data(out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n") ? kGood
                                                                                     : kBadUsage;
}

int print_timeline(const ExplainArguments& a, const Ruleset& rules) {
  const bool json = a.format == "json";
  bool printed = true;
  const auto end = explain(rules, a.options, [&](const ExplainEntry& entry) {
    printed = printed && print_data(json ? entry_json(entry) : entry_text(entry));
  });
  if (!end) return refuse(a, end.error());
  return printed && print_data(json ? end_json(*end) : end_text(*end)) ? kGood : kBadUsage;
}

// What is wrong with the arguments, or empty.
std::string complete(ExplainArguments& a) {
  if (!a.stage.empty()) return "";
  if (a.options.events.empty() || a.key.empty()) {
    return "give --events and --key, or --stage";
  }
  for (const std::string& text : a.key) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return "--key: " + text + " is not of the form FIELD=VALUE";
    }
    a.options.key.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (a.input_format == "csv") a.options.input_format = InputFormat::csv;
  if (a.input_format == "json") a.options.input_format = InputFormat::json_lines;
  a.options.lateness_ms = a.lateness_ms.value_or(0);
  return "";
}

}  // namespace

int explain_command(const Arguments& arguments) {
  CLI::App app("Shows what rules saw of one key, or the forms that they are compiled to.",
               "weir explain");
  app.footer(kExample);
  ExplainArguments a;
  app.add_option("RULES", a.rules, "rule files, or directories of *.weir files")->required();
  app.add_option("--events", a.options.events, "as in weir run")->type_name("IN...");
  app.add_option("--key", a.key, "the key to follow; repeatable for a key of several fields")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false);
  app.add_option("--rule", a.options.rule, "only this rule")->type_name("R");
  add_choice(app, "--input-format", a.input_format, {"json", "csv"},
             "of the events, where names do not say it");
  app.add_option("--type", a.options.type, "every record is an event of this type")->type_name("T");
  add_duration(app, "--lateness", a.lateness_ms, "how late an event may come (default 0s)");
  add_time(app, "--from", a.options.from_ms, "ignores events before");
  add_time(app, "--until", a.options.until_ms, "ignores events at or after");
  app.add_flag("--hold-open", a.options.hold_open, "deadlines stay open at the end of the input");
  add_choice(app, "--stage", a.stage, kStages, "prints this form of the rules instead");
  add_choice(app, "--format", a.format, {"text", "json"}, "of the timeline");
  add_params(app, a.compile.params);
  if (const auto status = parse(app, arguments)) return *status;
  if (const std::string wrong = complete(a); !wrong.empty()) {
    complain(wrong);
    return kBadUsage;
  }
  const Telling telling = a.format == "json" ? Telling::kJsonData : Telling::kText;
  const Compiled compiled = compile_rules(a.rules, a.compile, true, telling);
  if (!compiled.rules) return compiled.status;
  return a.stage.empty() ? print_timeline(a, *compiled.rules) : print_stage(a, *compiled.rules);
}

}  // namespace weir::apps
