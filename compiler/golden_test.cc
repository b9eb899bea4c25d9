// Every diagnostic of names, types, patterns, declarations, lints and tests, as it is printed. A
// case is a file named after the code that it shows; `# set: name=value` in it sets a param.
#include <gtest/gtest.h>

#include <set>

#include "compiler/imports.h"
#include "compiler/test_rules.h"
#include "dsl/golden_files.h"

namespace weir::compiler {
namespace {

namespace fs = std::filesystem;
constexpr const char* kDirectory = "diagnostics_compile";

class GoldenFiles final : public FileLoader {
 public:
  base::Result<std::string> load(const std::string&, const std::string& named_path) override {
    const fs::path path = dsl::testing::golden_directory(kDirectory) / named_path;
    if (fs::exists(path)) return dsl::testing::read_file(path);
    return base::fail(base::ErrorCode::kNotFound, "there is no file " + named_path);
  }
};

CompileOptions options_of(const std::string& text) {
  static constexpr std::string_view kMark = "# set: ";
  CompileOptions options;
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    const auto line = text.substr(at + kMark.size(), text.find('\n', at) - at - kMark.size());
    const auto equals = line.find('=');
    options.params[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return options;
}

std::unique_ptr<testing::Compiled> compile_file(const fs::path& path) {
  auto out = std::make_unique<testing::Compiled>();
  const std::string text = dsl::testing::read_file(path);
  GoldenFiles files;
  out->asts =
      parse_with_imports({{path.filename().string(), text}}, files, out->sources, out->diagnostics);
  out->result = compile(out->sources, out->asts, files, options_of(text), out->diagnostics);
  return out;
}

TEST(CompileGolden, Diagnostics) {
  for (const fs::path& path : dsl::testing::golden_files(kDirectory, ".weir")) {
    const std::string file = path.filename().string();
    SCOPED_TRACE(file);
    const auto compiled = compile_file(path);
    if (file.starts_with("W")) {
      EXPECT_TRUE(compiled->has(file.substr(0, 5))) << "the file is named after its diagnostic";
    }
    fs::path expected = path;
    expected.replace_extension(".expected");
    dsl::testing::expect_golden(expected, compiled->text());
  }
}

TEST(CompileGolden, TenPlantedErrorsAreTen) {
  const auto compiled =
      compile_file(dsl::testing::golden_directory(kDirectory) / "ten_planted_errors.weir");
  EXPECT_EQ(compiled->diagnostics.error_count(), 10U) << compiled->text();
  EXPECT_EQ(compiled->diagnostics.list().size(), 10U) << compiled->text();
}

// W1024 takes an expression too large to keep; the expression compiler's test makes one.
TEST(CompileGolden, EveryCodeHasACase) {
  std::set<std::string> shown = {"W1024"};
  for (const fs::path& path : dsl::testing::golden_files(kDirectory, ".weir")) {
    shown.insert(path.filename().string().substr(0, 5));
  }
  const std::string_view codes[] = {
#define WEIR_DIAGNOSTIC(code, name, severity, summary) code,
#include "dsl/diagnostics.def"
#undef WEIR_DIAGNOSTIC
  };
  for (const std::string_view code : codes) {
    if (code.starts_with("W0")) continue;
    EXPECT_TRUE(shown.contains(std::string(code))) << code;
  }
}

}  // namespace
}  // namespace weir::compiler
