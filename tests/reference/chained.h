// Rules that look at each other's alerts and at streams (language L4.4), by naive definition: the
// input is played event by event. Each event goes to every rule; each alert that comes of it is
// itself an event, played at once, before the next. Each rule is asked what it makes of all events
// so far by reference_run(), anew each time. For a few rules and some eight events.
//
// Used by the differential tests and by test_blocks.h. Pure: no state between calls, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/error.h"
#include "dsl/ast.h"
#include "tests/reference/reference.h"

namespace weir::reference {

// What an alert is called in the match of another one: this and its place among all alerts.
inline constexpr std::size_t kAlertEvents = 1'000'000;
// What a result of a stream is called: this and its place among all results that are events.
inline constexpr std::size_t kStreamEvents = 2'000'000;

struct ChainedAlert {
  RefAlert alert;
  std::optional<std::size_t> root;  // the event whose decision it counts for; nullopt: a deadline
};

// The file with the event types that its rules' alerts are.
[[nodiscard]] dsl::Ast with_alert_events(const dsl::Ast& ast);
// Whether some rule or feature looks at alerts.
[[nodiscard]] bool is_chained(const dsl::Ast& ast);

// The alerts of all rules, in the order of the output. Fails as reference_run() does.
[[nodiscard]] base::Result<std::vector<ChainedAlert>> reference_run_chained(
    const dsl::Ast& ast, const std::vector<RefEvent>& events, const RefOptions& options = {});

// All events in the order in which rules see them: those given, and the alerts that are events.
[[nodiscard]] base::Result<std::vector<RefEvent>> chained_events(
    const dsl::Ast& ast, const std::vector<RefEvent>& events, const RefOptions& options = {});

}  // namespace weir::reference
