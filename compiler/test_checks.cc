#include "compiler/test_checks.h"

#include <algorithm>
#include <set>

#include "event/decimal.h"
#include "event/ip.h"
#include "event/time.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::ExprKind;
using event::TypeKind;

namespace {

bool is_number(ExprKind kind) {
  return kind == ExprKind::kInt || kind == ExprKind::kDecimal || kind == ExprKind::kFloat;
}

// Whether a literal is a value of a type that is no list.
bool is_value_of(const dsl::Ast& ast, const dsl::Expr& expr, TypeKind kind,
                 const std::vector<std::string>& constants) {
  const bool text = expr.kind == ExprKind::kString;
  switch (kind) {
    case TypeKind::kBool:
      return expr.kind == ExprKind::kBool;
    case TypeKind::kInt:
      return expr.kind == ExprKind::kInt;
    case TypeKind::kDecimal:
    case TypeKind::kFloat:
      return is_number(expr.kind);
    case TypeKind::kString:
      return text;
    case TypeKind::kEnum:
      return text && std::ranges::find(constants, expr.text) != constants.end();
    case TypeKind::kTime:
      return expr.kind == ExprKind::kInt || (text && event::parse_rfc3339(expr.text).has_value());
    case TypeKind::kDuration:
      return expr.kind == ExprKind::kDuration || expr.kind == ExprKind::kInt ||
             (text && event::parse_duration(expr.text).has_value());
    case TypeKind::kIp:
      return text && event::parse_ip(expr.text).has_value();
    case TypeKind::kGeo:
      return expr.kind == ExprKind::kList && expr.text == "geo" &&
             std::ranges::all_of(expr.args,
                                 [&](dsl::ExprId id) { return is_number(ast.expr(id).kind); });
    case TypeKind::kList:
      break;
  }
  return false;
}

class TestChecker {
 public:
  TestChecker(const CompileContext& context, const Declared& declared, Features& features,
              const std::vector<RuleReport>& rules, const TestRef& test)
      : context_(context),
        declared_(declared),
        features_(features),
        rules_(rules),
        ast_(*test.ast),
        test_(*test.decl),
        diagnostics_(context.diagnostics) {}

  void check() {
    if (test_.rule && find_rule(test_.rule->text) == nullptr &&
        !declared_.poisoned.contains(test_.rule->text) && !is_known(test_.rule->text)) {
      unknown(*test_.rule, "there is no rule `" + test_.rule->text + "`", rule_names());
    }
    for (const auto& item : test_.items) {
      std::visit([&](const auto& each) { take(each); }, item);
    }
  }

