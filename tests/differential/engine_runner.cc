#include "tests/differential/engine_runner.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>

#include "compiler/compiler.h"
#include "dsl/parser.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"
#include "tests/reference/naive_aggregate.h"

namespace weir::differential {
namespace {

using reference::RefAlert;
using reference::RefEvent;
using reference::RefValue;

class NoFiles final : public compiler::FileLoader {
 public:
  base::Result<std::string> load(const std::string&, const std::string& path) override {
    return base::fail(base::ErrorCode::kNotFound, path);
  }
};

// A reference event as the row that a codec would make of it.
class RowOfCase {
 public:
  RowOfCase(const event::Schema& schema, const RefEvent& event, std::size_t index) {
    row_.type = schema.find(event.type);
    row_.ts_ms = event.ts_ms;
    row_.seq = index;
    const auto& fields = schema.types[row_.type.index()].fields;
    slots_.resize(fields.size());
    present_.assign(event::presence_words(fields.size()) + 1, 0);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].derived) continue;
      const auto place = event.fields.find(fields[i].name);
      if (place == event.fields.end() || reference::is_absent(place->second)) continue;
      slots_[i] = value_of(fields[i].type, place->second);
      event::set_present(present_.data(), i);
    }
    row_.slots = slots_.data();
    row_.present = present_.data();
  }
  [[nodiscard]] const event::Row& row() const { return row_; }

 private:
  event::Value value_of(const event::Type& type, const RefValue& value) {
    using event::Value;
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (type.kind == event::TypeKind::kEnum) {
        const auto place = std::ranges::find(type.constants, *text);
        return Value::of_int(place - type.constants.begin());
      }
      return Value::of_string(texts_.emplace_back(*text));
    }
    if (const auto* flag = std::get_if<bool>(&value)) return Value::of_bool(*flag);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      if (type.kind == event::TypeKind::kDecimal) {
        return Value::of_decimal(reference::to_decimal(*number).scaled);
      }
      return type.kind == event::TypeKind::kFloat ? Value::of_float(static_cast<double>(*number))
                                                  : Value::of_int(*number);
    }
    if (const auto* decimal = std::get_if<reference::RefDecimal>(&value)) {
      return Value::of_decimal(decimal->scaled);
    }
    if (const auto* real = std::get_if<double>(&value)) return Value::of_float(*real);
    if (const auto* time = std::get_if<reference::RefTime>(&value)) return Value::of_int(time->ms);
    return Value::of_int(std::get<reference::RefDuration>(value).ms);
  }

  event::Row row_;
  std::vector<event::Value> slots_;
  std::vector<std::uint64_t> present_;
  std::deque<std::string> texts_;
};

RefValue ref_value(const event::Type& type, const event::Value& value) {
  switch (type.kind) {
    case event::TypeKind::kString:
      return std::string(value.string.view());
    case event::TypeKind::kEnum:
      return type.constants[static_cast<std::size_t>(value.integer)];
    case event::TypeKind::kBool:
      return value.integer != 0;
    case event::TypeKind::kDecimal:
      return reference::RefDecimal{value.decimal};
    case event::TypeKind::kFloat:
      return value.real;
    case event::TypeKind::kTime:
      return reference::RefTime{value.integer};
    case event::TypeKind::kDuration:
      return reference::RefDuration{value.integer};
    default:
      return value.integer;
  }
}

RefAlert ref_alert(const nfa::Image& image, const runtime::Alert& alert) {
  RefAlert out;
  const auto& rule = image.rules[alert.rule];
  out.rule = rule.name;
  for (const auto& key : alert.key) {
    out.key.emplace_back(std::string(key.name), ref_value(*key.type, key.value));
  }
  out.time_ms = alert.ts_ms;
  if (alert.has_seq) out.event = alert.seq;
  if (alert.is_timeout) out.timeout = rule.timeout.front().name;
  out.truncated = alert.truncated;
  for (const auto& part : alert.match) {
    std::vector<std::size_t> events;
    for (const auto& event : part.events) events.push_back(event.seq);
    out.match.emplace_back(std::string(part.name), std::move(events));
  }
  std::ranges::sort(out.match);
  if (alert.has_score) {
    out.outcomes.emplace_back("score", reference::RefDecimal{alert.score.decimal});
  }
  for (const auto& emit : alert.emits) {
    out.outcomes.emplace_back("emit." + std::string(emit.name),
                              emit.present ? ref_value(*emit.type, emit.value) : RefValue{});
  }
  for (const runtime::ListChange& change : alert.changes) {
    reference::RefListChange& made = out.list_changes.emplace_back();
    made.time_ms = alert.ts_ms;
    made.event = out.event;
    made.add = change.add;
    made.list = image.lists[change.list].name;
    made.value = ref_value(*change.type, change.value);
    if (change.last_ms != nfa::DataSet::kNever) made.until_ms = change.last_ms + 1;
  }
  return out;
}

