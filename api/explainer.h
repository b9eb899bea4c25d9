// The timeline of one key over a stream (weir/explain.h): picks the events of the key, puts them in
// event-time order, and gathers what the tracers of the rules say into entries. Single-threaded;
// one object an explanation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/env.h"
#include "api/list_replay.h"
#include "api/rule_tracer.h"
#include "event/input.h"
#include "runtime/feature_stage.h"
#include "runtime/loaded_image.h"
#include "runtime/reorder_buffer.h"
#include "weir/explain.h"

namespace weir::api {

class Explainer final : private TraceListener, private runtime::Sink {
 public:
  using Tell = std::function<void(const ExplainEntry&)>;

  Explainer(const nfa::Image& image, const ExplainOptions& options, Env env, const Tell& tell);

  [[nodiscard]] Result<ExplainEnd> run();

 private:
  // How one rule knows the key.
  struct Traced {
    std::uint32_t rule = 0;
    std::vector<std::string> values;  // of the key's fields in their order; of no key: empty
    std::unique_ptr<RuleTracer> tracer;
  };

  [[nodiscard]] Result<void> choose_rules();
  [[nodiscard]] std::string keys_there_are() const;
  [[nodiscard]] Result<void> check_key() const;
  [[nodiscard]] std::optional<std::vector<std::string>> key_values_of(
      const nfa::RuleImage& rule) const;
  [[nodiscard]] bool has_key(const Traced& traced, const nfa::KeyExpr& expr,
                             const event::EventType& type, const event::Row& row) const;
  [[nodiscard]] bool is_of_key(const event::Row& row) const;
  [[nodiscard]] Result<void> open_engine();
  [[nodiscard]] Result<void> read_events();
  void end_time();
  void arrive(const event::Row& row);
  void release(std::int64_t up_to_ms);
  void advance(std::int64_t now_ms);
  [[nodiscard]] const event::Row& with_features(const event::Row& row);
  void match(const event::Row& row);
  void on_alert(const runtime::Alert&) override {}
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row& row, Refusal refusal) override;
  void on_event(const event::Row& row) override;
  void tell_deadlines();
  void on_note(std::string_view rule, std::string_view key, const event::Row* row,
               std::int64_t ts_ms, ExplainNote note) override;

  const nfa::Image& image_;
  const ExplainOptions& options_;
  Env env_;
  const Tell& tell_;
  runtime::LoadedImage loaded_;
  runtime::EngineOptions engine_options_;
  // Which makes the alerts that rules look at, and shows them; else none is needed.
  std::unique_ptr<runtime::Engine> engine_;
  std::uint64_t made_ = kFirstMade;
  std::optional<runtime::FeatureStage> features_;  // if there are any, and no engine
  std::optional<ListReplay> lists_;                // if rules change some
  runtime::Turn turn_;                             // of the event at hand
  std::vector<Traced> traced_;
  runtime::ReorderBuffer waiting_;
  std::int64_t newest_ms_ = INT64_MIN;
  std::vector<ExplainEntry> deadlines_;  // before the event at hand
  ExplainEntry entry_;                   // of the event at hand
  ExplainEnd end_;
};

}  // namespace weir::api
