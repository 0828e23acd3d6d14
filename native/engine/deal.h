// Tasks dealt to a team: each thread takes its own first, whose memory its cache may still hold from the last time, then
// what others have left.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "engine/team.h"

namespace eqprop {

class Deal {
public:
  // owner[task] is the rank that should take it.
  Deal(const std::vector<std::size_t>& owner, std::size_t threads);

  // Calls work(task) once for each task, on so many of the team's threads.
  template <class Work> void run(Team& team, std::size_t threads, const Work& work) {
    for (Hand& hand : hands_) hand.next.store(0, std::memory_order_relaxed);
    team.run(threads, [&](std::size_t rank) {
      for (std::size_t i = 0; i < hands_.size(); ++i) {
        Hand& hand = hands_[(rank + i) % hands_.size()];
        for (;;) {
          const std::size_t next = hand.next.fetch_add(1, std::memory_order_relaxed);
          if (next >= hand.tasks.size()) break;
          work(hand.tasks[next]);
        }
      }
    });
  }

private:
  struct alignas(64) Hand { // a cache line each, as all threads count up
    std::vector<std::size_t> tasks;
    std::atomic<std::size_t> next{0};
  };
  std::vector<Hand> hands_;
};

// Whose a panel is: neighbours belong together.
inline std::size_t ownerOf(std::size_t panel, std::size_t panels, std::size_t threads) {
  return panel * threads / panels;
}

} // namespace eqprop