class Collector : public runtime::Sink {
 public:
  // `rule`: whose alerts are gathered.
  Collector(const nfa::Image& image, std::size_t rule) : image_(image), rule_(rule) {}
  void on_alert(const runtime::Alert& alert) override {
    ++all;
    if (alert.rule == rule_) alerts.push_back(ref_alert(image_, alert));
  }
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row&, Refusal) override { ++refused; }

  std::vector<RefAlert> alerts;
  std::size_t refused = 0;
  std::size_t all = 0;  // alerts of every copy

 private:
  const nfa::Image& image_;
  std::size_t rule_;
};

// Alerts of all rules; those in matches by their places among them.
class ChainCollector final : public runtime::Sink {
 public:
  explicit ChainCollector(const nfa::Image& image) : image_(image) {}

  void on_alert(const runtime::Alert& alert) override {
    reference::ChainedAlert out{ref_alert(image_, alert), std::nullopt};
    if (alert.seq == event::Row::kNoPosition) out.alert.event = called(alert.completed_by);
    out.alert.match.clear();
    for (const auto& part : alert.match) {
      std::vector<std::size_t> events;
      for (const auto& event : part.events) {
        const bool made = event.seq == event::Row::kNoPosition;
        events.push_back(made ? called(event.identity) : event.seq);
      }
      out.alert.match.emplace_back(std::string(part.name), std::move(events));
    }
    if (alert.has_seq && !alert.of_deadline) undecided_.push_back(alerts.size());
    const bool known = !places_.emplace(alert.id.hex(), alerts.size()).second;
    twice = twice || known;
    alerts.push_back(std::move(out));
  }
  void on_decision(const runtime::Decision& decision) override {
    for (const std::size_t alert : undecided_) alerts[alert].root = decision.event->seq;
    undecided_.clear();
  }
  void on_refused(const event::Row&, Refusal) override { refused = true; }
  void on_event(const event::Row& row) override {
    if (row.seq != event::Row::kNoPosition) return;
    const std::string& name = image_.schema.types[row.type.index()].name;
    const auto is_rule = [&](const nfa::RuleImage& rule) { return rule.name == name; };
    if (std::ranges::any_of(image_.rules, is_rule)) return;
    const bool known = !results_.emplace(std::string(row.identity), results_.size()).second;
    twice = twice || known;
  }

  // Once all is there: what the engine made gets the names that the reference gives it.
  void name_events() {
    const auto name = [&](std::size_t& event) {
      if (event < kUnnamed) return;
      const std::string& identity = identities_[event - kUnnamed];
      const auto alert = places_.find(identity);
      const auto result = results_.find(identity);
      event = alert != places_.end()     ? reference::kAlertEvents + alert->second
              : result != results_.end() ? reference::kStreamEvents + result->second
                                         : SIZE_MAX;
    };
    for (reference::ChainedAlert& each : alerts) {
      if (each.alert.event) name(*each.alert.event);
      for (auto& [label, events] : each.alert.match) {
        for (std::size_t& event : events) name(event);
      }
      std::ranges::sort(each.alert.match);
    }
  }

  std::vector<reference::ChainedAlert> alerts;
  bool refused = false;
  bool twice = false;  // two alerts have one id

 private:
  static constexpr std::size_t kUnnamed = 3'000'000;

  std::size_t called(std::string_view identity) {
    identities_.emplace_back(identity);
    return kUnnamed + identities_.size() - 1;
  }

  const nfa::Image& image_;
  std::map<std::string, std::size_t> places_;   // of alerts, by id
  std::map<std::string, std::size_t> results_;  // of streams, by identity
  std::vector<std::string> identities_;
  std::vector<std::size_t> undecided_;
};

