// What the parts of a rule are called when people are told about them: in timelines, in the failure
// reports and the coverage of tests. Made from the image alone, so that it works without rule text.
// Immutable; thread-safe. The image must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nfa/image.h"

namespace weir::api {

class RuleWords {
 public:
  RuleWords(const nfa::Image& image, const nfa::RuleImage& rule);

  // As histories name it: `probe`, or its types where it has no name.
  [[nodiscard]] const std::string& name(std::size_t part) const { return names_[part]; }
  // `auth as hit where amount > 20`, `without mfa`, `until auth where amount > 6`.
  [[nodiscard]] const std::string& source(std::size_t part) const { return sources_[part]; }
  [[nodiscard]] std::size_t parts() const { return sources_.size(); }

  // What a chain that ends so still waits for: `without mfa for 15m`.
  [[nodiscard]] std::string trailing(const nfa::Ending& ending) const;
  // `skip past last`, `skip to first probe`.
  [[nodiscard]] std::string skip() const;

 private:
  [[nodiscard]] std::string types_of(std::size_t part) const;
  [[nodiscard]] std::string where_of(std::size_t part) const;
  [[nodiscard]] std::vector<std::string> roles() const;

  const nfa::Image& image_;
  const nfa::RuleImage& rule_;
  std::vector<std::string> names_;  // by PartId
  std::vector<std::string> sources_;
};

// `1h30m`.
[[nodiscard]] std::string duration_text(std::int64_t ms);

// The condition with the text of each of these registers made its value: `y.amount - x.amount > 9`
// becomes `3 - 2 > 9`. Texts in quotes and regular expressions stay; what is not found is said
// behind: `, x.amount = 2`.
using NamedValue = std::pair<std::string, std::string>;
[[nodiscard]] std::string with_values(const std::string& condition,
                                      const std::vector<NamedValue>& values);

}  // namespace weir::api
