#include "base/pool.h"

namespace weir::base {

Pool::~Pool() {
  while (all_ != nullptr) {
    Slab* next = all_->next_of_all;
    Pages::unmap(all_, kSlabBytes);
    all_ = next;
  }
}

void Pool::open_slab(std::size_t c) {
  Slab* slab = new (Pages(kSlabBytes, kSlabBytes).leave()) Slab;
  slab->fresh = (sizeof(Slab) + kSmallest - 1) & ~(kSmallest - 1);
  slab->next_of_all = all_;
  if (all_ != nullptr) all_->previous_of_all = slab;
  all_ = slab;
  ++slabs_;
  ++empty_[c];
  link(c, slab);
}

void Pool::close_slab(std::size_t c, Slab* slab) {
  unlink(c, slab);
  if (slab->previous_of_all != nullptr) {
    slab->previous_of_all->next_of_all = slab->next_of_all;
  } else {
    all_ = slab->next_of_all;
  }
  if (slab->next_of_all != nullptr) slab->next_of_all->previous_of_all = slab->previous_of_all;
  --slabs_;
  --empty_[c];
  Pages::unmap(slab, kSlabBytes);
}

}  // namespace weir::base
