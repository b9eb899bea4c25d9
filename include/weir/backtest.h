// What rules would have caught in events whose truth is known: what `weir backtest` does, for
// programs. docs/backtest.md defines every figure; the short form:
//
// A *purchase* is an event that can have a label. It is *flagged* if a live rule completes on it
// whose decision is stronger than the weakest, or if the summed score of the live rules that
// complete on it gives such a decision. Precision and recall are over the labelled purchases of the
// period; what has no label is counted apart.
//
// Money is in ten-thousandths (`_e4`), exact; one amount beyond 64 bits counts as their limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/error.h"
#include "weir/ruleset.h"
#include "weir/run.h"

namespace weir {

// ---- what is asked -----------------------------------------------------------------------------

// Where the truth comes from: a field of the purchase, other events that name it, or a file. At
// most one of `field`, `events` and `file`; with none of them the field that is declared as label.
struct BacktestLabels {
  std::string field;   // FIELD or TYPE.FIELD
  std::string events;  // TYPE.FIELD: each such event says that the purchase of that id was fraud
  std::string file;  // CSV or JSON lines: id, label (all fraud without it), ts (when it was known)
  // Texts that mean fraud, all others mean honest; "*" is any text. None: 1, true, yes, fraud mean
  // fraud, 0, false, no, honest, legit, genuine and an empty text do not, and others are refused.
  std::vector<std::string> fraud_values;
  std::string time_field;                   // of the purchase: when its label became known
  std::optional<std::int64_t> known_at_ms;  // what became known later is not known
  // A purchase without a label counts as honest; else it is unlabelled. Of label events this is so
  // unless the purchase is younger than `maturity_ms` at known_at_ms.
  std::optional<bool> rest_is_honest;
  std::int64_t maturity_ms = 0;
  // Event types that are purchases. None: with `field` those that have it; else those that have
  // the amount; else all.
  std::vector<std::string> purchases;
};

enum class BacktestMeasure : std::uint8_t {
  recall,
  precision,
  money_recall,
  keys_flagged,  // share of the frauded keys
  alerts_per_day,
  flagged_per_day,
  false_per_day,
};
[[nodiscard]] const char* backtest_measure_name(BacktestMeasure measure);

// precision>=0.9, alerts_per_day<=20.
struct BacktestTarget {
  BacktestMeasure measure = BacktestMeasure::precision;
  bool at_least = true;
  double value = 0;
  std::string text;  // as it was written
};
[[nodiscard]] Result<BacktestTarget> parse_backtest_target(const std::string& text);

using BacktestParams = std::vector<std::pair<std::string, std::string>>;

// The rules with other values of params.
struct BacktestVariant {
  BacktestParams params;
  Ruleset rules;
};

inline constexpr std::size_t kMostVariants = 1000;

// PARAM=VALUE,VALUE or PARAM=FIRST..LAST/STEP, of each text one param, and every combination of
// their values, the last param changing fastest. Fails (invalid_argument, limit) if there are more
// than kMostVariants.
[[nodiscard]] Result<std::vector<BacktestParams>> expand_sweep(
    const std::vector<std::string>& texts);

struct BacktestOptions {
  // Of these, what says which events are read, and how; outputs and speed are not looked at. Events
  // before from_ms and at or after until_ms are left out.
  RunOptions input;
  // Events from then on and before input.from_ms move state, and are not judged.
  std::optional<std::int64_t> warm_from_ms;
  BacktestLabels labels;
  std::string amount_field;             // empty: `amount`, if a purchase has a number of that name
  std::vector<std::string> key_fields;  // empty: the key that most rules have
  std::string flag_from;             // the weakest decision that flags; empty: all but the weakest
  std::vector<double> at_recall;     // precision is asked at these
  std::vector<double> at_precision;  // and recall at these
  std::size_t examples = 20;         // of each kind, at most
  std::vector<BacktestTarget> targets;
  std::vector<BacktestVariant> sweep;
  BacktestMeasure frontier_by = BacktestMeasure::alerts_per_day;  // or another one a day
  std::optional<Ruleset> against;  // an older version, to compare with
};

// Whether an event declares the field that `field` names: FIELD or TYPE.FIELD.
[[nodiscard]] bool declares_field(const Ruleset& rules, const std::string& field);
// FIELD of what `field` names.
[[nodiscard]] std::string field_of(const Ruleset& rules, const std::string& field);

// ---- what comes out ----------------------------------------------------------------------------

// Wide enough for the sum of as many amounts as there can be.
__extension__ typedef __int128 BacktestMoney;

struct BacktestTally {
  std::uint64_t events = 0;
  BacktestMoney money_e4 = 0;
};

// Of labelled purchases.
struct BacktestConfusion {
  BacktestTally caught;   // fraud, flagged
  BacktestTally missed;   // fraud, not flagged
  BacktestTally falsely;  // honest, flagged
  BacktestTally passed;   // honest, not flagged