// All events through an engine, in the order in which they arrive.
base::Result<void> feed(const nfa::Image& image, const std::vector<RefEvent>& events,
                        const EngineOptionsOfCase& options, runtime::Sink& sink) {
  runtime::EngineOptions engine_options;
  engine_options.lateness_ms = options.lateness_ms;
  engine_options.first_compaction = options.first_compaction;
  engine_options.few_events = options.few_events;
  engine_options.shards = options.shards;
  engine_options.show_events = true;
  auto engine = runtime::Engine::create(image, engine_options);
  if (!engine) return std::unexpected(engine.error());
  std::deque<RowOfCase> batch;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t index = options.arrival.empty() ? i : options.arrival[i];
    const RowOfCase& row = batch.emplace_back(image.schema, events[index], index);
    (*engine)->add(row.row(), sink);
    if (batch.size() < options.batch) continue;
    (*engine)->run(sink);
    batch.clear();
  }
  (*engine)->finish(sink);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<CompiledCase>> compile_case(const std::string& text) {
  auto out = std::make_unique<CompiledCase>();
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  const auto source = sources.add("case.weir", text);
  out->ast = dsl::parse(sources, source, diagnostics);
  NoFiles files;
  compiler::CompileOptions options;
  options.warnings = false;
  auto result = compiler::compile(sources, {&out->ast, 1}, files, options, diagnostics);
  if (!result.image) {
    std::string message;
    for (const auto& issue : diagnostics.list()) {
      message += std::string(dsl::code_text(issue.code)) + " " + issue.message + "; ";
    }
    return base::fail(base::ErrorCode::kInvalidArgument, message);
  }
  out->image = std::move(*result.image);
  return out;
}

base::Result<std::vector<RefAlert>> engine_run(const nfa::Image& one,
                                               const std::vector<RefEvent>& events,
                                               const EngineOptionsOfCase& options) {
  auto copied = nfa::read_image(nfa::write_image(one));  // an image does not copy
  if (!copied) return std::unexpected(copied.error());
  nfa::Image& image = *copied;
  const bool alone = image.rules.size() == 1;  // else one of two changes lists for the other
  while (alone && image.rules.size() < options.copies) image.rules.push_back(image.rules.front());
  const auto rule = std::ranges::find(image.rules, "r", &nfa::RuleImage::name);
  Collector collector(
      image, alone ? image.rules.size() / 2 : static_cast<std::size_t>(rule - image.rules.begin()));
  if (auto fed = feed(image, events, options, collector); !fed) return std::unexpected(fed.error());
  if (collector.refused > 0) {
    return base::fail(base::ErrorCode::kInvalidArgument, "an event was refused as late");
  }
  if (alone && collector.all != collector.alerts.size() * image.rules.size()) {
    return base::fail(base::ErrorCode::kInvalidArgument, "copies of a rule differ");
  }
  return std::move(collector.alerts);
}

base::Result<std::vector<reference::ChainedAlert>> engine_run_chained(
    const nfa::Image& one, const std::vector<RefEvent>& events,
    const EngineOptionsOfCase& options) {
  auto image = nfa::read_image(nfa::write_image(one));
  if (!image) return std::unexpected(image.error());
  ChainCollector collector(*image);
  if (auto fed = feed(*image, events, options, collector); !fed) {
    return std::unexpected(fed.error());
  }
  if (collector.refused) {
    return base::fail(base::ErrorCode::kInvalidArgument, "an event was refused as late");
  }
  if (collector.twice) {
    return base::fail(base::ErrorCode::kInvalidArgument, "two alerts have one id");
  }
  collector.name_events();
  return std::move(collector.alerts);
}

namespace {

// An outcome that a rule does not have is as one that is absent.
RefValue outcome_of(const RefAlert& alert, const std::string& name) {
  const auto place = std::ranges::find(alert.outcomes, name, [](const auto& o) { return o.first; });
  return place == alert.outcomes.end() ? RefValue{} : place->second;
}

bool agree(const RefAlert& expected, const RefAlert& found) {
  RefAlert without = found;
  without.outcomes = expected.outcomes;
  if (expected != without) return false;
  const auto same = [&](const auto& outcome) {
    return reference::figures_agree("", outcome_of(expected, outcome.first),
                                    outcome_of(found, outcome.first));
  };
  return std::ranges::all_of(expected.outcomes, same) && std::ranges::all_of(found.outcomes, same);
}

}  // namespace

