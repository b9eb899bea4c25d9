#include "event/json_walk.h"

#include <cstring>

namespace weir::event {

JsonWalker::JsonWalker(const DecodePlan* plan) : plan_(plan) {
  table_.resize(plan->captures());
  known_.reserve(kMaxKnownKeys);
  known_.emplace_back();
  known_by_name_.resize(plan->nodes().size());
  entered_.resize(plan->nodes().size());
}

const char* JsonWalker::fail_at(const char* p, const char* message) {
  fault_ = {BadReason::kSyntax, message, p};
  return nullptr;
}

const char* JsonWalker::walk(const char* p) {
  table_.begin_record();
  ++record_;
  last_ = 0;
  frames_.clear();
  if (*p != '{') return fail_at(p, "not a JSON object");
  frames_.push_back({0, p});
  p = skip_space(p + 1);
  bool first = true;  // in this object, so that it may end here
  while (true) {
    if (first && *p == '}') {
      p = close_objects(p);
    } else {
      Key key;
      p = read_key(p, frames_.back().node, key);
      if (p == nullptr) return nullptr;
      bool entered = false;
      p = read_value(p, key.child, entered);
      if (p == nullptr) return nullptr;
      p = skip_space(p);
      first = entered;
      if (entered) continue;
      if (*p == '}') p = close_objects(p);
    }
    if (frames_.empty()) return p;
    if (*p != ',') return fail_at(p, "expected a comma or the end of an object");
    p = skip_space(p + 1);
    first = false;
  }
}

// p is at a closing brace: ends that object, and those around it that end at once behind it.
const char* JsonWalker::close_objects(const char* p) {
  while (*p == '}') {
    ++p;
    const Frame frame = frames_.back();
    frames_.pop_back();
    const CaptureId wanted = plan_->nodes()[frame.node].capture;
    if (wanted.valid()) {
      table_.put(wanted, {frame.begin, static_cast<std::uint32_t>(p - frame.begin),
                          TokenKind::kObject, false, false});
    }
    if (frames_.empty()) return p;
    p = skip_space(p);
  }
  return p;
}

bool JsonWalker::matches(const KnownKey& key, const char* p) {
#if defined(__SSE2__)
  const auto equal = [&](std::size_t at) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at));
    const __m128i known = _mm_load_si128(reinterpret_cast<const __m128i*>(key.bytes + at));
    return static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, known))) << at;
  };
  std::uint64_t same = key.ignored | equal(0);
  if (key.size > 16) same |= equal(16);
  return same == ~std::uint64_t{0};
#else
  return std::memcmp(p, key.bytes, key.size) == 0;
#endif
}

// From the key's quote to the start of its value.
const char* JsonWalker::read_key(const char* p, std::uint32_t node, Key& key) {
  if (*p != '"') return fail_at(p, "expected a key in quotes");
  ++p;
  std::uint32_t guess = known_[last_].next[0];
  if (known_[guess].parent != node || !matches(known_[guess], p)) {
    guess = known_[last_].next[1];
    if (known_[guess].parent != node || !matches(known_[guess], p)) guess = 0;
  }
  if (guess != 0) [[likely]] {
    key = {guess, known_[guess].child};
    p += known_[guess].size;
  } else {
    bool escaped;
    const char* end = scan_string(p, escaped, fault_);
    if (end == nullptr) return nullptr;
    key = look_up(node, {p, static_cast<std::size_t>(end - p)}, escaped);
    p = end + 1;
    if (key.known != 0) follow(key.known);
  }
  if (key.known != 0) last_ = key.known;
  if (*p != ':') [[unlikely]] {
    p = skip_space(p);
    if (*p != ':') return fail_at(p, "expected a colon after a key");
  }
  return skip_space(p + 1);
}

void JsonWalker::follow(std::uint32_t known) {
  KnownKey& before = known_[last_];
  before.next[1] = before.next[0];
  before.next[0] = known;
}

JsonWalker::Key JsonWalker::look_up(std::uint32_t node, std::string_view raw, bool escaped) {
  std::string_view name = raw;
  if (escaped) {
    scratch_.resize(raw.size());
    scratch_.resize(unescape(raw, scratch_.data()));
    name = scratch_;
  }
  StringMap<std::uint32_t>& names = known_by_name_[node];
  const auto known = names.find(name);
  if (known != names.end()) return {known->second, known_[known->second].child};
  const auto& children = plan_->nodes()[node].children;
  const auto found = children.find(name);
  const std::uint32_t child = found == children.end() ? kNoNode : found->second;
  // A key that is written with an escape, or a long one, is looked up each time.
  if (escaped || name.size() + 1 > kKeyBytes || known_.size() == kMaxKnownKeys) return {0, child};
  const auto index = static_cast<std::uint32_t>(known_.size());
  KnownKey& key = known_.emplace_back();
  std::memcpy(key.bytes, name.data(), name.size());
  key.bytes[name.size()] = '"';
  key.size = static_cast<std::uint32_t>(name.size() + 1);
  key.ignored = ~std::uint64_t{0} << key.size;
  key.parent = node;
  key.child = child;
  names.emplace(name, index);
  return {index, child};
}

// The value at p, for the node `child`; into an object that has wanted parts it only steps.
const char* JsonWalker::read_value(const char* p, std::uint32_t child, bool& entered) {
  if (child == kNoNode) {
    Token ignored;
    return scan_value(p, ignored, fault_);
  }
  const PathNode& node = plan_->nodes()[child];
  if (node.children.empty()) [[likely]] {
    Token token;
    p = scan_value(p, token, fault_);
    if (p != nullptr) table_.put(node.capture, token);
    return p;
  }
  if (*p == '{') {
    enter(child, p);
    entered = true;
    return p + 1;
  }
  Token token;
  p = scan_value(p, token, fault_);
  if (p == nullptr) return nullptr;
  if (entered_[child] == record_) block_below(node, TokenKind::kNull);
  entered_[child] = record_;
  if (token.kind != TokenKind::kNull) block_below(node, TokenKind::kBlocked);
  if (node.capture.valid()) table_.put(node.capture, token);
  return p;
}

void JsonWalker::enter(std::uint32_t node, const char* p) {
  frames_.push_back({node, p});
  // The same key twice: which of the two objects counts is anyone's guess, so neither does.
  if (entered_[node] == record_) {
    for (const CaptureId id : plan_->nodes()[node].below) table_.mark_duplicate(id);
  }
  entered_[node] = record_;
}

void JsonWalker::block_below(const PathNode& node, TokenKind kind) {
  for (const CaptureId id : node.below) {
    if (kind == TokenKind::kNull) {
      table_.mark_duplicate(id);
    } else {
      table_.put(id, {nullptr, 0, kind, false, false});
    }
  }
}

}  // namespace weir::event
