#include "api/explainer.h"

#include <algorithm>
#include <set>

#include "api/reject_writer.h"
#include "api/ruleset_impl.h"
#include "nfa/value_text.h"
#include "weir/values.h"

namespace weir::api {
namespace {

event::InputOptions input_options(const ExplainOptions& options) {
  event::InputOptions out;
  out.paths = options.events;
  if (options.input_format == InputFormat::json_lines) {
    out.format = event::InputFormat::kJsonLines;
  } else if (options.input_format == InputFormat::csv) {
    out.format = event::InputFormat::kCsv;
  }
  out.reader.type_name = options.type;
  return out;
}

bool has_value(const event::EventType& type, const event::Row& row, std::size_t slot,
               const std::string& text) {
  return row.has(slot) && nfa::value_text(type.fields[slot].type, row.slots[slot]) == text;
}

}  // namespace

Explainer::Explainer(const nfa::Image& image, const ExplainOptions& options, Env env,
                     const Tell& tell)
    : image_(image), options_(options), env_(env), tell_(tell), waiting_(image.schema) {}

// ---- which rules, which events ------------------------------------------------------------------

std::optional<std::vector<std::string>> Explainer::key_values_of(const nfa::RuleImage& rule) const {
  if (!rule.keyed) return std::vector<std::string>{};
  for (const nfa::KeyExpr& expr : rule.keys) {
    std::vector<std::string> values;
    for (const std::string& field : expr.fields) {
      const auto given = std::find_if(options_.key.begin(), options_.key.end(),
                                      [&](const auto& each) { return each.first == field; });
      if (given != options_.key.end()) values.push_back(given->second);
    }
    if (!expr.fields.empty() && values.size() == expr.fields.size()) return values;
  }
  return std::nullopt;
}

Result<void> Explainer::choose_rules() {
  for (std::uint32_t i = 0; i < image_.rules.size(); ++i) {
    const nfa::RuleImage& rule = image_.rules[i];
    if (!options_.rule.empty() && rule.name != options_.rule) continue;
    const auto values = key_values_of(rule);
    if (!values) continue;
    TraceListener* const listener = this;
    traced_.push_back({i, *values, std::make_unique<RuleTracer>(loaded_, i, listener, nullptr)});
    end_.rules.push_back(rule.name);
  }
  for (Traced& traced : traced_) {
    traced.tracer->set_filter(
        [this, &traced](const nfa::KeyExpr& expr, const event::EventType& type,
                        const event::Row& row) { return has_key(traced, expr, type, row); });
  }
  if (!traced_.empty()) return {};
  const auto named = std::find_if(image_.rules.begin(), image_.rules.end(),
                                  [&](const auto& rule) { return rule.name == options_.rule; });
  if (!options_.rule.empty() && named == image_.rules.end()) {
    return fail(ErrorCode::invalid_argument, "there is no rule " + options_.rule);
  }
  std::string fields;
  for (const auto& [field, value] : options_.key) fields += (fields.empty() ? "" : ", ") + field;
  const std::string who = options_.rule.empty() ? "no rule" : "the rule " + options_.rule;
  return fail(ErrorCode::invalid_argument,
              who + (options_.rule.empty() ? " is keyed by " : " is not keyed by ") + fields +
                  keys_there_are());
}

// A rule without a key takes part whatever is asked for, but of a field that there is.
Result<void> Explainer::check_key() const {
  std::vector<std::string> names;
  for (const event::EventType& type : image_.schema.types) {
    for (const event::Field& field : type.fields) {
      if (!field.derived) names.push_back(field.name);
    }
  }
  for (const auto& [field, value] : options_.key) {
    if (std::ranges::find(names, field) != names.end()) continue;
    const std::string nearest = nearest_name(field, names);
    return fail(ErrorCode::invalid_argument,
                "no event has a field " + field +
                    (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
  }
  return {};
}

// `; there is: card; (card, account)`, of the rules that were asked for.
std::string Explainer::keys_there_are() const {
  std::set<std::string> keys;
  for (const nfa::RuleImage& rule : image_.rules) {
    if (!options_.rule.empty() && rule.name != options_.rule) continue;
    for (const nfa::KeyExpr& expr : rule.keys) {
      std::string fields;
      for (const std::string& field : expr.fields) fields += (fields.empty() ? "" : ", ") + field;
      if (expr.fields.size() > 1) fields = "(" + fields + ")";
      if (!fields.empty()) keys.insert(std::move(fields));
    }
  }
  if (keys.empty()) return "";
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "" : ", ") + key;
  return (keys.size() == 1 ? "; its key is " : "; there are the keys ") + out +
         (out.find('(') == std::string::npos ? "" : " (give --key once for each field)");
}

bool Explainer::has_key(const Traced& traced, const nfa::KeyExpr& expr,
                        const event::EventType& type, const event::Row& row) const {
  if (expr.fields.empty()) {
    return std::all_of(options_.key.begin(), options_.key.end(), [&](const auto& each) {
      const auto slot = type.find_field(each.first);
      return slot && has_value(type, row, *slot, each.second);
    });
  }
  const auto& slots = expr.slots[row.type.index()];
  if (slots.size() != traced.values.size()) return false;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!has_value(type, row, slots[i], traced.values[i])) return false;
  }
  return true;
}

