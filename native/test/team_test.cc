// The thread team and its seats, many short rounds of them: what the thread sanitizer looks at.
#include <deque>
#include <stdexcept>
#include <vector>

#include "check.h"
#include "engine/errors.h"
#include "engine/seats.h"
#include "engine/team.h"

namespace {

using namespace eqprop;

void everyRankWorksOnceARound(std::size_t threads) {
  Team team(threads);
  std::vector<int> count(threads, 0); // each rank writes its own
  for (int round = 1; round <= 2000; ++round) {
    team.run(threads, [&](std::size_t rank) { ++count[rank]; });
    for (const int c : count) CHECK(c == round);
    if (round % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5)); // let the helpers fall asleep
  }
}

void aPartOfATeamWorks() {
  Team team(7);
  test::Numbers numbers(1);
  std::vector<int> count(7, 0), expected(7, 0);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t threads = 1 + numbers.below(7);
    for (std::size_t rank = 0; rank < threads; ++rank) ++expected[rank];
    team.run(threads, [&](std::size_t rank) { ++count[rank]; });
    CHECK(count == expected);
  }
}

void whatARankThrowsArrives() {
  Team team(3);
  for (std::size_t bad = 0; bad < 3; ++bad) {
    bool caught = false;
    try {
      team.run(3, [&](std::size_t rank) {
        if (rank == bad) throw std::runtime_error("rank");
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
  }
  int sum = 0;
  team.run(2, [&](std::size_t rank) { // rank 2, which threw last, does not take part
    if (rank == 0) sum = 1;
  });
  CHECK(sum == 1);
}

// Called on each of our own threads: the smallest number there is, times one.
bool flushes() {
  volatile float smallest = 1.4e-45f;
  return smallest * 1.0f == 0;
}

void denormalsCostNothingOnOurThreadsAndStayOnOthers() {
  Team team(4);
  std::vector<int> flushed(4, 0);
  team.run(4, [&](std::size_t rank) { flushed[rank] = flushes(); });
  CHECK((flushed == std::vector<int>{0, 1, 1, 1})); // the caller is none of ours: a job says so itself
  CHECK(!flushes());
  bool job = false;
  std::thread thread([&] {
    flushDenormals();
    job = flushes();
  });
  thread.join();
  CHECK(job && !flushes());
}

const Cancel kNever{false};

// So many threads take seats again and again; more are never taken than there are.
void seatsAreNeverTakenTwice(std::size_t count, std::size_t want) {
  Seats seats(count);
  std::atomic<std::size_t> taken{0}, most{0}, turns{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      seats.enter();
      for (int i = 0; i < 500; ++i) {
        Lease lease(seats, want, kNever);
        CHECK(lease.size() >= 1 && lease.size() <= want);
        const std::size_t now = taken += lease.size();
        std::size_t before = most;
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
        if (i % 7 == 0) {
          const Lease::Clock::time_point longAgo{};
          Lease::Share share(lease, longAgo); // lends its seat to whoever waits, as all others are in use
          std::deque<Lease::Share> others;
          for (std::size_t s = 1; s < lease.size(); ++s) others.emplace_back(lease, longAgo);
          --taken;
          CHECK(share.goOn());
          ++taken;
        }
        taken -= lease.size();
        ++turns;
      }
      seats.leave();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(turns == 3000 && most <= count);
  CHECK(seats.free() == static_cast<std::ptrdiff_t>(count) && !seats.awaited());
}

void aRowOfOneIsALock() {
  Seats turn(1);
  long total = 0; // guarded by turn
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        Lease lease(turn, 1, kNever);
        ++total;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(total == 4000);
}

void whoAskedFirstIsServedFirst() {
  Seats seats(1);
  std::vector<int> served; // guarded by seats
  std::vector<std::thread> threads;
  {
    Lease all(seats, 1, kNever);
    for (int t = 0; t < 5; ++t) {
      threads.emplace_back([&, t] {
        Lease lease(seats, 1, kNever);
        served.push_back(t);
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(20)); // until it waits
    }
  }
  for (std::thread& thread : threads) thread.join();
  CHECK((served == std::vector<int>{0, 1, 2, 3, 4}));
}

void guestsShareSeats() {
  Seats seats(8);
  CHECK(seats.fair(5) == 5);
  for (int guest = 0; guest < 3; ++guest) seats.enter();
  CHECK(seats.fair(5) == 3 && seats.fair(2) == 2);
  Lease first(seats, 8, kNever), second(seats, 8, kNever), third(seats, 8, kNever);
  CHECK(first.size() == 3 && second.size() == 3 && third.size() == 2 && !first.isOver());
  seats.setCount(4); // four too many are taken
  CHECK(seats.free() == -4 && first.isOver());
  seats.setCount(9);
  CHECK(third.isOver() && !first.isOver()); // one is free, and the third has less than its share
  for (int guest = 0; guest < 3; ++guest) seats.leave();
}

void whoIsCancelledLeavesTheQueue() {
  Seats seats(2);
  const Cancel now{true};
  {
    Lease all(seats, 2, kNever);
    bool thrown = false;
    try {
      Lease none(seats, 1, now); // would wait for ever
    } catch (const Cancelled&) {
      thrown = true;
    }
    CHECK(thrown && !seats.awaited());
  }
  Lease again(seats, 2, kNever);
  CHECK(again.size() == 2);
}

// A thread that has lent its seat is cancelled while it waits to have it back.
void whoIsCancelledWithoutItsSeatTakesNone() {
  Seats seats(1);
  Cancel cancel{false};
  std::atomic<bool> lent{false};
  std::thread other;
  {
    Lease lease(seats, 1, cancel);
    other = std::thread([&] {
      Lease own(seats, 1, kNever);
      lent = true;
      while (!cancel) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    });
    std::thread stopper([&] {
      while (!lent) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      cancel = true;
    });
    bool goesOn = true;
    while (goesOn) {
      Lease::Share share(lease, Lease::Clock::time_point{});
      goesOn = share.goOn();
    }
    stopper.join();
  }
  other.join();
  CHECK(seats.free() == 1);
}

// A thread that has done its share needs no seat: it is the one that others get.
void aSeatWithoutUseIsGivenFirst() {
  Seats seats(2);
  std::thread other;
  {
    Lease lease(seats, 2, kNever);
    { const Lease::Share done(lease); }
    Lease::Share share(lease, Lease::Clock::time_point{});
    other = std::thread([&] { const Lease own(seats, 1, kNever); });
    while (!seats.awaited()) std::this_thread::yield();
    CHECK(share.goOn());
    other.join(); // while the lease still lives
    CHECK(lease.isOver());
  }
  CHECK(seats.free() == 2);
}

// Nobody waits for a seat that a teammate holds for nothing, also where there are fewer than before.
void aLoweredCountStopsNobody() {
  Seats seats(2);
  Lease lease(seats, 2, kNever);
  seats.setCount(1);
  std::thread other([&] { const Lease own(seats, 1, kNever); });
  while (!seats.awaited()) std::this_thread::yield();
  std::thread first([&] {
    Lease::Share share(lease, Lease::Clock::time_point{});
    while (seats.awaited()) CHECK(share.goOn());
  });
  std::thread second([&] {
    const Lease::Share share(lease);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  for (std::thread* thread : {&second, &first, &other}) thread->join();
}

} // namespace

int main() {
  for (const std::size_t threads : {1u, 2u, 4u, 7u}) everyRankWorksOnceARound(threads);
  aPartOfATeamWorks();
  whatARankThrowsArrives();
  denormalsCostNothingOnOurThreadsAndStayOnOthers();
  for (const std::size_t count : {1u, 2u, 5u}) {
    for (const std::size_t want : {1u, 2u, 8u}) seatsAreNeverTakenTwice(count, want);
  }
  aRowOfOneIsALock();
  whoAskedFirstIsServedFirst();
  guestsShareSeats();
  whoIsCancelledLeavesTheQueue();
  whoIsCancelledWithoutItsSeatTakesNone();
  aSeatWithoutUseIsGivenFirst();
  aLoweredCountStopsNobody();
  return test::finish();
}
