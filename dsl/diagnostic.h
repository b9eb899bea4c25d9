// What is wrong with a rule file (house rule H5.1): issues as data, gathered in a list, rendered
// elsewhere as text, JSON or SARIF. Codes are stable; the table of them is dsl/diagnostics.def,
// one row each, from which the reference page is made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/source.h"

namespace weir::dsl {

enum class Severity { kError, kWarning, kNote };

// A row of dsl/diagnostics.def: W + four digits. W0xxx text and grammar, W1xxx names and types,
// W2xxx patterns, W3xxx outcomes and declarations, W4xxx lints, W5xxx tests, W9xxx not supported
// yet.
enum class DiagnosticCode {
#define WEIR_DIAGNOSTIC(code, name, severity, summary) name,
#include "dsl/diagnostics.def"
#undef WEIR_DIAGNOSTIC
};

struct DiagnosticNote {
  Span span;  // an invalid source: a note without a place
  std::string text;
};

// A change that would mend it: replace the bytes of span by text.
struct Suggestion {
  Span span;
  std::string replacement;
  std::string text;  // for a person: did you mean `amount`?
};

struct Diagnostic {
  DiagnosticCode code;
  Severity severity = Severity::kError;
  Span span;
  std::string message;
  std::vector<DiagnosticNote> notes;
  std::vector<Suggestion> suggestions;
  std::string help;  // a way out in a sentence; may be empty
};

[[nodiscard]] std::string_view code_text(DiagnosticCode code);  // "W1203"
[[nodiscard]] Severity default_severity(DiagnosticCode code);
[[nodiscard]] std::string_view code_summary(DiagnosticCode code);  // one line, for SARIF and docs

// Gathers diagnostics. Past kMaxErrors further errors are counted only. Not thread-safe.
class Diagnostics {
 public:
  static constexpr std::size_t kMaxErrors = 1000;

  // Adds one and returns it to be filled further (notes, suggestions, help); valid until the next
  // call.
  Diagnostic& add(DiagnosticCode code, Span span, std::string message);
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t error_count() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& list() const { return list_; }
  // By source, then place, then code; drops exact repetitions.
  void sort();

 private:
  std::vector<Diagnostic> list_;
  std::size_t errors_ = 0;
  Diagnostic overflow_;
};

// The candidate nearest to `name` by edit distance, if near enough to be a slip; else empty.
[[nodiscard]] std::string_view nearest_name(std::string_view name,
                                            const std::vector<std::string_view>& candidates);

}  // namespace weir::dsl
