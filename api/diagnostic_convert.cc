#include "api/diagnostic_convert.h"

#include <algorithm>

#include "api/env.h"
#include "dsl/render.h"
#include "event/json_writer.h"

namespace weir {
namespace {

Severity public_severity(dsl::Severity severity) {
  switch (severity) {
    case dsl::Severity::kError:
      return Severity::error;
    case dsl::Severity::kWarning:
      return Severity::warning;
    case dsl::Severity::kNote:
      return Severity::note;
  }
  return Severity::error;
}

Diagnostic public_diagnostic(const dsl::SourceSet& sources, const dsl::Diagnostic& from) {
  Diagnostic out;
  out.code = std::string(dsl::code_text(from.code));
  out.severity = public_severity(from.severity);
  out.place = api::public_place(sources, from.span);
  out.message = from.message;
  for (const dsl::DiagnosticNote& note : from.notes) {
    out.notes.push_back({api::public_place(sources, note.span), note.text});
  }
  for (const dsl::Suggestion& fix : from.suggestions) {
    out.fixes.push_back({api::public_place(sources, fix.span), fix.replacement, fix.text});
  }
  out.help = from.help;
  return out;
}

}  // namespace

bool Diagnostics::has_errors() const { return failure.has_value() || count(Severity::error) > 0; }

std::size_t Diagnostics::count(Severity severity) const {
  const auto is_so = [severity](const Diagnostic& each) { return each.severity == severity; };
  return static_cast<std::size_t>(std::count_if(list.begin(), list.end(), is_so));
}

std::string Diagnostics::render(DiagnosticFormat format, bool colour) const {
  static const dsl::SourceSet kNoSources;
  static const dsl::Diagnostics kNoDiagnostics{};
  const dsl::SourceSet& sources = origin ? *origin->sources : kNoSources;
  const dsl::Diagnostics& diagnostics = origin ? origin->diagnostics : kNoDiagnostics;
  switch (format) {
    case DiagnosticFormat::text: {
      if (failure) return "error: " + failure->message + "\n";
      if (list.empty()) return "";
      dsl::TextOptions options;
      options.colour = colour;
      return dsl::render_text(sources, diagnostics, options);
    }
    case DiagnosticFormat::json: {
      if (!failure) return dsl::render_json(sources, diagnostics);
      std::string out = "{\"diagnostics\":[],\"errors\":1,\"warnings\":0,\"failure\":";
      event::append_json_string(out, failure->message);
      return out + "}\n";
    }
    case DiagnosticFormat::sarif:
      return dsl::render_sarif(sources, diagnostics);
  }
  return "";
}

namespace api {

SourcePlace public_place(const dsl::SourceSet& sources, const dsl::Span& span) {
  SourcePlace place;
  if (!span.source.valid()) return place;
  const dsl::LineColumn begin = sources.locate(span.source, span.begin);
  const dsl::LineColumn end = sources.locate(span.source, span.end);
  place.path = std::string(sources.path(span.source));
  place.line = begin.line;
  place.column = begin.column;
  place.end_line = end.line;
  place.end_column = end.column;
  place.offset = span.begin;
  place.length = span.end - span.begin;
  return place;
}

Diagnostics public_diagnostics(std::shared_ptr<const dsl::SourceSet> sources,
                               dsl::Diagnostics diagnostics) {
  Diagnostics out;
  for (const dsl::Diagnostic& each : diagnostics.list()) {
    out.list.push_back(public_diagnostic(*sources, each));
  }
  out.origin = std::make_shared<Diagnostics::Origin>(
      Diagnostics::Origin{std::move(sources), std::move(diagnostics)});
  return out;
}

Diagnostics failed_diagnostics(const base::Error& error) {
  Diagnostics out;
  out.failure = public_error(error);
  return out;
}

}  // namespace api
}  // namespace weir
