// The body's nodes lie in one piece of the template's tree, operands before what they belong to. So
// a rule is made by one pass over them: each is copied, the ids in it moved, and where a name is an
// argument's, the id of the argument's copy takes its place. Arguments are copied first, each once.
#include "dsl/template_expander.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "dsl/literal_text.h"

namespace weir::dsl {
namespace {

bool is_literal(ExprKind kind) {
  return kind == ExprKind::kBool || kind == ExprKind::kInt || kind == ExprKind::kDecimal ||
         kind == ExprKind::kFloat || kind == ExprKind::kString || kind == ExprKind::kDuration ||
         kind == ExprKind::kList;
}

std::string described(const Expr& value) {
  switch (value.kind) {
    case ExprKind::kBool:
      return "a truth";
    case ExprKind::kInt:
      return "a number";
    case ExprKind::kDecimal:
    case ExprKind::kFloat:
      return "a number with a fraction";
    case ExprKind::kString:
      return "a string";
    case ExprKind::kDuration:
      return "a duration";
    case ExprKind::kList:
      return "a list";
    case ExprKind::kName:
      return "a name";
    default:
      return "an expression";
  }
}

// The name that a value is: a name, or a cell that looks like one.
std::optional<Name> as_name(const Expr& value) {
  if (value.kind == ExprKind::kName) return Name{value.text, value.span, value.quoted};
  const bool cell = value.kind == ExprKind::kString && value.cell && is_name_like(value.text);
  if (cell) return Name{value.text, value.span, false};
  return std::nullopt;
}

// One rule being made.
class Expansion {
 public:
  Expansion(const TemplateExpander& of, std::span<const TemplateArgument> arguments, Ast& to,
            std::vector<std::optional<Span>>& uses, Diagnostics& diagnostics)
      : of_(of),
        from_(of.ast()),
        decl_(of.decl()),
        arguments_(arguments),
        to_(to),
        uses_(uses),
        diagnostics_(diagnostics),
        roots_(arguments.size()) {}

  std::optional<RuleDecl> run() {
    copy_exprs();
    check_heights();
    copy_aggregates();
    copy_patterns();
    RuleDecl rule;
    rule.description = text(decl_.description, decl_.name.span);
    rule.body = decl_.body;
    rule.broken = decl_.broken;
    rule.incomplete = decl_.incomplete;
    put_in(rule.body);
    if (failed_) return std::nullopt;
    return rule;
  }

 private:
  [[nodiscard]] const Expr& value_of(std::size_t argument) const {
    return arguments_[argument].ast->expr(arguments_[argument].value);
  }

  // The argument that a name in the body stands for.
  std::optional<std::size_t> argument_of(std::string_view name, bool quoted, Span use) {
    if (quoted) return std::nullopt;
    const auto found = of_.find_argument(name);
    if (found && !uses_[*found]) uses_[*found] = use;
    return found;
  }

  void misfit(std::size_t argument, Span use, const std::string& wanted, std::string help = "") {
    failed_ = true;
    const Expr& value = value_of(argument);
    auto& issue = diagnostics_.add(DiagnosticCode::kTemplateArgument, value.span,
                                   "`" + decl_.args[argument].name.text + "` has to be " + wanted +
                                       ", not " + described(value));
    issue.notes.push_back({use, "template `" + decl_.name.text + "` uses it here"});
    issue.help = std::move(help);
  }

  // ---- expressions ------------------------------------------------------------------------------

  // The copy of an argument, made when it is first asked for.
  ExprId root_of(std::size_t argument) {
    ExprId& root = roots_[argument];
    if (!root.valid()) root = copy_tree(*arguments_[argument].ast, arguments_[argument].value);
    return root;
  }