bool Explainer::is_of_key(const event::Row& row) const {
  const event::EventType& type = image_.schema.types[row.type.index()];
  static const nfa::KeyExpr kNoKey;
  return std::any_of(traced_.begin(), traced_.end(), [&](const Traced& traced) {
    const nfa::RuleImage& rule = image_.rules[traced.rule];
    if (rule.automaton.local_type[row.type.index()] < 0) return false;
    if (!rule.keyed) return has_key(traced, kNoKey, type, row);
    return std::any_of(rule.keys.begin(), rule.keys.end(),
                       [&](const nfa::KeyExpr& expr) { return has_key(traced, expr, type, row); });
  });
}

// ---- the timeline -------------------------------------------------------------------------------

Result<ExplainEnd> Explainer::run() {
  if (options_.key.empty()) return fail(ErrorCode::invalid_argument, "no key is given");
  auto loaded = runtime::load_image(image_);
  if (!loaded) return std::unexpected(public_error(loaded.error()));
  loaded_ = std::move(*loaded);
  if (auto opened = open_engine(); !opened) return std::unexpected(opened.error());
  if (auto checked = check_key(); !checked) return std::unexpected(checked.error());
  if (auto chosen = choose_rules(); !chosen) return std::unexpected(chosen.error());
  if (auto read = read_events(); !read) return std::unexpected(read.error());
  end_time();
  for (const Traced& traced : traced_) {
    for (std::string& line : traced.tracer->open_starts()) {
      end_.open.emplace_back(image_.rules[traced.rule].name, std::move(line));
    }
  }
  return std::move(end_);
}

Result<void> Explainer::open_engine() {
  if (!is_chained(loaded_)) {
    if (loaded_.features.any()) features_.emplace(loaded_, engine_options_, 1);
    lists_.emplace(loaded_);
    if (!lists_->any()) lists_.reset();
    return {};
  }
  engine_options_.lists = loaded_.lists;
  engine_options_.lateness_ms = options_.lateness_ms;
  engine_options_.keep_raw = engine_options_.show_events = true;
  auto engine = runtime::Engine::create(image_, engine_options_);
  if (!engine) return std::unexpected(public_error(engine.error()));
  engine_ = std::move(*engine);
  return {};
}

Result<void> Explainer::read_events() {
  auto source = event::open_event_source(env_.files, image_.schema, input_options(options_));
  if (!source) return std::unexpected(public_error(source.error()));
  event::Batch batch;
  while (true) {
    const auto more = (*source)->next_batch(batch);
    if (!more) return std::unexpected(public_error(more.error()));
    if (!*more) return {};
    end_.bad += batch.bad().size();
    end_.unknown_type += batch.unknown().size();
    if (end_.first_bad.empty() && !batch.bad().empty()) {
      end_.first_bad = describe_bad_record(batch.bad().front(), (*source)->source_names());
    }
    for (const event::Row& row : batch.rows()) arrive(row);
    if (engine_ != nullptr) engine_->run(*this);
  }
}

