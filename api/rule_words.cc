#include "api/rule_words.h"

#include <algorithm>
#include <string_view>

#include "event/time.h"

namespace weir::api {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Behind the quoted text or the regular expression that begins at `at`; `at` if none does.
std::size_t skip_literal(std::string_view text, std::size_t at) {
  const bool regex = text[at] == '/' && text.substr(0, at).ends_with(" matches ");
  if (text[at] != '"' && !regex) return at;
  const char end = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == end) {
      return i + 1;
    }
  }
  return text.size();
}

bool stands_at(std::string_view text, std::size_t at, std::string_view name) {
  if (text.substr(at, name.size()) != name) return false;
  if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.')) return false;
  const char behind = at + name.size() < text.size() ? text[at + name.size()] : ' ';
  return !is_word(behind) && behind != '.' && behind != '(';
}

}  // namespace

std::string duration_text(std::int64_t ms) {
  std::string out;
  event::append_duration(out, ms);
  return out;
}

std::string with_values(const std::string& condition, const std::vector<NamedValue>& values) {
  std::string out;
  std::vector<bool> found(values.size(), false);
  for (std::size_t at = 0; at < condition.size();) {
    if (const std::size_t behind = skip_literal(condition, at); behind != at) {
      out.append(condition, at, behind - at);
      at = behind;
      continue;
    }
    const auto here = std::find_if(values.begin(), values.end(), [&](const NamedValue& each) {
      return stands_at(condition, at, each.first);
    });
    if (here == values.end()) {
      out += condition[at++];
      continue;
    }
    found[static_cast<std::size_t>(here - values.begin())] = true;
    out += here->second;
    at += here->first.size();
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!found[i]) out += ", " + values[i].first + " = " + values[i].second;
  }
  return out;
}

RuleWords::RuleWords(const nfa::Image& image, const nfa::RuleImage& rule)
    : image_(image), rule_(rule) {
  const nfa::Automaton& automaton = rule.automaton;
  const std::vector<std::string> role = roles();
  for (std::size_t part = 0; part < automaton.parts.size(); ++part) {
    const nfa::PartInfo& info = automaton.parts[part];
    const std::uint16_t known = automaton.part_name[part];
    const std::string types = types_of(part);
    names_.push_back(known < automaton.names.size() ? automaton.names[known]
                     : info.name.empty()            ? types
                                                    : info.name);
    std::string source = info.source;
    if (source.empty()) {
      source = role[part] + types;
      if (!info.name.empty()) source += " as " + info.name;
      source += where_of(part);
    }
    sources_.push_back(std::move(source));
  }
}

// By part: what stands before an absence or a stop.
std::vector<std::string> RuleWords::roles() const {
  const nfa::Automaton& automaton = rule_.automaton;
  std::vector<std::string> out(automaton.parts.size());
  const auto set = [&](nfa::AcceptorId acceptor, const char* role) {
    out[automaton.acceptors[acceptor.index()].part.index()] = role;
  };
  const auto set_all = [&](nfa::Range<nfa::AcceptorId> list, const char* role) {
    for (std::uint32_t i = list.begin; i < list.end; ++i) set(automaton.acceptor_lists[i], role);
  };
  for (std::size_t part = 0; part < out.size(); ++part) {
    if (automaton.parts[part].absence) out[part] = "without ";
  }
  for (const nfa::Edge& edge : automaton.edges) {
    set_all(edge.stops, "until ");
    set_all(edge.kills, "until ");
    set_all(edge.next_guards, "without next ");
  }
  for (const nfa::TrailingAbsence& absence : automaton.trailing) {
    if (absence.next) set(absence.acceptor, "without next ");
  }
  return out;
}

std::string RuleWords::types_of(std::size_t part) const {
  const nfa::Automaton& automaton = rule_.automaton;
  std::string out;
  for (std::size_t local = 0; local < automaton.types.size(); ++local) {
    const bool takes = std::any_of(
        automaton.acceptors.begin(), automaton.acceptors.end(), [&](const nfa::Acceptor& each) {
          return each.part.index() == part &&
                 automaton.type_acceptors[each.by_type.begin + local].symbol != nfa::kNeverAccepts;
        });
    if (!takes) continue;
    out += out.empty() ? "" : " or ";
    out += image_.schema.types[automaton.types[local].index()].name;
  }
  return out;
}

// Of several ways to test one part (a repetition whose first event makes a condition plain) the one
// with the most to say.
std::string RuleWords::where_of(std::size_t part) const {
  const nfa::Automaton& automaton = rule_.automaton;
  std::string longest;
  for (std::size_t i = 0; i < automaton.acceptors.size(); ++i) {
    if (automaton.acceptors[i].part.index() != part) continue;
    for (const auto& texts : rule_.condition_texts[i]) {
      std::string all;
      for (const nfa::ConditionText& each : texts) all += (all.empty() ? "" : " and ") + each.text;
      if (all.size() > longest.size()) longest = std::move(all);
    }
  }
  return longest.empty() ? "" : " where " + longest;
}

std::string RuleWords::trailing(const nfa::Ending& ending) const {
  std::string out;
  for (std::uint32_t i = 0; i < ending.trailing.size(); ++i) {
    const nfa::TrailingAbsence& absence = rule_.automaton.trailing_of(ending, i);
    const auto part = rule_.automaton.acceptors[absence.acceptor.index()].part;
    out += (out.empty() ? "`" : ", `") + source(part.index());
    if (absence.duration_ms != nfa::kNoLimit) out += " for " + duration_text(absence.duration_ms);
    out += '`';
  }
  return out;
}

std::string RuleWords::skip() const {
  const std::uint16_t name = rule_.skip_name;
  const std::string to = name < rule_.automaton.names.size() ? rule_.automaton.names[name] : "";
  switch (rule_.skip) {
    case nfa::SkipKind::kPastLast:
      return "`skip past last`";
    case nfa::SkipKind::kNone:
      return "`skip none`";
    case nfa::SkipKind::kToNext:
      return "`skip to next`";
    case nfa::SkipKind::kToFirst:
      return "`skip to first " + to + "`";
    case nfa::SkipKind::kToLast:
      return "`skip to last " + to + "`";
  }
  return "";
}

}  // namespace weir::api