std::string difference(const std::vector<RefAlert>& expected, const std::vector<RefAlert>& found) {
  if (std::ranges::equal(expected, found, agree)) return {};
  return "the reference says\n" + reference::to_text(expected) + "the engine says\n" +
         reference::to_text(found);
}

using reference::Case;

std::string difference(const std::vector<reference::ChainedAlert>& expected,
                       const std::vector<reference::ChainedAlert>& found) {
  const bool same = std::ranges::equal(expected, found, [](const auto& a, const auto& b) {
    return a.root == b.root && agree(a.alert, b.alert);
  });
  if (same) return {};
  const auto text = [](const std::vector<reference::ChainedAlert>& alerts) {
    std::string out;
    for (const auto& each : alerts) {
      out += reference::to_text(each.alert);
      out += each.root ? " root #" + std::to_string(*each.root) + "\n" : "\n";
    }
    return out;
  };
  return "the reference says\n" + text(expected) + "the engine says\n" + text(found);
}

std::vector<std::size_t> shuffled(const std::vector<RefEvent>& events, std::uint64_t seed,
                                  std::int64_t lateness_ms) {
  std::vector<std::size_t> order(events.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;
  for (std::size_t pass = 0; pass < 3; ++pass) {
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      const auto& a = events[order[i]];
      const auto& b = events[order[i + 1]];
      // Ties go by arrival, so tied events keep their order.
      const bool may = a.ts_ms != b.ts_ms && std::abs(a.ts_ms - b.ts_ms) <= lateness_ms / 4;
      if (may && (state >> 62) == 0) std::swap(order[i], order[i + 1]);
    }
  }
  return order;
}

Case vary_times(Case c) {
  if (c.seed % 4 != 1 || c.events.empty()) return c;
  const std::size_t from = (c.seed / 4) % c.events.size();
  for (std::size_t i = from; i < c.events.size(); ++i) c.events[i].ts_ms += 1;
  return c;
}

base::Result<std::vector<RefAlert>> reference_alerts(const dsl::Ast& ast,
                                                     const std::vector<RefEvent>& events) {
  reference::RefOptions options = with_outcomes();
  auto changes = reference::reference_list_changes(ast, events, options);
  if (!changes) return std::unexpected(changes.error());
  options.list_changes = std::move(*changes);
  return reference::reference_run(ast, "r", events, options);
}

Outcome check_case(const Case& c, std::string* what, bool* matched) {
  const auto compiled = compile_case(reference::to_weir(c));
  if (!compiled) {
    *what = compiled.error().message;
    return Outcome::kRefused;
  }
  const auto expected = reference_alerts((*compiled)->ast, c.events);
  if (!expected) {
    *what = "the reference refuses what the compiler takes: " + expected.error().message;
    return expected.error().code == base::ErrorCode::kLimit ? Outcome::kTooLarge
                                                            : Outcome::kDifferent;
  }
  *matched = !expected->empty();
  const auto found = engine_run((*compiled)->image, c.events);
  if (!found) {
    *what = found.error().message;
    return Outcome::kDifferent;
  }
  *what = difference(*expected, *found);
  if (!what->empty()) return Outcome::kDifferent;
  EngineOptionsOfCase late;
  // None: batches as they come; the most: all of it waits for the end.
  constexpr std::int64_t kLateness[] = {0, 4'000, 100'000, 100'000};
  late.lateness_ms = kLateness[c.seed / 7 % 4];
  late.first_compaction = 1;
  late.arrival = shuffled(c.events, c.seed, late.lateness_ms);
  late.shards = 1 + c.seed / 2 % 4;
  late.batch = 1 + c.seed / 3 % 6;
  late.few_events = 1 + c.seed / 5 % 4;
  late.copies = c.seed % 2 == 0 ? 1 : runtime::TypeDispatch::kMany + 1;
  const auto again = engine_run((*compiled)->image, c.events, late);
  *what = again ? difference(*expected, *again) : again.error().message;
  if (!what->empty()) *what = "out of order within the lateness: " + *what;
  return what->empty() ? Outcome::kSame : Outcome::kDifferent;
}

}  // namespace weir::differential
