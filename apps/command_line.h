// The commands of `weir`, and what all of them do alike: parse their arguments, help, and say what
// was meant by a slip. Used by main.cc, and by the tests without it. Not thread-safe.
#pragma once

#include <CLI/CLI.hpp>

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/ruleset.h>

namespace weir::apps {

using Arguments = std::vector<std::string>;  // behind the command's name

int run_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int test_command(const Arguments& arguments);
int fmt_command(const Arguments& arguments);
int explain_command(const Arguments& arguments);
int backtest_command(const Arguments& arguments);
int schema_command(const Arguments& arguments);
int generate_command(const Arguments& arguments);

// The whole program: `arguments` without argv[0]; returns the exit status.
int weir_main(const Arguments& arguments, const std::string& version);

// Parses; an exit status if that was all: help was asked for (0), or the arguments are wrong (2,
// having said how).
[[nodiscard]] std::optional<int> parse(CLI::App& app, const Arguments& arguments);

// An option whose text is checked and converted: a duration (5s), a time, a choice.
class BadOption : public CLI::ValidationError {
 public:
  BadOption(const std::string& name, const std::string& why) : ValidationError(name, why) {}
};
CLI::Option* add_duration(CLI::App& app, const std::string& name,
                          std::optional<std::int64_t>& target, const std::string& help);
CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<std::int64_t>& target,
                      const std::string& help);
// One of `choices`; anything else is bad usage, with what was meant.
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& target,
                        std::vector<std::string> choices, const std::string& help);
// `--set param=value`, repeatable.
CLI::Option* add_params(CLI::App& app, std::map<std::string, std::string>& params);

// An unsigned number from `least` to `most`.
template <typename T>
CLI::Option* add_number(CLI::App& app, const std::string& name, T& target, std::uint64_t least,
                        const std::string& help, T most = std::numeric_limits<T>::max());

// How what is wrong with rules is told: to people on standard error; as JSON on standard error, or
// on standard output where a command's report would have stood there as JSON.
enum class Telling { kText, kJsonMessage, kJsonData };

// Compiles; errors are told, and warnings unless quiet. The exit status if it failed.
struct Compiled {
  std::optional<Ruleset> rules;
  int status = 0;
};
[[nodiscard]] Compiled compile_rules(const std::vector<std::string>& paths,
                                     const CompileOptions& options, bool quiet,
                                     Telling telling = Telling::kText);
// Tells of diagnostics, or of what could not be read. The exit status that they mean.
int tell(const Diagnostics& said, Telling telling);
// {"error":MESSAGE} and a newline.
[[nodiscard]] std::string error_json(std::string_view message);

}  // namespace weir::apps
