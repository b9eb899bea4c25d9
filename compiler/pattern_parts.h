// The parts, absences and stops of a pattern as they stand in the text, before it is unfolded: what
// each is tested on, how often it may repeat, and which others its conditions may look at.
//
// Used by the graph builder (compiler/pattern_graph.cc). Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/pattern_graph.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"

namespace weir::compiler {

struct PartCounts {
  std::uint32_t min = 1;
  std::uint32_t max = 1;  // kMany: no maximum
};

class PatternParts {
 public:
  PatternParts(const dsl::Ast& ast, const PatternConstants& constants,
               dsl::Diagnostics& diagnostics)
      : ast_(ast), constants_(constants), diagnostics_(diagnostics) {}

  // Gathers the parts of the rule's pattern, in the order of the text.
  void declare(dsl::PatternId pattern);

  [[nodiscard]] PartIndex of(const dsl::PatternItem& item) const { return part_of_item_.at(&item); }
  [[nodiscard]] PartIndex stop_of(const dsl::PatternItem& item) const {
    return stop_of_item_.at(&item);
  }
  // How many times an item may be taken. `optional 2+ T`: min is 2, and it may be left out.
  [[nodiscard]] PartCounts counts(const dsl::PatternItem& item) const;
  void bad_count(dsl::Span span, std::optional<std::int64_t> value) const;
  // Whether the conditions of a part look at what the part itself has taken so far.
  [[nodiscard]] bool looks_at_itself(const dsl::PatternItem& item) const;
  [[nodiscard]] bool can_be_empty(const dsl::PatternItem& item) const;
  [[nodiscard]] bool can_be_empty(dsl::PatternId pattern) const;
  // The conditions of `to` may look at `part` too.
  void make_visible(PartIndex to, PartIndex part);
  // R7: a name may stand in several alternatives, not twice in one chain.
  void check_names() const;
  [[nodiscard]] std::vector<PatternPart> take() && { return std::move(parts_); }

 private:
  PartIndex add_part(PatternPart part);
  void declare_pattern(dsl::PatternId pattern, bool always);
  void declare_item(const dsl::PatternItem& item, bool always);
  [[nodiscard]] bool repeats(const dsl::Quantifier& quantifier) const;
  [[nodiscard]] std::vector<PartIndex> mark_visible(dsl::PatternId pattern,
                                                    std::vector<PartIndex> before);
  [[nodiscard]] std::vector<PartIndex> mark_group(const dsl::PatternItem& item,
                                                  const dsl::Group& group,
                                                  std::vector<PartIndex> before);
  void collect_parts(dsl::PatternId pattern, std::vector<PartIndex>& out) const;

  const dsl::Ast& ast_;
  const PatternConstants& constants_;
  dsl::Diagnostics& diagnostics_;
  std::vector<PatternPart> parts_;
  std::map<const dsl::PatternItem*, PartIndex> part_of_item_;
  std::map<const dsl::PatternItem*, PartIndex> stop_of_item_;
};

}  // namespace weir::compiler
