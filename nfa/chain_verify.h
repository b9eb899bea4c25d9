// Invariants of what rules and streams make for others to look at (language L4.4): the events that
// alerts and results are. Used by nfa/image_verify.cc, once the rest of the image is known to hold.
#pragma once

#include "nfa/image.h"

namespace weir::nfa {

// Null, or what is wrong.
[[nodiscard]] const char* verify_chains(const Image& image);

}  // namespace weir::nfa