 private:
  [[nodiscard]] bool is_known(const std::string& rule) const {
    return declared_.rules_lost || declared_.rule_names.contains(rule);
  }
  [[nodiscard]] const RuleReport* find_rule(const std::string& name) const {
    const auto found = std::ranges::find(rules_, name, &RuleReport::name);
    return found == rules_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const dsl::RuleDecl* decl_of(const RuleReport& rule) const {
    return declared_.rules[static_cast<std::size_t>(&rule - rules_.data())].decl;
  }
  [[nodiscard]] std::vector<std::string_view> rule_names() const {
    std::vector<std::string_view> out;
    for (const auto& rule : rules_) out.push_back(rule.name);
    return out;
  }

  void unknown(const dsl::Name& name, std::string message,
               const std::vector<std::string_view>& candidates) {
    auto& issue = diagnostics_.add(DiagnosticCode::kTestUnknownName, name.span, std::move(message));
    suggest_name(issue, name, candidates);
  }

  // ---- events -----------------------------------------------------------------------------------

  void take(const dsl::TestGiven& given) { check_event(given.type, given.fields); }
  void take(const dsl::TestEvent& event) { check_event(event.type, event.fields); }
  void take(const dsl::TestWatermark&) {}
  void take(const dsl::TestLateness&) {}
  void take(const dsl::TestIgnoreOthers&) {}

  void check_event(const dsl::Name& name, const std::vector<dsl::TestField>& fields) {
    const auto& schema = context_.image.image.schema;
    const auto id = schema.find(name.text);
    if (id.valid() && !schema.types[id.index()].is_input()) {
      diagnostics_
          .add(DiagnosticCode::kUnknownEventType, name.span,
               "`" + name.text + "` is no event of the input")
          .help = "a test gives the events that lead to it";
      return;
    }
    if (!id.valid()) {
      if (declared_.events.contains(name.text) || declared_.poisoned.contains(name.text)) return;
      auto& issue = diagnostics_.add(DiagnosticCode::kUnknownEventType, name.span,
                                     "there is no event type `" + name.text + "`");
      suggest_name(issue, name, declared_.event_names());
      return;
    }
    std::set<std::string_view> seen;
    for (const auto& field : fields) {
      if (!seen.insert(field.name.text).second) {
        diagnostics_.add(DiagnosticCode::kDuplicateField, field.name.span,
                         "the event has a field `" + field.name.text + "` already");
      }
      check_field(schema.types[id.index()], field);
    }
  }

  void check_field(const event::EventType& type, const dsl::TestField& field) {
    const auto slot = type.find_field(field.name.text);
    if (!slot) {
      const auto broken = declared_.broken_fields.find(type.name);
      if (declared_.poisoned.contains(type.name)) return;
      if (broken != declared_.broken_fields.end() && broken->second.contains(field.name.text)) {
        return;
      }
      auto& issue = diagnostics_.add(DiagnosticCode::kUnknownField, field.name.span,
                                     "`" + type.name + "` has no field `" + field.name.text + "`");
      std::vector<std::string_view> known;
      for (const auto& other : type.fields) {
        if (!other.derived) known.push_back(other.name);
      }
      suggest_name(issue, field.name, known);
      return;
    }
    if (!field.value.valid()) return;  // absent
    check_value(type.fields[*slot].type, ast_.expr(field.value), field.name.text);
  }

  void check_value(const event::Type& type, const dsl::Expr& expr, const std::string& name) {
    bool fits = true;
    if (type.is_list()) {
      fits = expr.kind == ExprKind::kList && expr.text.empty() &&
             std::ranges::all_of(expr.args, [&](dsl::ExprId id) {
               return is_value_of(ast_, ast_.expr(id), type.element, type.constants);
             });
    } else {
      fits = is_value_of(ast_, expr, type.kind, type.constants);
    }
    if (fits) return;
    // A constant that is not listed makes an absent field (L2.3), which a test may be about.
    const bool unlisted = type.kind == TypeKind::kEnum && expr.kind == ExprKind::kString;
    auto& issue = diagnostics_.add(
        unlisted ? DiagnosticCode::kTestUnlistedConstant : DiagnosticCode::kTestBadValue, expr.span,
        "this is no value of `" + name + "`, which is of type " + type.name());
    if (!unlisted) return;
    const std::vector<std::string_view> known(type.constants.begin(), type.constants.end());
    const auto near = dsl::nearest_name(expr.text, known);
    if (near.empty()) return;
    const std::string quoted = '"' + std::string(near) + '"';
    issue.suggestions.push_back({expr.span, quoted, "did you mean " + quoted + "?"});
  }

  // ---- expectations -----------------------------------------------------------------------------

  void take(const dsl::TestExpect& expect) {
    switch (expect.kind) {
      case dsl::TestExpect::Kind::kNothing:
        return;
      case dsl::TestExpect::Kind::kFeature:
        return check_feature(expect);
      case dsl::TestExpect::Kind::kNamed:
        break;
    }
    if (const RuleReport* rule = find_rule(expect.name.text)) return check_alert(expect, *rule);
    if (declared_.poisoned.contains(expect.name.text) || is_known(expect.name.text)) return;
    const auto& decisions = context_.image.image.decisions;
    const bool decision = std::ranges::find(decisions, expect.name.text) != decisions.end();
    if (!decision || expect.timeout) {
      auto candidates = rule_names();
      if (!expect.timeout) candidates.insert(candidates.end(), decisions.begin(), decisions.end());
      unknown(expect.name, "no rule and no decision is called `" + expect.name.text + "`",
              candidates);
      return;
    }
    if (!expect.counts.empty()) {
      diagnostics_
          .add(DiagnosticCode::kTestUnknownName, expect.counts.front().part.span,
               "a decision has no parts to count")
          .help = "name the rule that is to fire";
    }
  }

  void check_feature(const dsl::TestExpect& expect) {
    if (declared_.poisoned.contains(expect.name.text)) return;
    if (!declared_.names.features.contains(expect.name.text)) {
      std::vector<std::string_view> known;
      for (const auto& [name, feature] : declared_.names.features) known.push_back(name);
      return unknown(expect.name, "there is no feature `" + expect.name.text + "`", known);
    }
    const auto id = features_.named(expect.name.text);
    if (!id) return;
    features_.keep(*id);
    const auto& fields = features_[*id].key_fields;
    if (expect.keys.size() != fields.size()) {
      diagnostics_.add(DiagnosticCode::kTestBadValue, expect.name.span,
                       "`" + expect.name.text + "` is asked for " + std::to_string(fields.size()) +
                           (fields.size() == 1 ? " value" : " values") + ", not " +
                           std::to_string(expect.keys.size()));
      return;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      check_value(features_.key_type(*id, i), ast_.expr(expect.keys[i]), fields[i]);
    }
    if (expect.value.valid()) {
      check_value(features_[*id].result, ast_.expr(expect.value), expect.name.text);
    }
  }

  void check_alert(const dsl::TestExpect& expect, const RuleReport& rule) {
    const auto* decl = decl_of(rule);
    if (decl->broken) return;
    const auto& timeout = decl->body.timeout;
    if (expect.timeout && (!timeout || timeout->name.text != expect.timeout->text)) {
      std::vector<std::string_view> known;
      if (timeout) known.push_back(timeout->name.text);
      unknown(*expect.timeout,
              "rule `" + rule.name + "` has no timeout `" + expect.timeout->text + "`", known);
    }
    for (const auto& count : expect.counts) {
      if (std::ranges::find(rule.parts, count.part.text) != rule.parts.end()) continue;
      unknown(count.part, "rule `" + rule.name + "` has no part `" + count.part.text + "`",
              {rule.parts.begin(), rule.parts.end()});
    }
  }

  const CompileContext& context_;
  const Declared& declared_;
  Features& features_;
  const std::vector<RuleReport>& rules_;
  const dsl::Ast& ast_;
  const dsl::TestDecl& test_;
  dsl::Diagnostics& diagnostics_;
};

}  // namespace

void check_tests(const CompileContext& context, const Declared& declared, Features& features,
                 const std::vector<RuleReport>& rules) {
  for (const auto& test : declared.tests) {
    TestChecker(context, declared, features, rules, test).check();
  }
}

}  // namespace weir::compiler
