// The hash of an expression of a rule, by what it means and not by how it is written: names of
// parts, params and defines leave no trace. The form is in compiler/rule_hash.h. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "compiler/declarations.h"
#include "compiler/features.h"

namespace weir::compiler {

class ExprHasher {
 public:
  // `ordinals` by the names of parts, `fields` the names of fields that a bare name could mean.
  ExprHasher(const Declared& declared, Features* features,
             std::map<std::string, std::uint32_t> ordinals, std::set<std::string> fields)
      : declared_(declared),
        features_(features),
        ordinals_(std::move(ordinals)),
        fields_(std::move(fields)) {}

  [[nodiscard]] base::Hash128 hash(const dsl::Ast& ast, dsl::ExprId id);
  [[nodiscard]] std::optional<std::uint32_t> ordinal(const std::string& name) const;

 private:
  using Arguments = std::map<std::string, base::Hash128, std::less<>>;
  // An expression under way: the rule's own, a define's body, or a param that is a list.
  struct Frame {
    const dsl::Ast* ast = nullptr;
    dsl::ExprId root;
    std::vector<dsl::ExprId> order;  // operands first
    std::size_t next = 0;
    std::map<dsl::ExprId, base::Hash128> done;
    Arguments arguments;
    const void* what = nullptr;  // the define or param
    std::string memo;            // where the result goes
  };

  void open(const dsl::Ast& ast, dsl::ExprId root, const void* what, std::string memo,
            Arguments arguments);
  // Nothing if a frame had to be opened first.
  [[nodiscard]] std::optional<base::Hash128> node(const Frame& frame, const dsl::Expr& expr);
  [[nodiscard]] std::optional<base::Hash128> name(const Frame& frame, const dsl::Expr& expr);
  [[nodiscard]] std::optional<base::Hash128> param(const std::string& text);
  [[nodiscard]] std::optional<base::Hash128> define(const std::string& text,
                                                    const std::vector<base::Hash128>& arguments);
  [[nodiscard]] bool is_open(const void* what) const;
  [[nodiscard]] std::optional<base::Hash128> source(const std::string& text) const;
  [[nodiscard]] base::Hash128 feature_hash(const std::string& text) const;
  [[nodiscard]] base::Hash128 member_of_feature(const dsl::Expr& expr,
                                                const base::Hash128& part) const;
  [[nodiscard]] base::Hash128 aggregate(const Frame& frame, const dsl::Expr& expr) const;

  const Declared& declared_;
  Features* features_;
  std::map<std::string, std::uint32_t> ordinals_;
  std::set<std::string> fields_;
  std::vector<Frame> frames_;
  std::map<std::string, base::Hash128> known_;  // results of defines and params
};

void append_hash(base::ByteWriter& out, const base::Hash128& hash);

}  // namespace weir::compiler
