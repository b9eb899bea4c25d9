// Rule files to a Ruleset, through an environment that tests can put in. Used by the public
// compile_files() and compile_text(). Re-entrant.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "api/env.h"
#include "weir/ruleset.h"

namespace weir::api {

struct RuleText {
  std::string path;
  std::string text;
};

[[nodiscard]] std::expected<Ruleset, Diagnostics> compile_texts(Env env,
                                                                std::vector<RuleText> texts,
                                                                const CompileOptions& options);
[[nodiscard]] std::expected<Ruleset, Diagnostics> compile_files(
    Env env, const std::vector<std::string>& paths, const CompileOptions& options);

}  // namespace weir::api
