#include "runtime/key_table.h"

#include <utility>

namespace weir::runtime {

KeyTable::~KeyTable() {
  for (Slot& slot : slots_) {
    if (slot.entry == nullptr) continue;
    for (const RuleStore& held : slot.entry->rules) destroy(held);
    release(slot.entry);
  }
}

KeyEntry* KeyTable::find(std::string_view key, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.entry == nullptr) return nullptr;
    if (slot.hash == hash && slot.entry->key() == key) return slot.entry;
  }
}

KeyEntry* KeyTable::insert(std::string_view key, std::uint64_t hash) {
  if ((used_ + 1) * 4 > slots_.size() * 3) grow();
  KeyEntry* entry = new_entry();
  entry->hash = hash;
  entry->serial = ++serials_;
  entry->size = static_cast<std::uint32_t>(key.size());
  entry->bytes = key.size() <= KeyEntry::kInlineBytes
                     ? entry->inline_bytes
                     : static_cast<char*>(pool_.allocate(key.size()));
  if (!key.empty()) std::memcpy(entry->bytes, key.data(), key.size());
  entry->rules.adopt(&entry->first_rule, 1);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (slots_[i].entry != nullptr) i = (i + 1) & mask;
  slots_[i] = Slot{hash, entry};
  ++used_;
  return entry;
}

KeyEntry* KeyTable::new_entry() {
  if (free_ == nullptr) {
    slabs_.push_back(std::make_unique<KeyEntry[]>(kSlab));
    for (std::size_t i = kSlab; i-- > 0;) {
      slabs_.back()[i].next_free = free_;
      free_ = &slabs_.back()[i];
    }
  }
  KeyEntry* entry = free_;
  free_ = entry->next_free;
  return entry;
}

void KeyTable::release(KeyEntry* entry) {
  entry->rules.release(pool_);
  if (entry->size > KeyEntry::kInlineBytes) pool_.release(entry->bytes, entry->size);
  entry->serial = 0;
  entry->next_free = free_;
  free_ = entry;
}

void KeyTable::erase(KeyEntry* entry) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = entry->hash & mask;
  while (slots_[hole].entry != entry) hole = (hole + 1) & mask;
  for (std::size_t i = (hole + 1) & mask; slots_[i].entry != nullptr; i = (i + 1) & mask) {
    const std::size_t home = slots_[i].hash & mask;
    // Move back what the hole stands between: its home and its place.
    const bool between = hole <= i ? (home <= hole || home > i) : (home <= hole && home > i);
    if (!between) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = Slot{};
  --used_;
  release(entry);
}

void KeyTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.entry == nullptr) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].entry != nullptr) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

RuleStore& KeyTable::add_rule(KeyEntry& entry, std::uint32_t rule) {
  entry.rules.push_back(pool_, RuleStore{rule});
  std::uint32_t at = entry.rules.size() - 1;
  for (; at > 0 && entry.rules[at - 1].rule > rule; --at) {
    std::swap(entry.rules[at - 1], entry.rules[at]);
  }
  return entry.rules[at];
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
  for (std::uint32_t i = 0; i < entry.rules.size(); ++i) {
    if (entry.rules[i].rule == rule) {
      destroy(entry.rules[i]);
    } else {
      entry.rules[kept++] = entry.rules[i];
    }
  }
  entry.rules.resize_down(kept);
}

}  // namespace weir::runtime
