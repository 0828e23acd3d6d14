// Seats for threads that compute: whoever asks first is served first. One row of them is for all jobs of the process, so
// that together they keep no more threads busy than there may be; a row of a single seat is a fair lock.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace eqprop {

using Cancel = std::atomic<bool>;

class Seats {
public:
  explicit Seats(std::size_t count) : count_(count), free_(static_cast<std::ptrdiff_t>(count)) {}
  Seats(const Seats&) = delete;
  Seats& operator=(const Seats&) = delete;

  // For all jobs of the process; never destroyed, as threads may outlive static storage.
  static Seats& ofProcess();

  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
  // At least 1. Where there are fewer than before, those that are taken stay so until they are given back.
  void setCount(std::size_t count);

  // Who works for a while, in many turns, says so: seats are shared out among so many.
  void enter() { guests_.fetch_add(1, std::memory_order_relaxed); }
  void leave() { guests_.fetch_sub(1, std::memory_order_relaxed); }
  // How many of the seats that it wants a guest should have.
  std::size_t fair(std::size_t want) const;

  // Takes its fair number of seats, or as many as are free but at least one, when all that asked before have theirs.
  // Returns 0 once `cancel` is set.
  std::size_t take(std::size_t want, const Cancel& cancel);
  void give(std::size_t seats);

  bool awaited() const { return waiting_.load(std::memory_order_relaxed) != 0; }
  // Below 0 where there are fewer seats than were taken.
  std::ptrdiff_t free() const { return free_.load(std::memory_order_relaxed); }

private:
  struct Waiter { // on its own thread's stack: to wait, or to give up, allocates nothing
    explicit Waiter(std::size_t want_) : want(want_) {}
    const std::size_t want;
    std::size_t granted = 0;
    Waiter* next = nullptr;
    std::condition_variable served;
  };
  void seatWaiters();
  void remove(Waiter& waiter);
  std::size_t grant(std::size_t want);

  std::mutex mutex_; // guards what is written of all below but guests_
  Waiter *first_ = nullptr, *last_ = nullptr;
  std::atomic<std::size_t> count_;
  std::atomic<std::ptrdiff_t> free_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> guests_{0};
};

// The seats of one turn, each for a thread of a team, as long as it lives. A thread may lend its seat while it iterates; one
// that a teammate has no use for, as its share is done, is lent or given back first, so that nobody waits for it.
class Lease {
public:
  using Clock = std::chrono::steady_clock;

  // Waits for a seat. Throws Cancelled if the job is stopped meanwhile.
  Lease(Seats& seats, std::size_t want, const Cancel& cancel);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  std::size_t size() const { return size_; }

  // Whether, between two batches, to give the seats back and to ask anew: others wait for long, there could be more, or some
  // have been given back.
  bool isOver() const;

  // What one thread of the team iterates on, as long as it lives.
  class Share {
  public:
    explicit Share(Lease& lease, Clock::time_point since = Clock::now());
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Asked between two iterations; false once the job is to stop. Where others have waited for a while, the thread lets
    // them have a seat first.
    bool goOn();

  private:
    Lease& lease_;
    Clock::time_point since_; // when it began, or last had others in
  };

private:
  bool giveUnused();

  Seats& seats_;
  const Cancel& cancel_;
  const std::size_t want_, size_;
  std::mutex mutex_;                      // guards the numbers below; taken before that of the seats
  std::size_t held_;                      // seats that are not lent
  std::size_t working_ = 0, waiting_ = 0; // threads that have a share; those of them that have lent their seat
  const Clock::time_point since_ = Clock::now();
};

} // namespace eqprop
