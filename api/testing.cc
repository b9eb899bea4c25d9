#include "weir/testing.h"

#include <algorithm>

#include "api/diagnostic_convert.h"
#include "api/env.h"
#include "api/list_replay.h"
#include "api/rule_tracer.h"
#include "api/ruleset_impl.h"
#include "api/shown_events.h"
#include "api/test_features.h"
#include "api/test_judge.h"
#include "api/test_stream.h"
#include "event/time.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"

namespace weir {
namespace {

std::string from_origin(std::int64_t ts_ms) {
  std::string out;
  event::append_duration(out, ts_ms - kTestOriginMs);
  return out;
}

// What the engine reports, for the judge.
class TestSink final : public runtime::Sink {
 public:
  TestSink(const nfa::Image& image, api::TestJudge& judge)
      : image_(image), judge_(judge), events_(image.schema) {}

  void on_alert(const runtime::Alert& alert) override {
    const nfa::RuleImage& rule = image_.rules[alert.rule];
    api::FiredAlert fired;
    fired.rule = alert.rule;
    fired.label = alert.is_timeout ? rule.name + "." + rule.timeout[0].name : rule.name;
    fired.at_ms = alert.ts_ms - kTestOriginMs;
    for (const runtime::MatchedPart& part : alert.match) {
      fired.counts.emplace_back(part.name, static_cast<std::int64_t>(part.events.size()));
    }
    judge_.add(std::move(fired));
  }
  void on_decision(const runtime::Decision& decision) override {
    judge_.add(api::FiredDecision{decision.decision, decision.event->ts_ms - kTestOriginMs});
  }
  void on_refused(const event::Row& row, Refusal) override {
    refused_.push_back(image_.schema.types[row.type.index()].name + " at " +
                       from_origin(row.ts_ms) +
                       " came later than the lateness allows and was not matched; `lateness` in "
                       "the test allows more");
  }
  void on_event(const event::Row& row) override { events_.add(row); }
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }
  [[nodiscard]] api::ShownEvents& events() { return events_; }

 private:
  const nfa::Image& image_;
  api::TestJudge& judge_;
  api::ShownEvents events_;
  std::vector<std::string> refused_;
};

class TestRun {
 public:
  // `coverage`: by rule, added to.
  TestRun(const Ruleset::Impl& impl, const runtime::LoadedImage& loaded,
          const compiler::TestRef& ref, std::vector<api::RuleCoverage>& coverage)
      : impl_(impl), loaded_(loaded), ref_(ref), coverage_(coverage) {}

  TestResult run() {
    describe();
    api::TestStream stream(impl_.image.schema, impl_.trees, *ref_.ast, *ref_.decl);
    api::TestJudge judge(impl_.image, *ref_.decl);
    result_.warnings = stream.warnings();
    for (const auto& [message, span] : judge.invalid()) invalid(message, span);
    for (const api::TestProblem& problem : stream.problems()) {
      invalid(problem.message, problem.span);
    }
    api::TestFeatures features(loaded_, *impl_.sources, ref_);
    for (const api::TestProblem& problem : features.problems()) {
      invalid(problem.message, problem.span);
    }
    if (result_.failures.empty()) play(stream, judge, features);
    result_.passed = result_.failures.empty();
    return std::move(result_);
  }

 private:
  void describe() {
    const dsl::TestDecl& test = *ref_.decl;
    result_.rule = test.rule ? test.rule->text : "";
    result_.title = test.title;
    result_.place = api::public_place(*impl_.sources, test.span);
    result_.name = result_.rule;
    if (!test.title.empty()) {
      result_.name += (result_.rule.empty() ? "\"" : " \"") + test.title + "\"";
    }
    if (result_.name.empty()) {
      result_.name = "test at line " + std::to_string(result_.place.line);
    }
  }

  void invalid(const std::string& message, const dsl::Span& span) {
    result_.failures.push_back(
        {TestFailure::Kind::invalid, message, api::public_place(*impl_.sources, span)});
  }

  void play(const api::TestStream& stream, api::TestJudge& judge, api::TestFeatures& features) {
    runtime::EngineOptions options;
    options.lateness_ms = stream.lateness_ms();
    options.all_decisions = true;
    options.all_active = true;
    options.show_events = api::is_chained(loaded_);
    const auto engine = runtime::Engine::create(impl_.image, options);
    if (!engine) {
      invalid(engine.error().message, ref_.decl->span);
      return;
    }
    TestSink sink(impl_.image, judge);
    for (const api::TestStream::Step& step : stream.steps()) {
      if (step.row != nullptr) {
        (*engine)->process(*step.row, sink);
      } else {
        (*engine)->advance_time(step.ts_ms, sink);
      }
    }
    (*engine)->flush(sink);  // a test ends without advancing time
    result_.warnings.insert(result_.warnings.end(), sink.refused().begin(), sink.refused().end());
    result_.expected = judge.expected_lines(*impl_.sources);
    result_.fired = judge.fired_lines();
    std::vector<api::TestJudge::Finding> findings = judge.judge();
    std::vector<event::Row> rows = in_order(stream, &newest_ms_);
    if (options.show_events) rows = sink.events().take();
    for (auto& finding : features.run(rows)) findings.push_back(std::move(finding));
    trace(rows, findings);
    for (const api::TestJudge::Finding& finding : findings) {
      const dsl::Span span = finding.expect != nullptr ? finding.expect->span : ref_.decl->span;
      result_.failures.push_back(
          {finding.missing ? TestFailure::Kind::missing : TestFailure::Kind::unexpected,
           finding.message + not_yet(finding), api::public_place(*impl_.sources, span)});
    }
  }

