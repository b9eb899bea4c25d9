#include "nfa/explain.h"

#include "nfa/value_text.h"

namespace weir::nfa {

void ExplainTemplate::append_bytes(base::ByteWriter& out) const {
  out.u32(static_cast<std::uint32_t>(segments.size()));
  for (const Segment& segment : segments) {
    out.string(segment.text);
    out.boolean(segment.has_value);
    if (segment.has_value) segment.value.append_bytes(out);
  }
}

base::Result<ExplainTemplate> ExplainTemplate::read(base::ByteReader& in) {
  ExplainTemplate text;
  const std::size_t count = in.read_count(5);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Segment segment;
    segment.text = in.string();
    segment.has_value = in.boolean();
    if (segment.has_value) {
      auto value = Program::read(in);
      if (!value) return std::unexpected(value.error());
      segment.value = std::move(*value);
    }
    text.segments.push_back(std::move(segment));
  }
  if (!in.ok()) return base::fail(base::ErrorCode::kCorrupt, "an explanation is damaged");
  return text;
}

base::Result<LoadedExplain> load(const ExplainTemplate& text, ProgramLoader& loader) {
  LoadedExplain loaded;
  for (const ExplainTemplate::Segment& segment : text.segments) {
    LoadedExplain::Segment& added = loaded.segments.emplace_back();
    added.text = segment.text;
    if (!segment.has_value) continue;
    auto program = loader.load(segment.value);
    if (!program) return std::unexpected(program.error());
    added.value = std::move(*program);
    added.type = segment.value.result;
  }
  return loaded;
}

std::string explain_text(const LoadedExplain& text, const EvalInput& input, Scratch& scratch) {
  std::string out;
  for (const LoadedExplain::Segment& segment : text.segments) {
    out += segment.text;
    if (!segment.value) continue;
    event::Value value;
    if (evaluate(*segment.value, input, scratch, &value)) {
      append_value(segment.type, value, Quoting::kQuoted, out);
    } else {
      out += "missing";
    }
  }
  return out;
}

}  // namespace weir::nfa
