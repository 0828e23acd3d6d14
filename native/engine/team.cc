#include "engine/team.h"

#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>
#endif

namespace eqprop {

namespace {

void relax() {
#if defined(EQ_X86_64)
  _mm_pause();
#elif defined(EQ_ARM64) && (defined(__GNUC__) || defined(__clang__))
  __asm__ volatile("yield");
#endif
}

// Waits awake for some tens of microseconds, about as long as a sleeper takes to wake up. Returns whether the condition
// came true. Whoever waits longer must sleep, not yield: two threads that yield to each other on one processor look busy
// and are left there, at half the speed, while the next processor idles; a sleeper wakes up on the idle one.
template <class Condition> bool spin(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    relax();
  }
  return false;
}

} // namespace

void flushDenormals() {
#if defined(EQ_X86_64)
  _mm_setcsr(_mm_getcsr() | 0x8040); // flush to zero, denormals are zero
#elif defined(EQ_ARM64) && (defined(__GNUC__) || defined(__clang__))
  unsigned long long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | (1ull << 24)));
#endif
}

Team::~Team() {
  stop_.store(true, std::memory_order_release);
  begin(threads_);
  for (std::thread& helper : helpers_) helper.join();
}

void Team::start(std::size_t threads) {
  helpers_.reserve(threads_ - 1);
  while (helpers_.size() + 1 < threads) helpers_.emplace_back(&Team::help, this, helpers_.size() + 1);
}

void Team::begin(std::size_t threads) {
  {
    std::lock_guard<std::mutex> lock(mutex_); // so that no helper falls asleep between its look and our call
    round_.store(Round::after(round_.load(std::memory_order_relaxed), threads), std::memory_order_release);
  }
  wake_.notify_all();
}

void Team::run(std::size_t threads, Work work) {
  if (threads == 1) return work.call(work.function, 0);
  if (helpers_.size() + 1 < threads) start(threads);
  work_ = work;
  busy_.store(threads - 1, std::memory_order_relaxed);
  begin(threads);
  attempt(0);
  const auto done = [this] { return busy_.load(std::memory_order_acquire) == 0; };
  if (!spin(done)) {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, done);
  }
  for (std::size_t rank = 0; rank < threads; ++rank) {
    if (thrown_[rank]) std::rethrow_exception(thrown_[rank]);
  }
}

void Team::attempt(std::size_t rank) {
  thrown_[rank] = nullptr;
  try {
    work_.call(work_.function, rank);
  } catch (...) {
    thrown_[rank] = std::current_exception();
  }
}

void Team::help(std::size_t rank) {
  flushDenormals();
  std::uint64_t seen = 0, round = 0;
  const auto begun = [&] {
    round = round_.load(std::memory_order_acquire);
    return round != seen && rank < Round::threads(round);
  };
  for (;;) {
    if (!spin(begun)) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, begun);
    }
    seen = round;
    if (stop_.load(std::memory_order_acquire)) return;
    attempt(rank);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      { std::lock_guard<std::mutex> lock(mutex_); } // so that the caller does not fall asleep after it has looked
      done_.notify_one();
    }
  }
}

} // namespace eqprop
