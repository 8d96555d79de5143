module;

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
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

/// One thread's share of a loop's rounds: the next one not yet taken, and the end, in one number,
/// so that both are always of the same loop. On a cache line of its own.
class alignas(64) Share {
 public:
  static constexpr std::uint64_t most = (std::uint64_t{1} << 31U) - 1;

  void set(std::uint64_t begin, std::uint64_t end) {
    range_.store(end << 32U | begin, std::memory_order_release);
  }

  /// Takes a round, if there is one left.
  std::optional<std::size_t> take() {
    if (is_empty(range_.load(std::memory_order_relaxed))) return std::nullopt;
    const std::uint64_t range = range_.fetch_add(1, std::memory_order_acq_rel);
    if (is_empty(range)) return std::nullopt;
    return next(range);
  }

 private:
  static std::uint64_t next(std::uint64_t range) { return range & 0xFFFFFFFFU; }
  static bool is_empty(std::uint64_t range) { return next(range) >= range >> 32U; }

  std::atomic<std::uint64_t> range_ = 0;
};

/// Threads that live as long as the program and work one loop after the other.
///
/// Every thread has its share of the rounds, the same in every loop of as many rounds: what it
/// wrote in one loop it still has in its cache when it reads it in the next. Who is done with its
/// own share helps out with the others', so that a thread that the system holds up delays only the
/// round it has taken, and one that has taken none delays nobody. Who takes a round may read the
/// loop: it stays until `done_` says that all are finished. Who comes too late takes nothing, or a
/// round of the next loop, which is as good.
class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_{threads}, shares_(threads) {
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

  // [run]
  void run(const Loop& loop) {
    loop_ = loop;
    failed_.store(false, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; i < threads_; ++i) {
      shares_[i].set(loop.rounds * i / threads_, loop.rounds * (i + 1) / threads_);
    }
    announce();
    take_rounds(0);
    for (std::uint64_t done = done_.load(std::memory_order_acquire); done != loop.rounds;) {
      done = wait_while(done_, done);
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }
  // [/run]

 private:
  void announce() {
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }

  /// Whether the system had a thread left; if not, those that there are will do.
  bool start_worker() {
    try {
      workers_.emplace_back([this, own = workers_.size() + 1] { work(own); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void work(std::size_t own) {
    inside = true;
    std::uint64_t seen = 0;
    while (true) {
      seen = wait_while(generation_, seen);
      if (stop_.load(std::memory_order_relaxed)) return;
      take_rounds(own);
    }
  }

  // [rounds]
  /// Works on a thread's own share, then on what is left of the others'.
  void take_rounds(std::size_t own) {
    std::uint64_t finished = 0;
    std::uint64_t rounds = 0;
    for (std::size_t i = 0; i < threads_; ++i) {
      Share& share = shares_[(own + i) % threads_];
      while (const std::optional<std::size_t> round = share.take()) {
        rounds = loop_.rounds;
        work_round(*round);
        ++finished;
      }
    }
    // The last one to finish ends the loop, and with it the right to look at it.
    if (finished > 0 && done_.fetch_add(finished, std::memory_order_acq_rel) + finished == rounds) {
      done_.notify_all();
    }
  }
  // [/rounds]

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
  alignas(64) std::atomic<std::uint64_t> done_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> stop_ = false;
  std::exception_ptr error_;
  std::size_t threads_;
  std::vector<Share> shares_;
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
  if (loop.rounds < 2 || loop.rounds > Share::most || count == 1 || Pool::inside) {
    return run_alone(loop);
  }
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
