#include "compiler/bounds.h"

#include <string>

#include "compiler/pattern_walk.h"
#include "event/time.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using event::TypeKind;

const ParamValue* BoundReader::find(const dsl::Name& name) const {
  if (arguments_ != nullptr) {
    const auto argument = arguments_->find(name.text);
    if (argument != arguments_->end()) return &argument->second;
  }
  const auto found = declared_.param_values.find(name.text);
  return found == declared_.param_values.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> BoundReader::number(const dsl::NumberArg& arg) const {
  if (!arg.name) return arg.value;
  const ParamValue* param = find(*arg.name);
  if (param == nullptr || param->type.kind != TypeKind::kInt) return std::nullopt;
  return param->value.integer;
}

std::optional<std::int64_t> BoundReader::duration_ms(const dsl::DurationArg& arg) const {
  if (!arg.name) return arg.ms;
  const ParamValue* param = find(*arg.name);
  if (param == nullptr || param->type.kind != TypeKind::kDuration) return std::nullopt;
  return param->value.integer;
}

bool BoundReader::check_name(const dsl::Name& name, TypeKind kind, std::string_view what) {
  const ParamValue* param = find(name);
  if (param != nullptr && param->type.kind == kind) return true;
  if (declared_.poisoned.contains(name.text)) return false;
  if (param == nullptr) {
    auto& issue = diagnostics_.add(DiagnosticCode::kUnknownName, name.span,
                                   "there is no param `" + name.text + "`");
    std::vector<std::string_view> known;
    for (const auto& [other, value] : declared_.param_values) known.push_back(other);
    suggest_name(issue, name, known);
    return false;
  }
  diagnostics_.add(DiagnosticCode::kTypeMismatch, name.span,
                   std::string(what) + " is wanted here, but `" + name.text + "` is of type " +
                       param->type.name());
  return false;
}

std::optional<std::int64_t> BoundReader::checked_number(const dsl::NumberArg& arg,
                                                        std::int64_t least, std::int64_t most) {
  if (arg.name && !check_name(*arg.name, TypeKind::kInt, "a whole number")) return std::nullopt;
  const auto value = number(arg);
  if (value && *value >= least && *value <= most) return value;
  diagnostics_.add(
      DiagnosticCode::kBadBound, arg.span,
      "this number is to be from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<std::int64_t> BoundReader::checked_duration_ms(const dsl::DurationArg& arg) {
  if (arg.name && !check_name(*arg.name, TypeKind::kDuration, "a duration")) return std::nullopt;
  const auto value = duration_ms(arg);
  if (value && *value >= 0 && *value <= event::kMaxDurationMs) return value;
  diagnostics_.add(DiagnosticCode::kBadBound, arg.span,
                   value && *value > 0 ? "this duration is longer than ten thousand years"
                                       : "this duration is below zero");
  return std::nullopt;
}

bool BoundReader::check_pattern(const dsl::Ast& ast, dsl::PatternId pattern) {
  bool ok = true;
  const auto check_number = [&](const dsl::NumberArg& arg) {
    if (arg.name) ok = check_name(*arg.name, TypeKind::kInt, "a whole number") && ok;
  };
  const auto check_duration = [&](const std::optional<dsl::DurationArg>& arg) {
    if (arg) ok = checked_duration_ms(*arg).has_value() && ok;
  };
  visit_items(ast, pattern, [&](const dsl::PatternItem& item) {
    if (item.quantifier) {
      check_number(item.quantifier->min);
      if (item.quantifier->max) check_number(*item.quantifier->max);
    }
    if (item.link) {
      check_duration(item.link->after);
      check_duration(item.link->within);
    }
    if (const auto* absence = std::get_if<dsl::Absence>(&item.body))
      check_duration(absence->duration);
    if (const auto* group = std::get_if<dsl::Group>(&item.body)) {
      if (group->kind == dsl::GroupKind::kSomeOf) check_number(group->count);
    }
  });
  return ok;
}

PatternConstants BoundReader::constants() const {
  PatternConstants constants;
  constants.number = [this](const dsl::NumberArg& arg) { return number(arg); };
  constants.duration_ms = [this](const dsl::DurationArg& arg) { return duration_ms(arg); };
  return constants;
}

}  // namespace weir::compiler
