#include "engine/seats.h"

#include <algorithm>
#include <thread>

#include "engine/errors.h"

namespace eqprop {

namespace {

// How long seats are kept while others wait: long beside the time that a thread takes to wake up, short beside what a user
// notices.
constexpr auto kStint = std::chrono::milliseconds(2);

} // namespace

Seats& Seats::ofProcess() {
  static Seats& seats = *new Seats(std::max(1u, std::thread::hardware_concurrency()));
  return seats;
}

void Seats::setCount(std::size_t count) {
  std::lock_guard<std::mutex> lock(mutex_);
  free_ += static_cast<std::ptrdiff_t>(count) - static_cast<std::ptrdiff_t>(count_.load());
  count_ = count;
  seatWaiters();
}

// Rounded up: a seat that stays free helps nobody.
std::size_t Seats::fair(std::size_t want) const {
  const std::size_t guests = std::max<std::size_t>(1, guests_.load(std::memory_order_relaxed));
  return std::min(want, (count() + guests - 1) / guests);
}

std::size_t Seats::take(std::size_t want, const Cancel& cancel) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!first_ && free_ > 0) return grant(want);
  Waiter waiter(want);
  (last_ ? last_->next : first_) = &waiter;
  // It leaves the list before this call returns.
  // cppcheck-suppress danglingLifetime
  last_ = &waiter;
  ++waiting_;
  // Nobody notifies us of `cancel`: look every few milliseconds.
  while (!waiter.served.wait_for(lock, std::chrono::milliseconds(5), [&] { return waiter.granted != 0; })) {
    if (!cancel.load(std::memory_order_relaxed)) continue;
    remove(waiter);
    return 0;
  }
  return waiter.granted;
}

void Seats::give(std::size_t seats) {
  if (seats == 0) return;
  std::lock_guard<std::mutex> lock(mutex_);
  free_ += static_cast<std::ptrdiff_t>(seats);
  seatWaiters();
}

std::size_t Seats::grant(std::size_t want) {
  const std::size_t granted = std::min(fair(want), static_cast<std::size_t>(free_.load()));
  free_ -= static_cast<std::ptrdiff_t>(granted);
  return granted;
}

void Seats::seatWaiters() {
  while (first_ && free_ > 0) {
    Waiter& waiter = *first_;
    waiter.granted = grant(waiter.want);
    remove(waiter);
    waiter.served.notify_one(); // under the lock: it may be gone right after
  }
}

void Seats::remove(Waiter& waiter) {
  Waiter* before = nullptr;
  for (Waiter* w = first_; w != &waiter; w = w->next) before = w;
  (before ? before->next : first_) = waiter.next;
  if (last_ == &waiter) last_ = before;
  --waiting_;
}

Lease::Lease(Seats& seats, std::size_t want, const Cancel& cancel)
    : seats_(seats), cancel_(cancel), want_(want), size_(seats.take(want, cancel)), held_(size_) {
  if (size_ == 0) throw Cancelled();
}

Lease::~Lease() { seats_.give(held_); }

bool Lease::isOver() const {
  if (held_ < size_) return true;
  const std::ptrdiff_t free = seats_.free();
  if (free != 0) return free < 0 || size_ < seats_.fair(want_);
  return seats_.awaited() && Clock::now() - since_ > kStint;
}

bool Lease::giveUnused() {
  if (held_ <= working_ - waiting_) return false;
  --held_;
  seats_.give(1);
  return true;
}

Lease::Share::Share(Lease& lease, Clock::time_point since) : lease_(lease), since_(since) {
  const std::lock_guard<std::mutex> lock(lease_.mutex_);
  ++lease_.working_;
}

Lease::Share::~Share() {
  const std::lock_guard<std::mutex> lock(lease_.mutex_);
  --lease_.working_;
  if (lease_.waiting_ > 0) lease_.giveUnused();
}

bool Lease::Share::goOn() {
  Lease& lease = lease_;
  if (lease.cancel_.load(std::memory_order_relaxed)) return false;
  if (!lease.seats_.awaited() || Clock::now() - since_ < kStint) return true;
  {
    const std::lock_guard<std::mutex> lock(lease.mutex_);
    since_ = Clock::now();
    // Without a seat of its own, as a teammate has given it back, a thread works on to the end of its share.
    if (lease.giveUnused() || lease.held_ == 0) return true;
    ++lease.waiting_;
    --lease.held_;
    lease.seats_.give(1);
  }
  const std::size_t granted = lease.seats_.take(1, lease.cancel_);
  const std::lock_guard<std::mutex> lock(lease.mutex_);
  --lease.waiting_;
  lease.held_ += granted;
  since_ = Clock::now();
  return granted != 0;
}

} // namespace eqprop
