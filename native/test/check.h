// The least that a test needs: a failed check prints where and what, and the program then ends with 1.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace test {

inline int& failures() {
  static int count = 0;
  return count;
}

inline void fail(const char* file, int line, const char* what, double a, double b) {
  std::printf("%s:%d: %s (%.9g, %.9g)\n", file, line, what, a, b);
  if (++failures() == 20) std::exit(1);
}

inline int finish() { return failures() ? 1 : 0; }

// Numbers that look random and are the same in every run.
class Numbers {
public:
  explicit Numbers(unsigned seed) : state_(seed * 2654435761u + 1) {}
  unsigned next() { return state_ = state_ * 1664525u + 1013904223u, state_ >> 8; }
  float between(float low, float high) { return low + (high - low) * static_cast<float>(next()) / 16777216.0f; }
  unsigned below(unsigned bound) { return next() % bound; }

private:
  unsigned state_;
};

} // namespace test

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) test::fail(__FILE__, __LINE__, #condition, 0, 0);                                                \
  } while (0)

#define CHECK_NEAR(a, b, bound)                                                                                        \
  do {                                                                                                                 \
    const double a_ = (a), b_ = (b);                                                                                   \
    if (!(std::fabs(a_ - b_) <= (bound))) test::fail(__FILE__, __LINE__, #a " is near " #b, a_, b_);                   \
  } while (0)
