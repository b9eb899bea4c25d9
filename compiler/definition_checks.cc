// Defines are walked as a graph: an edge is a name or a call in a body that another define answers
// to. The walk keeps its own stack, since users chain defines as long as they like.
#include "compiler/definition_checks.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "nfa/builtins.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Expr;
using dsl::ExprKind;

namespace {

// Every expression of a body, each after what stands in it. Members and what they belong to come
// together: `x.amount` is visited once, with its base.
template <typename Visit>
void visit_body(const dsl::Ast& ast, dsl::ExprId body, const Visit& visit) {
  std::vector<dsl::ExprId> open = {body};
  while (!open.empty()) {
    const dsl::ExprId id = open.back();
    open.pop_back();
    if (!id.valid()) continue;
    const Expr& expr = ast.expr(id);
    visit(expr);
    const bool base_is_name =
        expr.kind == ExprKind::kMember && ast.expr(expr.args[0]).kind == ExprKind::kName;
    if (!base_is_name) open.insert(open.end(), expr.args.begin(), expr.args.end());
  }
}

class DefineChecker {
 public:
  DefineChecker(const CompileContext& context, Declared& declared)
      : declared_(declared), diagnostics_(context.diagnostics), context_(context) {}

  void check() {
    for (const auto& [name, define] : declared_.names.defines) check_arguments(*define.decl);
    for (const auto& [name, define] : declared_.names.defines) walk(name);
    for (const std::string& name : recursive_) {
      declared_.names.defines.erase(name);
      declared_.poisoned.insert(name);
    }
    collect_called();
    for (const auto& [name, define] : declared_.names.defines) {
      if (!called_.contains(name)) check_names(define);
    }
  }

 private:
  void check_arguments(const dsl::DefineDecl& decl) {
    for (auto arg = decl.args.begin(); arg != decl.args.end(); ++arg) {
      const auto first = std::ranges::find(decl.args, arg->text, &dsl::Name::text);
      if (first == arg) continue;
      auto& issue =
          diagnostics_.add(DiagnosticCode::kDuplicateDeclaration, arg->span,
                           "`" + decl.name.text + "` has an argument `" + arg->text + "` already");
      issue.notes.push_back({first->span, "here"});
    }
  }

  struct Use {
    std::string define;
    dsl::Span span;
  };

  // The defines that a define's body uses, in the order written.
  [[nodiscard]] std::vector<Use> uses_of(const DefineView& define) const {
    std::vector<Use> uses;
    const auto& args = define.decl->args;
    visit_body(*define.ast, define.decl->body, [&](const Expr& expr) {
      const bool named =
          expr.kind == ExprKind::kCall || (expr.kind == ExprKind::kName && !expr.quoted);
      if (!named || !declared_.names.defines.contains(expr.text)) return;
      const bool argument = expr.kind == ExprKind::kName &&
                            std::ranges::find(args, expr.text, &dsl::Name::text) != args.end();
      if (!argument) uses.push_back({expr.text, expr.span});
    });
    return uses;
  }

  // Depth first from one define; a use of one that is still open closes a circle.
  void walk(const std::string& start) {
    struct Open {
      std::string name;
      std::vector<Use> uses;
    };
    if (done_.contains(start)) return;
    std::vector<Open> path = {{start, uses_of(declared_.names.defines.at(start))}};
    while (!path.empty()) {
      if (path.back().uses.empty()) {
        done_.insert(path.back().name);
        path.pop_back();
        continue;
      }
      const Use use = path.back().uses.back();
      path.back().uses.pop_back();
      if (done_.contains(use.define)) continue;
      const auto circle = std::ranges::find(path, use.define, &Open::name);
      if (circle == path.end()) {
        path.push_back({use.define, uses_of(declared_.names.defines.at(use.define))});
        continue;
      }
      if (!recursive_.contains(use.define)) {
        diagnostics_
            .add(DiagnosticCode::kDefineRecursion, use.span, "`" + use.define + "` uses itself")
            .help = "a define stands for its expression, so it cannot be part of that";
      }
      for (auto each = circle; each != path.end(); ++each) recursive_.insert(each->name);
    }
  }