void Explainer::end_time() {
  if (engine_ != nullptr) {
    options_.hold_open ? engine_->flush(*this) : engine_->finish(*this);
  } else {
    release(INT64_MAX);
  }
  if (newest_ms_ != INT64_MIN) {
    const std::int64_t end_ms = options_.hold_open ? newest_ms_ : INT64_MAX;
    if (lists_) lists_->advance(end_ms, [this](std::int64_t now_ms) { advance(now_ms); });
    advance(end_ms);
  }
  tell_deadlines();
}

void Explainer::on_refused(const event::Row& row, Refusal) {
  if (is_of_key(row)) ++end_.late;
}

void Explainer::on_event(const event::Row& row) {
  if (!is_of_key(row)) return;
  event::Row shown = row;
  if (shown.seq == event::Row::kNoPosition) shown.seq = made_++;
  match(shown);
}

// As the engine does in watermark order: what is too late for the whole stream is left out.
void Explainer::arrive(const event::Row& row) {
  if ((options_.from_ms && row.ts_ms < *options_.from_ms) ||
      (options_.until_ms && row.ts_ms >= *options_.until_ms)) {
    return;
  }
  if (engine_ != nullptr) {
    newest_ms_ = std::max(newest_ms_, row.ts_ms);
    return engine_->add(row, *this);
  }
  const bool late = newest_ms_ != INT64_MIN && row.ts_ms < newest_ms_ - options_.lateness_ms;
  newest_ms_ = std::max(newest_ms_, row.ts_ms);
  const bool of_key = is_of_key(row);
  if (late) {
    if (of_key) ++end_.late;
  } else if (of_key || features_ || lists_) {  // any may count in a feature, or change a list
    waiting_.add(row);
  }
  release(newest_ms_ - options_.lateness_ms);
}

// An event of the same time may still come, but behind those that are here.
void Explainer::release(std::int64_t up_to_ms) {
  while (!waiting_.empty() && waiting_.next_ms() <= up_to_ms) {
    const event::Row* row = waiting_.pop();
    if (lists_) lists_->step(*row, [this](std::int64_t now_ms) { advance(now_ms); });
    const event::Row& seen = with_features(*row);
    if ((!features_ && !lists_) || is_of_key(*row)) match(seen);
    waiting_.give_back(row);
  }
}

const event::Row& Explainer::with_features(const event::Row& row) {
  if (!features_) return row;
  turn_ = {&row, row.ts_ms, false};
  features_->begin();
  features_->run({&turn_, 1}, 0, 1);
  return *turn_.row;
}

void Explainer::advance(std::int64_t now_ms) {
  for (Traced& traced : traced_) traced.tracer->advance(now_ms);
}

void Explainer::match(const event::Row& row) {
  advance(row.ts_ms);
  tell_deadlines();
  ++end_.events;
  entry_ = {};
  entry_.name = seq_text(row.seq);
  if (row.seq < kFirstMade) entry_.seq = row.seq;
  entry_.ts_ms = row.ts_ms;
  entry_.type = image_.schema.types[row.type.index()].name;
  entry_.record = std::string(row.raw);
  for (Traced& traced : traced_) traced.tracer->process(row);
  tell_(entry_);
}

void Explainer::tell_deadlines() {
  std::stable_sort(deadlines_.begin(), deadlines_.end(),
                   [](const auto& a, const auto& b) { return a.ts_ms < b.ts_ms; });
  for (const ExplainEntry& entry : deadlines_) tell_(entry);
  deadlines_.clear();
}

void Explainer::on_note(std::string_view, std::string_view, const event::Row* row,
                        std::int64_t ts_ms, ExplainNote note) {
  if (row != nullptr) {
    entry_.notes.push_back(std::move(note));
    return;
  }
  ExplainEntry& entry = deadlines_.emplace_back();
  entry.ts_ms = ts_ms;
  entry.notes.push_back(std::move(note));
}

}  // namespace weir::api

namespace weir {

Result<ExplainEnd> explain(const Ruleset& rules, const ExplainOptions& options,
                           const std::function<void(const ExplainEntry&)>& sink) {
  return api::Explainer(rules.impl().image, options, api::system_env(), sink).run();
}

}  // namespace weir
