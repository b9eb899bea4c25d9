// The engine against the reference matcher: all pairs of constructs at random, disorder within the
// lateness, and every short stream for a list of shapes. Prints a table of construct pairs by
// cases, and each difference shrunk to the smallest case that still shows it, as a test file for
// tests/regress.
//
//   differential [--cases N] [--seed S] [--exhaustive LENGTH] [--quiet]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "tests/differential/engine_runner.h"
#include "tests/reference/case_generator.h"
#include "tests/reference/shrink.h"

namespace weir::differential {
namespace {

using reference::Case;

struct Arguments {
  std::uint64_t cases = 20'000;
  std::uint64_t seed = 1;
  std::size_t exhaustive = 3;
  bool quiet = false;
};

struct Tally {
  std::uint64_t compared = 0;
  std::uint64_t refused = 0;    // by both: the language refuses the rule
  std::uint64_t too_large = 0;  // the reference gave up
  std::uint64_t with_match = 0;
  std::uint64_t failed = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> pairs;
};

void report(const Case& c, const std::string& what) {
  std::printf("---- seed %llu ----\n%s\n%s\n%s\n", static_cast<unsigned long long>(c.seed),
              reference::to_weir(c).c_str(), reference::to_text(c.events).c_str(), what.c_str());
  const Case small = reference::shrink(
      c,
      [](const Case& candidate) {
        std::string text;
        bool matched = false;
        return check_case(candidate, &text, &matched) == Outcome::kDifferent;
      },
      2000);
  std::string text;
  bool matched = false;
  (void)check_case(small, &text, &matched);
  std::printf("---- the same, shrunk ----\n%s\n%s\n%s\n", reference::to_weir(small).c_str(),
              reference::to_text(small.events).c_str(), text.c_str());
}

void count_pairs(const Case& c, Tally& tally) {
  for (const auto& first : c.tags) {
    for (const auto& second : c.tags) {
      if (first <= second) ++tally.pairs[{first, second}];
    }
  }
}

void run_random(const Arguments& arguments, Tally& tally) {
  const auto& constructs = reference::case_constructs();
  std::uint64_t number = 0;
  while (tally.compared < arguments.cases) {
    const std::uint64_t pair = number % (constructs.size() * constructs.size());
    const std::uint64_t seed = arguments.seed * 1'000'003 + number++;
    if (number > arguments.cases * 4 + 1000) break;
    // One in four is made for the plans that keep only some partial matches.
    const Case c = vary_times(
        number % 4 == 0 ? reference::generate_ordered_case(seed, 11)
                        : reference::generate_case_of(seed, constructs[pair / constructs.size()],
                                                      constructs[pair % constructs.size()], 10));
    std::string what;
    bool matched = false;
    switch (check_case(c, &what, &matched)) {
      case Outcome::kRefused:
        ++tally.refused;
        continue;
      case Outcome::kTooLarge:
        ++tally.too_large;
        continue;
      case Outcome::kDifferent:
        if (++tally.failed <= 5) report(c, what);
        break;
      case Outcome::kSame:
        break;
    }
    ++tally.compared;
    tally.with_match += matched ? 1 : 0;
    count_pairs(c, tally);
  }
}

void run_exhaustive(const Arguments& arguments, Tally& tally) {
  for (const auto& shape : reference::exhaustive_shapes()) {
    const auto compiled = compile_case(reference::to_weir(shape));
    if (!compiled) {
      std::printf("shape refused: %s\n%s\n", compiled.error().message.c_str(), shape.when.c_str());
      ++tally.failed;
      continue;
    }
    for (const auto timing :
         {reference::StreamTiming::kOneSecondApart, reference::StreamTiming::kPairsTied}) {
      reference::for_each_stream(shape, arguments.exhaustive, timing, [&](const auto& events) {
        const auto expected = reference::reference_run((*compiled)->ast, "r", events);
        const auto found = engine_run((*compiled)->image, events);
        std::string what = !expected ? expected.error().message
                           : !found  ? found.error().message
                                     : difference(*expected, *found);
        ++tally.compared;
        if (what.empty()) return;
        if (++tally.failed <= 5) {
          std::printf("---- %s ----\n%s\n%s\n%s\n", shape.clause.c_str(), shape.when.c_str(),
                      reference::to_text(events).c_str(), what.c_str());
        }
      });
    }
  }
}

// Pairs that the language refuses in one rule: a rule has one kind of key; `pick any` goes with
// `skip past last` and neither lists nor waits; what has to fall due needs the rule's `within`.
bool can_stand_together(const std::string& a, const std::string& b) {
  static const std::set<std::set<std::string>> kNever = {
      {"part by", "composite key"}, {"part by", "by all"},        {"composite key", "by all"},
      {"pick any", "trailing"},     {"pick any", "trailing for"}, {"pick any", "trailing next"},
      {"pick any", "having"},       {"pick any", "skip"},         {"unbounded", "trailing"},
      {"unbounded", "timeout"},
  };
  return !kNever.contains({a, b});
}

// Pairs of constructs by cases; false if one that can stand together was never tried.
bool print_table(const Tally& tally) {
  const auto& constructs = reference::case_constructs();
  std::printf("cases by pair of constructs (row and column numbers as listed)\n");
  for (std::size_t i = 0; i < constructs.size(); ++i)
    std::printf("%3zu %s\n", i, constructs[i].c_str());
  std::printf("    ");
  for (std::size_t j = 0; j < constructs.size(); ++j) std::printf("%6zu", j);
  std::printf("\n");
  bool full = true;
  for (std::size_t i = 0; i < constructs.size(); ++i) {
    std::printf("%3zu ", i);
    for (std::size_t j = 0; j < constructs.size(); ++j) {
      const auto key = std::minmax(constructs[i], constructs[j]);
      const auto place = tally.pairs.find({key.first, key.second});
      const auto count = place == tally.pairs.end() ? 0 : place->second;
      const bool possible = can_stand_together(constructs[i], constructs[j]);
      if (possible && count == 0) {
        std::fprintf(stderr, "never tried: %s with %s\n", constructs[i].c_str(),
                     constructs[j].c_str());
      }
      full = full && (count > 0 || !possible);
      std::printf("%6llu", static_cast<unsigned long long>(count));
    }
    std::printf("\n");
  }
  return full;
}

int run(const Arguments& arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Tally tally;
  run_random(arguments, tally);
  const bool full = arguments.quiet || print_table(tally);
  if (!full) std::printf("a pair of constructs was never tried\n");
  Tally exhaustive;
  if (arguments.exhaustive > 0) run_exhaustive(arguments, exhaustive);
  std::printf(
      "%llu random cases compared, %llu of them with a match, %llu refused by the language, "
      "%llu too large for the reference; %llu exhaustive cases; %llu differences\n",
      static_cast<unsigned long long>(tally.compared),
      static_cast<unsigned long long>(tally.with_match),
      static_cast<unsigned long long>(tally.refused),
      static_cast<unsigned long long>(tally.too_large),
      static_cast<unsigned long long>(exhaustive.compared),
      static_cast<unsigned long long>(tally.failed + exhaustive.failed));
  return tally.failed + exhaustive.failed == 0 && full ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace weir::differential

int main(int argc, char** argv) {
  weir::differential::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const auto value = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (std::strcmp(argv[i], "--cases") == 0)
      arguments.cases = value();
    else if (std::strcmp(argv[i], "--seed") == 0)
      arguments.seed = value();
    else if (std::strcmp(argv[i], "--exhaustive") == 0)
      arguments.exhaustive = value();
    else if (std::strcmp(argv[i], "--quiet") == 0)
      arguments.quiet = true;
  }
  return weir::differential::run(arguments);
}
