// A Ruleset: rules compiled once, immutable, shared. Copies are cheap and share; every call may
// come from any thread.
//
//   auto rules = weir::compile_files({"rules"});
//   if (!rules) std::cerr << rules.error().render(weir::DiagnosticFormat::text);
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/diagnostics.h"
#include "weir/error.h"

namespace weir {

struct CompileOptions {
  // Values for `param` declarations, as they would be written in the file: {"probes", "5"}. A name
  // that no file declares is a failure.
  std::map<std::string, std::string> params;
  // A field of that path, optional and with the role label, that every event has if none declares
  // a field of the name: the truth of a backtest where the files do not speak of it. TYPE.FIELD is
  // of that event alone. Empty: none.
  std::string label_field;
  std::string label_type = "bool";  // or another type, as it is written in a file
  std::string label_time_field;     // likewise, a time and no label: when the truth was known
};

enum class RuleMode : std::uint8_t { live, shadow, off, canary };

// The worst that a rule can keep for one key (language L3.11). A figure past 64 bits stands at
// their maximum, and `saturated` is set.
struct RuleCost {
  std::uint64_t events = 0;           // kept events
  std::uint64_t partial_matches = 0;  // groups of them that share their future
  std::uint64_t states = 0;           // nodes of the graph that stands for all partial matches
  std::uint64_t bytes = 0;            // of all that, texts apart
  std::uint32_t text_fields = 0;      // strings kept of an event, whose bytes come on top
  bool saturated = false;
  std::string reason;  // what of the rule makes it so
  std::string text;    // the same for a person, in a sentence
};

struct RuleInfo {
  std::string name;
  std::string description;
  std::string version;         // hex; changes with everything but names, layout and comments
  std::string state_identity;  // hex; changes with pattern, keys, conditions and windows
  RuleMode mode = RuleMode::live;
  RuleCost cost;
};

// A feature as it runs: equal ones are one, by whatever names.
struct FeatureInfo {
  std::vector<std::string> names;  // as declared; none of one that stands in a condition
  std::string text;                // as in the language, params put in
  std::string result;              // the type of its value: `decimal`
  std::string state_identity;      // hex; changes with everything but the names
  // What it keeps for one key: at most so many things of about so many bytes.
  std::uint64_t things = 1;
  std::uint32_t bytes_each = 0;
  bool unbounded = false;  // as many as come within the window; `things` is at its maximum
  std::string cost;        // the same for a person, in a sentence
};

// The forms that a rule passes through, for people who want to see why it does what it does.
enum class CompileStage : std::uint8_t { ast, pattern, typed, program, automaton, features };

class Ruleset {
 public:
  // In the order of the files given (a directory: by path), what a file imports before it, then of
  // position.
  [[nodiscard]] std::vector<RuleInfo> rules() const;
  // Those that a rule, a test or another feature reads; what one reads stands before it.
  [[nodiscard]] std::vector<FeatureInfo> features() const;
  // Strongest first.
  [[nodiscard]] std::vector<std::string> decisions() const;
  // Warnings; empty for a loaded image.
  [[nodiscard]] const Diagnostics& diagnostics() const;

  // The compiled image as bytes, to be loaded where no compiler is wanted. The format is versioned
  // and checked on loading.
  [[nodiscard]] std::string save() const;
  // corrupt or version if the bytes are no image of this version; never trusts them.
  [[nodiscard]] static Result<Ruleset> load(std::string_view bytes);

  // `rule` empty: of all rules. Of a loaded image only program, automaton and features
  // are there.
  [[nodiscard]] Result<std::string> print_stage(CompileStage stage, std::string_view rule) const;

  struct Impl;
  explicit Ruleset(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// Reads and compiles files and directories; of a directory every *.weir below it, by path. A file
// that is named twice, or imported, is taken once. Paths of lists, tables, imports and arguments of
// templates are relative to the file that names them. On failure the diagnostics have at least one
// error, or say in `failure` what could not be read.
[[nodiscard]] std::expected<Ruleset, Diagnostics> compile_files(
    const std::vector<std::string>& paths, const CompileOptions& options = {});

// The same from a text; `path` names it in messages and is what relative paths start from.
[[nodiscard]] std::expected<Ruleset, Diagnostics> compile_text(const std::string& path,
                                                               std::string text,
                                                               const CompileOptions& options = {});

}  // namespace weir
