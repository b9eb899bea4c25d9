// Building. At each node of the tree the conjunctions are asked which of their tests they would
// best be found by: an equality, on the slot that has most different values among them; an
// equality of a truth; a range closed on both sides; a half-open range; none. Equalities lead to a
// child that holds the rest of those conjunctions; ranges are leaves, sorted so that a walk ends at
// the first that fails.
#include "nfa/predicate_index.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>

#include "base/hash.h"

namespace weir::nfa {
namespace {

constexpr std::size_t kFew = 3;       // so many conjunctions are candidates without more ado
constexpr std::size_t kMostOf = 256;  // values of one `in` that are worth an entry each

// ---- codes -------------------------------------------------------------------------------------

std::int64_t float_code(double value) {
  if (value == 0) value = 0;  // -0 is 0
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits < 0 ? bits ^ INT64_MAX : bits;
}

std::int64_t bytes_code(std::string_view bytes) {
  return static_cast<std::int64_t>(base::hash64(bytes));
}

// nullopt: the class has none.
std::optional<std::int64_t> code_of(ValueClass value_class, const event::Value& value,
                                    std::string_view text) {
  switch (value_class) {
    case ValueClass::kInteger:
      return value.integer;
    case ValueClass::kDecimal:  // of an event or a constant: within 64 bits; else at their ends
      return static_cast<std::int64_t>(
          std::clamp(value.decimal, event::Int128{INT64_MIN}, event::Int128{INT64_MAX}));
    case ValueClass::kFloat:
      return float_code(value.real);
    case ValueClass::kString:
      return bytes_code(text);
    case ValueClass::kIp:
      return bytes_code({reinterpret_cast<const char*>(value.ip), sizeof value.ip});
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> code_of(const Constant& constant) {
  return code_of(constant.value_class, constant.value, constant.text);
}

// ---- what a program says -----------------------------------------------------------------------

// The bounds of `slot < constant` and its kin. A test that nothing passes has low above high.
void set_bounds(bool strict, bool swapped, std::int64_t constant, SlotTest& test) {
  if (!swapped) {
    if (strict && constant == INT64_MIN) {
      test.low = INT64_MAX;
      constant = INT64_MIN + 1;
    }
    test.high = strict ? constant - 1 : constant;
  } else {
    if (strict && constant == INT64_MAX) {
      test.high = INT64_MIN;
      constant = INT64_MAX - 1;
    }
    test.low = strict ? constant + 1 : constant;
  }
}

// False: the set is too large, or has what is no single value.
bool take_set(const ConstantSet& set, SlotTest& test) {
  if (set.entries.size() > kMostOf) return false;
  for (std::size_t i = 0; i < set.entries.size(); ++i) {
    if (!set.prefix_bits.empty() && set.prefix_bits[i] != 128) return false;
    const auto code = code_of(set.entries[i]);
    if (!code) return false;
    test.any_of.push_back(*code);
  }
  std::ranges::sort(test.any_of);
  return !test.any_of.empty();
}

}  // namespace

std::optional<SlotTest> slot_test(const Program& program) {
  const auto simple = as_simple_test(program);
  if (!simple) return std::nullopt;
  SlotTest made;
  made.slot = simple->slot;
  made.value_class = simple->value_class;
  if (simple->op == Opcode::kTrue) {
    made.any_of = {simple->negate ? 0 : 1};
    return made;
  }
  if (simple->negate) return std::nullopt;
  if (simple->op == Opcode::kInSet) {
    if (!take_set(*simple->set, made)) return std::nullopt;
    return made;
  }
  const auto constant = code_of(*simple->constant);
  if (!constant) return std::nullopt;
  switch (simple->op) {
    case Opcode::kEqI:
    case Opcode::kEqD:
    case Opcode::kEqF:
    case Opcode::kEqS:
    case Opcode::kEqP:
      made.any_of = {*constant};
      return made;
    case Opcode::kLtI:
    case Opcode::kLtD:
    case Opcode::kLtF:
    case Opcode::kLeI:
    case Opcode::kLeD:
    case Opcode::kLeF: {
      const bool strict =
          simple->op == Opcode::kLtI || simple->op == Opcode::kLtD || simple->op == Opcode::kLtF;
      set_bounds(strict, simple->swapped, *constant, made);
      return made;
    }
    default:
      return std::nullopt;
  }
}

RangeTest range_test(const Program& program) {
  const auto test = slot_test(program);
  RangeTest range;
  if (!test || test->any_of.size() > 1 || test->low > test->high) return range;
  // The first eight bytes of either are its 64-bit code: decimals of events are within 64 bits.
  if (test->value_class != ValueClass::kInteger && test->value_class != ValueClass::kDecimal) {
    return range;
  }
  const bool one = !test->any_of.empty();
  range.slot = test->slot;
  range.low = one ? test->any_of.front() : test->low;
  range.span = static_cast<std::uint64_t>(one ? range.low : test->high) -
               static_cast<std::uint64_t>(range.low);
  return range;
}

namespace {

// Both hold. False: nothing passes.
bool meet(SlotTest& a, const SlotTest& b) {
  a.low = std::max(a.low, b.low);
  a.high = std::min(a.high, b.high);
  if (a.any_of.empty()) {
    a.any_of = b.any_of;
  } else if (!b.any_of.empty()) {
    std::vector<std::int64_t> both;
    std::ranges::set_intersection(a.any_of, b.any_of, std::back_inserter(both));
    if (both.empty()) return false;
    a.any_of = std::move(both);
  }
  return a.low <= a.high;
}

bool is_truth(const SlotTest& test) {
  return test.value_class == ValueClass::kInteger && test.any_of.size() == 1 &&
         (test.any_of.front() == 0 || test.any_of.front() == 1);
}

}  // namespace

bool PredicateIndex::understand(std::span<const Program* const> programs,
                                std::vector<SlotTest>& tests) {
  for (const Program* program : programs) {
    auto test = slot_test(*program);
    if (!test) continue;
    if (test->low > test->high) return false;
    const auto same = std::ranges::find(tests, test->slot, &SlotTest::slot);
    if (same == tests.end()) {
      tests.push_back(std::move(*test));
    } else if (same->value_class == test->value_class && !meet(*same, *test)) {
      return false;
    }
  }
  return true;
}

// ---- the tree ----------------------------------------------------------------------------------

struct PredicateIndex::Node {
  // Open addressing from a code to a child; a power of two, at most half full.
  struct Equalities {
    std::uint16_t slot = 0;
    ValueClass value_class = ValueClass::kInteger;
    struct Entry {
      std::int64_t code = 0;
      Node* child = nullptr;
    };
    std::vector<Entry> table;

    [[nodiscard]] const Node* find(std::int64_t code) const {
      const std::size_t mask = table.size() - 1;
      for (std::size_t at = place(code) & mask;; at = (at + 1) & mask) {
        if (table[at].child == nullptr) return nullptr;
        if (table[at].code == code) return table[at].child;
      }
    }
    [[nodiscard]] static std::size_t place(std::int64_t code) {
      return static_cast<std::uint64_t>(code) * 0x9E3779B97F4A7C15ull >> 20;
    }
  };
  // Ranges over one slot, by their lower ends; `reach` is the highest upper end of a subtree of
  // the implicit balanced tree over [0, n), so that a walk passes over what ends too early.
  struct Ranges {
    std::uint16_t slot = 0;
    ValueClass value_class = ValueClass::kInteger;
    struct Entry {
      std::int64_t low = 0;
      std::int64_t high = 0;
      std::int64_t reach = 0;
      std::uint32_t target = 0;
    };
    std::vector<Entry> entries;
  };

  std::vector<Equalities> equalities;
  std::vector<Ranges> ranges;
  std::vector<std::uint32_t> always;
  std::vector<std::unique_ptr<Node>> children;
};

namespace {

using Conjunction = PredicateIndex::Conjunction;

struct Access {
  enum class Kind : std::uint8_t { kEquality, kTruth, kRange, kNone } kind = Kind::kNone;
  std::size_t test = 0;
};

// The test that a conjunction is best found by, given how many values each slot is compared with.
Access best_access(const Conjunction& conjunction,
                   const std::map<std::uint16_t, std::set<std::int64_t>>& values) {
  Access best;
  std::size_t most = 0;
  bool closed = false;
  for (std::size_t i = 0; i < conjunction.tests.size(); ++i) {
    const SlotTest& test = conjunction.tests[i];
    Access access{Access::Kind::kRange, i};
    std::size_t different = 0;
    if (!test.any_of.empty()) {
      access.kind = is_truth(test) ? Access::Kind::kTruth : Access::Kind::kEquality;
      different = values.at(test.slot).size();
    }
    const bool both_ends = test.low != INT64_MIN && test.high != INT64_MAX;
    const bool better = access.kind != best.kind              ? access.kind < best.kind
                        : access.kind == Access::Kind::kRange ? both_ends && !closed
                                                              : different > most;
    if (!better) continue;
    best = access;
    most = different;
    closed = both_ends;
  }
  return best;
}

std::int64_t set_reach(auto& entries, std::size_t begin, std::size_t end) {
  if (begin >= end) return INT64_MIN;
  const std::size_t middle = begin + (end - begin) / 2;
  auto& entry = entries[middle];
  entry.reach = std::max(
      {entry.high, set_reach(entries, begin, middle), set_reach(entries, middle + 1, end)});
  return entry.reach;
}

void collect_ranges(const auto& entries, std::size_t begin, std::size_t end, std::int64_t code,
                    CandidateSet& targets) {
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    const auto& entry = entries[middle];
    if (entry.reach < code) return;
    collect_ranges(entries, begin, middle, code, targets);
    if (entry.low > code) return;
    if (entry.high >= code) targets.add(entry.target);
    begin = middle + 1;
  }
}

// Of one node, under construction.
struct Parts {
  std::map<std::uint16_t, std::map<std::int64_t, std::vector<Conjunction>>> equal;
  std::map<std::uint16_t, std::vector<std::pair<SlotTest, std::uint32_t>>> ranges;
  std::map<std::uint16_t, ValueClass> classes;
  std::vector<std::uint32_t> always;
};

Parts divide(std::vector<Conjunction> conjunctions, int depth) {
  Parts parts;
  std::map<std::uint16_t, std::set<std::int64_t>> values;
  for (const auto& conjunction : conjunctions) {
    for (const SlotTest& test : conjunction.tests) {
      values[test.slot].insert(test.any_of.begin(), test.any_of.end());
    }
  }
  const bool few = depth > 0 && conjunctions.size() <= kFew;
  for (auto& conjunction : conjunctions) {
    const Access access = few ? Access{} : best_access(conjunction, values);
    const bool last = depth + 1 >= PredicateIndex::kMaxDepth;
    if (access.kind == Access::Kind::kNone || (last && access.kind != Access::Kind::kRange)) {
      parts.always.push_back(conjunction.target);
      continue;
    }
    SlotTest test = std::move(conjunction.tests[access.test]);
    parts.classes[test.slot] = test.value_class;
    if (access.kind == Access::Kind::kRange) {
      const std::uint16_t slot = test.slot;
      parts.ranges[slot].emplace_back(std::move(test), conjunction.target);
      continue;
    }
    conjunction.tests.erase(conjunction.tests.begin() + static_cast<std::ptrdiff_t>(access.test));
    for (const std::int64_t code : test.any_of) {
      if (code >= test.low && code <= test.high) {
        parts.equal[test.slot][code].push_back(conjunction);
      }
    }
  }
  return parts;
}

template <typename Node>
std::unique_ptr<Node> make_node(std::vector<Conjunction> conjunctions, int depth) {
  auto node = std::make_unique<Node>();
  Parts parts = divide(std::move(conjunctions), depth);
  node->always = std::move(parts.always);
  for (auto& [slot, by_code] : parts.equal) {
    typename Node::Equalities group;
    group.slot = slot;
    group.value_class = parts.classes[slot];
    group.table.resize(std::bit_ceil(by_code.size() * 2 + 1));
    const std::size_t mask = group.table.size() - 1;
    for (auto& [code, inside] : by_code) {
      node->children.push_back(make_node<Node>(std::move(inside), depth + 1));
      std::size_t at = Node::Equalities::place(code) & mask;
      while (group.table[at].child != nullptr) at = (at + 1) & mask;
      group.table[at] = {code, node->children.back().get()};
    }
    node->equalities.push_back(std::move(group));
  }
  for (auto& [slot, tests] : parts.ranges) {
    typename Node::Ranges group;
    group.slot = slot;
    group.value_class = parts.classes[slot];
    for (const auto& [test, target] : tests) {
      group.entries.push_back({test.low, test.high, INT64_MIN, target});
    }
    std::ranges::sort(group.entries, {}, [](const auto& entry) { return entry.low; });
    set_reach(group.entries, 0, group.entries.size());
    node->ranges.push_back(std::move(group));
  }
  return node;
}

template <typename Node>
void collect_from(const Node& node, const event::Row& row, CandidateSet& targets) {
  for (const std::uint32_t target : node.always) targets.add(target);
  for (const auto& group : node.equalities) {
    if (!row.has(group.slot)) continue;
    const event::Value& value = row.slots[group.slot];
    const auto text =
        group.value_class == ValueClass::kString ? value.string.view() : std::string_view();
    const Node* child = group.find(*code_of(group.value_class, value, text));
    if (child != nullptr) collect_from(*child, row, targets);
  }
  for (const auto& group : node.ranges) {
    if (!row.has(group.slot)) continue;
    const auto code = *code_of(group.value_class, row.slots[group.slot], {});
    collect_ranges(group.entries, 0, group.entries.size(), code, targets);
  }
}

}  // namespace

PredicateIndex::PredicateIndex() = default;
PredicateIndex::~PredicateIndex() = default;
PredicateIndex::PredicateIndex(PredicateIndex&&) noexcept = default;
PredicateIndex& PredicateIndex::operator=(PredicateIndex&&) noexcept = default;

void PredicateIndex::build(std::vector<Conjunction> conjunctions) {
  root_ = make_node<Node>(std::move(conjunctions), 0);
}

void PredicateIndex::collect(const event::Row& row, CandidateSet& targets) const {
  if (root_) collect_from(*root_, row, targets);
}

}  // namespace weir::nfa
