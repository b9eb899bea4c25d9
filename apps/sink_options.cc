#include "apps/sink_options.h"

#include <fmt/format.h>
#include <weir/values.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

namespace weir::apps {
namespace {

using nlohmann::json;

bool is_web(const std::string& target) {
  std::string begin = target.substr(0, target.find("://"));
  for (char& c : begin) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return begin.size() < target.size() && (begin == "http" || begin == "https");
}

// A fault of the file, with the place in it.
class BadSink : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// ${NAME} is the environment's; so secrets need not stand in the file.
std::string with_environment(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find("${", at);
    const std::size_t end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) return out + text.substr(at);
    const std::string name = text.substr(begin + 2, end - begin - 2);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) throw BadSink("the environment has no " + name);
    out += text.substr(at, begin - at) + value;
    at = end + 1;
  }
}

std::string text_of(const json& value, const char* what) {
  if (!value.is_string()) throw BadSink(fmt::format("`{}` is no text", what));
  return value.get<std::string>();
}

std::int64_t duration_of(const json& value, const char* what) {
  const auto ms = parse_duration(text_of(value, what));
  if (!ms || *ms < 0) throw BadSink(fmt::format("`{}` is no duration such as 10s", what));
  return *ms;
}

unsigned count_of(const json& value, const char* what) {
  constexpr std::int64_t kMost = 1'000'000;
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 ||
      value.get<std::int64_t>() > kMost) {
    throw BadSink(fmt::format("`{}` is no number from 1 to {}", what, kMost));
  }
  return value.get<unsigned>();
}

void refuse_others(const json& sink, const std::set<std::string>& known) {
  for (const auto& [name, value] : sink.items()) {
    if (known.contains(name)) continue;
    std::string all;
    for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
    throw BadSink(fmt::format("there is no `{}`; there are: {}", name, all));
  }
}

WebhookOptions webhook_of(const std::string& name, const json& sink) {
  refuse_others(sink, {"webhook", "headers", "timeout", "attempts", "backoff", "most_backoff",
                       "queue", "dead_letters"});
  WebhookOptions out;
  out.name = name;
  out.url = with_environment(text_of(sink.at("webhook"), "webhook"));
  const json headers = sink.value("headers", json::object());
  if (!headers.is_object()) throw BadSink("`headers` is no object");
  for (const auto& [header, value] : headers.items()) {
    out.headers.emplace_back(header, with_environment(text_of(value, header.c_str())));
  }
  if (sink.contains("timeout")) out.timeout_ms = duration_of(sink["timeout"], "timeout");
  if (sink.contains("attempts")) out.attempts = count_of(sink["attempts"], "attempts");
  if (sink.contains("backoff")) out.backoff_ms = duration_of(sink["backoff"], "backoff");
  if (sink.contains("most_backoff")) {
    out.most_backoff_ms = duration_of(sink["most_backoff"], "most_backoff");
  }
  out.most_backoff_ms = std::max(out.most_backoff_ms, out.backoff_ms);
  if (sink.contains("queue")) out.queue = count_of(sink["queue"], "queue");
  if (sink.contains("dead_letters")) {
    out.dead_letters_path = text_of(sink["dead_letters"], "dead_letters");
    if (out.dead_letters_path.empty()) throw BadSink("`dead_letters` is empty");
  }
  return out;
}

}  // namespace

void SinkOptions::add_to(CLI::App& app) {
  app.add_option("--sink", targets_,
                 "alerts of rules that `send` to NAME go to a file, or to an http(s):// address "
                 "one by one; repeatable")
      ->type_name("NAME=TARGET")
      ->expected(1)
      ->take_all();
  app.add_option("--sinks", file_, "sinks as JSON: files, webhooks with headers and retries")
      ->type_name("FILE");
}

std::string SinkOptions::complete(RunOptions& run) {
  for (const std::string& text : targets_) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      return "--sink: " + text + " is not of the form NAME=TARGET";
    }
    const std::string name = text.substr(0, equals);
    std::string fault = add_target(name, text.substr(equals + 1), run);
    if (!fault.empty()) return "--sink " + name + ": " + fault;
  }
  return file_.empty() ? std::string() : add_file(file_, run);
}

std::string SinkOptions::add_target(const std::string& name, const std::string& target,
                                    RunOptions& run) {
  if (!is_web(target)) {
    run.sinks.push_back({name, target, nullptr});
    return {};
  }
  WebhookOptions options;
  options.name = name;
  options.url = target;
  return add_webhook(std::move(options), run);
}

std::string SinkOptions::add_file(const std::string& path, RunOptions& run) {
  std::ifstream in(path);
  if (!in) return path + ": cannot be opened";
  std::set<std::string> names;
  std::string twice;
  const auto note_name = [&](int depth, json::parse_event_t event, const json& value) {
    if (depth == 1 && event == json::parse_event_t::key && !names.insert(value).second) {
      twice = value;
    }
    return true;
  };
  const json sinks = json::parse(in, note_name, false);
  if (!sinks.is_object()) return path + ": not a JSON object of sinks";
  if (!twice.empty()) return path + ": the sink " + twice + " stands there twice";
  for (const auto& [name, sink] : sinks.items()) {
    const std::string place = path + ": sink " + name + ": ";
    try {
      if (!sink.is_object() || sink.contains("file") == sink.contains("webhook")) {
        throw BadSink("it needs a `file` or a `webhook`, one of the two");
      }
      if (sink.contains("file")) {
        refuse_others(sink, {"file"});
        run.sinks.push_back({name, text_of(sink["file"], "file"), nullptr});
      } else if (std::string fault = add_webhook(webhook_of(name, sink), run); !fault.empty()) {
        return place + fault;
      }
    } catch (const BadSink& bad) {
      return place + bad.what();
    }
  }
  return {};
}

std::string SinkOptions::add_webhook(WebhookOptions options, RunOptions& run) {
  if (options.dead_letters_path.empty()) options.dead_letters_path = options.name + ".dead.ndjson";
  Webhook made{options.name, options.dead_letters_path, nullptr};
  auto sink = make_webhook_sink(std::move(options));
  if (!sink) return sink.error().message;
  made.sink = std::move(*sink);
  run.sinks.push_back({made.name, {}, made.sink.get()});
  webhooks_.push_back(std::move(made));
  return {};
}

std::string SinkOptions::text() const {
  std::string out;
  for (const Webhook& each : webhooks_) {
    const WebhookCounts counts = each.sink->counts();
    out += fmt::format("sink {}: {} delivered, {} tried again", each.name, counts.delivered,
                       counts.retries);
    if (counts.dead > 0) {
      out += fmt::format(", {} given up (see {})", counts.dead, each.dead_letters_path);
    }
    out += '\n';
  }
  return out;
}

}  // namespace weir::apps
