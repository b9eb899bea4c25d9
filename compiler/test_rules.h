// Rules from text for the tests of this room: parsed and compiled in one step. For tests only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/compiler.h"
#include "dsl/parser.h"
#include "dsl/render.h"

namespace weir::compiler::testing {

// Data files by the path that a rule file names.
class MemoryFiles final : public FileLoader {
 public:
  std::map<std::string, std::string> files;

  base::Result<std::string> load(const std::string&, const std::string& named_path) override {
    const auto found = files.find(named_path);
    if (found != files.end()) return found->second;
    return base::fail(base::ErrorCode::kNotFound, "there is no file " + named_path);
  }
};

// Everything that a compilation leaves behind, kept together because parts point to each other.
struct Compiled {
  dsl::SourceSet sources;
  std::vector<dsl::Ast> asts;
  dsl::Diagnostics diagnostics;
  CompileResult result;

  [[nodiscard]] std::string text() const { return dsl::render_text(sources, diagnostics); }
  [[nodiscard]] bool has(std::string_view code) const {
    for (const auto& issue : diagnostics.list()) {
      if (dsl::code_text(issue.code) == code) return true;
    }
    return false;
  }
  [[nodiscard]] const nfa::RuleImage& rule(std::size_t i = 0) const {
    return result.image->rules[i];
  }
};

// Each text is a file, named a.weir, b.weir and so on.
inline std::unique_ptr<Compiled> compile_texts(const std::vector<std::string>& texts,
                                               CompileOptions options = {},
                                               MemoryFiles files = {}) {
  auto out = std::make_unique<Compiled>();
  char name = 'a';
  for (const auto& text : texts) {
    const auto source = out->sources.add(std::string(1, name++) + ".weir", text);
    out->asts.push_back(dsl::parse(out->sources, source, out->diagnostics));
  }
  out->result = compile(out->sources, out->asts, files, options, out->diagnostics);
  return out;
}

inline std::unique_ptr<Compiled> compile_text(const std::string& text, CompileOptions options = {},
                                              MemoryFiles files = {}) {
  return compile_texts({text}, std::move(options), std::move(files));
}

inline constexpr const char* kEvents = R"(
event auth { card string  merchant string  amount decimal  device string?
             channel enum("web", "pos", "atm")  ip ip?  place geo? }
event auth_result { card string  amount decimal  approved bool }
event login { account string  card string  ok bool }
event transfer { from_account string  to_account string  amount decimal  number int }
)";

inline std::string with_events(const std::string& rules) { return kEvents + rules; }

}  // namespace weir::compiler::testing
