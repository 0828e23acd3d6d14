// Decisions read from bytes, a fuzzer's or random ones. Where the bytes end, each further decision is the first choice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace fuzz {

class Choices {
public:
  Choices(const std::uint8_t* bytes, std::size_t size) : at_(bytes), end_(bytes + size) {}

  unsigned below(unsigned bound) { return bound < 2 ? 0 : (bound <= 256 ? byte() : byte() * 256 + byte()) % bound; }
  std::size_t between(std::size_t low, std::size_t high) { return low + below(static_cast<unsigned>(high - low + 1)); }
  bool flip() { return below(2) != 0; }
  // True about once in so many times.
  bool oneIn(unsigned times) { return below(times) == 1; }
  template <class T> T of(const std::vector<T>& list) { return list[below(static_cast<unsigned>(list.size()))]; }

  float within(float low, float high) { return low + (high - low) * static_cast<float>(below(65536)) / 65535.0f; }

  // What arithmetic stumbles over.
  float special() {
    using Limits = std::numeric_limits<float>;
    return of<float>({0.0f, -0.0f, Limits::denorm_min(), -1e-40f, Limits::min(), 1e-30f, 1e20f, -1e20f, Limits::max(),
                      -Limits::max(), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()});
  }

  // Fills with numbers from low to high by a generator of its own, so that a few bytes say it all; `specials` of them are
  // special ones.
  template <class Floats> void fill(Floats& to, std::size_t count, float low, float high, std::size_t specials) {
    std::uint32_t state = below(65536) * 2654435761u + 1;
    for (std::size_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      to[i] = low + (high - low) * static_cast<float>(state >> 8) / 16777216.0f;
    }
    for (; count != 0 && specials > 0; --specials) to[below(static_cast<unsigned>(count))] = special();
  }

private:
  unsigned byte() { return at_ == end_ ? 0 : *at_++; }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

} // namespace fuzz
