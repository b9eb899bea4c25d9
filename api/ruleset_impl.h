// What stands behind a public Ruleset: the image, and what it was compiled from. Immutable once
// made; shared between threads.
//
// Invariants
// 1. `tests` point into `trees`, which does not move.
// 2. Of a loaded image only `image` is there.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "compiler/compiler.h"
#include "dsl/ast.h"
#include "dsl/source.h"
#include "nfa/image.h"
#include "weir/ruleset.h"

namespace weir {

struct Ruleset::Impl {
  nfa::Image image;
  std::shared_ptr<const dsl::SourceSet> sources;
  std::vector<dsl::Ast> trees;                // of the files; what one imports before it
  std::deque<dsl::Ast> made;                  // rules that templates made
  std::vector<compiler::RuleReport> reports;  // by rule
  std::vector<compiler::TestRef> tests;
  std::vector<compiler::DataFile> data_files;
  Diagnostics warnings;
};

}  // namespace weir
