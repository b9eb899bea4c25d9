// `weir schema`: event declarations for a data file.
#include <fmt/format.h>
#include <weir/lines.h>
#include <nlohmann/json.hpp>

#include <filesystem>

#include "apps/command_line.h"
#include "apps/schema/schema_inference.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kExample =
    "Example:\n"
    "  weir schema events.ndjson > events.weir\n"
    "  weir schema payments.csv.gz --type payment\n";

Json proposal_json(const SchemaProposal& proposal) {
  Json events = Json::array();
  for (const EventProposal& event : proposal.events) {
    Json fields = Json::array();
    for (const FieldProposal& field : event.fields) {
      fields.push_back({{"name", field.name},
                        {"type", field.type},
                        {"optional", field.optional},
                        {"role", field.role.empty() ? Json(nullptr) : Json(field.role)},
                        {"path", field.path},
                        {"note", field.note}});
    }
    events.push_back({{"name", event.name},
                      {"type_field", event.type_field},
                      {"type_value", event.type_value},
                      {"records", event.records},
                      {"fields", std::move(fields)},
                      {"likely_keys", event.likely_keys},
                      {"notes", event.notes}});
  }
  return {{"records", proposal.records},
          {"malformed", proposal.malformed},
          {"untyped", proposal.untyped},
          {"events", std::move(events)},
          {"notes", proposal.notes}};
}

// events-2026.csv.gz gives events-2026.
std::string name_of(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  return path == "-" ? "record" : name.substr(0, name.find('.'));
}

}  // namespace

int schema_command(const Arguments& arguments) {
  CLI::App app("Proposes event declarations for a file of JSON lines or CSV.", "weir schema");
  app.footer(kExample);
  std::string path;
  std::string type;
  std::string input_format;
  std::string format = "text";
  app.add_option("FILE", path, "JSON lines or CSV, - for standard input; .gz and .zst too")
      ->required();
  app.add_option("--type", type, "the event's name, where no field tells the type")->type_name("T");
  add_choice(app, "--input-format", input_format, {"json", "csv"},
             "of the file, where its name does not say it");
  add_choice(app, "--format", format, {"text", "json"}, "of the proposal");
  if (const auto status = parse(app, arguments)) return *status;

  const bool is_csv = input_format.empty() ? is_csv_name(path) : input_format == "csv";
  SchemaOptions options;
  options.format = is_csv ? apps::InputFormat::kCsv : apps::InputFormat::kJsonLines;
  options.event_name = type.empty() ? name_of(path) : type;
  SchemaInference inference(options);
  const auto read = read_lines(path, [&](std::string_view line) {
    inference.AddLine(line);
    return true;
  });
  if (!read) {
    complain(read.error().message);
    return kBadUsage;
  }
  const SchemaProposal proposal = inference.Propose();
  if (proposal.records == 0) {
    complain(fmt::format("{} has no record", path));
    return kBadUsage;
  }
  const std::string text =
      format == "json" ? proposal_json(proposal).dump() + "\n" : FormatSchema(proposal);
  return print_data(text) ? kGood : kBadUsage;
}

}  // namespace weir::apps
