#include "compiler/outcomes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "compiler/ruleset.h"
#include "event/decimal.h"
#include "event/time.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::ExprKind;

namespace {

class OutcomeCompiler {
 public:
  OutcomeCompiler(const OutcomeInput& input, ImageBuilder& image, dsl::Diagnostics& diagnostics)
      : input_(input), image_(image), diagnostics_(diagnostics) {}

  nfa::Outcomes compile() {
    for (const auto& outcome : *input_.outcomes) {
      std::visit([&](const auto& clause) { take(clause); }, outcome);
    }
    return std::move(result_);
  }

 private:
  void take(const dsl::DecideClause& clause) {
    result_.decision = find_decision(image_.image, clause.decision, diagnostics_);
    result_.final = clause.final;
  }

  void take(const dsl::ScoreClause& clause) {
    event::Type decimal;
    decimal.kind = event::TypeKind::kDecimal;
    auto value = compile(clause.value, decimal);
    if (value.ok) result_.score.push_back(value_expr(std::move(value)));
  }

  void take(const dsl::TagClause& clause) {
    if (std::ranges::find(result_.tags, clause.tag) == result_.tags.end()) {
      result_.tags.push_back(clause.tag);
    }
  }

  void take(const dsl::ReasonClause& clause) {
    auto text = compile_interpolation(*input_.ast, clause.text, *input_.scope, diagnostics_);
    if (!text.ok) return;
    for (auto& segment : text.segments) {
      nfa::ReasonSegment made;
      made.text = std::move(segment.text);
      if (segment.value) {
        made.value = static_cast<std::int32_t>(result_.reason_values.size());
        result_.reason_values.push_back(value_expr(std::move(*segment.value)));
      }
      result_.reason.push_back(std::move(made));
    }
  }

  void take(const dsl::EmitClause& clause) {
    for (const auto& item : clause.items) {
      const auto same = [&](const nfa::Outcomes::Emit& emit) {
        return emit.name == item.name.text;
      };
      if (std::ranges::any_of(result_.emits, same)) {
        diagnostics_.add(DiagnosticCode::kDuplicateEmit, item.name.span,
                         "the alert has a field `" + item.name.text + "` already");
        continue;
      }
      auto value = compile(item.value, std::nullopt);
      if (value.ok) result_.emits.push_back({item.name.text, value_expr(std::move(value))});
    }
  }

  void take(const dsl::SendClause& clause) {
    if (std::ranges::find(result_.sinks, clause.sink) == result_.sinks.end()) {
      result_.sinks.push_back(clause.sink);
    }
  }

  void take(const dsl::ListChangeClause& clause) {
    nfa::Outcomes::ListChange change;
    change.add = clause.add;
    if (clause.duration) {
      const auto ttl_ms = input_.bounds->checked_duration_ms(*clause.duration);
      change.ttl_ms = ttl_ms.value_or(change.ttl_ms);
    }
    const auto& lists = input_.scope->declarations->lists;
    const auto list = lists.find(clause.list.text);
    if (list == lists.end()) {
      report_no_list(clause);
      (void)compile(clause.value, std::nullopt);  // may be wrong too
      return;
    }
    change.list = list->second.list;
    auto value = compile(clause.value, list->second.type);
    if (!value.ok) return;
    change.value = value_expr(std::move(value));
    result_.list_changes.push_back(std::move(change));
  }

  void report_no_list(const dsl::ListChangeClause& clause) {
    if (input_.bounds->is_poisoned(clause.list.text)) return;
    std::vector<std::string_view> names;
    for (const auto& [name, list] : input_.scope->declarations->lists) names.push_back(name);
    auto& issue = diagnostics_.add(DiagnosticCode::kUnknownName, clause.list.span,
                                   "no list is called `" + clause.list.text + "`");
    suggest_name(issue, clause.list, names);
    if (issue.suggestions.empty()) {
      issue.help = "declare it: `list " + clause.list.text + " string`";
    }
  }

  CompiledValue compile(dsl::ExprId id, const std::optional<event::Type>& wanted) {
    return compile_value(ExprRef{input_.ast, id}, *input_.scope, wanted, diagnostics_);
  }

  nfa::ValueExpr value_expr(CompiledValue value) {
    return {image_.add_program(std::move(value.program), input_.rule), std::move(value.type),
            std::move(value.registers), value.may_be_absent};
  }

  const OutcomeInput& input_;
  ImageBuilder& image_;
  dsl::Diagnostics& diagnostics_;
  nfa::Outcomes result_;
};

void append_json_string(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_json_scalar(std::string& out, const dsl::Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kBool:
      out += expr.integer != 0 ? "true" : "false";
      return;
    case ExprKind::kInt:
      out += std::to_string(expr.integer);
      return;
    case ExprKind::kDecimal:
    case ExprKind::kFloat:
      out += expr.text;
      return;
    case ExprKind::kDuration: {
      std::string text;
      event::append_duration(text, expr.integer);
      append_json_string(out, text);
      return;
    }
    default:
      append_json_string(out, expr.text);
      return;
  }
}

// A list of lists is no literal of the grammar; it comes out as null.
void append_json(std::string& out, const dsl::Ast& ast, const dsl::Expr& expr) {
  if (expr.kind != ExprKind::kList) {
    append_json_scalar(out, expr);
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    if (i > 0) out += ',';
    const auto& element = ast.expr(expr.args[i]);
    if (element.kind == ExprKind::kList) {
      out += "null";
    } else {
      append_json_scalar(out, element);
    }
  }
  out += ']';
}

}  // namespace

void mark_changing_lists(Declared& declared, nfa::Image& image) {
  const auto mark = [&](const std::vector<dsl::Outcome>& outcomes) {
    for (const auto& outcome : outcomes) {
      const auto* change = std::get_if<dsl::ListChangeClause>(&outcome);
      if (change == nullptr) continue;
      const auto list = declared.names.lists.find(change->list.text);
      if (list == declared.names.lists.end()) continue;
      list->second.changes = true;
      image.lists[list->second.list].changes = true;
    }
  };
  for (const auto& rule : declared.rules) {
    const auto& body = rule.decl->body;
    const auto kind = body.mode ? body.mode->kind : dsl::ModeKind::kLive;
    if (kind == dsl::ModeKind::kShadow || kind == dsl::ModeKind::kOff) continue;
    mark(body.outcomes);
    if (body.timeout) mark(body.timeout->outcomes);
  }
}

nfa::Outcomes compile_outcomes(const OutcomeInput& input, ImageBuilder& image,
                               dsl::Diagnostics& diagnostics) {
  return OutcomeCompiler(input, image, diagnostics).compile();
}

std::string meta_json(const dsl::Ast& ast, const std::vector<dsl::MetaEntry>& meta,
                      dsl::Diagnostics& diagnostics) {
  std::string out = "{";
  std::set<std::string_view> names;
  for (const auto& entry : meta) {
    if (!names.insert(entry.name.text).second) {
      diagnostics.add(DiagnosticCode::kDuplicateEmit, entry.name.span,
                      "`meta` has an entry `" + entry.name.text + "` already");
      continue;
    }
    if (out.size() > 1) out += ',';
    append_json_string(out, entry.name.text);
    out += ':';
    append_json(out, ast, ast.expr(entry.value));
  }
  return out + '}';
}

}  // namespace weir::compiler
