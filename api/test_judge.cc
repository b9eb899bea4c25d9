#include "api/test_judge.h"

#include <algorithm>
#include <deque>

#include "event/time.h"

namespace weir::api {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

std::string at_text(std::int64_t ms) {
  std::string out = " at ";
  event::append_duration(out, ms);
  return out;
}

// Most pairs (left, right) with no one in two of them (Kuhn's algorithm, paths found breadth
// first). Returns by left its partner, or kNobody.
std::vector<std::size_t> match_pairs(const std::vector<std::vector<std::size_t>>& edges,
                                     std::size_t rights) {
  std::vector<std::size_t> partner(edges.size(), kNobody);
  std::vector<std::size_t> taken_by(rights, kNobody);
  for (std::size_t root = 0; root < edges.size(); ++root) {
    std::vector<std::size_t> reached_from(rights, kNobody);
    std::deque<std::size_t> queue = {root};
    std::size_t free_right = kNobody;
    while (!queue.empty() && free_right == kNobody) {
      const std::size_t left = queue.front();
      queue.pop_front();
      for (const std::size_t right : edges[left]) {
        if (reached_from[right] != kNobody) continue;
        reached_from[right] = left;
        if (taken_by[right] == kNobody) {
          free_right = right;
          break;
        }
        queue.push_back(taken_by[right]);
      }
    }
    while (free_right != kNobody) {  // flip the path back to the root
      const std::size_t left = reached_from[free_right];
      taken_by[free_right] = left;
      std::swap(partner[left], free_right);
    }
  }
  return partner;
}

}  // namespace

std::string expectation_text(const dsl::TestExpect& expect, const dsl::SourceSet& sources) {
  if (expect.kind != dsl::TestExpect::Kind::kFeature) return expectation_text(expect);
  std::string_view text = sources.text(expect.span);
  constexpr std::string_view kExpect = "expect ";
  if (text.starts_with(kExpect)) text.remove_prefix(kExpect.size());
  return std::string(text);
}

std::string expectation_text(const dsl::TestExpect& expect) {
  if (expect.kind == dsl::TestExpect::Kind::kNothing) return "nothing";
  std::string out = expect.name.text;
  if (expect.timeout) out += "." + expect.timeout->text;
  if (expect.at_ms) out += at_text(*expect.at_ms);
  for (std::size_t i = 0; i < expect.counts.size(); ++i) {
    out += i == 0 ? " { " : ", ";
    out += expect.counts[i].part.text + ": " + std::to_string(expect.counts[i].count);
  }
  if (!expect.counts.empty()) out += " }";
  return out;
}

TestJudge::TestJudge(const nfa::Image& image, const dsl::TestDecl& test)
    : image_(image), test_(test) {
  for (const dsl::TestItem& item : test.items) {
    if (std::holds_alternative<dsl::TestIgnoreOthers>(item)) ignore_others_ = true;
    const auto* expect = std::get_if<dsl::TestExpect>(&item);
    if (expect == nullptr || expect->kind != dsl::TestExpect::Kind::kNamed) continue;
    if (is_rule(expect->name.text)) {
      expected_alerts_.push_back(expect);
    } else if (decision_of(*expect) >= 0) {
      expected_decisions_.push_back(expect);
    }
  }
}

bool TestJudge::is_rule(const std::string& name) const {
  return std::any_of(image_.rules.begin(), image_.rules.end(),
                     [&](const nfa::RuleImage& rule) { return rule.name == name; });
}

std::int32_t TestJudge::decision_of(const dsl::TestExpect& expect) const {
  const auto found = std::find(image_.decisions.begin(), image_.decisions.end(), expect.name.text);
  return found == image_.decisions.end()
             ? -1
             : static_cast<std::int32_t>(found - image_.decisions.begin());
}

std::vector<std::pair<std::string, dsl::Span>> TestJudge::invalid() const {
  std::vector<std::pair<std::string, dsl::Span>> out;
  for (const dsl::TestItem& item : test_.items) {
    const auto* expect = std::get_if<dsl::TestExpect>(&item);
    if (expect == nullptr) continue;
    if (expect->kind == dsl::TestExpect::Kind::kNamed && !is_rule(expect->name.text) &&
        decision_of(*expect) < 0) {
      out.emplace_back("there is neither a rule nor a decision " + expect->name.text, expect->span);
    }
  }
  return out;
}

