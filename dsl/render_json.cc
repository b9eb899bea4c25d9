// Diagnostics as JSON and as SARIF.
#include <nlohmann/json.hpp>
#include <set>

#include "dsl/render.h"

namespace weir::dsl {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json, int indent) {
  // Paths and texts may hold any bytes.
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string_view severity_text(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

void put_place(Json& json, const SourceSet& sources, Span span) {
  if (!span.source.valid()) return;
  const LineColumn begin = sources.locate(span.source, span.begin);
  const LineColumn end = sources.locate(span.source, span.end);
  json["file"] = std::string(sources.path(span.source));
  json["line"] = begin.line;
  json["column"] = begin.column;
  json["end_line"] = end.line;
  json["end_column"] = end.column;
  json["offset"] = span.begin;
  json["length"] = span.end - span.begin;
}

Json to_json(const SourceSet& sources, const Diagnostic& d) {
  Json json;
  json["code"] = std::string(code_text(d.code));
  json["severity"] = std::string(severity_text(d.severity));
  json["message"] = d.message;
  put_place(json, sources, d.span);
  if (!d.help.empty()) json["help"] = d.help;
  json["notes"] = Json::array();
  for (const DiagnosticNote& note : d.notes) {
    Json item;
    item["message"] = note.text;
    put_place(item, sources, note.span);
    json["notes"].push_back(std::move(item));
  }
  json["suggestions"] = Json::array();
  for (const Suggestion& suggestion : d.suggestions) {
    Json item;
    item["message"] = suggestion.text;
    item["replacement"] = suggestion.replacement;
    put_place(item, sources, suggestion.span);
    json["suggestions"].push_back(std::move(item));
  }
  return json;
}

Json sarif_region(const SourceSet& sources, Span span) {
  const LineColumn begin = sources.locate(span.source, span.begin);
  const LineColumn end = sources.locate(span.source, span.end);
  return Json{{"startLine", begin.line},  {"startColumn", begin.column},
              {"endLine", end.line},      {"endColumn", end.column},
              {"byteOffset", span.begin}, {"byteLength", span.end - span.begin}};
}

// A path as a URI reference: RFC 3986 unreserved characters and `/` stay.
std::string uri(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

Json sarif_location(const SourceSet& sources, Span span) {
  Json location;
  location["physicalLocation"]["artifactLocation"]["uri"] = uri(sources.path(span.source));
  location["physicalLocation"]["region"] = sarif_region(sources, span);
  return location;
}

Json sarif_fix(const SourceSet& sources, const Suggestion& suggestion) {
  Json replacement;
  replacement["deletedRegion"] = sarif_region(sources, suggestion.span);
  replacement["insertedContent"]["text"] = suggestion.replacement;
  Json change;
  change["artifactLocation"]["uri"] = uri(sources.path(suggestion.span.source));
  change["replacements"] = Json::array({replacement});
  Json fix;
  fix["description"]["text"] = suggestion.text;
  fix["artifactChanges"] = Json::array({change});
  return fix;
}

Json sarif_result(const SourceSet& sources, const Diagnostic& d) {
  Json result;
  result["ruleId"] = std::string(code_text(d.code));
  result["level"] = std::string(severity_text(d.severity));
  result["message"]["text"] = d.help.empty() ? d.message : d.message + "; " + d.help;
  if (d.span.source.valid()) {
    result["locations"] = Json::array({sarif_location(sources, d.span)});
  }
  for (const DiagnosticNote& note : d.notes) {
    if (!note.span.source.valid()) continue;
    Json location = sarif_location(sources, note.span);
    location["message"]["text"] = note.text;
    result["relatedLocations"].push_back(std::move(location));
  }
  for (const Suggestion& suggestion : d.suggestions) {
    if (suggestion.span.source.valid()) {
      result["fixes"].push_back(sarif_fix(sources, suggestion));
    }
  }
  return result;
}

}  // namespace

std::string render_json(const SourceSet& sources, const Diagnostics& diagnostics) {
  Json document;
  document["diagnostics"] = Json::array();
  std::size_t warnings = 0;
  for (const Diagnostic& d : diagnostics.list()) {
    if (d.severity == Severity::kWarning) ++warnings;
    document["diagnostics"].push_back(to_json(sources, d));
  }
  document["errors"] = diagnostics.error_count();
  document["warnings"] = warnings;
  return dump(document, -1);
}

std::string render_sarif(const SourceSet& sources, const Diagnostics& diagnostics) {
  std::set<DiagnosticCode> codes;
  Json results = Json::array();
  for (const Diagnostic& d : diagnostics.list()) {
    codes.insert(d.code);
    results.push_back(sarif_result(sources, d));
  }
  Json rules = Json::array();
  for (const DiagnosticCode code : codes) {
    Json rule;
    rule["id"] = std::string(code_text(code));
    rule["shortDescription"]["text"] = std::string(code_summary(code));
    rule["defaultConfiguration"]["level"] = std::string(severity_text(default_severity(code)));
    rules.push_back(std::move(rule));
  }
  Json run;
  run["tool"]["driver"]["name"] = "weir";
  run["tool"]["driver"]["rules"] = std::move(rules);
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  Json log;
  log["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  log["version"] = "2.1.0";
  log["runs"] = Json::array({run});
  return dump(log, 2);
}

}  // namespace weir::dsl
