#include "tests/reference/metamorphic.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <tuple>

namespace weir::reference {
namespace {

constexpr const char* kNewKey = "zz";

Variation unchanged(const Case& c) {
  Variation out{c, {}, 0, ""};
  for (std::size_t i = 0; i < c.events.size(); ++i) out.original.emplace_back(i);
  return out;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the word stands in the text, by itself and not behind a point; from `begin` on.
std::size_t find_word(const std::string& text, const std::string& word, std::size_t begin = 0) {
  for (std::size_t at = text.find(word, begin); at != std::string::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != '.');
    if (starts && (end == text.size() || !is_word(text[end]))) return at;
  }
  return std::string::npos;
}

// The features and the rule, without the declarations that all cases share.
std::string own_text(const Case& c) { return to_weir(c).substr(case_declarations().size()); }

bool has_part_keys(const CasePattern& pattern) {
  return std::any_of(pattern.items.begin(), pattern.items.end(), [](const CaseItem& item) {
    return !item.by.empty() || std::any_of(item.patterns.begin(), item.patterns.end(),
                                           [](const auto& p) { return has_part_keys(p); });
  });
}

// Does the rule look at each key by itself?
bool is_keyed(const CaseRule& rule) {
  return rule.by != "by all" && (!rule.by.empty() || has_part_keys(rule.pattern));
}

void insert(Variation& v, std::size_t at, RefEvent e) {
  v.changed.events.insert(v.changed.events.begin() + static_cast<std::ptrdiff_t>(at), std::move(e));
  v.original.insert(v.original.begin() + static_cast<std::ptrdiff_t>(at), std::nullopt);
}

// A time at which an event may stand there in the order.
std::int64_t time_at(const std::vector<RefEvent>& events, std::size_t at, Random& random) {
  if (at == 0) return events[0].ts_ms;
  const std::int64_t low = events[at - 1].ts_ms;
  const std::int64_t high = at < events.size() ? events[at].ts_ms : low + 1000;
  return random.percent(50) ? low : random.between(low, high);
}

const RefValue* field(const RefEvent& e, const char* name) {
  const auto it = e.fields.find(name);
  return it == e.fields.end() ? nullptr : &it->second;
}

bool differ(const RefEvent& a, const char* of_a, const RefEvent& b, const char* of_b) {
  const RefValue* x = field(a, of_a);
  const RefValue* y = field(b, of_b);
  return x == nullptr || y == nullptr || *x != *y;
}

// Of all fields that can be keys.
bool share_no_key(const RefEvent& a, const RefEvent& b) {
  for (const char* x : {"k", "j"}) {
    for (const char* y : {"k", "j"}) {
      if (!differ(a, x, b, y)) return false;
    }
  }
  return differ(a, "v", b, "v") && differ(a, "x", b, "x");
}

// What the windows of the text are aligned to.
std::int64_t alignment_of(const std::string& text, const std::string& word) {
  std::int64_t out = 1;
  for (std::size_t at = find_word(text, word); at != std::string::npos;
       at = find_word(text, word, at + 1)) {
    std::size_t end = at + word.size() + 1;
    std::int64_t number = 0;
    const std::size_t begin = end;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) {
      number = 10 * number + (text[end++] - '0');
    }
    if (end == begin) continue;  // `then every b`
    if (text.compare(end, 2, "ms") != 0) number *= 1000;
    out = std::lcm(out, number);
  }
  return out;
}

}  // namespace

std::vector<RefAlert> as_original(const Variation& variation, std::vector<RefAlert> alerts) {
  std::erase_if(alerts, [&](const RefAlert& alert) {
    return !variation.added_key.empty() &&
           std::any_of(alert.key.begin(), alert.key.end(), [&](const auto& part) {
             return part.second == RefValue{variation.added_key};
           });
  });
  for (RefAlert& alert : alerts) {
    alert.time_ms -= variation.later_ms;
    // An added event that takes part gets a number that no event has, and shows as a difference.
    const auto number = [&](std::size_t event) {
      return variation.original[event].value_or(variation.original.size());
    };
    if (alert.event) alert.event = number(*alert.event);
    for (auto& [label, taken] : alert.match) {
      for (std::size_t& event : taken) event = number(event);
    }
  }
  std::stable_sort(alerts.begin(), alerts.end(), [](const RefAlert& a, const RefAlert& b) {
    return std::tuple(a.time_ms, !a.event, a.event.value_or(0)) <
           std::tuple(b.time_ms, !b.event, b.event.value_or(0));
  });
  return alerts;
}

