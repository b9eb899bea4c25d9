// `weir check`: diagnostics, and the worst case per key of each rule.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <weir/ruleset.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apps/command_line.h"
#include "apps/file_output.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kExample =
    "Example:\n"
    "  weir check rules/ --format sarif > weir.sarif\n";

constexpr std::size_t kMostWidth = 40;  // of the column of names

struct CheckArguments {
  std::vector<std::string> rules;
  CompileOptions compile;
  std::string format = "text";
  std::string image;
};

std::string_view mode_name(RuleMode mode) {
  switch (mode) {
    case RuleMode::live:
      return "live";
    case RuleMode::shadow:
      return "shadow";
    case RuleMode::off:
      return "off";
    case RuleMode::canary:
      return "canary";
  }
  return "live";
}

// `name   keeps at most ...`, a rule a line, then a feature a line.
std::string costs_text(const Ruleset& rules) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const RuleInfo& rule : rules.rules()) lines.emplace_back(rule.name, rule.cost.text);
  for (const FeatureInfo& feature : rules.features()) {
    lines.emplace_back(
        feature.names.empty() ? feature.text : fmt::format("{}", fmt::join(feature.names, ", ")),
        feature.cost);
  }
  std::size_t width = 0;
  for (const auto& [name, cost] : lines) width = std::max(width, name.size());
  width = std::min(width, kMostWidth);
  std::string out;
  for (const auto& [name, cost] : lines) out += fmt::format("{:<{}}  {}\n", name, width, cost);
  return out;
}

Json features_json(const Ruleset& rules) {
  Json out = Json::array();
  for (const FeatureInfo& feature : rules.features()) {
    out.push_back({{"names", feature.names},
                   {"text", feature.text},
                   {"type", feature.result},
                   {"state_identity", feature.state_identity},
                   {"cost",
                    {{"things", feature.things},
                     {"bytes_each", feature.bytes_each},
                     {"unbounded", feature.unbounded},
                     {"text", feature.cost}}}});
  }
  return out;
}

Json costs_json(const Ruleset& rules) {
  Json out = Json::array();
  for (const RuleInfo& rule : rules.rules()) {
    Json cost = {{"events", rule.cost.events},
                 {"partial_matches", rule.cost.partial_matches},
                 {"states", rule.cost.states},
                 {"bytes", rule.cost.bytes},
                 {"text_fields", rule.cost.text_fields},
                 {"saturated", rule.cost.saturated},
                 {"reason", rule.cost.reason}};
    out.push_back({{"rule", rule.name},
                   {"version", rule.version},
                   {"state_identity", rule.state_identity},
                   {"mode", mode_name(rule.mode)},
                   {"cost", std::move(cost)}});
  }
  return out;
}

std::string report(const CheckArguments& a, const Diagnostics& said, const Ruleset* rules) {
  if (a.format == "sarif") return said.render(DiagnosticFormat::sarif);
  if (a.format == "json") {
    Json out = Json::parse(said.render(DiagnosticFormat::json));
    out["rules"] = rules != nullptr ? costs_json(*rules) : Json::array();
    out["features"] = rules != nullptr ? features_json(*rules) : Json::array();
    return out.dump() + "\n";
  }
  std::string out = said.render(DiagnosticFormat::text, use_colour(stdout));
  if (rules != nullptr) {
    if (!out.empty()) out += '\n';
    out += costs_text(*rules);
  }
  return out;
}

int write_image(const Ruleset& rules, const std::string& path) {
  auto file = FileOutput::open(path);
  if (file) file->write(rules.save());
  const auto done =
      file ? file->finish() : std::expected<void, std::string>(std::unexpect, file.error());
  if (done) return kGood;
  complain(done.error());
  return kBadUsage;
}

}  // namespace

int check_command(const Arguments& arguments) {
  CLI::App app("Checks rules: what is wrong, what is doubtful, and the worst that each can cost.",
               "weir check");
  app.footer(kExample);
  CheckArguments a;
  app.add_option("RULES", a.rules, "rule files, or directories of *.weir files")->required();
  add_choice(app, "--format", a.format, {"text", "json", "sarif"}, "of the report");
  add_params(app, a.compile.params);
  app.add_option("--image", a.image, "writes the compiled image, if there are no errors")
      ->type_name("OUT");
  if (const auto status = parse(app, arguments)) return *status;

  const auto rules = compile_files(a.rules, a.compile);
  const Diagnostics& said = rules ? rules->diagnostics() : rules.error();
  if (said.failure) {
    return tell(said, a.format == "json" ? Telling::kJsonData : Telling::kText);
  }
  if (!print_data(report(a, said, rules ? &*rules : nullptr))) return kBadUsage;
  if (!rules) return kFallsShort;
  return a.image.empty() ? kGood : write_image(*rules, a.image);
}

}  // namespace weir::apps