  ExprId copy_tree(const Ast& ast, ExprId root) {
    std::vector<ExprId> ids;
    std::vector<ExprId> open = {root};
    while (!open.empty()) {
      const ExprId id = open.back();
      open.pop_back();
      if (!id.valid()) continue;
      ids.push_back(id);
      const Expr& expr = ast.expr(id);
      open.insert(open.end(), expr.args.begin(), expr.args.end());
      if (expr.kind != ExprKind::kAggregate) continue;
      const Aggregate& aggregate = ast.aggregate(expr.aggregate);
      open.insert(open.end(), aggregate.arguments.begin(), aggregate.arguments.end());
      open.push_back(aggregate.where);
    }
    std::ranges::sort(ids);
    std::vector<ExprId> made;
    const auto moved = [&](ExprId id) {
      if (!id.valid()) return id;
      const auto place = std::ranges::lower_bound(ids, id);
      return made[static_cast<std::size_t>(place - ids.begin())];
    };
    for (const ExprId id : ids) {
      Expr expr = ast.expr(id);
      for (ExprId& arg : expr.args) arg = moved(arg);
      if (is_literal(expr.kind)) expr.argument = true;
      if (expr.kind == ExprKind::kAggregate) {
        Aggregate aggregate = ast.aggregate(expr.aggregate);
        aggregate.where = moved(aggregate.where);
        for (ExprId& each : aggregate.arguments) each = moved(each);
        expr.aggregate = AggregateId(to_.aggregates.size());
        to_.aggregates.push_back(std::move(aggregate));
      }
      made.push_back(add(std::move(expr)));
    }
    return made.back();
  }

  ExprId add(Expr expr) {
    to_.exprs.push_back(std::move(expr));
    return ExprId(to_.exprs.size() - 1);
  }

  [[nodiscard]] ExprId moved(ExprId id) const {
    return id.valid() ? moved_[id.value - decl_.exprs.begin] : id;
  }

  void copy_exprs() {
    first_ = to_.exprs.size();
    // Those that are put in lie before what they are put into.
    for (auto i = decl_.exprs.begin; i < decl_.exprs.end; ++i) {
      const Expr& expr = from_.exprs[i];
      if (expr.kind != ExprKind::kName) continue;
      const auto argument = argument_of(expr.text, expr.quoted, expr.text_span);
      if (argument) static_cast<void>(root_of(*argument));
    }
    const std::size_t aggregates = to_.aggregates.size();
    moved_.reserve(decl_.exprs.end - decl_.exprs.begin);
    for (auto i = decl_.exprs.begin; i < decl_.exprs.end; ++i) {
      const Expr& source = from_.exprs[i];
      if (source.kind == ExprKind::kName) {
        const auto argument = argument_of(source.text, source.quoted, source.text_span);
        if (argument) {
          moved_.push_back(root_of(*argument));
          continue;
        }
      }
      Expr expr = source;
      for (ExprId& arg : expr.args) arg = moved(arg);
      if (expr.kind == ExprKind::kAggregate) {
        expr.aggregate = AggregateId(aggregates + expr.aggregate.value - decl_.aggregates.begin);
      }
      put_names(source, expr);
      moved_.push_back(add(std::move(expr)));
    }
  }

  // Where a name stands inside an expression, and can be nothing else.
  void put_names(const Expr& source, Expr& expr) {
    if (expr.kind == ExprKind::kCall) {
      if (const auto argument = argument_of(expr.text, false, expr.text_span)) {
        const auto name = as_name(value_of(*argument));
        if (!name) return misfit(*argument, expr.text_span, "the name of a function");
        expr.text = name->text;
        expr.text_span = name->span;
      }
    } else if (expr.kind == ExprKind::kMember) {
      const auto found = expr.quoted ? std::nullopt : of_.find_argument(expr.text);
      const auto name = found ? as_name(value_of(*found)) : std::nullopt;
      if (!name) return;
      static_cast<void>(argument_of(expr.text, false, expr.text_span));
      expr.text = name->text;
      expr.text_span = name->span;
      expr.quoted = name->quoted;
    } else if (expr.kind == ExprKind::kIndex) {
      name_operand(source, expr, 0);
    } else if (expr.kind == ExprKind::kIn || expr.kind == ExprKind::kNotIn) {
      name_operand(source, expr, 1);
    }
  }

