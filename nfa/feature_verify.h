// The invariants of an image's features (nfa/feature.h), for bytes that nobody vouches for. Called
// by verify_image(), once event types and programs are known to be sound.
#pragma once

#include "nfa/image.h"

namespace weir::nfa {

// What is wrong, or null.
[[nodiscard]] const char* verify_features(const Image& image);

}  // namespace weir::nfa
