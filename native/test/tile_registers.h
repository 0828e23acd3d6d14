// The tile registers of AMX as Intel's manual describes them: eight of up to 16 rows of up to 64 bytes. What the processor
// would answer with an exception is a failed check. Strides are in words.
#pragma once

#include <cstdint>
#include <cstring>

#include "check.h"

namespace test {

class TileRegisters {
public:
  void configure(const void* shapes);
  void release();
  void zero(std::size_t tile);
  void load(std::size_t tile, const std::uint32_t* from, std::size_t stride);
  void store(std::size_t tile, float* to, std::size_t stride);
  // Each word of sums += both products of the words of a's row and b's column.
  void multiply(std::size_t sums, std::size_t a, std::size_t b);
  bool released() const { return !configured_; }

private:
  struct Tile {
    std::size_t rows, rowBytes;
    std::uint32_t words[16][16];
  };
  Tile& use(std::size_t tile);
  Tile tiles_[8];
  bool configured_ = false;
};

extern TileRegisters tiles; // one thread's

} // namespace test
