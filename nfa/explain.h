// A condition as it looked with its values in: `amount > 20 * avg(probe.amount)` becomes
// `20 > 20 * 1.0333`. For `weir explain` and the tests' failure reports; off the hot path.
// Plain data, immutable, part of the image when that carries explanations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nfa/vm.h"

namespace weir::nfa {

// Text and values in turn.
struct ExplainTemplate {
  struct Segment {
    std::string text;
    bool has_value = false;
    Program value;  // has_value: what stands after the text
    friend bool operator==(const Segment&, const Segment&) = default;
  };
  std::vector<Segment> segments;
  friend bool operator==(const ExplainTemplate&, const ExplainTemplate&) = default;

  void append_bytes(base::ByteWriter& out) const;
  [[nodiscard]] static base::Result<ExplainTemplate> read(base::ByteReader& in);
};

struct LoadedExplain {
  struct Segment {
    std::string text;
    std::optional<LoadedProgram> value;
    event::Type type;  // of the value
  };
  std::vector<Segment> segments;
};
[[nodiscard]] base::Result<LoadedExplain> load(const ExplainTemplate& text, ProgramLoader& loader);

// Absent values read `missing`; strings and enums stand in quotes.
[[nodiscard]] std::string explain_text(const LoadedExplain& text, const EvalInput& input,
                                       Scratch& scratch);

}  // namespace weir::nfa
