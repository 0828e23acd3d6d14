// The tile registers of AMX. Strides are in words. Instructions stand here as text: the compilers' own functions for them
// want the number of a register as a literal, not as an argument of a template, and some do not say that they read memory.
#pragma once

struct AmxTiles {
  static void configure(const TileShapes& shapes) { __asm__ volatile("ldtilecfg %0" : : "m"(shapes)); }
  static void release() { __asm__ volatile("tilerelease"); }

  template <int tile> static void zero() { __asm__ volatile("tilezero %%tmm%c0" : : "i"(tile)); }
  template <int tile> static void load(const std::uint32_t* from, std::size_t stride) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(4 * stride), "i"(tile) : "memory");
  }
  template <int tile> static void store(float* to, std::size_t stride) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(4 * stride), "i"(tile) : "memory");
  }
  // sums += a·b
  template <int sums, int a, int b> static void multiply() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(sums), "i"(a), "i"(b));
  }
};
