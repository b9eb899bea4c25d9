// Which diagnostics may only seem so because a declaration could not be understood: then names and
// fields appear to be missing that are merely broken, and the parser has said that.
//
// Used by what compiles rules and features. Borrows what it is given.
#pragma once

#include <set>
#include <string>

#include "compiler/declarations.h"

namespace weir::compiler {

class Suspicion {
 public:
  Suspicion(const CompileContext& context, const Declared& declared)
      : context_(context), declared_(declared) {}

  // The rule or feature is about this event type.
  void note(const std::string& event_type);
  [[nodiscard]] bool falls_on(const dsl::Diagnostic& issue) const;

 private:
  [[nodiscard]] bool is_broken_column(const std::string& name) const;

  const CompileContext& context_;
  const Declared& declared_;
  bool broken_type_ = false;
  std::set<std::string, std::less<>> broken_fields_;
};

}  // namespace weir::compiler
