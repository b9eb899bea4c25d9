// The engine against the reference matcher: all pairs of constructs of patterns, of features, and
// of lists that rules change, at random, disorder within the lateness, and every short stream for a
// list of shapes. Prints a table of construct pairs by cases, and each difference shrunk to the
// smallest case that still shows it.
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
  std::uint64_t refused = 0;  // the language refuses the rule, or the compiler does not take it yet
  std::uint64_t too_large = 0;  // the reference gave up
  std::uint64_t with_match = 0;
  std::uint64_t failed = 0;
  struct Refusals {
    std::uint64_t count = 0;
    std::string first;  // the message
  };
  std::map<std::string, Refusals> refusals;  // by the code of the first error
  std::map<std::pair<std::string, std::string>, std::uint64_t> pairs;
};

constexpr std::uint64_t kReported = 5;  // differences that are shown and shrunk

// Random cases of one kind, by pairs of the constructs that they are made of.
class Cases {
 public:
  Cases(const char* what, const std::vector<std::string>& constructs,
        std::set<std::set<std::string>> never)
      : what_(what), constructs_(constructs), never_(std::move(never)) {}
  virtual ~Cases() = default;

  void run_one(std::uint64_t seed, std::uint64_t& reported);
  // Pairs of constructs by cases; false if one that can stand together was never tried.
  [[nodiscard]] bool print_table() const;
  void print_sum() const;
  [[nodiscard]] const Tally& tally() const { return tally_; }

 protected:
  [[nodiscard]] virtual Case make(std::uint64_t seed, std::uint64_t number,
                                  const std::string& first, const std::string& second) const = 0;

 private:
  const char* what_;
  const std::vector<std::string>& constructs_;
  const std::set<std::set<std::string>> never_;  // pairs that cannot stand in one rule
  std::uint64_t number_ = 0;
  Tally tally_;
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

void Cases::run_one(std::uint64_t seed, std::uint64_t& reported) {
  const std::uint64_t pair = number_ % (constructs_.size() * constructs_.size());
  const Case c = vary_times(make(seed, number_++, constructs_[pair / constructs_.size()],
                                 constructs_[pair % constructs_.size()]));
  std::string what;
  bool matched = false;
  switch (check_case(c, &what, &matched)) {
    case Outcome::kRefused:
      ++tally_.refused;
      if (Tally::Refusals& same = tally_.refusals[what.substr(0, what.find(' '))];
          same.count++ == 0) {
        same.first = what;
      }
      return;
    case Outcome::kTooLarge:
      ++tally_.too_large;
      return;
    case Outcome::kDifferent:
      ++tally_.failed;
      if (++reported <= kReported) report(c, what);
      break;
    case Outcome::kSame:
      break;
  }
  ++tally_.compared;
  tally_.with_match += matched ? 1 : 0;
  count_pairs(c, tally_);
}

class PatternCases final : public Cases {
 public:
  // A rule has one kind of key; `pick any` goes with `skip past last` and neither lists nor waits;
  // what has to fall due needs the rule's `within`.
  PatternCases()
      : Cases("patterns", reference::case_constructs(),
              {{"part by", "composite key"},
               {"part by", "by all"},
               {"composite key", "by all"},
               {"pick any", "trailing"},
               {"pick any", "trailing for"},
               {"pick any", "trailing next"},
               {"pick any", "having"},
               {"pick any", "skip"},
               {"unbounded", "trailing"},
               {"unbounded", "timeout"}}) {}

 private:
  // One in four is made for the plans that keep only some partial matches.
  [[nodiscard]] Case make(std::uint64_t seed, std::uint64_t number, const std::string& first,
                          const std::string& second) const override {
    return number % 4 == 3 ? reference::generate_ordered_case(seed, 11)
                           : reference::generate_case_of(seed, first, second, 10);
  }
};

class FeatureCases final : public Cases {
 public:
  // One event has nothing before it and nothing between.
  FeatureCases()
      : Cases("features", reference::feature_constructs(),
              {{"one event", "part feature"},
               {"one event", "feature without"},
               {"one event", "feature until"}}) {}

 private:
  [[nodiscard]] Case make(std::uint64_t seed, std::uint64_t, const std::string& first,
                          const std::string& second) const override {
    return reference::generate_feature_case_of(seed, first, second, 12);
  }
};

class ListCases final : public Cases {
 public:
  ListCases() : Cases("lists", reference::list_constructs(), {}) {}

