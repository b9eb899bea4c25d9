#include "compiler/suspicion.h"

#include <algorithm>

namespace weir::compiler {

using dsl::DiagnosticCode;

void Suspicion::note(const std::string& event_type) {
  broken_type_ = broken_type_ || declared_.poisoned.contains(event_type);
  const auto broken = declared_.broken_fields.find(event_type);
  if (broken == declared_.broken_fields.end()) return;
  broken_fields_.insert(broken->second.begin(), broken->second.end());
}

bool Suspicion::falls_on(const dsl::Diagnostic& issue) const {
  const std::string name(context_.sources.text(issue.span));
  switch (issue.code) {
    case DiagnosticCode::kUnknownField:
      return broken_type_ || broken_fields_.contains(name) || is_broken_column(name) ||
             declared_.poisoned.contains(name);  // a feature of a part
    case DiagnosticCode::kFieldNotShared:
      return broken_type_ || broken_fields_.contains(name);
    case DiagnosticCode::kUnknownName:
    case DiagnosticCode::kUnknownFunction:
    case DiagnosticCode::kBareField:
      return broken_type_ || broken_fields_.contains(name) || declared_.poisoned.contains(name);
    default:
      return false;
  }
}

// Which table is meant is not asked: a column of that name is broken in one of them.
bool Suspicion::is_broken_column(const std::string& name) const {
  return std::ranges::any_of(declared_.names.tables, [&](const auto& table) {
    const auto broken = declared_.broken_fields.find(table.first);
    return (broken != declared_.broken_fields.end() && broken->second.contains(name)) ||
           declared_.poisoned.contains(table.first);
  });
}

}  // namespace weir::compiler
