// By what a rule is keyed: its own `by`, and those of its parts (L3.13).
//
// Used by the rule compiler, once the pattern is unfolded and every type in it is known to exist.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/expr_scope.h"
#include "compiler/pattern_graph.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "nfa/image.h"

namespace weir::compiler {

struct RuleKeys {
  bool ok = false;
  bool keyed = false;                  // false: no key at all
  bool by_part = false;                // more than one key expression
  std::vector<nfa::KeyExpr> keys;      // the rule's own first, if it has one
  std::vector<std::uint8_t> part_key;  // by graph part: index in keys; 0 where there are none
  std::vector<KeyFieldView> fields;    // what outcomes see: the rule's, else the first part's
  std::uint8_t shown = 0;              // of keys: whose field names alerts carry; the same
};

struct KeyInput {
  const event::Schema* schema = nullptr;
  const dsl::RuleDecl* rule = nullptr;
  const PatternGraph* graph = nullptr;
  FieldReads* reads = nullptr;
};

[[nodiscard]] RuleKeys resolve_keys(const KeyInput& input, dsl::Diagnostics& diagnostics);

// Whether more than one event has a part in a match of the pattern, or in what it must not see.
[[nodiscard]] bool looks_at_several_events(const PatternGraph& graph);

}  // namespace weir::compiler
