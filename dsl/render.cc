// Diagnostics as text. A source line is measured in terminal cells: tabs are widened, wide letters
// count two, control characters and broken bytes are shown as U+FFFD.
#include "dsl/render.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "dsl/utf8.h"

namespace weir::dsl {
namespace {

struct Palette {
  std::string_view error, warning, note, help, frame, bold, reset;
};
constexpr Palette kPlain{};
constexpr Palette kColour{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[1;32m",
                          "\x1b[34m",   "\x1b[1m",    "\x1b[0m"};

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

std::string_view severity_colour(const Palette& palette, Severity severity) {
  switch (severity) {
    case Severity::kError:
      return palette.error;
    case Severity::kWarning:
      return palette.warning;
    case Severity::kNote:
      return palette.note;
  }
  return palette.error;
}

// A piece of a source line as it is shown, with the cells [begin, end) to underline.
struct Shown {
  std::string text;
  int begin = 0;
  int end = 0;
};

struct Cell {
  std::string text;
  int width = 0;
  std::size_t offset = 0;  // in the line
};

// The glyphs of a line from `from` on, until `budget` cells are full.
std::vector<Cell> cells_of(std::string_view line, std::size_t from, int budget, int tab_columns) {
  std::vector<Cell> cells;
  int column = 0;
  std::size_t place = from;
  while (place < line.size() && column < budget) {
    Cell cell;
    cell.offset = place;
    const CodePoint point = first_code_point(line.substr(place));
    if (point.value == '\t') {
      cell.width = tab_columns - column % tab_columns;
      cell.text.assign(static_cast<std::size_t>(cell.width), ' ');
    } else if (point.value < 0x20 || point.value == 0x7F || point.value == 0xFFFD ||
               (point.value >= 0x202A && point.value <= 0x202E) ||
               (point.value >= 0x2066 && point.value <= 0x2069)) {
      // Controls, and marks that would turn the direction of what follows.
      cell.text = "\xEF\xBF\xBD";
      cell.width = 1;
    } else {
      cell.text = line.substr(place, point.bytes);
      cell.width = cell_width(point.value);
    }
    place += point.bytes;
    column += cell.width;
    cells.push_back(std::move(cell));
  }
  return cells;
}

// Cuts a long line so that the place is in sight, about a third from the left.
Shown show_line(std::string_view line, std::size_t begin, std::size_t end,
                const TextOptions& options) {
  begin = std::min(begin, line.size());
  end = std::clamp(end, begin, line.size());
  const auto limit = static_cast<std::size_t>(std::max(options.columns, 20));
  std::size_t from = 0;
  if (line.size() > limit && begin > limit * 2 / 3) {
    from = begin - limit / 3;
    while (from < line.size() && (static_cast<unsigned char>(line[from]) & 0xC0U) == 0x80U) ++from;
  }
  Shown shown;
  int column = 0;
  if (from > 0) {
    shown.text = "...";
    column = 3;
  }
  shown.begin = shown.end = -1;
  std::size_t last = from;
  for (const Cell& cell :
       cells_of(line, from, options.columns - column, std::max(options.tab_columns, 1))) {
    if (cell.offset >= begin && shown.begin < 0) shown.begin = column;
    if (cell.offset >= end && shown.end < 0) shown.end = column;
    shown.text += cell.text;
    column += cell.width;
    last = cell.offset + 1;
  }
  while (last < line.size() && (static_cast<unsigned char>(line[last]) & 0xC0U) == 0x80U) ++last;
  if (shown.begin < 0) shown.begin = column;
  if (shown.end < 0) shown.end = column;
  if (last < line.size()) shown.text += "...";
  shown.end = std::max(shown.end, shown.begin + 1);
  return shown;
}

class TextRenderer {
 public:
  TextRenderer(const SourceSet& sources, const TextOptions& options)
      : sources_(sources), options_(options), palette_(options.colour ? kColour : kPlain) {}

  void diagnostic(const Diagnostic& d) {
    const std::string_view colour = severity_colour(palette_, d.severity);
    paint(colour,
          std::string(severity_text(d.severity)) + "[" + std::string(code_text(d.code)) + "]");
    paint(palette_.bold, ": " + d.message);
    out_ += '\n';
    gutter_ = 1;
    measure(d.span);
    for (const DiagnosticNote& note : d.notes) measure(note.span);
    const std::string label = d.suggestions.empty() ? "" : d.suggestions.front().text;
    if (d.span.source.valid()) snippet(d.span, '^', colour, label);
    for (std::size_t i = d.span.source.valid() ? 1 : 0; i < d.suggestions.size(); ++i) {
      remark("suggestion", palette_.help, d.suggestions[i].text);
    }
    for (const DiagnosticNote& note : d.notes) {
      if (!note.span.source.valid()) {
        remark("note", palette_.note, note.text);
      } else {
        snippet(note.span, '-', palette_.note, note.text);
      }
    }
    if (!d.help.empty()) remark("help", palette_.help, d.help);
    out_ += '\n';
  }

  std::string take() { return std::move(out_); }

 private:
  void paint(std::string_view colour, std::string_view text) {
    out_ += colour;
    out_ += text;
    out_ += palette_.reset;
  }

  void measure(Span span) {
    if (!span.source.valid()) return;
    const std::string number = std::to_string(sources_.locate(span.source, span.begin).line);
    gutter_ = std::max(gutter_, number.size());
  }

  void frame(std::string_view number, std::string_view mark) {
    paint(palette_.frame, std::string(gutter_ + 1 - number.size(), ' ') + std::string(number) +
                              " " + std::string(mark));
  }

  void snippet(Span span, char underline, std::string_view colour, const std::string& label) {
    const LineColumn place = sources_.locate(span.source, span.begin);
    const std::string where = std::string(sources_.path(span.source)) + ":" +
                              std::to_string(place.line) + ":" + std::to_string(place.column);
    paint(palette_.frame, std::string(gutter_, ' ') + "--> ");
    out_ += where + "\n";
    frame("", "|");
    out_ += '\n';
    const std::string_view line = sources_.line(span.source, place.line);
    const auto line_begin =
        static_cast<std::size_t>(line.data() - sources_.text(span.source).data());
    const std::size_t begin = span.begin - std::min<std::size_t>(line_begin, span.begin);
    const Shown shown = show_line(line, begin, begin + (span.end - span.begin), options_);
    frame(std::to_string(place.line), "|");
    if (!shown.text.empty()) out_ += " " + shown.text;
    out_ += '\n';
    frame("", "|");
    out_ += " " + std::string(static_cast<std::size_t>(shown.begin), ' ');
    paint(colour, std::string(static_cast<std::size_t>(shown.end - shown.begin), underline) +
                      (label.empty() ? "" : " " + label));
    out_ += '\n';
  }

  void remark(std::string_view kind, std::string_view colour, const std::string& text) {
    frame("", "= ");
    paint(colour, kind);
    out_ += ": " + text + "\n";
  }

  const SourceSet& sources_;
  const TextOptions& options_;
  const Palette& palette_;
  std::string out_;
  std::size_t gutter_ = 1;
};

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace

std::string render_text(const SourceSet& sources, const Diagnostic& diagnostic,
                        const TextOptions& options) {
  TextRenderer renderer(sources, options);
  renderer.diagnostic(diagnostic);
  return renderer.take();
}

std::string render_text(const SourceSet& sources, const Diagnostics& diagnostics,
                        const TextOptions& options) {
  TextRenderer renderer(sources, options);
  std::size_t shown_errors = 0;
  std::size_t warnings = 0;
  for (const Diagnostic& d : diagnostics.list()) {
    renderer.diagnostic(d);
    if (d.severity == Severity::kError) ++shown_errors;
    if (d.severity == Severity::kWarning) ++warnings;
  }
  std::string text = renderer.take();
  const std::size_t errors = diagnostics.error_count();
  if (errors + warnings == 0) return text;
  if (errors > 0) text += counted(errors, "error");
  if (errors > 0 && warnings > 0) text += ", ";
  if (warnings > 0) text += counted(warnings, "warning");
  if (errors > shown_errors) text += " (the first " + std::to_string(shown_errors) + " are shown)";
  return text + "\n";
}

}  // namespace weir::dsl
