// What is said of rules that templates made: once for a template, with the place in the template
// and the place where the arguments come from, however many rules of it have the same trouble.
//
// Used where rules are made, and by compile() around the compilation of each and the lints of
// several. Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/declarations.h"
#include "dsl/diagnostic.h"

namespace weir::compiler {

class MadeRuleDiagnostics {
 public:
  explicit MadeRuleDiagnostics(const Declared& declared) : declared_(declared) {}

  // What was found of one rule. Of one that no template made it is told as it is.
  void take(const RuleRef& rule, const dsl::Diagnostics& found, dsl::Diagnostics& out);
  // Lints that stand at the names of the rules that they are about.
  void take_lints(const dsl::Diagnostics& found, dsl::Diagnostics& out);
  // One thing found of a rule that a template was to make.
  void hold(const MadeFrom& from, const dsl::Name& rule, const dsl::Diagnostic& issue);
  // Tells what was held back. Call once, when all is taken.
  void tell(dsl::Diagnostics& out) const;

 private:
  struct Told {
    dsl::Diagnostic issue;
    const MadeFrom* last = nullptr;  // of which it was said
    std::size_t others = 0;          // further rules of which the same would have to be said
    std::string named;               // the first of them
  };
  // The template, the code, the place in the template or the argument.
  using Key = std::tuple<const TemplateUse*, dsl::DiagnosticCode, std::uint32_t, std::uint32_t>;

  static constexpr std::size_t kMostNamed = 3;

  static void add_place(const MadeFrom& from, const dsl::Name& rule, dsl::Diagnostic& issue);

  const Declared& declared_;
  std::map<Key, std::size_t> known_;
  std::vector<Told> held_;  // in the order of the first
};

}  // namespace weir::compiler
