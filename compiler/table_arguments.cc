#include "compiler/table_arguments.h"

#include <utility>

#include "nfa/value_text.h"

namespace weir::compiler {

using dsl::Expr;
using dsl::ExprKind;
using event::TypeKind;

namespace {

ExprKind literal_kind(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return ExprKind::kBool;
    case TypeKind::kInt:
      return ExprKind::kInt;
    case TypeKind::kDecimal:
      return ExprKind::kDecimal;
    case TypeKind::kFloat:
      return ExprKind::kFloat;
    case TypeKind::kDuration:
      return ExprKind::kDuration;
    default:
      return ExprKind::kString;
  }
}

dsl::ExprId add(Expr expr, dsl::Span span, dsl::Ast& ast) {
  expr.span = expr.text_span = span;
  expr.argument = true;
  ast.exprs.push_back(std::move(expr));
  return dsl::ExprId(ast.exprs.size() - 1);
}

dsl::ExprId one_value(const event::Type& type, const event::Value& value, dsl::Span span,
                      dsl::Ast& ast) {
  Expr expr;
  expr.kind = literal_kind(type.kind);
  if (expr.kind == ExprKind::kBool || expr.kind == ExprKind::kInt ||
      expr.kind == ExprKind::kDuration) {
    expr.integer = value.integer;
  } else {
    expr.text = nfa::value_text(type, value);
    expr.cell = expr.kind == ExprKind::kString;  // it may be a name
  }
  return add(std::move(expr), span, ast);
}

}  // namespace

std::string table_text(const nfa::DataTable& table, std::size_t row, std::size_t column) {
  const event::Value* value = table.cell(row, column);
  return value == nullptr ? "" : nfa::value_text(table.columns()[column].type, *value);
}

dsl::ExprId table_value(const nfa::DataTable& table, std::size_t row, std::size_t column,
                        dsl::Span span, dsl::Ast& ast) {
  const event::Value* value = table.cell(row, column);
  const event::Type& type = table.columns()[column].type;
  if (value == nullptr || type.kind == TypeKind::kGeo) return dsl::ExprId();
  if (!type.is_list()) return one_value(type, *value, span, ast);
  event::Type element = type;
  element.kind = type.element;
  if (element.kind == TypeKind::kGeo) return dsl::ExprId();
  Expr list;
  list.kind = ExprKind::kList;
  for (std::uint64_t i = 0; i < value->list.size; ++i) {
    list.args.push_back(one_value(element, value->list.items[i], span, ast));
  }
  return add(std::move(list), span, ast);
}

}  // namespace weir::compiler