  // A cell that looks like a name is one where a list or table has to be named.
  void name_operand(const Expr& source, Expr& expr, std::size_t place) {
    const Expr& operand = from_.expr(source.args[place]);
    if (operand.kind != ExprKind::kName) return;
    const Expr& value = to_.expr(expr.args[place]);
    if (value.kind != ExprKind::kString || !value.cell) return;
    const auto name = as_name(value);
    if (!name) return;
    Expr named;
    named.kind = ExprKind::kName;
    named.text = name->text;
    named.span = named.text_span = name->span;
    expr.args[place] = add(std::move(named));
  }

  // Arguments may make the whole deeper than a parser would let it be.
  void check_heights() {
    const auto deep = [&](ExprId root) { return root.valid() && !to_.expr(root).args.empty(); };
    if (std::ranges::none_of(roots_, deep)) return;
    std::vector<int> heights;
    for (std::size_t i = first_; i < to_.exprs.size(); ++i) {
      int height = 0;
      for (const ExprId arg : to_.exprs[i].args) {
        if (arg.valid()) height = std::max(height, heights[arg.index() - first_]);
      }
      heights.push_back(height + 1);
      if (height < kMaxHeight || failed_) continue;
      failed_ = true;
      diagnostics_.add(DiagnosticCode::kTooDeep, to_.exprs[i].span,
                       "with its arguments put in, this expression is nested too deeply");
    }
  }

  // ---- names, durations, counts, texts ----------------------------------------------------------

  void put_in(Name& name, std::string_view what) {
    const auto argument = argument_of(name.text, name.quoted, name.span);
    if (!argument) return;
    if (auto found = as_name(value_of(*argument))) {
      name = std::move(*found);
      return;
    }
    const Expr& value = value_of(*argument);
    const bool quotes = value.kind == ExprKind::kString && !value.cell && is_name_like(value.text);
    misfit(*argument, name.span, std::string(what),
           quotes ? "write it without quotes: `" + value.text + "`" : "");
  }
  void put_in(std::optional<Name>& name, std::string_view what) {
    if (name) put_in(*name, what);
  }
  void put_in(std::vector<Name>& names, std::string_view what) {
    for (Name& name : names) put_in(name, what);
  }
  void put_in(std::optional<Keys>& keys) {
    if (keys) put_in(keys->fields, "the name of a field");
  }

  void put_in(DurationArg& arg) {
    if (!arg.name) return;
    const auto argument = argument_of(arg.name->text, arg.name->quoted, arg.name->span);
    if (!argument) return;
    const Expr& value = value_of(*argument);
    const Span use = arg.span;
    arg.span = value.span;
    if (value.kind == ExprKind::kDuration) {
      arg.ms = value.integer;
      arg.name.reset();
    } else if (auto name = as_name(value)) {
      arg.name = std::move(*name);
    } else {
      misfit(*argument, use, "a duration", "a duration is written 250ms, 10s, 5m, 1h30m or 7d");
    }
  }
  void put_in(std::optional<DurationArg>& arg) {
    if (arg) put_in(*arg);
  }

  void put_in(NumberArg& arg) {
    if (!arg.name) return;
    const auto argument = argument_of(arg.name->text, arg.name->quoted, arg.name->span);
    if (!argument) return;
    const Expr& value = value_of(*argument);
    const Span use = arg.span;
    arg.span = value.span;
    if (value.kind == ExprKind::kInt) {
      arg.value = value.integer;
      arg.name.reset();
    } else if (auto name = as_name(value)) {
      arg.name = std::move(*name);
    } else {
      misfit(*argument, use, "a whole number");
    }
  }
  void put_in(std::optional<NumberArg>& arg) {
    if (arg) put_in(*arg);
  }