 private:
  [[nodiscard]] Case make(std::uint64_t seed, std::uint64_t, const std::string& first,
                          const std::string& second) const override {
    return reference::generate_list_case_of(seed, first, second, 10);
  }
};

// One in three reads features; beside another third stands one that changes lists.
void run_random(const Arguments& arguments, Cases& patterns, Cases& features, Cases& lists) {
  std::uint64_t number = 0;
  std::uint64_t reported = 0;
  while (patterns.tally().compared + features.tally().compared < arguments.cases) {
    const std::uint64_t seed = arguments.seed * 1'000'003 + number++;
    if (number > arguments.cases * 4 + 1000) break;
    (number % 3 == 0 ? features : patterns).run_one(seed, reported);
    if (number % 3 == 1) lists.run_one(seed, reported);
  }
}

// What the compiler says it does not do yet (W9...).
bool not_yet(const std::string& errors) { return errors.starts_with("W90"); }

void run_shape(const reference::ExhaustiveShape& shape, std::size_t longest, Tally& tally) {
  const auto compiled = compile_case(reference::to_weir(shape));
  if (!compiled) {
    const bool skipped = not_yet(compiled.error().message);
    std::printf("shape %s: %s\n%s\n", skipped ? "left out" : "refused",
                compiled.error().message.c_str(), shape.when.c_str());
    ++(skipped ? tally.refused : tally.failed);
    return;
  }
  for (const auto timing :
       {reference::StreamTiming::kOneSecondApart, reference::StreamTiming::kPairsTied}) {
    reference::for_each_stream(shape, longest, timing, [&](const auto& events) {
      const auto expected = reference_alerts((*compiled)->ast, events);
      const auto found = engine_run((*compiled)->image, events);
      std::string what = !expected ? expected.error().message
                         : !found  ? found.error().message
                                   : difference(*expected, *found);
      ++tally.compared;
      if (what.empty()) return;
      if (++tally.failed <= kReported) {
        std::printf("---- %s ----\n%s\n%s\n%s\n", shape.clause.c_str(), shape.when.c_str(),
                    reference::to_text(events).c_str(), what.c_str());
      }
    });
  }
}

void run_exhaustive(std::size_t longest, Tally& tally) {
  if (longest == 0) return;
  for (const auto* shapes : {&reference::exhaustive_shapes(), &reference::feature_shapes()}) {
    for (const auto& shape : *shapes) run_shape(shape, longest, tally);
  }
}

bool Cases::print_table() const {
  std::printf("%s: cases by pair of constructs (row and column numbers as listed)\n", what_);
  for (std::size_t i = 0; i < constructs_.size(); ++i)
    std::printf("%3zu %s\n", i, constructs_[i].c_str());
  std::printf("    ");
  for (std::size_t j = 0; j < constructs_.size(); ++j) std::printf("%6zu", j);
  std::printf("\n");
  bool full = true;
  for (std::size_t i = 0; i < constructs_.size(); ++i) {
    std::printf("%3zu ", i);
    for (std::size_t j = 0; j < constructs_.size(); ++j) {
      const auto key = std::minmax(constructs_[i], constructs_[j]);
      const auto place = tally_.pairs.find({key.first, key.second});
      const auto count = place == tally_.pairs.end() ? 0 : place->second;
      const bool possible = !never_.contains({key.first, key.second});
      if (possible && count == 0) {
        std::fprintf(stderr, "never tried: %s with %s\n", constructs_[i].c_str(),
                     constructs_[j].c_str());
      }
      full = full && (count > 0 || !possible);
      std::printf("%6llu", static_cast<unsigned long long>(count));
    }
    std::printf("\n");
  }
  return full;
}

void Cases::print_sum() const {
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  for (const auto& [code, refusals] : tally_.refusals) {
    std::printf("%s: %llu refused, as %s\n", what_, number(refusals.count), refusals.first.c_str());
  }
  std::printf(
      "%s: %llu random cases compared, %llu of them with a match, %llu refused, "
      "%llu too large for the reference, %llu differences\n",
      what_, number(tally_.compared), number(tally_.with_match), number(tally_.refused),
      number(tally_.too_large), number(tally_.failed));
}

int run(const Arguments& arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  PatternCases patterns;
  FeatureCases features;
  ListCases lists;
  run_random(arguments, patterns, features, lists);
  bool full = true;
  for (const Cases* cases : {static_cast<Cases*>(&patterns), static_cast<Cases*>(&features),
                             static_cast<Cases*>(&lists)}) {
    if (!arguments.quiet) full = cases->print_table() && full;
  }
  if (!full) std::printf("a pair of constructs was never tried\n");
  Tally exhaustive;
  run_exhaustive(arguments.exhaustive, exhaustive);
  patterns.print_sum();
  features.print_sum();
  lists.print_sum();
  std::printf("%llu exhaustive cases, %llu shapes left out, %llu differences\n",
              static_cast<unsigned long long>(exhaustive.compared),
              static_cast<unsigned long long>(exhaustive.refused),
              static_cast<unsigned long long>(exhaustive.failed));
  const auto failed =
      patterns.tally().failed + features.tally().failed + lists.tally().failed + exhaustive.failed;
  return failed == 0 && full ? EXIT_SUCCESS : EXIT_FAILURE;
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
