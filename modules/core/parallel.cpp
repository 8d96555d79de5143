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

/// Tells the processor that this is a spin-wait loop.
void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Waits until the value differs from `old`. Training starts a loop every few microseconds, so a
/// thread spins for about that long before it asks the system to put it to sleep.
std::uint64_t wait_while(const std::atomic<std::uint64_t>& value, std::uint64_t old) {
  constexpr int looks = 4000;
  for (int look = 0; look < looks; ++look) {
    if (const std::uint64_t now = value.load(std::memory_order_acquire); now != old) return now;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

/// One thread's share of a loop's rounds: the next round not yet taken, and the end, in one number,
/// so that both always belong to the same loop. It has a cache line to itself.
class alignas(64) Share {
 public:
  static constexpr std::uint64_t most = (std::uint64_t{1} << 31U) - 1;

  void set(std::uint64_t begin, std::uint64_t end) {
    range_.store(end << 32U | begin, std::memory_order_release);
  }

  /// Takes a round; nothing if none is left.
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

/// A thread pool that lives as long as the program and runs one loop at a time.
///
/// Every thread has its share of the rounds, the same share in every loop with as many rounds, so
/// what it wrote in one loop is still in its cache when it reads it in the next. A thread that has
/// finished its share takes rounds from the other shares (work stealing), so a thread that the
/// system suspends delays only the round it has taken. A thread that has taken a round may read the
/// loop, which stays valid until `done_` says that all rounds are finished. A thread that comes too
/// late takes nothing, or a round of the next loop, which is just as good.
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

  /// How many threads were asked for, including the caller's.
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

  /// Starts a worker. Returns false if the system has no more threads; then the pool is smaller.
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
  /// Works on a thread's own share, then on what is left of the other shares.
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
    // The thread that finishes the last round ends the loop; nobody may read the loop after that.
    if (finished > 0 && done_.fetch_add(finished, std::memory_order_acq_rel) + finished == rounds) {
      done_.notify_all();
    }
  }
  // [/rounds]

  /// After a round has thrown, the remaining rounds are counted but not run.
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

/// The number of cores that this process may use, which can be fewer than the machine has.
std::size_t available_cores() {
#if defined(__linux__)
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) {
    return static_cast<std::size_t>(CPU_COUNT(&cores));
  }
#endif
  return std::thread::hardware_concurrency();
}

// Atomic because every loop reads it; the first loop that needs the pool creates it.
std::atomic<std::size_t> wanted_threads =
    std::clamp<std::size_t>(available_cores(), 1, max_threads);
std::mutex pool_mutex;
std::unique_ptr<Pool> pool;

void run_alone(const Loop& loop) {
  for (std::size_t round = 0; round < loop.rounds; ++round) loop.call(loop.body, round);
}

/// Marks this thread as being inside a loop until the end of the scope.
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
