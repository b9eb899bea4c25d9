// A walk in depth, on a stack of its own: a file waits until what it imports is done. One that is
// met again while it waits closes a circle; it is passed over, since declarations have no order.
#include "compiler/imports.h"

#include <set>
#include <utility>
#include <variant>

#include "dsl/parser.h"

namespace weir::compiler {
namespace {

class Importer {
 public:
  Importer(FileLoader& files, dsl::SourceSet& sources, dsl::Diagnostics& diagnostics)
      : files_(files), sources_(sources), diagnostics_(diagnostics) {}

  std::vector<dsl::Ast> run(std::vector<GivenFile> given) {
    for (const GivenFile& file : given) {
      given_.try_emplace(files_.identity(file.path), &file);
    }
    for (const GivenFile& file : given) {
      if (taken_.insert(files_.identity(file.path)).second) take(file.path, file.text);
    }
    return std::move(trees_);
  }

 private:
  struct Open {
    dsl::Ast tree;
    std::size_t next = 0;  // of its declarations
  };

  void open(std::string path, std::string text) {
    const auto source = sources_.add(std::move(path), std::move(text));
    stack_.push_back({dsl::parse(sources_, source, diagnostics_), 0});
  }

  // A file, and before it all that it imports.
  void take(const std::string& path, const std::string& text) {
    open(path, text);
    while (!stack_.empty()) {
      Open& top = stack_.back();
      if (top.next == top.tree.declarations.size()) {
        trees_.push_back(std::move(top.tree));
        stack_.pop_back();
        continue;
      }
      const auto& decl = top.tree.declarations[top.next++];
      if (const auto* import = std::get_if<dsl::ImportDecl>(&decl)) follow(*import);
    }
  }

  void follow(const dsl::ImportDecl& import) {
    const std::string from(sources_.path(import.path_span.source));
    std::string path = path_from(from, import.path);
    const std::string identity = files_.identity(path);
    if (!taken_.insert(identity).second) return;
    if (const auto given = given_.find(identity); given != given_.end()) {
      return open(given->second->path, given->second->text);
    }
    auto text = files_.load(from, import.path);
    if (text) return open(std::move(path), std::move(*text));
    diagnostics_.add(dsl::DiagnosticCode::kImportFile, import.path_span, text.error().message)
        .help = "the path counts from the folder of the file that imports it";
  }

  FileLoader& files_;
  dsl::SourceSet& sources_;
  dsl::Diagnostics& diagnostics_;
  std::map<std::string, const GivenFile*> given_;  // by identity
  std::set<std::string> taken_;                    // likewise
  std::vector<Open> stack_;
  std::vector<dsl::Ast> trees_;
};

}  // namespace

std::vector<dsl::Ast> parse_with_imports(std::vector<GivenFile> given, FileLoader& files,
                                         dsl::SourceSet& sources, dsl::Diagnostics& diagnostics) {
  return Importer(files, sources, diagnostics).run(std::move(given));
}

}  // namespace weir::compiler
