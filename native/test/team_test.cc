// The thread team and the fair lock, many short rounds of them: what the thread sanitizer looks at.
#include <stdexcept>
#include <vector>

#include "check.h"
#include "engine/team.h"
#include "engine/turn.h"

namespace {

using namespace eqprop;

void everyRankWorksOnceARound(std::size_t threads) {
  Team team(threads);
  std::vector<int> count(threads, 0); // each rank writes its own
  for (int round = 1; round <= 2000; ++round) {
    team.run([&](std::size_t rank) { ++count[rank]; });
    for (const int c : count) CHECK(c == round);
    if (round % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5)); // let the helpers fall asleep
  }
}

void whatARankThrowsArrives() {
  Team team(3);
  for (std::size_t bad = 0; bad < 3; ++bad) {
    bool caught = false;
    try {
      team.run([&](std::size_t rank) {
        if (rank == bad) throw std::runtime_error("rank");
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
  }
  int sum = 0;
  team.run([&](std::size_t rank) {
    if (rank == 0) sum = 1;
  });
  CHECK(sum == 1);
}

void turnsExclude() {
  Turnstile turn;
  const std::atomic<bool> never{false};
  long total = 0; // guarded by turn
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        turn.lock(never);
        ++total;
        turn.unlock();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(total == 4000);
}

void whoIsCancelledLeavesTheQueue() {
  Turnstile turn;
  const std::atomic<bool> never{false}, now{true};
  CHECK(turn.lock(never));
  CHECK(!turn.lock(now)); // would wait for ever
  turn.unlock();
  CHECK(turn.lock(never));
  turn.unlock();
}

} // namespace

int main() {
  for (const std::size_t threads : {1u, 2u, 4u, 7u}) everyRankWorksOnceARound(threads);
  whatARankThrowsArrives();
  turnsExclude();
  whoIsCancelledLeavesTheQueue();
  return test::finish();
}
