// Where `send "name"` leads (language L5.1): files and webhooks, or what a program makes of its
// own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/error.h"

namespace weir {

// Implemented by the host, or made by make_webhook_sink().
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  // A live alert, in the order of the output: its id (32 hexadecimal digits; the same each time the
  // stream is replayed), and its line of JSON with the LF. Called by one thread at a time; both
  // views are valid during the call. False: there is no room yet, it is to be sent again; so a run
  // waits for a slow sink, and can be stopped meanwhile. Waits a tenth of a second at most. An
  // error ends the run.
  [[nodiscard]] virtual Result<bool> send(std::string_view id, std::string_view line) = 0;
  // No alert will come any more. False: not all are delivered yet, it is to be asked again; waits a
  // tenth of a second at most. `stopped`: what is not delivered is given up, and true comes soon;
  // alerts that are sent after that are given up as well.
  [[nodiscard]] virtual Result<bool> close(bool stopped) = 0;
  // A file that it writes by itself, which nobody else may use; empty if there is none.
  [[nodiscard]] virtual std::string file() const { return {}; }
};

// One POST an alert, one after the other, each until it is answered 2xx. Again, after a wait that
// doubles each time and that Retry-After prolongs, if there is no answer in time or it is 408, 425,
// 429 or 5xx; any other answer is final. An alert that is given up becomes a dead letter. So each
// alert arrives at least once or is a dead letter; `Idempotency-Key` is its id, by which a receiver
// knows one that came twice. Redirects are not followed.
struct WebhookOptions {
  std::string name;  // of the sink, for dead letters and messages
  std::string url;   // http:// or https://
  std::vector<std::pair<std::string, std::string>> headers;  // besides those of JSON and the id
  std::int64_t timeout_ms = 10'000;  // of one attempt, connecting included; at least 1
  unsigned attempts = 6;             // at least 1
  std::int64_t backoff_ms = 200;     // before the second attempt; half of it to all, by chance
  std::int64_t most_backoff_ms = 30'000;
  std::size_t queue = 1024;  // alerts that may wait; send() waits when there are more
  // Alerts given up, appended as lines {"sink","attempts","error","alert"}; made when the first one
  // is written.
  std::string dead_letters_path;
};

struct WebhookCounts {
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  std::uint64_t retries = 0;
};

// Has a thread of its own that does the posting. Thread-safe as AlertSink says; counts() any time.
class WebhookSink : public AlertSink {
 public:
  [[nodiscard]] virtual WebhookCounts counts() const = 0;
};

// Fails with invalid_argument if the options cannot be. Nothing is connected to yet.
[[nodiscard]] Result<std::unique_ptr<WebhookSink>> make_webhook_sink(WebhookOptions options);

}  // namespace weir
