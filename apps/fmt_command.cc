// `weir fmt`: the canonical layout.
#include <fmt/format.h>
#include <weir/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

#include "apps/command_line.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

using Json = nlohmann::ordered_json;

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

struct FmtArguments {
  std::vector<std::string> paths;
  bool check = false;
  std::string format = "text";
};

class Formatter {
 public:
  explicit Formatter(const FmtArguments& arguments)
      : a_(arguments), json_(arguments.format == "json") {}

  int run() {
    int status = kGood;
    for (const std::string& path : a_.paths) {
      status = std::max(status, path == "-" ? standard_input() : files_of(path));
    }
    if (!json_) return status;
    const Json out = {{"files", std::move(files_)}};
    return print_data(out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n") ? status
                                                                                       : kBadUsage;
  }

 private:
  // What is wrong with a file.
  int refuse(const std::string& path, const Diagnostics& said) {
    if (!json_) return tell(said, Telling::kText);
    Json file = {{"path", path}, {"changed", false}};
    if (said.failure) {
      file["error"] = said.failure->message;
    } else {
      file.update(Json::parse(said.render(DiagnosticFormat::json)));
    }
    files_.push_back(std::move(file));
    return said.failure ? kBadUsage : kFallsShort;
  }

  int standard_input() {
    constexpr const char* kName = "standard input";
    const std::string text = read_standard_input();
    const auto formatted = format_text(kName, text);
    if (!formatted) return refuse(kName, formatted.error());
    const bool changed = *formatted != text;
    const int status = changed && a_.check ? kFallsShort : kGood;
    if (json_) {
      Json file = {{"path", kName}, {"changed", changed}};
      if (!a_.check) file["text"] = *formatted;
      files_.push_back(std::move(file));
      return status;
    }
    if (!a_.check) return print_data(*formatted) ? status : kBadUsage;
    return changed && !print_data(std::string(kName) + "\n") ? kBadUsage : status;
  }

  int files_of(const std::string& path) {
    const auto files = find_rule_files(path);
    if (!files) {
      Diagnostics said;
      said.failure = files.error();
      return refuse(path, said);
    }
    int status = kGood;
    for (const std::string& file : *files) status = std::max(status, file_of(file));
    return status;
  }

  int file_of(const std::string& path) {
    const auto changed = format_file(path, a_.check);
    if (!changed) return refuse(path, changed.error());
    if (json_) {
      files_.push_back({{"path", path}, {"changed", *changed}});
    } else if (*changed && !print_data(path + "\n")) {
      return kBadUsage;
    }
    return *changed && a_.check ? kFallsShort : kGood;
  }

  const FmtArguments& a_;
  bool json_;
  Json files_ = Json::array();
};

}  // namespace

int fmt_command(const Arguments& arguments) {
  CLI::App app("Puts rule files into the one canonical layout, and names those it changed.",
               "weir fmt");
  app.footer(kExample);
  FmtArguments a;
  app.add_option("RULES", a.paths, "rule files, directories, or - for standard input")->required();
  app.add_flag("--check", a.check, "changes nothing; exit status 1 if a file is not canonical");
  add_choice(app, "--format", a.format, {"text", "json"}, "of the list of files");
  if (const auto status = parse(app, arguments)) return *status;
  return Formatter(a).run();
}

}  // namespace weir::apps
