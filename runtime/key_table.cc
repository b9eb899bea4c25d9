#include "runtime/key_table.h"

#include <iterator>

namespace weir::runtime {

KeyTable::~KeyTable() {
  for (Slot& slot : slots_) {
    if (slot.entry == nullptr) continue;
    for (RuleStore& rule : slot.entry->rules) nfa::RunStore::destroy(rule.store, pool_);
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

KeyEntry* KeyTable::insert(std::string_view key, std::uint64_t hash, std::size_t values,
                           std::size_t text_bytes) {
  if ((used_ + 1) * 4 > slots_.size() * 3) grow();
  KeyEntry* entry = new_entry();
  entry->hash = hash;
  entry->serial = ++serials_;
  entry->size = static_cast<std::uint32_t>(key.size());
  const std::size_t values_at = (key.size() + 15) & ~std::size_t{15};
  const std::size_t texts_at = values_at + values * sizeof(event::Value);
  entry->block_bytes = static_cast<std::uint32_t>(texts_at + text_bytes);
  entry->bytes = static_cast<char*>(pool_.allocate(entry->block_bytes));
  if (!key.empty()) std::memcpy(entry->bytes, key.data(), key.size());
  if (values > 0) entry->values.adopt(entry->bytes + values_at, values);
  if (text_bytes > 0) entry->texts.adopt(entry->bytes + texts_at, text_bytes);
  entry->rules.adopt(entry->first_rules, std::size(entry->first_rules));
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
  entry->values.release(pool_);
  entry->texts.release(pool_);
  pool_.release(entry->bytes, entry->block_bytes);
  *entry = KeyEntry{};
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

nfa::RunStore* KeyTable::find_store(const KeyEntry& entry, std::uint32_t rule) {
  for (const RuleStore& each : entry.rules) {
    if (each.rule == rule) return each.store;
  }
  return nullptr;
}

nfa::RunStore* KeyTable::add_store(KeyEntry& entry, std::uint32_t rule,
                                   const nfa::RunStore::Layout& layout) {
  nfa::RunStore* store = nfa::RunStore::create(layout, pool_);
  store->serial = ++store_serials_;
  entry.rules.push_back(pool_, RuleStore{rule, store});
  for (std::uint32_t i = entry.rules.size() - 1; i > 0 && entry.rules[i - 1].rule > rule; --i) {
    std::swap(entry.rules[i - 1], entry.rules[i]);
  }
  return store;
}

void KeyTable::drop_store(KeyEntry& entry, std::uint32_t rule) {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < entry.rules.size(); ++i) {
    if (entry.rules[i].rule != rule) {
      entry.rules[kept++] = entry.rules[i];
      continue;
    }
    nfa::RunStore::destroy(entry.rules[i].store, pool_);
  }
  entry.rules.resize_down(kept);
}

}  // namespace weir::runtime
