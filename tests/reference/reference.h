// The reference matcher: language L3 and the features of L4 by definition, clause by clause, at
// whatever cost. It enumerates every assignment of events to every plain chain of a pattern, finds
// the moment at which each completes, and replays the moments; a feature it computes anew each time
// it is read. It never sees the engine, so it cannot share its mistakes. For streams up to about 14
// events.
//
// Used by the differential tests and by test_blocks.h. Pure: no state between calls, thread-safe.
//
// Invariants
// 1. Alerts come in the order of product P1: by the event or deadline that completed them, at one
//    deadline time by key; within one key by preference (L3.9), matches before timeouts.
// 2. Labels of an alert are sorted; events under a label are in order.
// What is left out fails with kInvalidArgument: lists from files, tables, streams, templates,
// chained rules, ip, geo and regular expressions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "dsl/ast.h"
#include "tests/reference/expr_eval.h"
#include "tests/reference/ref_value.h"

namespace weir::reference {

struct RefOptions {
  // When the input ends so does time: every deadline and timeout completes (P1). Otherwise only
  // those before the newest event, or before `watermark_ms` if that is later.
  bool end_of_input = true;
  std::optional<std::int64_t> watermark_ms;
  // L3.12: list the matches that a cooldown withholds too, marked.
  bool include_withheld = false;
  // Fill RefAlert::outcomes.
  bool with_outcomes = false;
  // What rules do to lists: of reference_list_changes(). Without them all lists are empty.
  std::vector<RefListChange> list_changes;
  // Values of params in place of those in the file.
  std::map<std::string, RefValue> params;
  // Gives up with kLimit once so many events were tried against steps.
  std::size_t max_tries = 20'000'000;
};

struct RefAlert {
  std::string rule;
  std::vector<std::pair<std::string, RefValue>> key;
  std::int64_t time_ms = 0;
  std::optional<std::size_t> event;  // the completing event; nullopt: a deadline
  std::string timeout;               // NAME of `timeout as NAME`; empty: a match
  std::vector<std::pair<std::string, std::vector<std::size_t>>> match;  // label, events taken
  bool truncated = false;                                               // L3.9
  bool withheld = false;                                                // L3.12
  // L5.1: the values of `score` and, as `emit.NAME`, of what `emit` names; in the order written, on
  // demand.
  std::vector<std::pair<std::string, RefValue>> outcomes;
  // What it changed in lists, in the order written: nothing if it is withheld or the rule not live.
  std::vector<RefListChange> list_changes;
  friend bool operator==(const RefAlert&, const RefAlert&) = default;
};

// The alerts of one rule of the file. `events` are in the rule's order already: by time, ties by
// arrival. kInvalidArgument: no such rule, a rule that the language refuses, or one that uses what
// the reference leaves out. kLimit: more work than `max_tries`.
[[nodiscard]] base::Result<std::vector<RefAlert>> reference_run(const dsl::Ast& ast,
                                                                std::string_view rule,
                                                                const std::vector<RefEvent>& events,
                                                                const RefOptions& options = {});

// What all rules of the file do to lists over the events, in the order of the output. A rule may
// look at lists that it, or another, changes: the rules are run again with what was found until
// nothing is new. Each run is right for a moment more at least, since a change counts only behind
// its moment. Fails as reference_run() does.
[[nodiscard]] base::Result<std::vector<RefListChange>> reference_list_changes(
    const dsl::Ast& ast, const std::vector<RefEvent>& events, const RefOptions& options = {});

// The value of a feature of the file for a key, after all events up to that time (L7, R81).
// kInvalidArgument: no such feature, or one that the language refuses or the reference leaves out.
[[nodiscard]] base::Result<RefValue> reference_feature(
    const dsl::Ast& ast, const std::string& feature, const std::vector<RefValue>& key,
    std::int64_t time_ms, const std::vector<RefEvent>& events, const RefOptions& options = {});

// The rule of that name; null if the file has none.
[[nodiscard]] const dsl::RuleDecl* find_rule(const dsl::Ast& ast, std::string_view rule);

// For people, one line each: `takeover ["a1"] at 60000 by #2: change=0 out=2`.
[[nodiscard]] std::string to_text(const RefAlert& alert);
[[nodiscard]] std::string to_text(const std::vector<RefAlert>& alerts);
// `#0 12000 auth {amount: 3, card: "c1"}`
[[nodiscard]] std::string to_text(const std::vector<RefEvent>& events);

}  // namespace weir::reference
