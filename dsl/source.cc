#include "dsl/source.h"

#include <algorithm>
#include <utility>

namespace weir::dsl {

SourceId SourceSet::add(std::string path, std::string text) {
  Source source{std::move(path), std::move(text), {0}};
  for (std::size_t at = source.text.find('\n'); at != std::string::npos;
       at = source.text.find('\n', at + 1)) {
    source.line_starts.push_back(static_cast<std::uint32_t>(at + 1));
  }
  sources_.push_back(std::move(source));
  return SourceId(sources_.size() - 1);
}

std::string_view SourceSet::text(Span span) const {
  const std::string_view whole = text(span.source);
  if (span.begin >= whole.size() || span.end <= span.begin) return {};
  return whole.substr(span.begin, span.end - span.begin);
}

LineColumn SourceSet::locate(SourceId id, std::uint32_t offset) const {
  const Source& source = sources_[id.index()];
  offset = std::min(offset, static_cast<std::uint32_t>(source.text.size()));
  const auto after = std::upper_bound(source.line_starts.begin(), source.line_starts.end(), offset);
  const std::uint32_t start = *(after - 1);
  std::uint32_t column = 1;
  for (std::uint32_t at = start; at < offset; ++at) {
    const bool continuation = (static_cast<unsigned char>(source.text[at]) & 0xC0U) == 0x80U;
    if (!continuation) ++column;
  }
  return {static_cast<std::uint32_t>(after - source.line_starts.begin()), column};
}

std::string_view SourceSet::line(SourceId id, std::uint32_t line) const {
  const Source& source = sources_[id.index()];
  if (line == 0 || line > source.line_starts.size()) return {};
  const std::size_t begin = source.line_starts[line - 1];
  std::size_t end =
      line < source.line_starts.size() ? source.line_starts[line] - 1 : source.text.size();
  if (end > begin && source.text[end - 1] == '\r') --end;
  return std::string_view(source.text).substr(begin, end - begin);
}

}  // namespace weir::dsl
