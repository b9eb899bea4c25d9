#include "api/sink_table.h"

#include <algorithm>
#include <set>

namespace weir::api {

SinkTable::SinkTable(const nfa::Image& image, const std::vector<NamedSink>& given) {
  for (const nfa::RuleImage& rule : image.rules) {
    add(rule.outcomes, by_label_.emplace_back());
    auto& of_timeout = by_label_.emplace_back();
    if (!rule.timeout.empty()) add(rule.timeout.front().outcomes, of_timeout);
  }
  for (const std::string& name : names_) {
    const auto found = std::ranges::find(given, name, &NamedSink::name);
    given_.push_back(found == given.end() ? kNowhere
                                          : static_cast<std::uint32_t>(found - given.begin()));
  }
}

void SinkTable::add(const nfa::Outcomes& outcomes, std::vector<std::uint32_t>& to) {
  for (const std::string& sink : outcomes.sinks) {
    const auto found = std::ranges::find(names_, sink);
    to.push_back(static_cast<std::uint32_t>(found - names_.begin()));
    if (found == names_.end()) names_.push_back(sink);
  }
}

std::string fault_of_sinks(const std::vector<NamedSink>& given) {
  std::set<std::string> names;
  for (const NamedSink& sink : given) {
    if (sink.name.empty()) return "a sink has no name";
    if (!names.insert(sink.name).second) return "the sink " + sink.name + " is given twice";
    if (sink.path.empty() == (sink.sink == nullptr)) {
      return "the sink " + sink.name + " needs a file or a receiver, and not both";
    }
  }
  return {};
}

}  // namespace weir::api
