module;

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

module nn.parallel;

namespace nn::detail {

namespace {

/// Tells the processor that this is a waiting loop, for a moment.
void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Waits until the value differs from `old`. Training starts a loop every few microseconds, so a
/// thread looks at the value for about that long before it asks the system to be put to sleep.
std::uint64_t wait_while(const std::atomic<std::uint64_t>& value, std::uint64_t old) {
  constexpr int looks = 4000;
  for (int look = 0; look < looks; ++look) {
    if (const std::uint64_t now = value.load(std::memory_order_acquire); now != old) return now;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

/// Threads that live as long as the program and work one loop after the other.
///
/// Rounds are handed out one by one: a thread that the system holds up delays only the round it has
/// taken, and one that has taken none delays nobody. `left_` counts down the rounds not yet taken,
/// `done_` up those finished. Who takes a round may read the loop: it stays until all are finished.
/// Who comes too late takes nothing, or a round of the next loop, which is as good.
class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_{threads} {
    while (workers_.size() + 1 < threads && start_worker()) {
    }
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    stop_.store(true, std::memory_order_relaxed);
    announce();
    for (std::thread& worker : workers_) worker.join();
  }

  /// How many threads were asked for, the caller's included.
  [[nodiscard]] std::size_t threads() const { return threads_; }

  void run(const Loop& loop) {
    loop_ = loop;
    failed_.store(false, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    left_.store(static_cast<std::int64_t>(loop.rounds), std::memory_order_release);
    announce();
    take_rounds();
    for (std::uint64_t done = done_.load(std::memory_order_acquire); done != loop.rounds;) {
      done = wait_while(done_, done);
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void announce() {
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }

  /// Whether the system had a thread left; if not, those that there are will do.
  bool start_worker() {
    try {
      workers_.emplace_back([this] { work(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void work() {
    inside = true;
    std::uint64_t seen = 0;
    while (true) {
      seen = wait_while(generation_, seen);
      if (stop_.load(std::memory_order_relaxed)) return;
      take_rounds();
    }
  }

  void take_rounds() {
    std::int64_t left = left_.fetch_sub(1, std::memory_order_acq_rel);
    while (left > 0) {
      const std::size_t rounds = loop_.rounds;
      work_round(rounds - static_cast<std::size_t>(left));
      // The last one to finish ends the loop, and with it the right to look at it.
      if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == rounds) done_.notify_all();
      left = left_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  /// After a round has thrown, the others are only counted.
  void work_round(std::size_t round) {
    if (failed_.load(std::memory_order_relaxed)) return;
    try {
      loop_.call(loop_.body, round);
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
  }

 public:
  /// Whether this thread is working on a loop.
  static thread_local bool inside;

 private:
  Loop loop_{};
  alignas(64) std::atomic<std::uint64_t> generation_ = 0;
  alignas(64) std::atomic<std::int64_t> left_ = 0;
  alignas(64) std::atomic<std::uint64_t> done_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> stop_ = false;
  std::exception_ptr error_;
  std::size_t threads_;
  std::vector<std::thread> workers_;
};

thread_local bool Pool::inside = false;

constexpr std::size_t max_threads = 1024;

/// The cores that this process may use, which need not be all that the machine has.
std::size_t available_cores() {
#if defined(__linux__)
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) {
    return static_cast<std::size_t>(CPU_COUNT(&cores));
  }
#endif
  return std::thread::hardware_concurrency();
}

// Read by every loop, so an atomic; the pool itself is built by the first loop that needs it.
std::atomic<std::size_t> wanted_threads =
    std::clamp<std::size_t>(available_cores(), 1, max_threads);
std::mutex pool_mutex;
std::unique_ptr<Pool> pool;

void run_alone(const Loop& loop) {
  for (std::size_t round = 0; round < loop.rounds; ++round) loop.call(loop.body, round);
}

/// Marks this thread as being inside a loop, for the time of a scope.
class Inside {
 public:
  Inside() { Pool::inside = true; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { Pool::inside = false; }
};

}  // namespace

void run(const Loop& loop) {
  const std::size_t count = wanted_threads.load(std::memory_order_relaxed);
  if (loop.rounds < 2 || count == 1 || Pool::inside) return run_alone(loop);
  const std::unique_lock lock{pool_mutex, std::try_to_lock};
  if (!lock) return run_alone(loop);
  if (!pool || pool->threads() != count) {
    pool.reset();
    pool = std::make_unique<Pool>(count);
  }
  const Inside inside;
  pool->run(loop);
}

}  // namespace nn::detail

namespace nn {

std::size_t threads() { return detail::wanted_threads.load(std::memory_order_relaxed); }

void set_threads(std::size_t count) {
  if (count == 0 || count > detail::max_threads) {
    throw std::invalid_argument(
        fmt::format("nn::set_threads: {} threads, expected 1 to {}", count, detail::max_threads));
  }
  detail::wanted_threads.store(count, std::memory_order_relaxed);
}

}  // namespace nn