  // Why a deadline that was expected did not complete: event time has to pass it (product P1).
  std::string not_yet(const api::TestJudge::Finding& finding) const {
    if (finding.expect == nullptr) return "";
    const dsl::TestExpect& expect = *finding.expect;
    if (expect.kind == dsl::TestExpect::Kind::kFeature) return "";
    for (const Waiting& each : waiting_) {
      if (each.rule != expect.name.text || each.timeout != expect.timeout.has_value()) continue;
      if (expect.at_ms && kTestOriginMs + *expect.at_ms != each.deadline_ms) continue;
      return ": its deadline at " + from_origin(each.deadline_ms) +
             " has not been passed, event time has reached " + from_origin(newest_ms_) +
             "; `watermark " + from_origin(each.deadline_ms + 1) + "` would pass it";
    }
    return "";
  }

  // The events that the engine took, in its order, and the time that it had reached.
  static std::vector<event::Row> in_order(const api::TestStream& stream, std::int64_t* newest_ms) {
    std::vector<event::Row> rows;
    for (const api::TestStream::Step& step : stream.steps()) {
      const bool late = *newest_ms != INT64_MIN && step.ts_ms < *newest_ms - stream.lateness_ms();
      if (step.row != nullptr && late) continue;
      *newest_ms = std::max(*newest_ms, step.ts_ms);
      if (step.row != nullptr) rows.push_back(*step.row);
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.ts_ms < b.ts_ms; });
    return rows;
  }

  // Once more, rule by rule, for what was covered and how far the open starts got. The rows carry
  // the values of features.
  void trace(std::span<const event::Row> rows,
             const std::vector<api::TestJudge::Finding>& findings) {
    for (std::uint32_t i = 0; i < impl_.image.rules.size(); ++i) {
      api::RuleTracer tracer(loaded_, i, nullptr, &coverage_[i]);
      tracer.set_time_text(from_origin);
      api::ListReplay lists(loaded_);
      const auto advance = [&](std::int64_t now_ms) { tracer.advance(now_ms); };
      for (const event::Row& row : rows) {
        lists.step(row, advance);
        tracer.process(row);
      }
      if (newest_ms_ != INT64_MIN) {
        lists.advance(newest_ms_, advance);
        tracer.advance(newest_ms_);
      }
      if (findings.empty()) continue;
      const std::string& name = impl_.image.rules[i].name;
      for (const bool timeouts : {false, true}) {
        for (const std::int64_t ms : tracer.open_deadlines(timeouts)) {
          waiting_.push_back({name, timeouts, ms});
        }
      }
      if (!result_.rule.empty() && name != result_.rule) continue;
      for (std::string& line : tracer.open_starts()) result_.progress.push_back(std::move(line));
    }
  }

  struct Waiting {  // a deadline that event time has not passed
    std::string rule;
    bool timeout = false;
    std::int64_t deadline_ms = 0;
  };

  const Ruleset::Impl& impl_;
  const runtime::LoadedImage& loaded_;
  const compiler::TestRef& ref_;
  std::vector<api::RuleCoverage>& coverage_;
  TestResult result_;
  std::int64_t newest_ms_ = INT64_MIN;  // event time at the end
  std::vector<Waiting> waiting_;
};

// What of each rule no test reached.
TestCoverage covered(const nfa::Image& image, const std::vector<api::RuleCoverage>& coverage) {
  TestCoverage out;
  for (std::size_t i = 0; i < image.rules.size(); ++i) {
    const nfa::RuleImage& rule = image.rules[i];
    if (rule.mode == nfa::RuleMode::kOff) continue;
    ++out.rules;
    if (!coverage[i].fired) out.rules_missed.push_back(rule.name);
    const api::RuleWords words(image, rule);
    for (std::size_t part = 0; part < words.parts(); ++part) {
      ++out.parts;
      if (!coverage[i].parts.contains(part)) {
        out.parts_missed.push_back(rule.name + ": " + words.source(part));
      }
    }
    for (const std::string& condition : api::RuleTracer::conditions_of(rule)) {
      ++out.conditions;
      if (!coverage[i].conditions.contains(condition)) {
        out.conditions_missed.push_back(rule.name + ": " + condition);
      }
    }
  }
  return out;
}

}  // namespace

std::size_t TestReport::failed() const {
  return static_cast<std::size_t>(std::count_if(
      tests.begin(), tests.end(), [](const TestResult& test) { return !test.passed; }));
}

Result<TestReport> run_tests(const Ruleset& rules, const TestOptions& options) {
  const Ruleset::Impl& impl = rules.impl();
  if (!impl.sources) return api::fail(ErrorCode::invalid_argument, "an image has no tests");
  const auto loaded = runtime::load_image(impl.image);
  if (!loaded) return std::unexpected(api::public_error(loaded.error()));
  base::Clock& clock = api::system_env().clock;
  TestReport report;
  std::vector<api::RuleCoverage> coverage(impl.image.rules.size());
  for (const compiler::TestRef& ref : impl.tests) {
    const std::string rule = ref.decl->rule ? ref.decl->rule->text : "";
    const std::string name = rule + (rule.empty() ? "\"" : " \"") + ref.decl->title + "\"";
    if (options.filter && !options.filter(name)) continue;
    const std::int64_t start_ns = clock.steady_ns();
    report.tests.push_back(TestRun(impl, *loaded, ref, coverage).run());
    report.tests.back().seconds = static_cast<double>(clock.steady_ns() - start_ns) / 1e9;
  }
  report.coverage = covered(impl.image, coverage);
  return report;
}

}  // namespace weir