  [[nodiscard]] std::optional<double> precision() const;  // none if nothing is flagged
  [[nodiscard]] std::optional<double> recall() const;     // none if there is no fraud
  [[nodiscard]] std::optional<double> money_recall() const;
};

// Times from the first fraudulent purchase of a key to the first alert on a fraudulent one of it.
struct BacktestDelay {
  std::uint64_t keys = 0;  // over which the following are
  std::int64_t median_ms = 0;
  std::int64_t mean_ms = 0;
  std::int64_t p90_ms = 0;
  std::int64_t longest_ms = 0;
};

struct BacktestKeys {
  std::vector<std::string> fields;
  std::uint64_t frauded = 0;  // keys with a fraudulent purchase
  std::uint64_t flagged = 0;  // of them: with one that is flagged
  // flagged_by[i]: keys flagged by their fraudulent purchase i + 1 or an earlier one; the last is
  // by any.
  std::vector<std::uint64_t> flagged_by;
  BacktestTally before_first_flag;  // fraud on flagged keys, before their first flag
  BacktestTally never_flagged;      // fraud on the other frauded keys
  std::uint64_t keyless = 0;        // fraudulent purchases without the key
  BacktestDelay delay;
};

struct BacktestRule {
  std::string name;
  RuleMode mode = RuleMode::live;
  std::string decision;      // empty: none
  bool flags = false;        // by its own decision
  std::uint64_t alerts = 0;  // of the period, timeouts too
  double alerts_per_day = 0;
  std::uint64_t timeouts = 0;            // of alerts
  std::uint64_t deadlines = 0;           // of alerts: completed by time, not by an event
  std::uint64_t deadlines_on_fraud = 0;  // of those: whose match holds a fraudulent purchase
  std::uint64_t elsewhere = 0;           // alerts on events that are no purchases
  BacktestConfusion hits;                // purchases on which it completed, whatever it decides
  std::uint64_t unlabelled = 0;          // likewise, without a label
  std::uint64_t keys = 0;                // frauded keys with a hit
  BacktestDelay delay;
  // A live rule: what would not be flagged without it. A shadow rule: what would be if it were
  // live.
  BacktestTally adds_caught;
  BacktestTally adds_falsely;
  std::uint64_t adds_keys = 0;  // frauded keys flagged only so
};

struct BacktestOverlap {  // purchases on which both completed
  std::uint32_t a = 0;    // of BacktestReport::rules, a < b
  std::uint32_t b = 0;
  std::uint64_t events = 0;
  std::uint64_t fraud = 0;
};

struct BacktestPoint {  // purchases with at least that score taken as flagged
  std::int64_t score_e4 = 0;
  std::uint64_t caught = 0;
  std::uint64_t falsely = 0;
  double precision = 0;
  double recall = 0;
  double money_recall = 0;
  double flagged_per_day = 0;  // labelled or not
};

struct BacktestAsked {  // the point at a recall or precision that was asked for
  double asked = 0;
  std::optional<BacktestPoint> point;  // none: no threshold reaches it
};

struct BacktestDay {
  std::int64_t day_ms = 0;  // its midnight, UTC
  std::uint64_t purchases = 0;
  std::uint64_t fraud = 0;
  std::uint64_t alerts = 0;  // of live rules
  std::uint64_t caught = 0;
  std::uint64_t falsely = 0;
};

struct BacktestExample {
  std::uint64_t seq = 0;
  std::int64_t ts_ms = 0;
  std::string id;
  std::string key;  // JSON object
  std::int64_t amount_e4 = 0;
  std::int64_t score_e4 = 0;
  std::string event;               // the record, JSON; empty if it was not kept
  std::vector<std::string> rules;  // that completed on it, with their reasons
  std::vector<std::string> match;  // of a false alarm: `rule part #seq time id`
};

struct BacktestFigures {  // of one set of rules in short
  BacktestConfusion confusion;
  std::uint64_t alerts = 0;  // of live rules
  double alerts_per_day = 0;
  double flagged_per_day = 0;  // labelled or not
  double false_per_day = 0;
  double keys_flagged = 0;  // share of the frauded keys; 0 without a key
  double average_precision = 0;

