#include "engine/peak.h"

#include <chrono>

#include "engine/team.h"

namespace eqprop {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRounds = 20000; // some tens of microseconds: the clock costs nothing

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

} // namespace

double measurePeak(const Kernels& kernels, std::size_t threads, double seconds) {
  Team team(threads);
  team.run(threads, [](std::size_t) {}); // the threads start
  std::vector<double> speed(threads, 0.0);
  std::vector<float> results(threads, 0.0f); // so that nothing is left out as useless
  team.run(threads, [&](std::size_t rank) {
    const Clock::time_point begin = Clock::now();
    double operations = 0, passed = 0;
    do {
      operations += kernels.peak(kRounds, &results[rank]);
      passed = secondsSince(begin);
    } while (passed < seconds);
    speed[rank] = operations / passed;
  });
  double sum = 0;
  for (const double s : speed) sum += s;
  return sum;
}

} // namespace eqprop
