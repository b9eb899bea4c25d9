// Any bytes as a rule file. What parses is formatted: the format means the same, keeps every
// comment and is its own format. It is also compiled, and its format to the same image, byte for
// byte; the image is loaded and run over a few events.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "compiler/compiler.h"
#include "dsl/dump.h"
#include "dsl/formatter.h"
#include "dsl/parser.h"
#include "dsl/render.h"
#include "tests/fuzz/run_image.h"
#include "tests/fuzz/seeds.h"

namespace {

using namespace weir;

// Files of lists and tables: the same few lines whatever they are called, but for absent ones.
class FewLines final : public compiler::FileLoader {
 public:
  base::Result<std::string> load(const std::string&, const std::string& path) override {
    if (path.starts_with("no")) return base::fail(base::ErrorCode::kNotFound, path);
    return std::string("id,risk,name\n1,2,a\n2,3.5,\"b\"\n10.0.0.0/8,,c\n");
  }
};

std::vector<std::string_view> comments_of(const dsl::SourceSet& sources, const dsl::Ast& ast) {
  std::vector<std::string_view> texts;
  for (const dsl::Comment& comment : ast.comments) texts.push_back(sources.text(comment.span));
  std::ranges::sort(texts);
  return texts;
}

void check_spans(const dsl::SourceSet& sources, const dsl::Diagnostics& diagnostics) {
  for (const dsl::Diagnostic& each : diagnostics.list()) {
    const std::size_t size =
        each.span.source.valid() ? sources.text(each.span.source).size() : std::size_t{0};
    WEIR_CHECK(each.span.begin <= each.span.end && each.span.end <= size);
  }
  static_cast<void>(dsl::render_text(sources, diagnostics));
  static_cast<void>(dsl::render_json(sources, diagnostics));
}

compiler::CompileResult compiled(dsl::SourceSet& sources, const dsl::Ast& ast,
                                 dsl::Diagnostics& diagnostics) {
  FewLines files;
  return compiler::compile(sources, std::span(&ast, 1), files, {}, diagnostics);
}

}  // namespace

std::vector<weir::fuzz::Seed> weir::fuzz::seeds() { return rule_texts(); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  dsl::SourceSet sources;
  const dsl::SourceId id =
      sources.add("fuzz.weir", std::string(reinterpret_cast<const char*>(data), size));
  dsl::Diagnostics diagnostics;
  const dsl::Ast ast = dsl::parse(sources, id, diagnostics);
  const std::string before = dsl::dump(ast);
  const bool parsed = !diagnostics.has_errors();
  const auto result = compiled(sources, ast, diagnostics);
  check_spans(sources, diagnostics);
  WEIR_CHECK(result.image.has_value() == !diagnostics.has_errors());
  if (!parsed) return 0;

  const std::string formatted = dsl::format(sources, ast);
  const dsl::SourceId again = sources.add("fuzz.weir", formatted);
  dsl::Diagnostics second;
  const dsl::Ast twice = dsl::parse(sources, again, second);
  WEIR_CHECK(!second.has_errors());
  WEIR_CHECK(dsl::dump(twice) == before);
  WEIR_CHECK(comments_of(sources, twice) == comments_of(sources, ast));
  WEIR_CHECK(dsl::format(sources, twice) == formatted);

  const auto reformatted = compiled(sources, twice, second);
  WEIR_CHECK(reformatted.image.has_value() == result.image.has_value());
  if (!result.image) return 0;
  WEIR_CHECK(nfa::write_image(*reformatted.image) == nfa::write_image(*result.image));
  fuzz::check_image(*result.image);
  return 0;
}
