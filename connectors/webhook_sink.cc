// One thread takes alerts from a bounded queue and posts them one after the other with one libcurl
// handle, so that the connection is kept and the order is that of the output. All waits, between
// attempts too, end at once when close(true) is called; what is left then becomes dead letters, so
// that every alert is either delivered or can be found.
#include <curl/curl.h>
#include <weir/alert_sink.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

namespace weir::connectors {
namespace {

using std::chrono::milliseconds;

constexpr long kOk = 200;
constexpr long kRedirect = 300;
constexpr long kServerError = 500;
constexpr std::int64_t kLongestRetryAfterMs = 300'000;
constexpr milliseconds kLongestWait{100};
constexpr const char* kStopped = "the run was stopped";

struct Item {
  std::string id;
  std::string line;  // without the LF
};

// What came of an attempt.
struct Answer {
  bool delivered = false;
  bool again = false;
  std::int64_t retry_after_ms = 0;
  std::string error;
};

bool is_worth_another(long status) {
  return status == 408 || status == 425 || status == 429 || status >= kServerError;
}

void append_json_text(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::size_t ignore_body(const char* /*data*/, std::size_t size, std::size_t count, void* /*user*/) {
  return size * count;
}

int asks_to_end(const void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stopped)->load() ? 1 : 0;
}

// libcurl's handle, set up once.
class Poster {
 public:
  // `stopped`: a request under way is broken off when it becomes true.
  Poster(const WebhookOptions& options, const std::atomic<bool>& stopped)
      : curl_(curl_easy_init()) {
    if (curl_ == nullptr) return;
    for (const auto& [name, value] : options.headers) add_header(name + ": " + value);
    add_header("Content-Type: application/json");
    add_header("Expect:");  // no round trip before the body
    curl_easy_setopt(curl_, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout_ms));
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_USERAGENT, "weir");
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &ignore_body);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, &asks_to_end);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, &stopped);
  }
  ~Poster() {
    curl_slist_free_all(headers_);
    if (curl_ != nullptr) curl_easy_cleanup(curl_);
  }
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  [[nodiscard]] bool is_ready() const { return curl_ != nullptr && !failed_; }

  [[nodiscard]] Answer post(const Item& item) {
    // The first of the list, put before the others for this request alone.
    const std::string key = "Idempotency-Key: " + item.id;
    curl_slist first{const_cast<char*>(key.c_str()), headers_};
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, &first);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, item.line.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(item.line.size()));
    const CURLcode code = curl_easy_perform(curl_);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, nullptr);
    Answer answer;
    if (code != CURLE_OK) {
      answer.again = true;
      answer.error = code == CURLE_ABORTED_BY_CALLBACK ? kStopped : curl_easy_strerror(code);
      return answer;
    }
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    answer.delivered = status >= kOk && status < kRedirect;
    if (answer.delivered) return answer;
    answer.again = is_worth_another(status);
    answer.error = "HTTP " + std::to_string(status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) {
      answer.retry_after_ms = std::min<std::int64_t>(
          std::min<std::int64_t>(seconds, kLongestRetryAfterMs) * 1000, kLongestRetryAfterMs);
    }
    return answer;
  }

 private:
  void add_header(const std::string& text) {
    curl_slist* longer = curl_slist_append(headers_, text.c_str());
    if (longer == nullptr) {
      failed_ = true;
    } else {
      headers_ = longer;
    }
  }

  CURL* curl_;
  curl_slist* headers_ = nullptr;
  bool failed_ = false;
};

