// `weir generate`: a synthetic stream with labelled fraud.
#include <fmt/format.h>
#include <weir/values.h>
#include <nlohmann/json.hpp>

#include <charconv>

#include "apps/command_line.h"
#include "apps/file_output.h"
#include "apps/generate/stream_generator.h"
#include "apps/interrupt.h"
#include "apps/terminal.h"

namespace weir::apps {
namespace {

constexpr const char* kExample =
    "Example:\n"
    "  weir generate --events 100000 --label --out events.ndjson --manifest attacks.ndjson\n"
    "  weir generate --seed 7 --attack card_testing=1000 --attack mule=0 | head\n"
    "  weir generate --days 150 --attack all=100 --look-alikes 3 --label --out all.ndjson\n";

constexpr std::string_view kAllAttacks = "all";  // as --attack all=RATE

struct GenerateArguments {
  GenerateOptions options;
  std::optional<std::int64_t> start_ms;
  double days = 0;
  std::vector<std::string> attacks;
  std::string out = "-";
  std::string manifest;
  std::string format = "text";
  bool quiet = false;
};

std::vector<std::string> attack_names() {
  std::vector<std::string> names;
  names.reserve(kAttackKinds);
  for (const AttackRow& row : kAttackRows) names.emplace_back(row.name);
  return names;
}

// What is wrong with NAME=RATE, or empty.
std::string set_attack(AttackRates& rates, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto kind = FindAttackKind(name);
  if (!kind && name != kAllAttacks) {
    const std::string nearest = nearest_name(name, attack_names());
    return fmt::format("there is no attack {}{}; there are {}, and all", name,
                       nearest.empty() ? "" : " (did you mean " + nearest + "?)",
                       fmt::join(attack_names(), ", "));
  }
  std::uint32_t rate = 0;
  const std::string_view number =
      equals == std::string::npos ? std::string_view() : std::string_view(text).substr(equals + 1);
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), rate);
  if (number.empty() || code != std::errc{} || end != number.data() + number.size()) {
    return text + " is not of the form NAME=RATE, attacks in a million events";
  }
  if (kind) {
    rates[static_cast<std::size_t>(*kind)] = rate;
  } else {
    rates.fill(rate);
  }
  return "";
}

std::string complete(GenerateArguments& a) {
  for (const std::string& attack : a.attacks) {
    if (std::string wrong = set_attack(a.options.attacks_per_million, attack); !wrong.empty()) {
      return "--attack: " + wrong;
    }
  }
  constexpr double kMostDays = 36'500;
  constexpr double kMsPerDay = 86'400'000;
  if (!(a.days >= 0 && a.days <= kMostDays)) return "--days: from 0 to 36500";
  a.options.span_ms = static_cast<std::int64_t>(a.days * kMsPerDay);
  if (a.start_ms) a.options.start_ms = *a.start_ms;
  if (!a.manifest.empty() && a.manifest == a.out) {
    return "--out and --manifest are the same file";
  }
  return "";
}

int fail_with(const GenerateArguments& a, const std::string& message) {
  if (a.format == "json") {
    say(error_json(message));
  } else {
    complain(message);
  }
  return kBadUsage;
}

std::string summary_of(const GenerateSummary& summary) {
  std::string attacks;
  for (std::size_t i = 0; i < kAttackKinds; ++i) {
    if (summary.attacks_by_kind[i] == 0) continue;
    attacks += fmt::format("{}{} {}", attacks.empty() ? "" : ", ", kAttackRows[i].name,
                           summary.attacks_by_kind[i]);
  }
  if (attacks.empty()) attacks = "none";
  return fmt::format("{} events, {} bytes, {} to {}\nattacks: {} ({} events)\n", summary.events,
                     summary.bytes, format_time(summary.first_ts_ms),
                     format_time(summary.last_ts_ms), attacks, summary.attack_events);
}

std::string summary_json_of(const GenerateSummary& summary) {
  nlohmann::ordered_json attacks = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < kAttackKinds; ++i) {
    attacks[std::string(kAttackRows[i].name)] = summary.attacks_by_kind[i];
  }
  const nlohmann::ordered_json out = {
      {"events", summary.events},        {"bytes", summary.bytes},
      {"first_ts", summary.first_ts_ms}, {"last_ts", summary.last_ts_ms},
      {"attacks", std::move(attacks)},   {"attack_events", summary.attack_events}};
  return out.dump() + "\n";
}

int generate_with(const GenerateArguments& a) {
  const Interrupt interrupt;
  auto out = FileOutput::open(a.out);
  if (!out) return fail_with(a, out.error());
  std::optional<FileOutput> manifest;
  if (!a.manifest.empty()) {
    auto opened = FileOutput::open(a.manifest);
    if (!opened) return fail_with(a, opened.error());
    manifest.emplace(std::move(*opened));
  }
  LineSink manifest_sink;
  if (manifest) {
    manifest_sink = [&](std::string_view line) { return manifest->write(line); };
  }
  const auto sink = [&](std::string_view line) { return !interrupt.flag() && out->write(line); };
  const auto summary = Generate(a.options, sink, manifest_sink);
  if (!summary) return fail_with(a, summary.error());
  if (interrupt.flag()) {
    (void)fail_with(a, "stopped; no file was written");
    return interrupt.exit_status();
  }
  // A sink that stopped the generator tells why here, before any file gets its name.
  if (manifest) {
    if (const auto done = manifest->finish(); !done) return fail_with(a, done.error());
  }
  if (const auto done = out->finish(); !done) return fail_with(a, done.error());
  if (!a.quiet) say(a.format == "json" ? summary_json_of(*summary) : summary_of(*summary));
  return kGood;
}

}  // namespace

int generate_command(const Arguments& arguments) {
  CLI::App app(
      "Makes a synthetic card-payment stream in time order, with injected fraud. The\n"
      "same options give the same bytes everywhere.",
      "weir generate");
  app.footer(kExample);
  GenerateArguments a;
  add_number(app, "--events", a.options.events, 0, "how many (default 2000000)");
  add_number(app, "--cards", a.options.cards, 1, "(default 100000)");
  add_number(app, "--accounts", a.options.accounts, 1, "(default 80000)");
  add_number(app, "--seed", a.options.seed, 0, "(default 1)");
  add_time(app, "--start", a.start_ms, "of the first event (default 2026-01-01)");
  app.add_option("--days", a.days, "the length of the stream (default: by events and cards)")
      ->type_name("N");
  app.add_flag("--label", a.options.label, "marks the events of attacks with the field `fraud`");
  app.add_option("--attack", a.attacks,
                 "attacks of a kind in a million events; all=RATE is every kind; repeatable")
      ->type_name("NAME=RATE")
      ->allow_extra_args(false);
  add_number(app, "--look-alikes", a.options.look_alikes, 0,
             "honest customers who look like it, for each attack (default 0)");
  app.add_option("--out", a.out, "the stream (default -: standard output)")->type_name("FILE");
  app.add_option("--manifest", a.manifest, "what was injected, a line an attack")
      ->type_name("FILE");
  add_choice(app, "--format", a.format, {"text", "json"}, "of the summary on standard error");
  app.add_flag("--quiet", a.quiet, "no summary on standard error");
  if (const auto status = parse(app, arguments)) return *status;
  if (const std::string wrong = complete(a); !wrong.empty()) {
    return fail_with(a, wrong);
  }
  return generate_with(a);
}

}  // namespace weir::apps
