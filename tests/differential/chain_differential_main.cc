// Rules that look at each other's alerts: the engine against the reference matcher on random
// rulesets, in order and out of order within the lateness, for several shards and batches. Each
// difference is shrunk to the smallest case that still shows it.
//
//   chain_differential [--cases N] [--seed S]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "tests/differential/engine_runner.h"
#include "tests/reference/chained_cases.h"

namespace weir::differential {
namespace {

using reference::ChainedCase;

constexpr std::size_t kEvents = 9;
constexpr std::uint64_t kReported = 5;  // differences that are shown and shrunk
constexpr std::size_t kMostShrinks = 2000;

struct Tally {
  std::uint64_t compared = 0;
  std::uint64_t chained = 0;    // some alert has another one in its match
  std::uint64_t deep = 0;       // and that another one
  std::uint64_t deadlines = 0;  // an alert that a deadline completed is in a match
  std::uint64_t streams = 0;    // a result of a stream is in a match
  std::uint64_t too_large = 0;
  std::uint64_t failed = 0;
  std::map<std::string, std::uint64_t> refused;  // by the code of the first error
};

// How many alerts an alert stands on, the longest way.
int depth_of(const std::vector<reference::ChainedAlert>& alerts, std::size_t index) {
  int depth = 0;
  for (const auto& [label, events] : alerts[index].alert.match) {
    for (const std::size_t event : events) {
      if (event < reference::kAlertEvents || event >= reference::kStreamEvents) continue;
      depth = std::max(depth, 1 + depth_of(alerts, event - reference::kAlertEvents));
    }
  }
  return depth;
}

bool has_result(const reference::ChainedAlert& alert) {
  return std::ranges::any_of(alert.alert.match, [](const auto& part) {
    return std::ranges::any_of(part.second,
                               [](std::size_t event) { return event >= reference::kStreamEvents; });
  });
}

void count(const std::vector<reference::ChainedAlert>& alerts, Tally& tally) {
  tally.streams += std::ranges::any_of(alerts, has_result) ? 1 : 0;
  int deepest = 0;
  bool deadline = false;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const int depth = depth_of(alerts, i);
    deepest = std::max(deepest, depth);
    deadline = deadline || (depth > 0 && !alerts[i].root);
  }
  tally.chained += deepest > 0 ? 1 : 0;
  tally.deep += deepest > 1 ? 1 : 0;
  tally.deadlines += deadline ? 1 : 0;
}

Outcome check(const ChainedCase& c, std::string* what, Tally* tally) {
  const auto compiled = compile_case(reference::to_weir(c));
  if (!compiled) {
    *what = compiled.error().message;
    return Outcome::kRefused;
  }
  const auto expected =
      reference::reference_run_chained((*compiled)->ast, c.events, with_outcomes());
  if (!expected) {
    *what = "the reference refuses what the compiler takes: " + expected.error().message;
    return expected.error().code == base::ErrorCode::kLimit ? Outcome::kTooLarge
                                                            : Outcome::kDifferent;
  }
  if (tally != nullptr) count(*expected, *tally);
  for (const bool late : {false, true}) {
    EngineOptionsOfCase options;
    if (late) {
      options.lateness_ms = c.seed % 3 == 0 ? 4'000 : 100'000;
      options.arrival = shuffled(c.events, c.seed, options.lateness_ms);
      options.first_compaction = 1;
      options.few_events = 1 + c.seed / 5 % 4;
      options.shards = 1 + c.seed / 2 % 4;
      options.batch = 1 + c.seed / 3 % 6;
    }
    const auto found = engine_run_chained((*compiled)->image, c.events, options);
    *what = found ? difference(*expected, *found) : found.error().message;
    if (!what->empty()) {
      if (late) *what = "out of order within the lateness: " + *what;
      return Outcome::kDifferent;
    }
  }
  return Outcome::kSame;
}

ChainedCase shrink(ChainedCase best) {
  std::size_t calls = 0;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (ChainedCase& candidate : reference::smaller_cases(best)) {
      std::string what;
      if (++calls > kMostShrinks) return best;
      if (check(candidate, &what, nullptr) != Outcome::kDifferent) continue;
      best = std::move(candidate);
      smaller = true;
      break;
    }
  }
  return best;
}

void show(const ChainedCase& c, const std::string& what) {
  std::printf("---- seed %llu ----\n%s\n%s\n%s\n", static_cast<unsigned long long>(c.seed),
              reference::to_weir(c).c_str(), reference::to_text(c.events).c_str(), what.c_str());
}

void run_one(std::uint64_t seed, Tally& tally) {
  const ChainedCase c = reference::generate_chained_case(seed, kEvents);
  std::string what;
  switch (check(c, &what, &tally)) {
    case Outcome::kRefused:
      ++tally.refused[what.substr(0, what.find(' '))];
      return;
    case Outcome::kTooLarge:
      ++tally.too_large;
      return;
    case Outcome::kDifferent:
      if (++tally.failed <= kReported) {
        const ChainedCase small = shrink(c);
        (void)check(small, &what, nullptr);
        show(small, what);
      }
      break;
    case Outcome::kSame:
      break;
  }
  ++tally.compared;
}

int run(std::uint64_t cases, std::uint64_t first) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Tally tally;
  for (std::uint64_t i = 0; i < 4 * cases && tally.compared < cases; ++i) {
    run_one(first * 1'000'003 + i, tally);
  }
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  for (const auto& [code, refused] : tally.refused) {
    std::printf("%llu refused, as %s\n", number(refused), code.c_str());
  }
  std::printf(
      "%llu cases compared, %llu of them with alerts in matches, %llu two deep, %llu behind "
      "deadlines, %llu with results of streams, %llu too large for the reference, %llu "
      "differences\n",
      number(tally.compared), number(tally.chained), number(tally.deep), number(tally.deadlines),
      number(tally.streams), number(tally.too_large), number(tally.failed));
  const bool enough = tally.compared >= cases && tally.chained * 10 >= cases &&
                      tally.deep * 100 >= cases && tally.deadlines * 100 >= cases &&
                      tally.streams * 50 >= cases;
  if (!enough) std::printf("too few of the cases are about alerts of alerts\n");
  return tally.failed == 0 && enough ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace weir::differential

int main(int argc, char** argv) {
  std::uint64_t cases = 1000;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--cases") == 0) cases = value;
    if (std::strcmp(argv[i], "--seed") == 0) seed = value;
  }
  return weir::differential::run(cases, seed);
}
