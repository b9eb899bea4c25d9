// The syntax tree as text, one declaration after another, without places, comments and layout: two
// trees print alike if and only if they mean the same. Printed by `weir explain --stage ast`;
// compared by the formatter's tests. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "dsl/ast.h"

namespace weir::dsl {

// rule card_testing "..."
//   by card
//   when 3+ auth as probe where (and (< amount 2) (not approved))
[[nodiscard]] std::string dump(const Ast& ast);
[[nodiscard]] std::string dump(const Ast& ast, ExprId id);
[[nodiscard]] std::string_view op_text(Op op);  // `and`, `==`, `starts_with`...

}  // namespace weir::dsl
