// The two hashes of a rule (L5.4), from its syntax tree.
//
// *Version* covers everything but names, layout and comments; the values of params are in it.
// *State identity* covers only pattern, keys, conditions and windows. Both are 32 hexadecimal
// digits of XXH3-128.
//
// Used by the rule compiler, for rules without errors only.
//
// FROZEN. The canonical form, as base/bytes.h writes strings and integers. A hash inside is its
// high, then its low 64 bits; a list is its u32 length and its elements.
//
// Expressions are hashed node by node: a string says what the node is, then come its own data and
// the hashes of its operands. Parentheses and spelling leave no trace (1.50 is 1.5).
//   bool int duration + i64, decimal + its shortest text, float + f64, string regex + string,
//   list, member + field name, index, call + function name, otherwise, between, in, ...
//   field + name            a bare name: a field of the event at hand or of the key
//   part + u32              the ordinal of a part
//   param + type + text     the value that it has now
//   source + string ...     a list or table: its name and types
//   feature + identity      a feature, by whatever name, or an aggregate over a window; of one that
//                           stands in an expression the hashes of a define's arguments follow
//   member of feature + identity   its value as of a part's event
// A define is its body with the hashes of the arguments in it. A name that could be several of
// these is `either` and all of them, so that no change of meaning goes unseen.
//
// Patterns: the items in the order of the text, each with everything that write_item() writes;
// counts and durations are their values. Types: the event types in the order of first mention,
// each with the fields that are read, by name, and their types; then, where there are any, "feature
// reads" and the identities of the features that its events carry, with what makes their keys.
//
// Ordinals: a named part is the number of the first part of the text with that name; an unnamed
// one, of the first unnamed part that takes the same types. Renaming a binding changes nothing.
#pragma once

#include <string>

#include "compiler/declarations.h"
#include "compiler/features.h"

namespace weir::compiler {

struct RuleHashes {
  std::string version;
  std::string state_identity;
};

struct HashInput {
  RuleRef rule;
  const Declared* declared = nullptr;
  const event::Schema* schema = nullptr;
  const FieldReads* state_reads = nullptr;  // by the pattern, the keys and `having`
  const FieldReads* reads = nullptr;        // by the outcomes too
  Features* features = nullptr;
};

[[nodiscard]] RuleHashes rule_hashes(const HashInput& input);

}  // namespace weir::compiler
