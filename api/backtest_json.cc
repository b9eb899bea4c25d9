// The report for programs. The keys and their order are a contract: docs/backtest.md.
#include "api/json_object.h"
#include "weir/backtest.h"

namespace weir {
namespace {

using api::JsonObject;

void write_tally(JsonObject& out, const BacktestTally& tally) {
  out.add("events", tally.events).decimal("money", tally.money_e4);
}

void add_tally(JsonObject& out, const char* name, const BacktestTally& tally) {
  out.object(name, [&](JsonObject& in) { write_tally(in, tally); });
}

void write_confusion(JsonObject& out, const BacktestConfusion& confusion) {
  out.add("true_positives", confusion.caught.events)
      .add("false_positives", confusion.falsely.events)
      .add("false_negatives", confusion.missed.events)
      .add("true_negatives", confusion.passed.events)
      .add("precision", confusion.precision())
      .add("recall", confusion.recall())
      .decimal("money_caught", confusion.caught.money_e4)
      .decimal("money_missed", confusion.missed.money_e4)
      .decimal("money_false", confusion.falsely.money_e4)
      .add("money_recall", confusion.money_recall());
}

void write_figures(JsonObject& out, const BacktestFigures& figures) {
  write_confusion(out, figures.confusion);
  out.add("alerts", figures.alerts)
      .add("alerts_per_day", figures.alerts_per_day)
      .add("flagged_per_day", figures.flagged_per_day)
      .add("false_per_day", figures.false_per_day)
      .add("keys_flagged", figures.keys_flagged)
      .add("average_precision", figures.average_precision);
}

void add_delay(JsonObject& out, const BacktestDelay& delay) {
  out.object("delay", [&](JsonObject& in) {
    in.add("keys", delay.keys);
    const bool any = delay.keys > 0;
    const auto ms = [&](std::int64_t value) {
      return any ? std::optional<std::int64_t>(value) : std::nullopt;
    };
    in.add("median_ms", ms(delay.median_ms))
        .add("mean_ms", ms(delay.mean_ms))
        .add("p90_ms", ms(delay.p90_ms))
        .add("longest_ms", ms(delay.longest_ms));
  });
}

const char* mode_name(RuleMode mode) {
  if (mode == RuleMode::live) return "live";
  if (mode == RuleMode::canary) return "canary";
  return mode == RuleMode::shadow ? "shadow" : "off";
}

void write_rule(std::string& to, const BacktestRule& rule) {
  JsonObject out(to);
  out.add("rule", rule.name)
      .add("mode", mode_name(rule.mode))
      .text_or_null("decision", rule.decision)
      .add("flags", rule.flags)
      .add("alerts", rule.alerts)
      .add("alerts_per_day", rule.alerts_per_day)
      .add("timeouts", rule.timeouts)
      .add("deadlines", rule.deadlines)
      .add("deadlines_on_fraud", rule.deadlines_on_fraud)
      .add("elsewhere", rule.elsewhere);
  write_confusion(out, rule.hits);
  out.add("unlabelled", rule.unlabelled).add("keys", rule.keys);
  add_delay(out, rule.delay);
  out.object("adds", [&](JsonObject& in) {
    in.add("true_positives", rule.adds_caught.events)
        .decimal("money_caught", rule.adds_caught.money_e4)
        .add("false_positives", rule.adds_falsely.events)
        .add("keys", rule.adds_keys);
  });
}

void write_point(JsonObject& out, const BacktestPoint& point) {
  out.decimal("score", point.score_e4)
      .add("true_positives", point.caught)
      .add("false_positives", point.falsely)
      .add("precision", point.precision)
      .add("recall", point.recall)
      .add("money_recall", point.money_recall)
      .add("flagged_per_day", point.flagged_per_day);
}

void write_asked(std::string& to, const BacktestAsked& asked, const char* name) {
  JsonObject out(to);
  out.add(name, asked.asked);
  if (!asked.point) {
    out.raw("point", "");
    return;
  }
  out.object("point", [&](JsonObject& in) { write_point(in, *asked.point); });
}

void write_example(std::string& to, const BacktestExample& example) {
  JsonObject out(to);
  out.text_or_null("id", example.id)
      .add("seq", example.seq)
      .add("ts", example.ts_ms)
      .raw("key", example.key)
      .decimal("amount", example.amount_e4)
      .decimal("score", example.score_e4)
      .texts("rules", example.rules)
      .texts("match", example.match)
      .raw("event", example.event);
}

void add_keys(JsonObject& out, const BacktestReport& report) {
  if (!report.keys) {
    out.raw("keys", "");
    return;
  }
  const BacktestKeys& keys = *report.keys;
  out.object("keys", [&](JsonObject& in) {
    in.texts("fields", keys.fields).add("frauded", keys.frauded).add("flagged", keys.flagged);
    in.array("flagged_by", keys.flagged_by,
             [](std::string& to, std::uint64_t count) { event::append_uint(to, count); });
    add_tally(in, "before_first_flag", keys.before_first_flag);
    add_tally(in, "never_flagged", keys.never_flagged);
    in.add("keyless", keys.keyless);
    add_delay(in, keys.delay);
  });
}

void add_sweep(JsonObject& out, const BacktestReport& report) {
  if (!report.sweep) {
    out.raw("sweep", "");
    return;
  }
  const auto write_params = [](JsonObject& in, const BacktestParams& params) {
    in.object("params", [&](JsonObject& values) {
      for (const auto& [param, value] : params) values.add(param, value);
    });
  };
  out.object("sweep", [&](JsonObject& in) {
    in.add("frontier_by", backtest_measure_name(report.sweep->frontier_by));
    in.array("results", report.sweep->results, [&](std::string& to, const auto& result) {
      JsonObject one(to);
      write_params(one, result.params);
      write_figures(one, result.figures);
      one.add("on_frontier", result.on_frontier).add("meets_targets", result.meets_targets);
    });
    if (!report.sweep->best) {
      in.raw("best", "");
    } else {
      in.object("best", [&](JsonObject& best) {
        best.add("index", std::uint64_t{*report.sweep->best});
        write_params(best, report.sweep->results[*report.sweep->best].params);
      });
    }
  });
}

void add_change(JsonObject& out, const char* name, const BacktestChange& change) {
  out.object(name, [&](JsonObject& in) {
    write_tally(in, change.total);
    in.object("by_rule", [&](JsonObject& rules) {
      for (const auto& [rule, tally] : change.by_rule) add_tally(rules, rule.c_str(), tally);
    });
    in.array("examples", change.examples, write_example);
  });
}

void add_comparison(JsonObject& out, const BacktestReport& report) {
  if (!report.comparison) {
    out.raw("against", "");
    return;
  }
  const BacktestComparison& comparison = *report.comparison;
  out.object("against", [&](JsonObject& in) {
    in.object("before", [&](JsonObject& before) { write_figures(before, comparison.before); });
    in.object("rules", [&](JsonObject& rules) {
      rules.texts("added", comparison.added)
          .texts("removed", comparison.removed)
          .texts("changed", comparison.changed);
    });
    add_change(in, "newly_caught", comparison.newly_caught);
    add_change(in, "newly_lost", comparison.newly_lost);
    add_change(in, "newly_false", comparison.newly_false);
    add_change(in, "no_longer_false", comparison.no_longer_false);
  });
}

void add_purchases(JsonObject& out, const BacktestReport& report) {
  out.object("purchases", [&](JsonObject& in) {
    in.add("labelled", report.fraud.events + report.honest.events);
    add_tally(in, "fraud", report.fraud);
    add_tally(in, "honest", report.honest);
    add_tally(in, "unlabelled", report.unlabelled);
    add_tally(in, "unlabelled_flagged", report.unlabelled_flagged);
    in.add("without_amount", report.without_amount)
        .add("overridden", report.overridden)
        .add("labels_unused", report.labels_unused)
        .add("labels_misfit", report.labels_misfit);
  });
}

void add_curve(JsonObject& out, const BacktestReport& report) {
  out.array("curve", report.curve, [](std::string& to, const BacktestPoint& point) {
    JsonObject one(to);
    write_point(one, point);
  });
  out.array("at_recall", report.at_recall,
            [](std::string& to, const BacktestAsked& asked) { write_asked(to, asked, "recall"); });
  out.array("at_precision", report.at_precision, [](std::string& to, const BacktestAsked& asked) {
    write_asked(to, asked, "precision");
  });
}

}  // namespace

std::string backtest_json(const BacktestReport& report) {
  std::string text;
  {
    JsonObject out(text);
    out.object("period", [&](JsonObject& in) {
      in.add("from", report.from_ms)
          .add("until", report.until_ms)
          .add("warm_from", report.warm_from_ms)
          .add("known_at", report.known_at_ms)
          .add("first", report.first_ms)
          .add("last", report.last_ms)
          .add("days", report.days)
          .add("warm_up_events", report.warm_up);
    });
    out.add("labels", report.labels)
        .text_or_null("amount", report.amount)
        .text_or_null("flag_from", report.flag_from)
        .add("rules_read_label", report.rules_read_label);
    add_purchases(out, report);
    out.object("set", [&](JsonObject& in) {
      write_figures(in, report.figures);
      in.add("shadow_alerts", report.shadow_alerts);
    });
    add_keys(out, report);
    out.array("rules", report.rules, write_rule);
    out.array("overlap", report.overlap, [&](std::string& to, const BacktestOverlap& pair) {
      JsonObject one(to);
      one.add("a", report.rules[pair.a].name)
          .add("b", report.rules[pair.b].name)
          .add("events", pair.events)
          .add("fraud", pair.fraud);
    });
    add_curve(out, report);
    out.array("days", report.timeline, [](std::string& to, const BacktestDay& day) {
      JsonObject one(to);
      one.add("day", day.day_ms)
          .add("purchases", day.purchases)
          .add("fraud", day.fraud)
          .add("alerts", day.alerts)
          .add("true_positives", day.caught)
          .add("false_positives", day.falsely);
    });
    out.array("missed", report.missed, write_example);
    out.array("false_alarms", report.false_alarms, write_example);
    out.object("targets", [&](JsonObject& in) {
      for (const auto& [target, met] : report.targets) in.add(target, met);
    });
    add_sweep(out, report);
    add_comparison(out, report);
    out.raw("run", summary_json(report.run));
  }
  return text;
}

}  // namespace weir
