// A fair lock: whoever asks first has the next turn. A training job takes one turn a batch, so that a prediction
// asked for meanwhile waits for one batch, not for the job.
#pragma once

#include <condition_variable>
#include <mutex>

namespace eqprop {

class Turnstile {
public:
  void lock() {
    std::unique_lock<std::mutex> guard(mutex_);
    const unsigned long long ticket = next_++;
    changed_.wait(guard, [&] { return ticket == serving_; });
  }
  void unlock() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      ++serving_;
    }
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned long long next_ = 0, serving_ = 0;
};

} // namespace eqprop
