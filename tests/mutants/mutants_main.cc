// Planted faults in the engine (base/mutants.def), one at a time: the differential cases have to
// find every one. A fault that none of them finds would mean that the comparison is blind there.
//
//   mutants [--cases N] [NAME]     at most N cases a fault; only faults whose names hold NAME
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/mutants.h"
#include "tests/differential/engine_runner.h"
#include "tests/reference/case_generator.h"

namespace weir::differential {
namespace {

struct MutantRow {
  const char* name;
  const char* meaning;
};
constexpr MutantRow kRows[] = {
#define WEIR_MUTANT(name, meaning) {#name, meaning},
#include "base/mutants.def"
#undef WEIR_MUTANT
};

// The number of the case that finds the fault; 0: none does.
std::uint64_t find_fault(const std::vector<reference::Case>& cases) {
  std::uint64_t number = 0;
  for (const auto& c : cases) {
    ++number;
    std::string what;
    bool matched = false;
    if (check_case(c, &what, &matched) == Outcome::kDifferent) return number;
  }
  return 0;
}

// Pairs of constructs in strides, so that the first few hundred cases already use every one; one in
// nine changes lists, one in three of the others reads features, and one in four of the rest is
// made for plans by fronts.
reference::Case make_case(std::uint64_t i) {
  if (i % 9 == 4) {
    const auto& constructs = reference::list_constructs();
    const std::uint64_t pair = i / 9 * 7919 % (constructs.size() * constructs.size());
    return reference::generate_list_case_of(i + 1, constructs[pair / constructs.size()],
                                            constructs[pair % constructs.size()], 10);
  }
  const bool features = i % 3 == 2;
  const auto& constructs =
      features ? reference::feature_constructs() : reference::case_constructs();
  const std::uint64_t pair = i * 7919 % (constructs.size() * constructs.size());
  const std::string& first = constructs[pair / constructs.size()];
  const std::string& second = constructs[pair % constructs.size()];
  // Levels of features over streams with gaps: what expires between batches.
  if (i % 12 == 2) return reference::generate_feature_case_of(i + 1, "nested", "day jumps", 12);
  if (features) return reference::generate_feature_case_of(i + 1, first, second, 12);
  if (i % 4 == 3 || i % 12 == 10) return reference::generate_ordered_case(i + 1, 11);
  return reference::generate_case_of(i + 1, first, second, 10);
}

int run(std::uint64_t limit, const char* only) {
  std::vector<reference::Case> cases;
  for (std::uint64_t i = 0; i < limit; ++i) cases.push_back(vary_times(make_case(i)));
  if (const std::uint64_t number = find_fault(cases); number != 0) {
    const reference::Case& c = cases[number - 1];
    std::string what;
    bool matched = false;
    (void)check_case(c, &what, &matched);
    std::printf("the engine without a fault differs from the reference on\n%s\n%s\n%s\n",
                reference::to_weir(c).c_str(), reference::to_text(c.events).c_str(), what.c_str());
    return EXIT_FAILURE;
  }
  std::size_t survived = 0;
  std::size_t tried = 0;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (std::strstr(kRows[i].name, only) == nullptr) continue;
    ++tried;
    base::active_mutant = static_cast<base::Mutant>(i);
    const std::uint64_t found = find_fault(cases);
    base::active_mutant = base::Mutant::kCount;
    if (found == 0) ++survived;
    std::printf("%-22s %s  (%s)\n", kRows[i].name,
                found != 0 ? ("found by case " + std::to_string(found)).c_str() : "SURVIVED",
                kRows[i].meaning);
  }
  std::printf("%zu planted faults, %zu found, %zu survived\n", tried, tried - survived, survived);
  return survived == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace weir::differential

int main(int argc, char** argv) {
  std::uint64_t cases = 30'000;
  const char* only = "";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--cases") == 0 && i + 1 < argc) {
      cases = std::strtoull(argv[++i], nullptr, 10);
    } else {
      only = argv[i];
    }
  }
  return weir::differential::run(cases, only);
}