  void collect_called() {
    for (const auto& ast : context_.asts) {
      for (const Expr& expr : ast.exprs) {
        if (expr.kind == ExprKind::kCall || expr.kind == ExprKind::kName) called_.insert(expr.text);
      }
    }
  }

  [[nodiscard]] bool is_some_field(const std::string& name) const {
    if (name == "ts") return true;
    const auto& types = context_.image.image.schema.types;
    return std::ranges::any_of(
        types, [&](const event::EventType& type) { return type.find_field(name).has_value(); });
  }

  [[nodiscard]] bool is_declared(const std::string& name) const {
    return declared_.values.contains(name) || declared_.poisoned.contains(name) ||
           std::ranges::any_of(declared_.broken_fields,
                               [&](const auto& fields) { return fields.second.contains(name); });
  }

  // Of a define that nothing calls: what no use of it could give a meaning.
  void check_names(const DefineView& define) {
    const bool event_lost = std::ranges::any_of(
        declared_.poisoned, [&](const auto& name) { return declared_.events.contains(name); });
    if (define.decl->incomplete || event_lost) return;
    const auto& args = define.decl->args;
    visit_body(*define.ast, define.decl->body, [&](const Expr& expr) {
      if (std::ranges::find(args, expr.text, &dsl::Name::text) != args.end()) return;
      if (expr.kind == ExprKind::kName && !is_declared(expr.text) && !is_some_field(expr.text) &&
          !is_part(expr.text)) {
        report(DiagnosticCode::kUnknownName, expr.span, expr.text,
               "nothing here is called `" + expr.text + "`", field_names());
      }
      if (expr.kind == ExprKind::kCall && !is_declared(expr.text) && !is_function(expr.text)) {
        report(DiagnosticCode::kUnknownFunction, expr.text_span, expr.text,
               "there is no function `" + expr.text + "`", function_names());
      }
    });
  }

  // A define may name a part of the rules that are to use it, as in `count(probe)`.
  [[nodiscard]] bool is_part(const std::string& name) const {
    if (declared_.events.contains(name)) return true;
    return std::ranges::any_of(context_.asts, [&](const dsl::Ast& ast) {
      return std::ranges::any_of(ast.patterns, [&](const dsl::Pattern& pattern) {
        return std::ranges::any_of(pattern.items, [&](const dsl::PatternItem& item) {
          const auto* part = std::get_if<dsl::Part>(&item.body);
          return part != nullptr && part->name && part->name->text == name;
        });
      });
    });
  }

  [[nodiscard]] std::vector<std::string_view> function_names() const {
    std::vector<std::string_view> names = {"count", "sum",  "avg",  "min",    "max",     "stddev",
                                           "first", "last", "prev", "zscore", "distinct"};
    for (const auto& info : nfa::builtins()) names.push_back(info.name);
    for (const auto& [name, define] : declared_.names.defines) names.push_back(name);
    return names;
  }

  [[nodiscard]] bool is_function(const std::string& name) const {
    const auto names = function_names();
    return std::ranges::find(names, name) != names.end();
  }

  [[nodiscard]] std::vector<std::string_view> field_names() const {
    std::vector<std::string_view> names;
    for (const auto& type : context_.image.image.schema.types) {
      for (const auto& field : type.fields) names.push_back(field.name);
    }
    for (const auto& [name, span] : declared_.values) names.push_back(name);
    return names;
  }

  void report(DiagnosticCode code, dsl::Span span, const std::string& name, std::string message,
              const std::vector<std::string_view>& candidates) {
    auto& issue = diagnostics_.add(code, span, std::move(message));
    suggest_name(issue, dsl::Name{name, span}, candidates);
  }

  Declared& declared_;
  dsl::Diagnostics& diagnostics_;
  const CompileContext& context_;
  std::set<std::string, std::less<>> done_;
  std::set<std::string, std::less<>> recursive_;
  std::set<std::string, std::less<>> called_;
};

}  // namespace

void check_defines(const CompileContext& context, Declared& declared) {
  DefineChecker(context, declared).check();
}

}  // namespace weir::compiler
