// Where a rule comes from that a template made: for messages about it. Part of what is declared.
#pragma once

#include <vector>

#include "dsl/ast.h"
#include "dsl/source.h"
#include "dsl/template_expander.h"

namespace weir::compiler {

// A template with the rules that are made of it.
struct TemplateUse {
  TemplateUse(const dsl::Ast& ast, const dsl::TemplateDecl& decl) : expander(ast, decl) {}

  dsl::TemplateExpander expander;
  bool usable = true;  // nothing is wrong with its arguments
  bool used = false;
};

struct MadeFrom {
  const TemplateUse* of = nullptr;
  dsl::Span place;  // of the rule's name
  std::vector<dsl::TemplateArgument> arguments{};
};

}  // namespace weir::compiler