  [[nodiscard]] std::optional<double> of(BacktestMeasure measure) const;
};
// Meets all of them; a measure that has no value meets none.
[[nodiscard]] bool meets(const BacktestFigures& figures,
                         const std::vector<BacktestTarget>& targets);

struct BacktestSweep {
  struct Result {
    BacktestParams params;
    BacktestFigures figures;
    bool on_frontier = false;  // no other has more recall at no more of frontier_by, or as much at
                               // less
    bool meets_targets = false;
  };
  BacktestMeasure frontier_by = BacktestMeasure::alerts_per_day;
  std::vector<Result> results;  // in the order of the variants
  std::optional<std::size_t> best;
};

struct BacktestChange {  // purchases of one kind, and by rule
  BacktestTally total;
  std::vector<std::pair<std::string, BacktestTally>> by_rule;  // rules that completed on them
  std::vector<BacktestExample> examples;                       // largest amounts first
};

struct BacktestComparison {
  BacktestFigures before;          // of the older version
  BacktestChange newly_caught;     // by rules of the newer version
  BacktestChange newly_lost;       // by those of the older one
  BacktestChange newly_false;      // newer
  BacktestChange no_longer_false;  // older
  std::vector<std::string> added;  // names of rules
  std::vector<std::string> removed;
  std::vector<std::string> changed;  // of the same name and another version
};

struct BacktestReport {
  RunSummary run;      // of the input; its alerts are those of RULES in all of it
  std::string labels;  // where they came from, in words
  std::string amount;  // the field; empty: none
  std::optional<std::int64_t> from_ms, until_ms, warm_from_ms, known_at_ms;
  std::optional<std::int64_t> first_ms, last_ms;  // of the judged period's events
  double days = 0;                                // of the period, at least 1
  std::string flag_from;
  bool rules_read_label = false;  // what is measured was known to what is measured

  BacktestTally fraud;
  BacktestTally honest;
  BacktestTally unlabelled;
  BacktestTally unlabelled_flagged;
  std::uint64_t without_amount = 0;  // purchases; counted as 0
  std::uint64_t warm_up = 0;         // events that only moved state
  std::uint64_t overridden = 0;      // flagged purchases that a final decision let pass
  std::uint64_t labels_unused = 0;   // of label events or a file: ids that no purchase had
  std::uint64_t labels_misfit = 0;   // labels, or their times, that are not of the declared type

  BacktestFigures figures;
  std::uint64_t shadow_alerts = 0;
  std::optional<BacktestKeys> keys;
  std::vector<BacktestRule> rules;
  std::vector<BacktestOverlap> overlap;  // of the 60 rules with the most hits; not empty pairs
  std::vector<BacktestPoint> curve;      // from the highest score down, at most 400
  std::vector<BacktestAsked> at_recall;
  std::vector<BacktestAsked> at_precision;
  std::vector<BacktestDay> timeline;  // days with anything
  std::vector<BacktestExample> missed;
  std::vector<BacktestExample> false_alarms;
  std::vector<std::pair<std::string, bool>> targets;  // and whether RULES meet them
  std::optional<BacktestSweep> sweep;
  std::optional<BacktestComparison> comparison;
};

// Runs to the end of the input on the calling thread; input.threads counts it. The report is the
// same for any number of threads, run.seconds and what hangs on it apart. Fails as weir::run does,
// and with invalid_argument if a label, field, key or decision is not there, or if no purchase has
// a label. `observer` may be null.
//
// Memory: engines apart, it grows with the alerts, the fraudulent purchases, the ids in a label
// file or label events, and the days, not with the events. Of at most 64 MiB of fraudulent
// purchases the records are kept, to be shown.
[[nodiscard]] Result<BacktestReport> backtest(const Ruleset& rules, const BacktestOptions& options,
                                              RunObserver* observer = nullptr);

// One JSON object on one line, without a newline; keys in the order of docs/backtest.md.
[[nodiscard]] std::string backtest_json(const BacktestReport& report);

}  // namespace weir
