// Rules that look at alerts of other rules, and at results of streams (language L4.4): in which
// order all of them are compiled, since the fields of an alert are known once its rule is; how far
// each is from the input; and which look at each other in a circle.
//
// Used by compile(). Who looks at whom is read off the syntax, by name: a name that could be that
// of a feature counts as one. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/declarations.h"
#include "nfa/image.h"

namespace weir::compiler {

struct Chains {
  // What to compile: what one looks at stands before it, else as declared. Without those in a
  // circle.
  struct Item {
    bool stream = false;
    std::size_t index = 0;  // of Declared::rules or Declared::streams
    std::uint32_t stage = 0;
    bool seen = false;  // something looks at it
  };
  std::vector<Item> order;
};

// Adds to the schema the types of the events that alerts and results are, without fields yet, as
// far as something names them; to `declared` which these are. Reports circles.
[[nodiscard]] Chains find_chains(const CompileContext& context, Declared& declared);

// The fields of the events that the rule's alerts are, if there are any.
void define_alert_event(nfa::RuleImage& rule, nfa::Image& image);

// Back to the order of the files, in which rules alert, from the order in which they were compiled.
// `place`: of each rule of the image.
void order_rules(const std::vector<std::size_t>& place, nfa::Image& image);

}  // namespace weir::compiler