std::optional<Variation> shift_time(const Case& c, Random& random) {
  const std::string text = own_text(c);
  for (const char* unit : {"day in", "week in", "month in"}) {
    if (text.find(unit) != std::string::npos) return std::nullopt;
  }
  Variation out = unchanged(c);
  const std::int64_t unit = std::lcm(alignment_of(text, "each"), alignment_of(text, "every"));
  out.later_ms = unit * random.between(1, 1000);
  for (RefEvent& e : out.changed.events) e.ts_ms += out.later_ms;
  return out;
}

std::optional<Variation> swap_ties(const Case& c, Random& random) {
  // F[x] looks at other keys.
  if (!is_keyed(c.rule) || own_text(c).find('[') != std::string::npos) return std::nullopt;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i + 1 < c.events.size(); ++i) {
    const bool tied = c.events[i].ts_ms == c.events[i + 1].ts_ms;
    if (tied && share_no_key(c.events[i], c.events[i + 1])) places.push_back(i);
  }
  if (places.empty()) return std::nullopt;
  Variation out = unchanged(c);
  const std::size_t i = random.pick(places);
  std::swap(out.changed.events[i], out.changed.events[i + 1]);
  std::swap(out.original[i], out.original[i + 1]);
  return out;
}

std::optional<Variation> add_other_keys(const Case& c, Random& random) {
  // R11: a rule is warm some time after the first event of any key.
  if (!is_keyed(c.rule) || !c.rule.leading.empty() || c.events.empty()) return std::nullopt;
  Variation out = unchanged(c);
  out.added_key = kNewKey;
  for (std::int64_t i = random.between(1, 4); i > 0; --i) {
    const auto size = static_cast<std::int64_t>(out.changed.events.size());
    const auto at = static_cast<std::size_t>(random.between(0, size));
    RefEvent e = random.pick(c.events);
    e.ts_ms = time_at(out.changed.events, at, random);
    e.fields["k"] = e.fields["j"] = kNewKey;
    e.fields["v"] = e.fields["x"] = 900 + i;  // a key too
    insert(out, at, std::move(e));
  }
  return out;
}

std::optional<Variation> add_other_type(const Case& c, Random& random) {
  if (c.events.empty() || find_word(own_text(c), "d") != std::string::npos) return std::nullopt;
  Variation out = unchanged(c);
  for (std::int64_t i = random.between(1, 4); i > 0; --i) {
    const auto size = static_cast<std::int64_t>(out.changed.events.size());
    const auto at = static_cast<std::size_t>(random.between(0, size));
    RefEvent e = random.pick(c.events);
    e.type = "d";
    e.ts_ms = time_at(out.changed.events, at, random);
    insert(out, at, std::move(e));
  }
  return out;
}

namespace {

void replace_in(std::vector<CaseCondition>& where, const CaseFeature& feature, bool& any) {
  const std::string text = aggregate_text(feature);
  for (CaseCondition& c : where) {
    for (std::size_t at = find_word(c.text, feature.name); at != std::string::npos;
         at = find_word(c.text, feature.name, at + text.size())) {
      c.text.replace(at, feature.name.size(), text);
      any = true;
    }
  }
}

void replace_in(CasePattern& pattern, const CaseFeature& feature, bool& any) {
  for (CaseAbsence& a : pattern.trailing) replace_in(a.where, feature, any);
  for (CaseItem& item : pattern.items) {
    for (CaseAbsence& a : item.absences_before) replace_in(a.where, feature, any);
    replace_in(item.where, feature, any);
    replace_in(item.until, feature, any);
    for (CasePattern& inner : item.patterns) replace_in(inner, feature, any);
  }
}

}  // namespace

std::optional<Variation> write_in_place(const Case& c, Random&) {
  Variation out = unchanged(c);
  bool any = false;
  Case& changed = out.changed;
  // The last first, since it may read those before.
  for (std::size_t i = changed.features.size(); i-- > 0;) {
    const CaseFeature feature = changed.features[i];
    for (std::size_t j = i + 1; j < changed.features.size(); ++j) {
      replace_in(changed.features[j].where, feature, any);
    }
    for (CaseAbsence& a : changed.rule.leading) replace_in(a.where, feature, any);
    replace_in(changed.rule.pattern, feature, any);
    replace_in(changed.rule.having, feature, any);
    replace_in(changed.rule.emits, feature, any);
  }
  if (!any) return std::nullopt;
  return out;
}

const std::vector<std::pair<std::string, MakeVariation>>& variations() {
  static const std::vector<std::pair<std::string, MakeVariation>> kAll = {
      {"shift time", shift_time},
      {"swap ties", swap_ties},
      {"add other keys", add_other_keys},
      {"add another type", add_other_type},
      {"write in place", write_in_place}};
  return kAll;
}

}  // namespace weir::reference
