// `weir fmt`: the canonical layout.
#include <fmt/format.h>
#include <weir/format.h>

#include <cstdio>

#include "apps/command_line.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

constexpr const char* kExample =
    "Example:\n"
    "  weir fmt rules/            # in place\n"
    "  weir fmt --check rules/    # lists what is not canonical, and fails if there is any\n"
    "  weir fmt - < a.weir        # from standard input to standard output\n";

std::string read_standard_input() {
  std::string text;
  char block[1 << 14];
  while (const std::size_t got = std::fread(block, 1, sizeof block, stdin)) text.append(block, got);
  return text;
}

// What is wrong with a file, on standard error.
int refuse(const Diagnostics& said) {
  if (said.failure) {
    complain(said.failure->message);
    return kBadUsage;
  }
  say(said.render(DiagnosticFormat::text, use_colour(stderr)));
  return kFallsShort;
}

int format_standard_input(bool check) {
  const std::string text = read_standard_input();
  const auto formatted = format_text("standard input", text);
  if (!formatted) return refuse(formatted.error());
  const bool changed = *formatted != text;
  if (!check) return print_data(*formatted) ? kGood : kBadUsage;
  if (changed && !print_data("standard input\n")) return kBadUsage;
  return changed ? kFallsShort : kGood;
}

int format_path(const std::string& path, bool check) {
  const auto files = find_rule_files(path);
  if (!files) {
    complain(files.error().message);
    return kBadUsage;
  }
  int status = kGood;
  for (const std::string& file : *files) {
    const auto changed = format_file(file, check);
    if (!changed) {
      status = std::max(status, refuse(changed.error()));
    } else if (*changed) {
      if (!print_data(file + "\n")) return kBadUsage;
      if (check) status = std::max(status, kFallsShort);
    }
  }
  return status;
}

}  // namespace

int fmt_command(const Arguments& arguments) {
  CLI::App app("Puts rule files into the one canonical layout, and names those it changed.",
               "weir fmt");
  app.footer(kExample);
  std::vector<std::string> paths;
  bool check = false;
  app.add_option("RULES", paths, "rule files, directories, or - for standard input")->required();
  app.add_flag("--check", check, "changes nothing; exit status 1 if a file is not canonical");
  if (const auto status = parse(app, arguments)) return *status;

  int status = kGood;
  for (const std::string& path : paths) {
    status =
        std::max(status, path == "-" ? format_standard_input(check) : format_path(path, check));
  }
  return status;
}

}  // namespace weir::apps
