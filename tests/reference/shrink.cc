#include "tests/reference/shrink.h"

#include <algorithm>
#include <utility>

namespace weir::reference {
namespace {

// Every edit of a value, each applied to a copy of the whole case and handed to `keep`.
class Edits {
 public:
  explicit Edits(const Case& c) : case_(c) {}

  std::vector<Case> all() {
    events();
    features();
    rule();
    return std::move(out_);
  }

 private:
  void keep() {
    Case c = case_;
    drop_dangling(c);
    out_.push_back(std::move(c));
  }

  // Sets `at`, which lies in case_, for the time of one copy.
  template <typename T>
  void with(T& at, T value) {
    if (at == value) return;
    std::swap(at, value);
    keep();
    std::swap(at, value);
  }

  template <typename T>
  void without_each(std::vector<T>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto at = list.begin() + static_cast<std::ptrdiff_t>(i);
      T removed = std::move(*at);
      list.erase(at);
      keep();
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), std::move(removed));
    }
  }

  void events() {
    without_each(case_.events);
    for (std::size_t i = 0; i + 1 < case_.events.size(); ++i) {  // a gap less
      const std::int64_t gap = case_.events[i + 1].ts_ms - case_.events[i].ts_ms;
      if (gap > 0) shift_from(i + 1, gap > 1000 ? gap - 1000 : gap);
      if (gap > 60'000) shift_from(i + 1, gap - 1000);
    }
    for (RefEvent& e : case_.events) {
      for (const char* name : {"x", "m", "j", "f"}) {
        if (!e.fields.contains(name)) continue;
        auto fields = e.fields;
        fields.erase(name);
        with(e.fields, std::move(fields));
      }
      auto& v = e.fields["v"];
      if (v != RefValue{std::int64_t{0}}) with(v, RefValue{std::int64_t{0}});
    }
  }

  void shift_from(std::size_t first, std::int64_t by) {
    for (std::size_t i = first; i < case_.events.size(); ++i) case_.events[i].ts_ms -= by;
    keep();
    for (std::size_t i = first; i < case_.events.size(); ++i) case_.events[i].ts_ms += by;
  }

  void features() {
    without_each(case_.features);
    for (CaseFeature& f : case_.features) {
      without_each(f.where);
      with(f.excluding_current, false);
      with(f.by, std::string("k"));
      if (f.window.kind != CaseWindowKind::kSliding) {
        with(f.window, CaseWindow{.length_ms = std::max<std::int64_t>(f.window.length_ms, 1000)});
      }
      if (f.function == "count") with(f.field, std::string());
      if (f.function != "count") {
        CaseFeature counted = f;
        counted.function = "count";
        std::swap(f, counted);
        keep();
        std::swap(f, counted);
      }
    }
  }

  void rule() {
    CaseRule& r = case_.rule;
    absences(r.leading);
    without_each(r.having);
    without_each(r.emits);
    without_each(r.changes);
    without_each(r.late_changes);
    with(case_.writer, std::string());
    with(r.skip, std::string());
    with(r.report, std::int64_t{-1});
    with(r.pick_any, false);
    with(r.limit, std::int64_t{-1});
    with(r.cooldown_ms, std::int64_t{-1});
    with(r.even_when_warming, false);
    with(r.timeout, false);
    with(r.within_ms, std::int64_t{9000});
    if (!r.by.empty()) with(r.by, std::string("by k"));
    pattern(r.pattern);
  }

  void absences(std::vector<CaseAbsence>& list) {
    without_each(list);
    for (CaseAbsence& a : list) {
      without_each(a.where);
      with(a.next, false);
    }
  }

  void pattern(CasePattern& p) {
    if (p.items.size() > 1) without_each(p.items);
    absences(p.trailing);
    // By index: replacing an item by what a group holds changes the list.
    for (std::size_t i = 0; i < p.items.size(); ++i) {
      unwrap(p, i);
      item(p.items[i]);
    }
  }

  // A group gives way to one of its patterns.
  void unwrap(CasePattern& p, std::size_t i) {
    if (p.items[i].group == CaseGroup::kNone) return;
    for (std::size_t j = 0; j < p.items[i].patterns.size(); ++j) {
      CasePattern replaced = p;
      std::vector<CaseItem> inside = p.items[i].patterns[j].items;
      inside.front().link = p.items[i].link;
      inside.front().after_ms = p.items[i].after_ms;
      inside.front().within_ms = p.items[i].within_ms;
      const auto at = replaced.items.erase(replaced.items.begin() + static_cast<std::ptrdiff_t>(i));
      replaced.items.insert(at, inside.begin(), inside.end());
      std::swap(p, replaced);
      keep();
      std::swap(p, replaced);
    }
  }

  void item(CaseItem& it) {
    absences(it.absences_before);
    with(it.link, CaseLink::kThen);
    with(it.after_ms, std::int64_t{-1});
    with(it.within_ms, std::int64_t{-1});
    quantifier(it);
    with(it.optional, false);
    with(it.inner, CaseInner::kNone);
    with(it.greedy, false);
    without_each(it.until);
    without_each(it.where);
    if (it.types.size() > 1) without_each(it.types);
    if (!it.among.empty()) with(it.among, std::vector<std::string>{});
    if (it.patterns.size() > static_cast<std::size_t>(std::max<std::int64_t>(it.pick, 1)) &&
        it.patterns.size() > 1) {
      without_each(it.patterns);
    }
    for (CasePattern& inner : it.patterns) pattern(inner);
  }

  static std::int64_t open(std::int64_t max) { return max < 0 ? 99 : max; }

  void quantifier(CaseItem& it) {
    if (it.min == 1 && it.max == 1) return;
    const std::pair<std::int64_t, std::int64_t> was{it.min, it.max};
    for (const auto& [min, max] :
         {std::pair<std::int64_t, std::int64_t>{1, 1}, {1, -1}, {1, 2}, {2, 2}}) {
      const bool simpler = std::pair(min, open(max)) < std::pair(was.first, open(was.second));
      if (!simpler) continue;
      it.min = min;
      it.max = max;
      keep();
    }
    it.min = was.first;
    it.max = was.second;
  }

  Case case_;
  std::vector<Case> out_;
};

}  // namespace

std::vector<Case> smaller_cases(const Case& c) { return Edits(c).all(); }

Case shrink(const Case& c, const std::function<bool(const Case&)>& fails, std::size_t max_calls) {
  Case best = c;
  std::size_t calls = 0;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (Case& candidate : smaller_cases(best)) {
      if (++calls > max_calls) return best;
      if (!fails(candidate)) continue;
      best = std::move(candidate);
      smaller = true;
      break;
    }
  }
  return best;
}

}  // namespace weir::reference
