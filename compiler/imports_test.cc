#include "compiler/imports.h"

#include <gtest/gtest.h>

#include "compiler/test_rules.h"

namespace weir::compiler {
namespace {

// By the path as seen from the importing file's folder.
class Folder final : public FileLoader {
 public:
  std::map<std::string, std::string> files;
  int loads = 0;
  base::Result<std::string> load(const std::string& rule_file, const std::string& named) override {
    ++loads;
    const auto found = files.find(identity(path_from(rule_file, named)));
    if (found != files.end()) return found->second;
    return base::fail(base::ErrorCode::kNotFound, "there is no file " + named);
  }
};

struct Parsed {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  std::vector<dsl::Ast> trees;

  Parsed(Folder& folder, std::vector<GivenFile> given)
      : trees(parse_with_imports(std::move(given), folder, sources, diagnostics)) {}
  [[nodiscard]] std::string order() const {
    std::string out;
    for (const auto& tree : trees) out += std::string(sources.path(tree.source)) + " ";
    return out;
  }
};

TEST(Imports, ComeFirstAndOnce) {
  Folder folder;
  folder.files["d/b.weir"] = "import \"c.weir\" import \"../a.weir\"";
  folder.files["d/c.weir"] = "import \"b.weir\" import \"./c.weir\"";
  const Parsed parsed(folder, {{"a.weir", "import \"d/c.weir\" import \"./d/./b.weir\""}});
  EXPECT_FALSE(parsed.diagnostics.has_errors());
  EXPECT_EQ(parsed.order(), "d/b.weir d/c.weir a.weir ");
  EXPECT_EQ(folder.loads, 2);
}

TEST(Imports, GivenFilesAreNotReadAgain) {
  Folder folder;
  const Parsed parsed(folder, {{"a.weir", "import \"z.weir\""},
                               {"b.weir", ""},
                               {"z.weir", "import \"a.weir\""},
                               {"./b.weir", ""}});
  EXPECT_FALSE(parsed.diagnostics.has_errors());
  EXPECT_EQ(parsed.order(), "z.weir a.weir b.weir ");
  EXPECT_EQ(folder.loads, 0);
}

TEST(Imports, AMissingFileIsToldWhereItIsImportedAndOnce) {
  Folder folder;
  folder.files["b.weir"] = "import \"none.weir\"";
  const Parsed parsed(folder,
                      {{"a.weir", "import \"none.weir\" import \"b.weir\" rule r { when e }"}});
  ASSERT_EQ(parsed.diagnostics.list().size(), 1U);
  EXPECT_EQ(parsed.diagnostics.list()[0].span.begin, 7U);
  EXPECT_EQ(parsed.order(), "b.weir a.weir ");
}

TEST(Imports, AChainOfAnyLength) {
  Folder folder;
  constexpr int kFiles = 5000;
  for (int i = 1; i < kFiles; ++i) {
    folder.files[std::to_string(i)] = "import \"" + std::to_string((i + 1) % kFiles) + "\"";
  }
  const Parsed parsed(folder, {{"0", "import \"1\""}});
  EXPECT_FALSE(parsed.diagnostics.has_errors());
  EXPECT_EQ(parsed.trees.size(), static_cast<std::size_t>(kFiles));
}

}  // namespace
}  // namespace weir::compiler
