// Where fuzzing starts, beside the kept inputs: what a target makes of the rule files of the tree.
// Made anew at every start, so that a new construct or a new opcode is in them at once, and no copy
// of a golden file has to follow it. In the fuzz preset they are written to the working corpus
// (write_seeds.cc); in every other one they are replayed (replay_main.cc).
#pragma once

#include <string>
#include <vector>

namespace weir::fuzz {

struct Seed {
  std::string name;  // a file name
  std::string bytes;
};

// Defined by a target that has seeds.
[[gnu::weak]] std::vector<Seed> seeds();

// Of the *.weir of the packs, the golden tests and tests/regress, by path: each rule with what it
// may refer to and its first test, for what is small is changed where it matters more often. A file
// with syntax errors, or without a rule, is one seed.
[[nodiscard]] std::vector<Seed> rule_texts();

}  // namespace weir::fuzz
