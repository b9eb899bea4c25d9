#include "state/sliding_hll.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace weir::state {
namespace {

// sigma and tau of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x;
  for (double before = -1; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

void SlidingHll::start(base::Pool& pool, std::int64_t first_position) {
  registers_ = static_cast<Registers*>(pool.allocate(sizeof(Registers)));
  std::memset(static_cast<void*>(registers_), 0, sizeof(Registers));
  registers_->base = first_position;
  registers_->least = INT64_MAX;
  registers_->ranks[0] = kRegisters;
  registers_->changed = true;
  std::fill_n(registers_->head, kRegisters, INT64_MAX);
  nodes_ = nullptr;
  capacity_ = used_ = free_ = 0;
}

std::uint16_t SlidingHll::take_node(base::Pool& pool) {
  if (free_ != 0) {
    const auto i = static_cast<std::uint16_t>(free_);
    free_ = node(i).next;
    return i;
  }
  if (used_ == capacity_) {
    if (capacity_ == UINT16_MAX) return 0;
    const std::uint32_t grown = std::max<std::uint32_t>(512, capacity_ * 2);
    auto* bigger = static_cast<Node*>(pool.allocate(grown * sizeof(Node)));
    if (nodes_ != nullptr) {
      std::memcpy(bigger, nodes_, used_ * sizeof(Node));
      pool.release(nodes_, capacity_ * sizeof(Node));
    }
    nodes_ = bigger;
    capacity_ = std::min<std::uint32_t>(grown, UINT16_MAX);
  }
  return static_cast<std::uint16_t>(++used_);
}

void SlidingHll::free_node(std::uint16_t i) {
  node(i).next = static_cast<std::uint16_t>(free_);
  free_ = i;
}

void SlidingHll::set_rank(std::uint32_t reg, unsigned rank) {
  Registers& r = *registers_;
  if (r.rank[reg] == rank) return;
  --r.ranks[r.rank[reg]];
  ++r.ranks[rank];
  r.rank[reg] = static_cast<std::uint8_t>(rank);
  r.changed = true;
}

void SlidingHll::add(base::Pool& pool, std::uint64_t hash, std::int64_t at) {
  Registers& r = *registers_;
  const auto reg = static_cast<std::uint32_t>(hash >> (64 - kBits));
  const auto rank = static_cast<unsigned>(
      std::countl_zero((hash << kBits) | std::uint64_t{1} << (kBits - 1)) + 1);
  std::uint16_t top = r.top[reg];
  while (top != 0 && node(top).rank <= rank) {
    const std::uint16_t older = node(top).next;
    free_node(top);
    top = older;
  }
  r.top[reg] = top;
  if (top != 0 && position(node(top)) == at) return;  // its rank lives as long
  const std::uint16_t fresh = take_node(pool);
  if (fresh == 0) return;
  const auto distance = static_cast<std::uint64_t>(at - r.base);
  node(fresh) =
      Node{static_cast<std::uint32_t>(distance), static_cast<std::uint8_t>(distance >> 32),
           static_cast<std::uint8_t>(rank), top};
  r.top[reg] = fresh;
  if (top != 0) return;
  r.head[reg] = at;
  r.least = std::min(r.least, at);
  set_rank(reg, rank);
}

void SlidingHll::expire_register(std::uint32_t reg, std::int64_t floor) {
  Registers& r = *registers_;
  std::uint16_t kept = 0;
  std::uint16_t i = r.top[reg];
  while (i != 0 && position(node(i)) >= floor) {
    kept = i;
    i = node(i).next;
  }
  while (i != 0) {
    const std::uint16_t older = node(i).next;
    free_node(i);
    i = older;
  }
  if (kept == 0) {
    r.top[reg] = 0;
    r.head[reg] = INT64_MAX;
    set_rank(reg, 0);
    return;
  }
  node(kept).next = 0;
  r.head[reg] = position(node(kept));
  set_rank(reg, node(kept).rank);
}

void SlidingHll::expire(std::int64_t floor) {
  Registers& r = *registers_;
  std::int64_t least = INT64_MAX;
  for (std::uint32_t reg = 0; reg < kRegisters; ++reg) {
    if (r.head[reg] < floor) expire_register(reg, floor);
    least = std::min(least, r.head[reg]);
  }
  r.least = least;
}

double SlidingHll::estimate(std::int64_t floor) {
  Registers& r = *registers_;
  if (floor > r.least) expire(floor);
  if (!r.changed) return r.estimate;
  constexpr double kM = kRegisters;
  double z = kM * tau(1 - r.ranks[kMaxRank] / kM);
  for (unsigned k = kMaxRank - 1; k > 0; --k) z = 0.5 * (z + r.ranks[k]);
  z += kM * sigma(r.ranks[0] / kM);
  r.estimate = kM * kM / (2 * std::log(2.0)) / z;
  r.changed = false;
  return r.estimate;
}

void SlidingHll::release(base::Pool& pool) {
  if (registers_ != nullptr) pool.release(registers_, sizeof(Registers));
  if (nodes_ != nullptr) pool.release(nodes_, capacity_ * sizeof(Node));
  *this = SlidingHll{};
}

std::size_t SlidingHll::bytes() const {
  if (registers_ == nullptr) return 0;
  const std::size_t nodes = nodes_ == nullptr ? 0 : base::Pool::rounded(capacity_ * sizeof(Node));
  return base::Pool::rounded(sizeof(Registers)) + nodes;
}

}  // namespace weir::state
