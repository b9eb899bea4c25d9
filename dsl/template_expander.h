// A template's body with arguments put in: a rule of its own, as if it had been written out (L6).
// Syntax only; what the names mean is not asked.
//
// Used by the compiler, once for each template. Not thread-safe.
//
// Where an argument's name stands, and is not in backquotes:
// - in an expression: the argument's expression. Its literals are marked as `argument`.
// - as an event type, a field, a key, a decision, a list, a table, a function: the name that the
//   argument is. Behind a `.` only if it is a name; else it is the field that is called so.
// - as a duration or a count: a literal of that kind, or the name of a param.
// - in braces in a description, an owner, a severity, a tag, a text of `meta`: its text.
//
// Invariants
// 1. What is put in keeps its own place, what stands around it the template's: a diagnostic points
//    to what the writer has to change.
// 2. An expansion costs what the body and the arguments are long, whatever else is in the file.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dsl/ast.h"
#include "dsl/diagnostic.h"

namespace weir::dsl {

struct TemplateArgument {
  const Ast* ast = nullptr;
  ExprId value;
};

// Whether a word can be a name: letters, digits and `_`, no digit first.
[[nodiscard]] bool is_name_like(std::string_view text);

class TemplateExpander {
 public:
  // Both must outlive it.
  TemplateExpander(const Ast& ast, const TemplateDecl& decl);

  [[nodiscard]] const TemplateDecl& decl() const { return decl_; }
  [[nodiscard]] const Ast& ast() const { return ast_; }
  [[nodiscard]] std::optional<std::size_t> find_argument(std::string_view name) const;

  // Arguments that are declared twice, or called as a part is. True: none.
  [[nodiscard]] bool check(Diagnostics& diagnostics) const;

  // Appends the rule's nodes to `to`. One argument for each of the template, in its order. Nothing
  // if one does not fit where it stands, and then that is reported. The caller names the rule.
  [[nodiscard]] std::optional<RuleDecl> expand(std::span<const TemplateArgument> arguments, Ast& to,
                                               Diagnostics& diagnostics);

  // Where an argument stands first in the body, once a rule was made; nothing: nowhere.
  [[nodiscard]] std::optional<Span> first_use(std::size_t argument) const {
    return first_use_[argument];
  }

 private:
  const Ast& ast_;
  const TemplateDecl& decl_;
  std::vector<std::optional<Span>> first_use_;  // by argument
};

}  // namespace weir::dsl