class PostingSink final : public WebhookSink {
 public:
  explicit PostingSink(WebhookOptions options)
      : options_(std::move(options)), poster_(options_, stopped_), thread_([this] { work(); }) {}
  ~PostingSink() override {
    static_cast<void>(close(true));
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool is_ready() const { return poster_.is_ready(); }

  Result<bool> send(std::string_view id, std::string_view line) override {
    if (line.ends_with('\n')) line.remove_suffix(1);
    std::unique_lock lock(mutex_);
    const auto may_go_on = [this] { return queue_.size() < options_.queue || failure_ || done_; };
    if (!room_.wait_for(lock, kLongestWait, may_go_on) && !stopped_) return false;
    if (failure_) return std::unexpected(*failure_);
    Item item{std::string(id), std::string(line)};
    if (done_) {
      lock.unlock();
      bury(item, 0, kStopped);
      close_dead_letters();
      return true;
    }
    queue_.push_back(std::move(item));
    work_.notify_one();
    return true;
  }

  Result<bool> close(bool stopped) override {
    {
      std::unique_lock lock(mutex_);
      closing_ = true;
      if (stopped) stopped_ = true;
      work_.notify_all();
      if (!room_.wait_for(lock, kLongestWait, [this] { return done_; }) && !stopped_) return false;
    }
    if (thread_.joinable()) thread_.join();
    close_dead_letters();
    if (failure_) return std::unexpected(*failure_);
    return true;
  }

  std::string file() const override { return options_.dead_letters_path; }

  WebhookCounts counts() const override {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return !queue_.empty() || closing_; });
      if (queue_.empty()) {
        done_ = true;
        room_.notify_all();
        return;
      }
      const Item item = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      room_.notify_one();
      deliver(item);
    }
  }

  void deliver(const Item& item) {
    std::int64_t backoff_ms = options_.backoff_ms;
    Answer answer;
    answer.error = kStopped;
    unsigned attempt = 0;
    while (attempt < options_.attempts && !stopped_) {
      ++attempt;
      answer = poster_.post(item);
      if (answer.delivered) {
        const std::lock_guard lock(mutex_);
        ++counts_.delivered;
        return;
      }
      if (!answer.again || attempt == options_.attempts) break;
      pause(std::max(answer.retry_after_ms, jittered(backoff_ms)));
      backoff_ms = std::min(backoff_ms * 2, options_.most_backoff_ms);
      const std::lock_guard lock(mutex_);
      ++counts_.retries;
    }
    bury(item, attempt, answer.error);
  }

  void pause(std::int64_t wait_ms) {
    std::unique_lock lock(mutex_);
    work_.wait_for(lock, milliseconds(wait_ms), [this] { return stopped_.load(); });
  }

  // Many senders that a receiver has failed at one time do not come back at one time.
  [[nodiscard]] std::int64_t jittered(std::int64_t most_ms) {
    return std::uniform_int_distribution<std::int64_t>(most_ms / 2, most_ms)(random_);
  }

  void bury(const Item& item, unsigned attempts, const std::string& error) {
    std::string line = "{\"sink\":";
    append_json_text(line, options_.name);
    line += ",\"attempts\":" + std::to_string(attempts) + ",\"error\":";
    append_json_text(line, error);
    line += ",\"alert\":" + item.line + "}\n";
    const std::lock_guard lock(mutex_);
    ++counts_.dead;
    if (dead_letters_ == nullptr) {
      dead_letters_ = std::fopen(options_.dead_letters_path.c_str(), "ab");
    }
    const bool written = dead_letters_ != nullptr &&
                         std::fwrite(line.data(), 1, line.size(), dead_letters_) == line.size() &&
                         std::fflush(dead_letters_) == 0;
    if (written || failure_) return;
    failure_ = cannot_write();
    room_.notify_all();
  }

  void close_dead_letters() {
    const std::lock_guard lock(mutex_);
    if (dead_letters_ != nullptr && std::fclose(dead_letters_) != 0 && !failure_) {
      failure_ = cannot_write();
    }
    dead_letters_ = nullptr;
  }

  [[nodiscard]] Error cannot_write() const {
    return {ErrorCode::io, options_.dead_letters_path + ": dead letters cannot be written"};
  }

  const WebhookOptions options_;
  std::atomic<bool> stopped_ = false;
  Poster poster_;                                    // of the thread
  std::minstd_rand random_{std::random_device{}()};  // of the thread
  mutable std::mutex mutex_;                         // guards what follows
  std::condition_variable work_;                     // there is an alert, or the end
  std::condition_variable room_;                     // the queue has room, or the end
  std::deque<Item> queue_;
  std::FILE* dead_letters_ = nullptr;
  std::optional<Error> failure_;
  WebhookCounts counts_;
  bool closing_ = false;
  bool done_ = false;   // the thread has ended
  std::thread thread_;  // the last: it uses all of the above
};

bool is_web_address(const std::string& url) {
  CURLU* parts = curl_url();
  char* scheme = nullptr;
  const bool good = parts != nullptr &&
                    curl_url_set(parts, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
  const bool web =
      good && (std::string_view(scheme) == "http" || std::string_view(scheme) == "https");
  curl_free(scheme);
  curl_url_cleanup(parts);
  return web;
}

// Why the options cannot be; empty if they can.
std::string fault_of(const WebhookOptions& options) {
  if (!is_web_address(options.url)) {
    return options.url + " is neither an http:// nor an https:// address";
  }
  if (options.attempts < 1) return "a webhook needs at least one attempt";
  if (options.timeout_ms < 1) return "the timeout of a webhook is at least 1ms";
  if (options.backoff_ms < 0 || options.most_backoff_ms < options.backoff_ms) {
    return "the waits between the attempts of a webhook cannot be";
  }
  if (options.queue < 1) return "the queue of a webhook holds at least one alert";
  if (options.dead_letters_path.empty()) return "a webhook needs a file for dead letters";
  for (const auto& [name, value] : options.headers) {
    const bool breaks = (name + value).find_first_of("\r\n") != std::string::npos;
    if (name.empty() || breaks) return "a header of a webhook has a line break or no name";
  }
  return {};
}

}  // namespace
}  // namespace weir::connectors

namespace weir {

Result<std::unique_ptr<WebhookSink>> make_webhook_sink(WebhookOptions options) {
  if (std::string fault = connectors::fault_of(options); !fault.empty()) {
    return std::unexpected(Error{ErrorCode::invalid_argument, std::move(fault)});
  }
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) {
    return std::unexpected(Error{ErrorCode::io, curl_easy_strerror(global)});
  }
  auto sink = std::make_unique<connectors::PostingSink>(std::move(options));
  if (!sink->is_ready()) {
    return std::unexpected(Error{ErrorCode::limit, "there is no memory for a webhook"});
  }
  return sink;
}

}  // namespace weir
