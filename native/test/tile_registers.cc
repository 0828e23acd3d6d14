#include "tile_registers.h"

namespace test {

TileRegisters tiles;

namespace {

float asFloat(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

std::uint32_t asBits(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

} // namespace

void TileRegisters::configure(const void* shapes) {
  std::uint8_t bytes[64];
  std::memcpy(bytes, shapes, sizeof bytes);
  CHECK(bytes[0] == 1); // the palette
  for (int i = 1; i < 16; ++i) CHECK(bytes[i] == 0);
  for (std::size_t t = 0; t < 16; ++t) {
    const std::size_t rowBytes = bytes[16 + 2 * t] + 256u * bytes[17 + 2 * t], rows = bytes[48 + t];
    CHECK(rowBytes <= 64 && rows <= 16 && (t < 8 || (rowBytes == 0 && rows == 0)));
    CHECK((rowBytes == 0) == (rows == 0));
    if (t >= 8) continue;
    tiles_[t].rows = rows;
    tiles_[t].rowBytes = rowBytes;
    zero(t);
  }
  configured_ = true;
}

void TileRegisters::release() { configured_ = false; }

TileRegisters::Tile& TileRegisters::use(std::size_t tile) {
  CHECK(configured_ && tiles_[tile].rows > 0);
  return tiles_[tile];
}

void TileRegisters::zero(std::size_t tile) { std::memset(tiles_[tile].words, 0, sizeof tiles_[tile].words); }

void TileRegisters::load(std::size_t tile, const std::uint32_t* from, std::size_t stride) {
  Tile& t = use(tile);
  zero(tile);
  for (std::size_t r = 0; r < t.rows; ++r) std::memcpy(t.words[r], from + r * stride, t.rowBytes);
}

void TileRegisters::store(std::size_t tile, float* to, std::size_t stride) {
  const Tile& t = use(tile);
  for (std::size_t r = 0; r < t.rows; ++r) std::memcpy(to + r * stride, t.words[r], t.rowBytes);
}

void TileRegisters::multiply(std::size_t sums, std::size_t a, std::size_t b) {
  CHECK(sums != a && sums != b && a != b);
  Tile &c = use(sums), &x = use(a), &y = use(b);
  CHECK(c.rows == x.rows && c.rowBytes == y.rowBytes && x.rowBytes == 4 * y.rows);
  for (std::size_t m = 0; m < c.rows; ++m) {
    for (std::size_t k = 0; k < y.rows; ++k) {
      for (std::size_t n = 0; n < c.rowBytes / 4; ++n) {
        const std::uint32_t p = x.words[m][k], q = y.words[k][n];
        const float lower = asFloat(p << 16) * asFloat(q << 16);
        const float upper = asFloat(p & 0xffff0000u) * asFloat(q & 0xffff0000u);
        c.words[m][n] = asBits(asFloat(c.words[m][n]) + lower + upper);
      }
    }
  }
}

} // namespace test
