// Changes to a case of which the language itself says what they do to the answer: an engine can be
// held against its own answer to the case unchanged, without the reference matcher. Used by tests.
// Deterministic by the Random handed in; thread-safe.
//
//   const auto v = shift_time(c, random);
//   if (v) EXPECT_EQ(engine(c), as_original(*v, engine(v->changed)));
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/case_model.h"
#include "tests/reference/random.h"

namespace weir::reference {

struct Variation {
  Case changed;
  // For each event of `changed` the event of the original that it is; nullopt: it was added.
  std::vector<std::optional<std::size_t>> original;
  std::int64_t later_ms = 0;  // how much later everything happens
  std::string added_key;      // a key value that only added events have; empty: none
};

// The alerts of the changed case in terms of the original: what has the added key goes, events get
// their numbers back, times their distance.
[[nodiscard]] std::vector<RefAlert> as_original(const Variation& variation,
                                                std::vector<RefAlert> alerts);

// Each gives nullopt where it does not apply to the case, or cannot be sure to.

// L4.1: windows are aligned to the epoch, so a multiple of all alignments later all is the same.
// Calendar windows are aligned to nothing so regular.
[[nodiscard]] std::optional<Variation> shift_time(const Case& c, Random& random);

// L3.1, L4.1: two tied events that share no key, of the rule or of any feature, change places.
[[nodiscard]] std::optional<Variation> swap_ties(const Case& c, Random& random);

// L3.1: events of another key among those of the case.
[[nodiscard]] std::optional<Variation> add_other_keys(const Case& c, Random& random);

// L3.1: events of a type that neither the rule nor a feature names, of the same keys.
[[nodiscard]] std::optional<Variation> add_other_type(const Case& c, Random& random);

// L4.2: a named feature and its expression written in place are one.
[[nodiscard]] std::optional<Variation> write_in_place(const Case& c, Random& random);

// All of them, by name.
using MakeVariation = std::optional<Variation> (*)(const Case&, Random&);
[[nodiscard]] const std::vector<std::pair<std::string, MakeVariation>>& variations();

}  // namespace weir::reference
