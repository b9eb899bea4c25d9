#include "tests/fuzz/seeds.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <variant>

#include "dsl/parser.h"

namespace weir::fuzz {

namespace {

std::vector<Seed> rule_files() {
  namespace fs = std::filesystem;
  const fs::path root(WEIR_SOURCE_DIR);
  std::vector<Seed> files;
  for (const char* place : {"rules", "tests/golden", "tests/regress"}) {
    if (!fs::is_directory(root / place)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / place)) {
      if (!entry.is_regular_file() || entry.path().extension() != ".weir") continue;
      std::string name = fs::relative(entry.path(), root).string();
      std::ranges::replace(name, '/', '.');
      std::ifstream file(entry.path(), std::ios::binary);
      files.push_back({std::move(name), {std::istreambuf_iterator<char>(file), {}}});
    }
  }
  std::ranges::sort(files, {}, &Seed::name);
  return files;
}

// Whether the declaration goes with this rule: its first test does, other rules and tests do not.
bool goes_with(const dsl::Declaration& each, const dsl::RuleDecl& rule, bool& tested) {
  if (const auto* other = std::get_if<dsl::RuleDecl>(&each)) return other == &rule;
  const auto* test = std::get_if<dsl::TestDecl>(&each);
  if (test == nullptr) return true;
  if (tested || !test->rule || test->rule->text != rule.name.text) return false;
  return tested = true;
}

void add_rules(const Seed& file, std::vector<Seed>& texts) {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  const dsl::Ast ast = dsl::parse(sources, sources.add(file.name, file.bytes), diagnostics);
  const std::size_t before = texts.size();
  for (const auto& declaration : ast.declarations) {
    const auto* rule = std::get_if<dsl::RuleDecl>(&declaration);
    if (rule == nullptr || diagnostics.has_errors()) continue;
    std::string text;
    bool tested = false;
    for (const auto& each : ast.declarations) {
      if (!goes_with(each, *rule, tested)) continue;
      const dsl::Span span = std::visit([](const auto& decl) { return decl.span; }, each);
      text += std::string(sources.text(span)) + "\n";
    }
    texts.push_back({file.name + "." + std::to_string(texts.size() - before), std::move(text)});
  }
  if (texts.size() == before) texts.push_back(file);
}

}  // namespace

std::vector<Seed> rule_texts() {
  std::vector<Seed> texts;
  for (const Seed& file : rule_files()) add_rules(file, texts);
  return texts;
}

}  // namespace weir::fuzz
