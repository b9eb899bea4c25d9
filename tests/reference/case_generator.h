// Cases for differential testing: seeded random ones over every construct of L3 and pairs of them,
// and exhaustive small ones (every short stream over a few classes of events, for a fixed list of
// pattern shapes). Used by tests that run the engine against reference_run. Deterministic: the same
// seed gives the same case on every platform. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/reference/case_model.h"

namespace weir::reference {

// The constructs that a case may be asked to use, as the tags of Case name them.
[[nodiscard]] const std::vector<std::string>& case_constructs();

// A case that very probably uses two constructs drawn from case_constructs(), and others now and
// then. Streams have 4 to `max_events` events.
[[nodiscard]] Case generate_case(std::uint64_t seed, std::size_t max_events = 12);

// The same with the constructs given, for covering all pairs.
[[nodiscard]] Case generate_case_of(std::uint64_t seed, std::string_view first,
                                    std::string_view second, std::size_t max_events = 12);

// A chain whose conditions compare with what earlier parts have taken, in an order, under `skip
// past last`; for plans that drop partial matches which others are as good as.
[[nodiscard]] Case generate_ordered_case(std::uint64_t seed, std::size_t max_events = 12);

// Cases whose conditions read features (L4.1, L4.2): patterns of generate_case with feature
// conditions laid into them, and rules of one event. They stand apart from case_constructs(), so
// that an engine without features can be held against the others.
//
// Windows are short enough to end within the stream; events lie at their edges, tied, and for
// calendar windows around the changes of the clocks. Thresholds of floats are such that no value
// lies on them, and float fields hold multiples of 1/4: the order of sums cannot matter.
[[nodiscard]] const std::vector<std::string>& feature_constructs();
[[nodiscard]] Case generate_feature_case(std::uint64_t seed, std::size_t max_events = 14);
[[nodiscard]] Case generate_feature_case_of(std::uint64_t seed, std::string_view first,
                                            std::string_view second, std::size_t max_events = 14);

// Cases whose rules change lists and look at them (L4.3, L5.1), by a second rule too: apart from
// the others likewise.
[[nodiscard]] const std::vector<std::string>& list_constructs();
[[nodiscard]] Case generate_list_case_of(std::uint64_t seed, std::string_view first,
                                         std::string_view second, std::size_t max_events = 12);

// A pattern with the classes of events that can tell its readings apart. `when` is what stands
// after `by k` in a rule called `r`.
struct ExhaustiveShape {
  std::string clause;  // of the language page: "L3.4"
  std::string when;
  std::vector<RefEvent> classes;
  std::string features;  // declarations that stand before the rule
};

[[nodiscard]] const std::vector<ExhaustiveShape>& exhaustive_shapes();
// The same for L4.1 and L4.2: apart, as generate_feature_case is.
[[nodiscard]] const std::vector<ExhaustiveShape>& feature_shapes();
[[nodiscard]] std::string to_weir(const ExhaustiveShape& shape);

// How the events of an exhaustive stream lie in time.
enum class StreamTiming : std::uint8_t {
  kOneSecondApart,  // 0s 1s 2s 3s ...
  kPairsTied,       // 0s 0s 1s 1s ...
};

// Calls `visit` with every stream of 1 to `max_length` events of the shape's classes.
void for_each_stream(const ExhaustiveShape& shape, std::size_t max_length, StreamTiming timing,
                     const std::function<void(const std::vector<RefEvent>&)>& visit);

}  // namespace weir::reference
