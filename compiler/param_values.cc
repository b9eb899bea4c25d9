#include "compiler/param_values.h"

#include <algorithm>
#include <optional>

#include "compiler/expr_compiler.h"
#include "dsl/parser.h"
#include "nfa/value_text.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::ExprKind;

namespace {

// `text` as the value of a param; nothing if it is none.
std::optional<dsl::Ast> parse_value(const std::string& name, const std::string& text) {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  const auto source = sources.add("--set", "param `" + name + "` = " + text);
  dsl::Ast ast = dsl::parse(sources, source, diagnostics);
  if (diagnostics.has_errors() || ast.declarations.size() != 1) return std::nullopt;
  const auto* decl = std::get_if<dsl::ParamDecl>(&ast.declarations.front());
  if (decl == nullptr || !decl->value.valid()) return std::nullopt;
  return ast;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_number(ExprKind kind) {
  return kind == ExprKind::kInt || kind == ExprKind::kDecimal || kind == ExprKind::kFloat;
}

bool is_literal(ExprKind kind) {
  return is_number(kind) || kind == ExprKind::kBool || kind == ExprKind::kString ||
         kind == ExprKind::kDuration || kind == ExprKind::kList;
}

// What a value of the param's own kind looks like.
std::string wanted_text(ExprKind kind) {
  switch (kind) {
    case ExprKind::kInt:
    case ExprKind::kDecimal:
    case ExprKind::kFloat:
      return "its value in the file is a number: give one, such as `10` or `2.5`";
    case ExprKind::kBool:
      return "its value in the file is a truth: give `true` or `false`";
    case ExprKind::kDuration:
      return "its value in the file is a duration: give one, such as `30s`, `10m` or `1h30m`";
    case ExprKind::kList:
      return "its value in the file is a list: give one, such as `[1, 2]` or `[\"a\", \"b\"]`";
    case ExprKind::kString:
      return "its value in the file is a string: give one, such as `\"text\"`";
    default:
      return "give a number, a string, a duration, `true`, `false`, or a list of such";
  }
}

// Places in the value are no places of a file: what is said of it is said where the param stands.
void move_spans(dsl::Ast& ast, dsl::Span span) {
  ast.source = span.source;
  for (auto& expr : ast.exprs) {
    expr.span = span;
    expr.text_span = span;
  }
}

void set_param(const std::string& name, const std::string& text, ParamView& param,
               Declared& declared, dsl::Diagnostics& diagnostics) {
  const auto old_kind = param.value.ast->expr(param.value.id).kind;
  auto ast = parse_value(name, text);
  const auto value_of = [](const dsl::Ast& tree) {
    return std::get<dsl::ParamDecl>(tree.declarations.front()).value;
  };
  // A shell eats the quotes of a string.
  if (old_kind == ExprKind::kString &&
      (!ast || ast->expr(value_of(*ast)).kind != ExprKind::kString)) {
    ast = parse_value(name, quoted(text));
  }
  if (!ast || !is_literal(ast->expr(value_of(*ast)).kind)) {
    diagnostics
        .add(DiagnosticCode::kBadParam, param.declared,
             "`" + name + "` is set to `" + text + "`, which is no value")
        .help = wanted_text(old_kind);
    return;
  }
  const auto kind = ast->expr(value_of(*ast)).kind;
  const bool fits =
      !is_literal(old_kind) || kind == old_kind || (is_number(kind) && is_number(old_kind));
  if (!fits) {
    diagnostics
        .add(DiagnosticCode::kBadParam, param.declared,
             "`" + name + "` is set to `" + text + "`, a value of another type")
        .help = wanted_text(old_kind);
    return;
  }
  move_spans(*ast, param.declared);
  declared.set_values.push_back(std::move(*ast));
  param.value = ExprRef{&declared.set_values.back(), value_of(declared.set_values.back())};
}

}  // namespace

void set_params(const CompileOptions& options, Declared& declared, dsl::Diagnostics& diagnostics) {
  for (const auto& [name, text] : options.params) {
    const auto param = declared.names.params.find(name);
    if (param != declared.names.params.end()) {
      set_param(name, text, param->second, declared, diagnostics);
      continue;
    }
    if (declared.poisoned.contains(name)) continue;
    auto& issue = diagnostics.add(DiagnosticCode::kUnknownParam, dsl::Span{},
                                  "a value is set for `" + name + "`, but there is no such param");
    std::vector<std::string_view> known;
    for (const auto& [other, view] : declared.names.params) known.push_back(other);
    const auto near = dsl::nearest_name(name, known);
    if (!near.empty()) issue.help = "did you mean `" + std::string(near) + "`?";
  }
}

void evaluate_params(const CompileContext& context, Declared& declared) {
  nfa::RegisterTable registers;
  const auto scope = constant_scope(context.image.image.schema, declared.names, registers);
  for (const auto& [name, param] : declared.names.params) {
    const auto& expr = param.value.ast->expr(param.value.id);
    if (expr.kind == ExprKind::kList) {  // stands only on the right of `in`
      for (const auto element : expr.args) {
        if (!compile_value({param.value.ast, element}, scope, std::nullopt, context.diagnostics)
                 .ok) {
          declared.poisoned.insert(name);
        }
      }
      continue;
    }
    const auto value = compile_value(param.value, scope, std::nullopt, context.diagnostics);
    if (!value.ok) {
      declared.poisoned.insert(name);
    } else if (!value.constant) {
      context.diagnostics.add(DiagnosticCode::kNotConstant, expr.span,
                              "the value of `" + name + "` is not known before the first event");
      declared.poisoned.insert(name);
    } else {
      const bool text = value.type.kind == event::TypeKind::kString;
      const auto shown = text ? event::Value::of_string(value.constant_text) : *value.constant;
      declared.param_values[name] = {value.type, *value.constant,
                                     nfa::value_text(value.type, shown, nfa::Quoting::kQuoted)};
    }
  }
  for (const auto& name : declared.poisoned) declared.names.params.erase(name);
}

}  // namespace weir::compiler