  // An argument as it stands in a text; nothing if it is no value.
  static std::optional<std::string> shown(const Expr& value) {
    switch (value.kind) {
      case ExprKind::kBool:
        return value.integer != 0 ? "true" : "false";
      case ExprKind::kInt:
        return value.cell ? value.text : std::to_string(value.integer);
      case ExprKind::kDuration:
        return value.cell ? value.text : duration_text(value.integer);
      case ExprKind::kDecimal:
      case ExprKind::kFloat:
      case ExprKind::kString:
      case ExprKind::kName:
        return value.text;
      default:
        return std::nullopt;
    }
  }

  // A text with `{argument}` in it; other braces stay as they are.
  std::string text(const std::string& pattern, Span use) {
    std::string out;
    std::size_t at = 0;
    while (at < pattern.size()) {
      const std::size_t open = pattern.find('{', at);
      const std::size_t close = open == pattern.npos ? open : pattern.find('}', open);
      if (close == pattern.npos) break;
      const std::string_view name(pattern.data() + open + 1, close - open - 1);
      const auto argument = argument_of(name, false, use);
      if (!argument) {
        out.append(pattern, at, open + 1 - at);
        at = open + 1;
        continue;
      }
      const auto value = shown(value_of(*argument));
      if (!value) misfit(*argument, use, "a literal or a name", "it is part of a text here");
      out.append(pattern, at, open - at);
      out += value.value_or("");
      at = close + 1;
    }
    return out.append(pattern, std::min(at, pattern.size()));
  }
  void put_in_text(std::optional<std::string>& pattern) {
    if (pattern) pattern = text(*pattern, decl_.name.span);
  }

  // ---- aggregates and patterns ------------------------------------------------------------------

  void copy_aggregates() {
    for (auto i = decl_.aggregates.begin; i < decl_.aggregates.end; ++i) {
      Aggregate aggregate = from_.aggregates[i];
      for (ExprId& each : aggregate.arguments) each = moved(each);
      put_in(aggregate.type, "the name of an event type");
      put_in(aggregate.field, "the name of a field");
      aggregate.where = moved(aggregate.where);
      put_in(aggregate.by);
      put_in(aggregate.length);
      put_in(aggregate.every);
      put_in(aggregate.last);
      to_.aggregates.push_back(std::move(aggregate));
    }
  }

  void copy_patterns() {
    patterns_ = to_.patterns.size();
    for (auto i = decl_.patterns.begin; i < decl_.patterns.end; ++i) {
      Pattern pattern = from_.patterns[i];
      for (PatternItem& item : pattern.items) put_in(item);
      to_.patterns.push_back(std::move(pattern));
    }
  }

  [[nodiscard]] PatternId moved(PatternId id) const {
    return id.valid() ? PatternId(patterns_ + id.value - decl_.patterns.begin) : id;
  }

  void put_in(TypeSet& types) {
    put_in(types.types, "the name of an event type");
    put_in(types.among, "the name of an event type");
  }

  void put_in(PatternItem& item) {
    if (auto* part = std::get_if<Part>(&item.body)) {
      put_in(part->types);
      put_in(part->by);
      part->where = moved(part->where);
    } else if (auto* absence = std::get_if<Absence>(&item.body)) {
      put_in(absence->types);
      put_in(absence->by);
      absence->where = moved(absence->where);
      put_in(absence->duration);
    } else {
      auto& group = std::get<Group>(item.body);
      put_in(group.count);
      for (PatternId& inner : group.patterns) inner = moved(inner);
    }
    if (item.link) {
      put_in(item.link->after);
      put_in(item.link->within);
    }
    if (item.quantifier) {
      put_in(item.quantifier->min);
      put_in(item.quantifier->max);
    }
    if (item.until) {
      put_in(item.until->type, "the name of an event type");
      item.until->condition = moved(item.until->condition);
    }
  }

  // ---- the rest of a body -----------------------------------------------------------------------

