// A team of threads that carries out one function at a time, together with the thread that calls it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace eqprop {

class Team {
public:
  // Of so many threads at most. The helpers start at the first run that wants them.
  explicit Team(std::size_t threads) : threads_(threads), thrown_(threads) {}
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t size() const { return threads_; }

  // Calls work(rank) for each rank in [0, threads), of which there are at most size(); the caller is rank 0. Returns when
  // all have returned; then throws what the first rank that threw has thrown. One caller at a time.
  template <class F> void run(std::size_t threads, const F& work) {
    run(threads, {&work, [](const void* f, std::size_t rank) { (*static_cast<const F*>(f))(rank); }});
  }

private:
  // A function that lives on its caller's stack: std::function would allocate, several times a step.
  struct Work {
    const void* function = nullptr;
    void (*call)(const void* function, std::size_t rank) = nullptr;
  };
  // Which run it is, and how many threads it wants: one number, as a helper that it does not want may look at it late.
  struct Round {
    static constexpr std::uint64_t kThreads = 1 << 16;
    static std::size_t threads(std::uint64_t round) { return round % kThreads; }
    static std::uint64_t after(std::uint64_t round, std::size_t threads) {
      return (round / kThreads + 1) * kThreads + threads;
    }
  };
  void run(std::size_t threads, Work work);
  void start(std::size_t threads);
  void begin(std::size_t threads);
  void attempt(std::size_t rank);
  void help(std::size_t rank);

  const std::size_t threads_;
  std::vector<std::thread> helpers_;
  Work work_;                              // written before round_ is raised
  std::vector<std::exception_ptr> thrown_; // by rank; each written by its own thread
  std::atomic<std::uint64_t> round_{0};    // raised to begin a run, or to stop
  std::atomic<std::size_t> busy_{0};       // helpers that have not finished this round
  std::atomic<bool> stop_{false};
  std::mutex mutex_;                    // guards falling asleep
  std::condition_variable wake_, done_; // of the helpers, of the caller
};

// Denormal numbers cost a hundred times as much as others. Called on our own threads only: JavaScript's must keep
// their floating-point mode.
void flushDenormals();

} // namespace eqprop