bool TestJudge::fits(const dsl::TestExpect& expect, const FiredAlert& alert) const {
  std::string label = expect.name.text;
  if (expect.timeout) label += "." + expect.timeout->text;
  if (alert.label != label) return false;
  if (expect.at_ms && *expect.at_ms != alert.at_ms) return false;
  return std::all_of(expect.counts.begin(), expect.counts.end(), [&](const auto& wanted) {
    std::int64_t taken = 0;
    for (const auto& [part, count] : alert.counts) {
      if (part == wanted.part.text) taken += count;
    }
    return taken == wanted.count;
  });
}

bool TestJudge::fits(const dsl::TestExpect& expect, const FiredDecision& decision) const {
  return decision.decision == decision_of(expect) &&
         (!expect.at_ms || *expect.at_ms == decision.at_ms);
}

bool TestJudge::judged(const FiredAlert& alert) const {
  return !test_.rule || image_.rules[alert.rule].name == test_.rule->text;
}

bool TestJudge::judged(const FiredDecision& decision) const {
  const auto weakest = static_cast<std::int32_t>(image_.decisions.size()) - 1;
  return !test_.rule && decision.decision != weakest;
}

template <typename Fired>
void TestJudge::hold(const std::vector<const dsl::TestExpect*>& expected,
                     const std::vector<Fired>& fired, std::vector<Finding>& out) const {
  std::vector<std::vector<std::size_t>> edges(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (std::size_t j = 0; j < fired.size(); ++j) {
      if (fits(*expected[i], fired[j])) edges[i].push_back(j);
    }
  }
  const std::vector<std::size_t> partner = match_pairs(edges, fired.size());
  std::vector<bool> is_expected(fired.size(), false);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (partner[i] != kNobody) {
      is_expected[partner[i]] = true;
    } else {
      out.push_back({true, "expected " + expectation_text(*expected[i]) + ", and it did not come",
                     expected[i]});
    }
  }
  if (ignore_others_) return;
  for (std::size_t j = 0; j < fired.size(); ++j) {
    if (is_expected[j] || !judged(fired[j])) continue;
    out.push_back({false, text(fired[j]) + " was not expected", nullptr});
  }
}

std::vector<TestJudge::Finding> TestJudge::judge() const {
  std::vector<Finding> out;
  hold(expected_alerts_, alerts_, out);
  hold(expected_decisions_, decisions_, out);
  return out;
}

std::vector<std::string> TestJudge::expected_lines(const dsl::SourceSet& sources) const {
  std::vector<std::string> out;
  for (const dsl::TestItem& item : test_.items) {
    if (const auto* expect = std::get_if<dsl::TestExpect>(&item)) {
      out.push_back(expectation_text(*expect, sources));
    }
  }
  return out;
}

std::vector<std::string> TestJudge::fired_lines() const {
  std::vector<std::string> out;
  for (const FiredAlert& alert : alerts_) {
    if (judged(alert)) out.push_back(text(alert));
  }
  const auto weakest = static_cast<std::int32_t>(image_.decisions.size()) - 1;
  for (const FiredDecision& decision : decisions_) {
    if (decision.decision != weakest) out.push_back(text(decision));
  }
  return out;
}

std::string TestJudge::text(const FiredAlert& alert) const {
  std::string out = alert.label + at_text(alert.at_ms);
  for (std::size_t i = 0; i < alert.counts.size(); ++i) {
    out += i == 0 ? " { " : ", ";
    out += alert.counts[i].first + ": " + std::to_string(alert.counts[i].second);
  }
  if (!alert.counts.empty()) out += " }";
  return out;
}

std::string TestJudge::text(const FiredDecision& decision) const {
  return image_.decisions[static_cast<std::size_t>(decision.decision)] + at_text(decision.at_ms);
}

}  // namespace weir::api
