// What is wrong with rule files, as data, and its renderings. Used by whoever compiles or formats
// rules. Plain data; safe to copy and to read from many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/error.h"

namespace weir {

enum class Severity : std::uint8_t { error, warning, note };

// Bytes of a file. Lines and columns count from 1, columns in Unicode code points; `end` is behind
// the last one. An empty path: no place.
struct SourcePlace {
  std::string path;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
  std::uint32_t offset = 0;  // in bytes
  std::uint32_t length = 0;
};

struct DiagnosticNote {
  SourcePlace place;
  std::string text;
};

// A change that would mend it: replace what stands at the place.
struct DiagnosticFix {
  SourcePlace place;
  std::string replacement;
  std::string text;  // for a person: did you mean `amount`?
};

struct Diagnostic {
  std::string code;  // stable: W and four digits
  Severity severity = Severity::error;
  SourcePlace place;
  std::string message;
  std::vector<DiagnosticNote> notes;
  std::vector<DiagnosticFix> fixes;
  std::string help;  // a way out in a sentence; may be empty
};

enum class DiagnosticFormat : std::uint8_t {
  text,   // for people: the source underlined
  json,   // {"diagnostics":[...],"errors":N,"warnings":N}
  sarif,  // a SARIF 2.1.0 log
};

// By file, then place. Holds the sources that it is about, for rendering.
struct Diagnostics {
  std::vector<Diagnostic> list;
  // Set if the rules could not be read at all: a missing file, a directory without rules.
  std::optional<Error> failure;

  [[nodiscard]] bool has_errors() const;  // an error in the list, or a failure
  [[nodiscard]] std::size_t count(Severity severity) const;
  // Ends with a newline unless there is nothing to say. `colour`: with ANSI escapes, text only.
  [[nodiscard]] std::string render(DiagnosticFormat format, bool colour = false) const;

  struct Origin;
  std::shared_ptr<const Origin> origin;  // of the library
};

}  // namespace weir
