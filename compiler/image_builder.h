// The parts of the image that rules share while it is being made: programs, and single-event
// conditions kept once however many rules ask them (nfa/predicate_index.h). Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "nfa/image.h"

namespace weir::compiler {

class ImageBuilder {
 public:
  nfa::Image image;

  [[nodiscard]] nfa::ProgramId add_program(nfa::Program program, std::uint32_t rule) {
    image.programs.push_back(std::move(program));
    image.program_rule.push_back(rule);
    return nfa::ProgramId(image.programs.size() - 1);
  }

  // A single-event condition; the same canonical text gives the same predicate.
  [[nodiscard]] nfa::PredicateId add_predicate(const nfa::Program& program,
                                               std::string_view canonical) {
    const auto [place, added] = predicates_.try_emplace(std::string(canonical));
    if (added) {
      image.predicates.push_back(add_program(program, nfa::Image::kNoRule));
      place->second = nfa::PredicateId(image.predicates.size() - 1);
    }
    return place->second;
  }

 private:
  std::map<std::string, nfa::PredicateId, std::less<>> predicates_;
};

}  // namespace weir::compiler
