// A fair lock: whoever asks first has the next turn. A training job takes one turn a batch, so that a prediction
// asked for meanwhile waits for one batch, not for the job.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

namespace eqprop {

class Turnstile {
public:
  // Waits for the turn; gives up, returning false, once `cancel` is set.
  bool lock(const std::atomic<bool>& cancel) {
    std::unique_lock<std::mutex> guard(mutex_);
    const unsigned long long ticket = next_++;
    // Nobody notifies us of `cancel`: look every few milliseconds.
    while (!changed_.wait_for(guard, std::chrono::milliseconds(5), [&] { return ticket == serving_; })) {
      if (!cancel.load(std::memory_order_relaxed)) continue;
      left_.insert(ticket);
      return false;
    }
    return true;
  }

  void unlock() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      ++serving_;
      while (left_.erase(serving_)) ++serving_;
    }
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned long long next_ = 0, serving_ = 0;
  std::set<unsigned long long> left_; // tickets whose holders gave up
};

} // namespace eqprop