  void put_in(RuleBody& body) {
    put_in(body.by);
    body.pattern = moved(body.pattern);
    put_in(body.within);
    body.having = moved(body.having);
    put_in(body.report);
    put_in(body.limit);
    put_in(body.cooldown);
    put_in(body.outcomes);
    if (body.timeout) put_in(body.timeout->outcomes);
    put_in_text(body.owner);
    if (body.severity && of_.find_argument(*body.severity)) {
      body.severity = "{" + *body.severity + "}";  // as a word: `severity level`
    }
    put_in_text(body.severity);
    for (MetaEntry& entry : body.meta) {
      entry.value = moved(entry.value);
      Expr& value = to_.exprs[entry.value.index()];
      if (value.kind == ExprKind::kString && !value.argument) {
        value.text = text(value.text, value.span);
      }
    }
    body.clauses.clear();
  }

  void put_in(std::vector<Outcome>& outcomes) {
    for (Outcome& outcome : outcomes) {
      std::visit([this](auto& clause) { put_in_clause(clause); }, outcome);
    }
  }
  void put_in_clause(DecideClause& clause) { put_in(clause.decision, "the name of a decision"); }
  void put_in_clause(ScoreClause& clause) { clause.value = moved(clause.value); }
  void put_in_clause(TagClause& clause) { clause.tag = text(clause.tag, clause.span); }
  void put_in_clause(ReasonClause& clause) {
    for (auto& segment : clause.text.segments) segment.expr = moved(segment.expr);
  }
  void put_in_clause(EmitClause& clause) {
    for (auto& item : clause.items) item.value = moved(item.value);
  }
  void put_in_clause(SendClause& clause) { clause.sink = text(clause.sink, clause.span); }
  void put_in_clause(ListChangeClause& clause) {
    clause.value = moved(clause.value);
    put_in(clause.list, "the name of a list");
    put_in(clause.duration);
  }

  const TemplateExpander& of_;
  const Ast& from_;
  const TemplateDecl& decl_;
  std::span<const TemplateArgument> arguments_;
  Ast& to_;
  std::vector<std::optional<Span>>& uses_;
  Diagnostics& diagnostics_;
  std::vector<ExprId> roots_;  // of the arguments that are put into expressions
  std::vector<ExprId> moved_;  // by the place in the body's range
  std::size_t first_ = 0;      // of the rule's expressions in to_
  std::size_t patterns_ = 0;
  bool failed_ = false;
};

}  // namespace

bool is_name_like(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

TemplateExpander::TemplateExpander(const Ast& ast, const TemplateDecl& decl)
    : ast_(ast), decl_(decl), first_use_(decl.args.size()) {}

std::optional<std::size_t> TemplateExpander::find_argument(std::string_view name) const {
  for (std::size_t i = 0; i < decl_.args.size(); ++i) {
    if (decl_.args[i].name.text == name) return i;
  }
  return std::nullopt;
}

bool TemplateExpander::check(Diagnostics& diagnostics) const {
  bool ok = true;
  const auto clash = [&](const Name& at, const std::string& message, Span other) {
    ok = false;
    diagnostics.add(DiagnosticCode::kDuplicateDeclaration, at.span, message)
        .notes.push_back({other, "here"});
  };
  for (std::size_t i = 0; i < decl_.args.size(); ++i) {
    const Name& arg = decl_.args[i].name;
    const std::size_t first = *find_argument(arg.text);
    if (first == i) continue;
    clash(arg, "`" + decl_.name.text + "` has an argument `" + arg.text + "` already",
          decl_.args[first].name.span);
  }
  for (auto i = decl_.patterns.begin; i < decl_.patterns.end; ++i) {
    for (const PatternItem& item : ast_.patterns[i].items) {
      const auto* part = std::get_if<Part>(&item.body);
      if (part == nullptr || !part->name) continue;
      const auto argument = find_argument(part->name->text);
      if (!argument) continue;
      clash(*part->name, "a part cannot be called as an argument of the template is",
            decl_.args[*argument].name.span);
    }
  }
  return ok;
}

std::optional<RuleDecl> TemplateExpander::expand(std::span<const TemplateArgument> arguments,
                                                 Ast& to, Diagnostics& diagnostics) {
  return Expansion(*this, arguments, to, first_use_, diagnostics).run();
}

}  // namespace weir::dsl
