// Which alerts go to which sinks: `send` of the rules (language L5.1) joined with the sinks that
// the caller gave. Used by RunSession. Immutable; thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nfa/image.h"
#include "weir/run.h"

namespace weir::api {

class SinkTable {
 public:
  static constexpr std::uint32_t kNowhere = UINT32_MAX;

  SinkTable(const nfa::Image& image, const std::vector<NamedSink>& given);

  // Names that rules send to, each once, in the order of the rules.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // Of the sinks given, for a name; kNowhere if nobody gave it.
  [[nodiscard]] std::uint32_t given(std::uint32_t name) const { return given_[name]; }
  // Places in names() of what a rule, or its timeout, sends to.
  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t rule, bool is_timeout) const {
    return by_label_[std::size_t{rule} * 2 + (is_timeout ? 1 : 0)];
  }

 private:
  void add(const nfa::Outcomes& outcomes, std::vector<std::uint32_t>& to);

  std::vector<std::string> names_;
  std::vector<std::uint32_t> given_;
  std::vector<std::vector<std::uint32_t>> by_label_;  // by rule, then its timeout's
};

// Why the sinks cannot be taken (two of one name, one that leads nowhere or to two places); empty
// if they can.
[[nodiscard]] std::string fault_of_sinks(const std::vector<NamedSink>& given);

}  // namespace weir::api
