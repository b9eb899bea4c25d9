// A resolved IANA time zone. Only the files of this room that need cctz see it.
#pragma once

#include <cctz/time_zone.h>

namespace weir::nfa {

struct Zone {
  cctz::time_zone zone;
};

}  // namespace weir::nfa
