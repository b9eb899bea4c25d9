#include "apps/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <weir/values.h>
#include <nlohmann/json.hpp>

#include "apps/terminal.h"

namespace weir::apps {
namespace {

struct Command {
  const char* name;
  const char* summary;
  int (*run)(const Arguments&);
};

constexpr std::array<Command, 8> kCommands = {{
    {"run", "streams events through rules: alerts, decisions, a summary", run_command},
    {"check", "what is wrong with rules, and the worst that they can cost", check_command},
    {"test", "runs the tests in rule files", test_command},
    {"fmt", "puts rule files into the canonical layout", fmt_command},
    {"backtest", "what rules would have caught in events whose truth is known", backtest_command},
    {"explain", "what rules saw of one key, or what they are compiled to", explain_command},
    {"schema", "proposes event declarations for a data file", schema_command},
    {"generate", "makes a synthetic card-payment stream with labelled fraud", generate_command},
}};

std::string usage() {
  std::string out = "usage: weir COMMAND [ARGS]\n\n";
  for (const Command& command : kCommands) {
    out += fmt::format("  {:<10}{}\n", command.name, command.summary);
  }
  out += "\n`weir COMMAND --help` tells more, with an example; `weir --version` the version.\n";
  out += "\nExample:\n  weir run rules/ --events events.ndjson --alerts alerts.ndjson\n";
  return out;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// `run`, of an app called `weir run`.
std::string command_name(const CLI::App& app) {
  const std::string name = app.get_name();
  return name.substr(name.find(' ') + 1);
}

int unknown_arguments(const CLI::App& app) {
  for (const std::string& argument : app.remaining()) {
    if (argument.empty() || argument == "--") continue;
    if (argument.front() == '-') {
      const std::string name = argument.substr(0, argument.find('='));
      complain(fmt::format("{} has no option {}{}", command_name(app), name,
                           did_you_mean(name, option_names(app))));
    } else {
      complain(fmt::format("{} does not know what to do with {}", command_name(app), argument));
    }
    break;
  }
  return kBadUsage;
}

}  // namespace

std::optional<int> parse(CLI::App& app, const Arguments& arguments) {
  app.get_formatter()->column_width(30);
  app.allow_extras();
  try {
    app.parse(Arguments(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return print_data(app.help()) ? kGood : kBadUsage;
  } catch (const CLI::ParseError& error) {
    // An unknown option is more telling than what is missing because of it.
    const bool has_unknown = app.remaining_size() > 0;
    if (has_unknown) {
      (void)unknown_arguments(app);
    } else {
      complain(error.what());
    }
    say(fmt::format("`{} --help` shows how it is used\n", app.get_name()));
    return kBadUsage;
  }
  if (app.remaining_size() == 0) return std::nullopt;
  const int status = unknown_arguments(app);
  say(fmt::format("`{} --help` shows how it is used\n", app.get_name()));
  return status;
}

CLI::Option* add_duration(CLI::App& app, const std::string& name,
                          std::optional<std::int64_t>& target, const std::string& help) {
  const auto set = [&target, name](const std::string& text) {
    target = parse_duration(text);
    if (!target) throw BadOption(name, text + " is no duration; write 250ms, 5s, 1h30m or 7d");
  };
  return app.add_option_function<std::string>(name, set, help)->type_name("DURATION");
}

CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<std::int64_t>& target,
                      const std::string& help) {
  const auto set = [&target, name](const std::string& text) {
    target = parse_time(text);
    if (!target) {
      throw BadOption(name, text +
                                " is no time; write 2026-01-31, 2026-01-31T12:00:00Z, or "
                                "milliseconds since 1970");
    }
  };
  return app.add_option_function<std::string>(name, set, help)->type_name("TIME");
}

template <typename T>
CLI::Option* add_number(CLI::App& app, const std::string& name, T& target, std::uint64_t least,
                        const std::string& help, T most) {
  const auto set = [&target, name, least, most](const std::string& text) {
    T number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (text.empty() || stop != end || code == std::errc::invalid_argument) {
      throw BadOption(name, text + " is no whole number; write it in digits");
    }
    if (code != std::errc{} || number < least || number > most) {
      throw BadOption(name, fmt::format("{} is not from {} to {}", text, least, most));
    }
    target = number;
  };
  return app.add_option_function<std::string>(name, set, help)->type_name("N");
}
template CLI::Option* add_number(CLI::App&, const std::string&, std::uint32_t&, std::uint64_t,
                                 const std::string&, std::uint32_t);
template CLI::Option* add_number(CLI::App&, const std::string&, std::uint64_t&, std::uint64_t,
                                 const std::string&, std::uint64_t);

CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& target,
                        std::vector<std::string> choices, const std::string& help) {
  const std::string shown = fmt::format("{}", fmt::join(choices, "|"));
  const auto set = [&target, name, shown, choices](const std::string& text) {
    if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
      throw BadOption(name,
                      fmt::format("{} is none of {}{}", text, shown, did_you_mean(text, choices)));
    }
    target = text;
  };
  return app.add_option_function<std::string>(name, set, help)->type_name(shown);
}

CLI::Option* add_params(CLI::App& app, std::map<std::string, std::string>& params) {
  const auto set = [&params](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const std::size_t equals = text.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw BadOption("--set", text + " is not of the form PARAM=VALUE");
      }
      params[text.substr(0, equals)] = text.substr(equals + 1);
    }
  };
  return app
      .add_option_function<std::vector<std::string>>(
          "--set", set, "gives a `param` of the rules another value; repeatable")
      ->type_name("PARAM=VALUE")
      ->allow_extra_args(false);
}

int tell(const Diagnostics& said, Telling telling) {
  const int status = said.failure ? kBadUsage : kFallsShort;
  if (telling == Telling::kText) {
    if (said.failure) {
      complain(said.failure->message);
    } else {
      say(said.render(DiagnosticFormat::text, use_colour(stderr)));
    }
    return status;
  }
  std::string text;
  if (said.failure) {
    text = error_json(said.failure->message);
  } else if (!said.list.empty()) {
    text = said.render(DiagnosticFormat::json);
  }
  if (telling == Telling::kJsonMessage) {
    say(text);
    return status;
  }
  return print_data(text) ? status : kBadUsage;
}

Compiled compile_rules(const std::vector<std::string>& paths, const CompileOptions& options,
                       bool quiet, Telling telling) {
  auto rules = compile_files(paths, options);
  if (!rules) return {std::nullopt, tell(rules.error(), telling)};
  if (!quiet) (void)tell(rules->diagnostics(), telling);
  return {std::move(*rules), kGood};
}

std::string error_json(std::string_view message) {
  const nlohmann::ordered_json out = {{"error", message}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int weir_main(const Arguments& arguments, const std::string& version) {
  if (arguments.empty()) {
    say(usage());
    return kBadUsage;
  }
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    return print_data(usage()) ? kGood : kBadUsage;
  }
  if (first == "--version") return print_data("weir " + version + "\n") ? kGood : kBadUsage;
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (first == command.name) return command.run({arguments.begin() + 1, arguments.end()});
    names.emplace_back(command.name);
  }
  const bool is_option = first.starts_with('-');
  if (is_option) names = {"--help", "--version"};
  complain(fmt::format("there is no {} {}{}", is_option ? "option" : "command", first,
                       did_you_mean(first, names)));
  say("`weir --help` lists the commands\n");
  return kBadUsage;
}

}  // namespace weir::apps
