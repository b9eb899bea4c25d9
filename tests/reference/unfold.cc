// How the unfolding works. A Place is a stack: a sequence that knows its next item, in it a
// repetition that knows how often it was entered, in it perhaps a group's own sequence, and so on.
// From a place there are two moves: into the item on top once more (if its maximum allows), or out
// of it (if its minimum is reached). Both are followed until an event has to be taken.
//
//   A then (B then optional C)+ then D      after A B, standing behind B:
//     into `optional C`                     -> C
//     past it, into the group once more     -> B, by the link between repetitions
//     past it, out of the group             -> D
#include "tests/reference/unfold.h"

#include <utility>

namespace weir::reference {
namespace {

// What has been gathered on the way from the last event taken to the next.
struct Way {
  Place place;
  std::vector<AbsenceModel> guards;
  std::vector<AbsenceModel> trailing;
  std::vector<Step> held_by;
};

class Walk {
 public:
  // Stops short of places with fewer than `floor` frames: used to stay inside one repetition.
  explicit Walk(std::size_t floor) : floor_(floor) {}

  void from(Way way) {
    if (way.place.size() < floor_) return;
    if (way.place.empty()) {
      found_.push_back(Continuation{std::nullopt, std::move(way.trailing)});
      return;
    }
    switch (way.place.back().kind) {
      case Frame::Kind::kSequence:
        return from_sequence(std::move(way));
      case Frame::Kind::kRepeat:
        return from_repeat(std::move(way));
      case Frame::Kind::kPick:
        return from_pick(std::move(way));
    }
  }

  // Into the repetition on top once more.
  void enter(Way way) {
    Frame& repeat = way.place.back();
    const ItemModel& item = *repeat.item;
    const LinkModel link = repeat.count == 0 ? repeat.link : inner_link(item);
    ++repeat.count;
    if (item.is_part) return take(std::move(way), item, link);
    if (item.pick == 1) {  // a sequence, or one of several alternatives
      for (const PatternModel& pattern : item.patterns) {
        Way branch = way;
        branch.place.push_back(sequence(pattern, link));
        from(std::move(branch));
      }
      return;
    }
    Frame pick{.kind = Frame::Kind::kPick, .item = &item, .link = link};
    pick.left = (std::uint64_t{1} << item.patterns.size()) - 1;
    pick.picks = item.pick;
    way.place.push_back(pick);
    from(std::move(way));
  }

  std::vector<Continuation> found() && { return std::move(found_); }

  static Frame sequence(const PatternModel& pattern, const LinkModel& link) {
    return Frame{.kind = Frame::Kind::kSequence, .pattern = &pattern, .link = link};
  }

 private:
  // L3.4: between repetitions skip till next, `in a row` strict, `in any combination` any.
  static LinkModel inner_link(const ItemModel& item) {
    LinkModel link;
    if (item.inner == dsl::Inner::kInARow) link.kind = dsl::LinkKind::kNext;
    if (item.inner == dsl::Inner::kAnyCombination) link.kind = dsl::LinkKind::kEvery;
    return link;
  }

  void from_sequence(Way way) {
    Frame& frame = way.place.back();
    if (frame.next_item == frame.pattern->items.size()) {
      const auto& trailing = frame.pattern->trailing;
      way.trailing.insert(way.trailing.end(), trailing.begin(), trailing.end());
      way.place.pop_back();
      return from(std::move(way));
    }
    const ItemModel& item = frame.pattern->items[frame.next_item];
    // L3.5: a group's link belongs to its first part.
    const LinkModel link = frame.next_item == 0 ? frame.link : item.link;
    ++frame.next_item;
    // L3.5: a `without` stays where parts after it are left out, up to the next part taken.
    way.guards.insert(way.guards.end(), item.absences_before.begin(), item.absences_before.end());
    way.place.push_back(Frame{.kind = Frame::Kind::kRepeat, .item = &item, .link = link});
    from(std::move(way));
  }

  void from_repeat(Way way) {
    const Frame& repeat = way.place.back();
    const ItemModel& item = *repeat.item;
    const bool once_more = repeat.count < item.max;
    const bool enough = repeat.count >= item.min || (repeat.count == 0 && item.may_be_left_out);
    if (enough) {
      Way out = way;
      if (item.greedy && once_more) {
        for (Step& step : repetitions(way)) out.held_by.push_back(std::move(step));
      }
      out.place.pop_back();  // left out at a count of 0, its link goes with it (L3.5)
      from(std::move(out));
    }
    if (once_more) enter(std::move(way));
  }

  // The steps that the next repetition of the item on top could begin with.
  static std::vector<Step> repetitions(const Way& way) {
    Walk inside(way.place.size() + 1);
    Way entered = way;
    entered.held_by.clear();
    inside.enter(std::move(entered));
    std::vector<Step> steps;
    for (Continuation& c : std::move(inside).found()) {
      if (c.step) steps.push_back(std::move(*c.step));
    }
    return steps;
  }

  // L3.5: `all of` and `k of` are every order of their patterns, joined by `then`.
  void from_pick(Way way) {
    const Frame frame = way.place.back();
    if (frame.picks == 0) {
      way.place.pop_back();
      return from(std::move(way));
    }
    const bool first = frame.picks == frame.item->pick;
    for (std::size_t i = 0; i < frame.item->patterns.size(); ++i) {
      const std::uint64_t bit = std::uint64_t{1} << i;
      if ((frame.left & bit) == 0) continue;
      Way branch = way;
      branch.place.back().left &= ~bit;
      --branch.place.back().picks;
      branch.place.push_back(sequence(frame.item->patterns[i], first ? frame.link : LinkModel{}));
      from(std::move(branch));
    }
  }

  void take(Way way, const ItemModel& part, const LinkModel& link) {
    Step step;
    step.part = &part;
    step.repetition = way.place.back().count;
    step.link = link;
    step.guards = std::move(way.guards);
    step.held_by = std::move(way.held_by);
    for (Frame& frame : way.place) {
      if (frame.kind != Frame::Kind::kRepeat) continue;
      if (frame.item->until) step.stops.push_back({&*frame.item->until, frame.started});
      frame.started = true;
    }
    step.after = std::move(way.place);
    found_.push_back(Continuation{std::move(step), {}});
  }

  std::size_t floor_;
  std::vector<Continuation> found_;
};

}  // namespace

Place start_place(const PatternModel& pattern) { return {Walk::sequence(pattern, LinkModel{})}; }

std::vector<Continuation> continuations(const Place& place) {
  Walk walk(0);
  walk.from(Way{.place = place, .guards = {}, .trailing = {}, .held_by = {}});
  return std::move(walk).found();
}

}  // namespace weir::reference
