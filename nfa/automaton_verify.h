// The part of verify_image() that looks at one rule's automaton. Used by nfa/image_verify.cc.
#pragma once

#include "base/error.h"
#include "nfa/image.h"

namespace weir::nfa {

// `rule` is the index of the rule in the image, whose schema, programs and predicates have been
// verified before.
[[nodiscard]] base::Result<void> verify_automaton(const Image& image, std::uint32_t rule);

// The classes of the values of the rule's key; empty if it has none, or its keys do not fit each
// other (verify_image() refuses that).
[[nodiscard]] std::vector<ValueClass> key_classes(const Image& image, const RuleImage& rule);

}  // namespace weir::nfa
