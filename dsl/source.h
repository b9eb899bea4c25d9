// Source texts and places in them. A SourceSet owns the texts; spans and everything that points
// into them are offsets, so a set may grow while they are held. Not thread-safe while it grows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace weir::dsl {

using SourceId = base::Id<struct SourceTag, std::uint32_t>;

// Bytes [begin, end) of one source.
struct Span {
  SourceId source;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] Span to(Span last) const { return Span{source, begin, last.end}; }
  friend bool operator==(const Span&, const Span&) = default;
};

// A place as editors count: both from 1, the column in Unicode code points.
struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

class SourceSet {
 public:
  SourceId add(std::string path, std::string text);
  [[nodiscard]] std::size_t size() const { return sources_.size(); }
  [[nodiscard]] std::string_view path(SourceId id) const { return sources_[id.index()].path; }
  [[nodiscard]] std::string_view text(SourceId id) const { return sources_[id.index()].text; }
  [[nodiscard]] std::string_view text(Span span) const;
  [[nodiscard]] LineColumn locate(SourceId id, std::uint32_t offset) const;
  // The line (from 1) without its newline.
  [[nodiscard]] std::string_view line(SourceId id, std::uint32_t line) const;

 private:
  struct Source {
    std::string path;
    std::string text;
    std::vector<std::uint32_t> line_starts;
  };
  std::vector<Source> sources_;
};

}  // namespace weir::dsl
