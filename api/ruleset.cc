#include "weir/ruleset.h"

#include <algorithm>
#include <set>
#include <span>
#include <variant>

#include "api/env.h"
#include "api/ruleset_impl.h"
#include "compiler/cost.h"
#include "compiler/feature_cost.h"
#include "dsl/dump.h"

namespace weir {
namespace {

RuleMode public_mode(nfa::RuleMode mode) {
  switch (mode) {
    case nfa::RuleMode::kLive:
      return RuleMode::live;
    case nfa::RuleMode::kShadow:
      return RuleMode::shadow;
    case nfa::RuleMode::kOff:
      return RuleMode::off;
    case nfa::RuleMode::kCanary:
      return RuleMode::canary;
  }
  return RuleMode::live;
}

RuleInfo info_of(const nfa::Image& image, const nfa::RuleImage& rule) {
  RuleInfo info;
  info.name = rule.name;
  info.description = rule.description;
  info.version = rule.version;
  info.state_identity = rule.state_identity;
  info.mode = public_mode(rule.mode);
  const compiler::RuleCost cost = compiler::rule_cost(rule, image.programs);
  info.cost.events = cost.events;
  info.cost.partial_matches = cost.runs;
  info.cost.states = cost.nodes;
  info.cost.bytes = cost.bytes;
  info.cost.text_fields = cost.text_fields;
  info.cost.saturated = cost.bytes == compiler::RuleCost::kUnbounded;
  info.cost.reason = cost.reason;
  info.cost.text = cost.text();
  return info;
}

bool is_rule(const dsl::Declaration& declaration, std::string_view name) {
  const auto* decl = std::get_if<dsl::RuleDecl>(&declaration);
  return decl != nullptr && decl->name.text == name;
}

// The trees; of one rule those with nothing in them but it.
std::string print_trees(const Ruleset::Impl& impl, std::string_view rule) {
  std::string out;
  const auto append = [&](const dsl::Ast& tree) {
    if (rule.empty()) {
      if (!tree.declarations.empty()) out += dsl::dump(tree);
      return;
    }
    const auto& all = tree.declarations;
    const auto is_it = [rule](const dsl::Declaration& decl) { return is_rule(decl, rule); };
    if (std::ranges::none_of(all, is_it)) return;
    dsl::Ast shown = tree;
    std::erase_if(shown.declarations, [&](const auto& decl) { return !is_it(decl); });
    out += dsl::dump(shown);
  };
  for (const dsl::Ast& tree : impl.trees) append(tree);
  if (!rule.empty()) {
    for (const dsl::Ast& tree : impl.made) append(tree);
  }
  return out;
}

// Programs of the rule's own, and the single-event conditions that it may share with others.
std::set<std::size_t> programs_of(const nfa::Image& image, std::size_t rule) {
  std::set<std::size_t> out;
  for (std::size_t i = 0; i < image.programs.size(); ++i) {
    if (image.program_rule[i] == rule) out.insert(i);
  }
  for (const nfa::PredicateId predicate : image.rules[rule].automaton.predicates) {
    out.insert(image.predicates[predicate.index()].index());
  }
  return out;
}

std::string print_programs(const nfa::Image& image, std::string_view rule) {
  std::string out;
  const auto append = [&](std::size_t program, std::string_view whose,
                          std::span<const nfa::RegisterDesc> registers) {
    out += "program " + std::to_string(program) + ", " + std::string(whose) + "\n";
    out += nfa::print(image.programs[program], nullptr, registers);
    if (!out.ends_with('\n')) out += '\n';
  };
  for (std::size_t i = 0; i < image.rules.size(); ++i) {
    const nfa::RuleImage& each = image.rules[i];
    if (!rule.empty() && each.name != rule) continue;
    for (const std::size_t program : programs_of(image, i)) {
      const bool shared = image.program_rule[program] == nfa::Image::kNoRule;
      append(program, (shared ? "shared, in rule " : "of rule ") + each.name,
             each.automaton.registers);
    }
  }
  for (const nfa::ScoreThreshold& threshold : image.thresholds) {
    if (!rule.empty()) break;
    append(threshold.program.index(), "a score threshold", image.threshold_registers);
  }
  return out;
}

std::string print_automata(const nfa::Image& image, std::string_view rule) {
  std::string out;
  for (const nfa::RuleImage& each : image.rules) {
    if (rule.empty() || each.name == rule) out += nfa::print_automaton(image, each);
  }
  return out;
}

}  // namespace

std::vector<RuleInfo> Ruleset::rules() const {
  std::vector<RuleInfo> out;
  for (const nfa::RuleImage& rule : impl_->image.rules) out.push_back(info_of(impl_->image, rule));
  return out;
}

std::vector<FeatureInfo> Ruleset::features() const {
  std::vector<FeatureInfo> out;
  for (const nfa::FeatureImage& feature : impl_->image.features) {
    const compiler::FeatureCost cost = compiler::feature_cost(feature);
    FeatureInfo& info = out.emplace_back();
    info.names = feature.names;
    info.text = feature.text(impl_->image.schema);
    info.result = feature.result.name();
    info.state_identity = feature.state_identity;
    info.things = cost.things;
    info.bytes_each = cost.bytes_each;
    info.unbounded = cost.things == compiler::FeatureCost::kUnbounded;
    info.cost = cost.text();
  }
  return out;
}

std::vector<std::string> Ruleset::decisions() const { return impl_->image.decisions; }

const Diagnostics& Ruleset::diagnostics() const { return impl_->warnings; }

std::string Ruleset::save() const { return nfa::write_image(impl_->image); }

Result<Ruleset> Ruleset::load(std::string_view bytes) {
  auto image = nfa::read_image(bytes);
  if (!image) return std::unexpected(api::public_error(image.error()));
  const auto impl = std::make_shared<Impl>();
  impl->image = std::move(*image);
  return Ruleset(impl);
}

Result<std::string> Ruleset::print_stage(CompileStage stage, std::string_view rule) const {
  const auto& rules = impl_->image.rules;
  const auto is_named = [rule](const nfa::RuleImage& each) { return each.name == rule; };
  if (!rule.empty() && std::none_of(rules.begin(), rules.end(), is_named)) {
    return api::fail(ErrorCode::invalid_argument, "there is no rule " + std::string(rule));
  }
  if (stage == CompileStage::program) return print_programs(impl_->image, rule);
  if (stage == CompileStage::automaton) return print_automata(impl_->image, rule);
  if (stage == CompileStage::features) {
    const auto named = std::ranges::find_if(rules, is_named);
    return nfa::print_features(impl_->image, named == rules.end() ? nullptr : &*named);
  }
  if (!impl_->sources) {
    return api::fail(ErrorCode::invalid_argument, "an image has no rule text to show");
  }
  if (stage == CompileStage::ast) return print_trees(*impl_, rule);
  std::string out;
  for (const compiler::RuleReport& report : impl_->reports) {
    if (!rule.empty() && report.name != rule) continue;
    out += "rule " + report.name + "\n";
    out += stage == CompileStage::pattern ? report.pattern_text : report.conditions_text;
  }
  return out;
}

}  // namespace weir
