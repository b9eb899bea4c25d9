#include "runtime/key_table.h"

#include <utility>

namespace weir::runtime {

RuleStore& KeyTable::add_rule(KeyEntry& entry, std::uint32_t rule) {
  entry.held.push_back(pool_, RuleStore{rule});
  std::uint32_t at = entry.held.size() - 1;
  for (; at > 0 && entry.held[at - 1].rule > rule; --at) {
    std::swap(entry.held[at - 1], entry.held[at]);
  }
  return entry.held[at];
}

RuleStore& KeyTable::add_store(KeyEntry& entry, std::uint32_t rule,
                               const nfa::RunStore::Layout& layout) {
  nfa::RunStore* store = nfa::RunStore::create(layout, pool_);
  store->serial = ++store_serials_;
  RuleStore& held = add_rule(entry, rule);
  held.store = store;
  return held;
}

RuleStore& KeyTable::add_seed(KeyEntry& entry, std::uint32_t rule, nfa::RunSeed* seed) {
  seed->serial = ++store_serials_;
  RuleStore& held = add_rule(entry, rule);
  held.seed = seed;
  return held;
}

nfa::RunStore* KeyTable::replace_seed(RuleStore& held, const nfa::RunStore::Layout& layout) {
  held.store = nfa::RunStore::create(layout, pool_);
  held.store->serial = held.seed->serial;
  held.seed = nullptr;
  return held.store;
}

void KeyTable::destroy(const RuleStore& held) {
  if (held.store != nullptr) nfa::RunStore::destroy(held.store, pool_);
  if (held.seed != nullptr) nfa::RunSeed::destroy(held.seed, pool_);
}

void KeyTable::drop_rule(KeyEntry& entry, std::uint32_t rule) {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < entry.held.size(); ++i) {
    if (entry.held[i].rule == rule) {
      destroy(entry.held[i]);
    } else {
      entry.held[kept++] = entry.held[i];
    }
  }
  entry.held.resize_down(kept);
}

}  // namespace weir::runtime
