// An event as one JSON object, from its typed slots: for `--match events` where the input was not
// JSON. Only what was parsed is there: the fields that rules read (all with `--strict`).
#pragma once

#include <string>

#include "event/row.h"
#include "event/schema.h"

namespace weir::event {

// {"type":"auth","ts":1767225600000,"id":"7","card":"c1","amount":12.5}; absent fields are
// left out.
void append_record_json(std::string& out, const Schema& schema, const Row& row);

}  // namespace weir::event
