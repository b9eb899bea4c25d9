// The clauses of a rule as layout nodes, in their fixed order. Used by dsl/formatter.cc only.
#pragma once

#include <string>

#include "dsl/ast.h"
#include "dsl/format_layout.h"
#include "dsl/format_terms.h"

namespace weir::dsl {

class RuleFormatter {
 public:
  RuleFormatter(const TermFormatter& terms, const Ast& ast) : terms_(terms), ast_(ast) {}
  // Makes `rule` a block of the body's clauses.
  void fill(LayoutNode& rule, const RuleBody& body) const;

 private:
  void pattern(LayoutNode& rule, const Pattern& pattern, Span clause) const;
  LayoutNode clause(const RuleBody& body, const ClauseSpan& given) const;
  [[nodiscard]] std::string clause_text(const RuleBody& body, ClauseKind kind) const;
  void outcome(AtomWriter& out, const Outcome& outcome) const;
  LayoutNode timeout(const TimeoutClause& timeout) const;
  void meta(AtomWriter& out, const std::vector<MetaEntry>& entries) const;

  const TermFormatter& terms_;
  const Ast& ast_;
};

}  // namespace weir::dsl
