// Expressions and patterns as atoms of a layout. Used by dsl/formatter.cc only.
#pragma once

#include <string>
#include <string_view>

#include "dsl/ast.h"
#include "dsl/format_layout.h"
#include "dsl/source.h"

namespace weir::dsl {

class TermFormatter {
 public:
  TermFormatter(const SourceSet& sources, const Ast& ast) : sources_(sources), ast_(ast) {}

  // A whole condition; its `and`s and `or`s are where it breaks first.
  void condition(AtomWriter& out, ExprId id) const { expression(out, id, 0, Break::kOperand); }
  // Inside something else.
  void value(AtomWriter& out, ExprId id) const { expression(out, id, 0, Break::kAnywhere); }
  void aggregate(AtomWriter& out, const Aggregate& aggregate) const;
  void item(AtomWriter& out, const PatternItem& item, bool first, bool after_absences,
            Break conditions) const;
  [[nodiscard]] std::string text(const Interpolation& interpolation) const;

  [[nodiscard]] static std::string name(const Name& name);
  [[nodiscard]] std::string duration(const DurationArg& duration) const;
  [[nodiscard]] std::string number(const NumberArg& number) const;
  [[nodiscard]] static std::string names(const std::vector<Name>& names);
  [[nodiscard]] static std::string keys(const Keys& keys);  // of a part: in parentheses if several
  [[nodiscard]] std::uint32_t begin(ExprId id) const { return ast_.expr(id).span.begin; }

 private:
  void expression(AtomWriter& out, ExprId id, int required, Break operands) const;
  void bare(AtomWriter& out, const Expr& expr, Break operands) const;
  void binary(AtomWriter& out, const Expr& expr, Break operands) const;
  void comparison_side(AtomWriter& out, ExprId id) const;
  void operator_word(AtomWriter& out, std::string_view word, ExprId right) const;
  void list(AtomWriter& out, const std::vector<ExprId>& items, std::size_t from) const;
  void window(AtomWriter& out, const Aggregate& aggregate) const;
  void link(AtomWriter& out, const Link& link) const;
  void quantifier(AtomWriter& out, const Quantifier& quantifier) const;
  void types(AtomWriter& out, const TypeSet& types) const;
  void group(AtomWriter& out, const Group& group) const;
  void pattern(AtomWriter& out, const Pattern& pattern) const;
  void absence(AtomWriter& out, const Absence& absence, Break conditions) const;
  void where(AtomWriter& out, ExprId id, Break conditions) const;

  const SourceSet& sources_;
  const Ast& ast_;
};

}  // namespace weir::dsl
