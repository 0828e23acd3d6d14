#include "engine/parameters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/finite.h"

namespace eqprop {

namespace {

// Calls f(row-major offset, panel offset, units) for each run of units that is contiguous in both layouts.
template <class F> void forEachRun(std::size_t rows, std::size_t size, std::size_t width, F f) {
  for (std::size_t unit = 0; unit < size; unit += width) {
    const std::size_t count = std::min(width, size - unit);
    for (std::size_t row = 0; row < rows; ++row) f(row * size + unit, unit * rows + row * width, count);
  }
}

// Whether a parameter is also read against its direction: to a free source, for the energy between two clamped layers,
// or for the nudge of a read-out.
bool isTransposed(const Network& network, std::size_t index) {
  if (network.readsOut() && network.cost.weight == index) return true;
  return std::any_of(network.connections.begin(), network.connections.end(), [&](const Connection& c) {
    return c.kind == Connection::dense && c.parameter == index &&
           (!network.layers[c.pre].clamped || network.layers[c.post].clamped);
  });
}

// Whether a free layer feeds another by a parameter, or itself.
bool isBetweenFree(const Network& network, std::size_t index) {
  return std::any_of(network.connections.begin(), network.connections.end(), [&](const Connection& c) {
    return c.kind != Connection::bias && c.parameter == index && !network.layers[c.pre].clamped &&
           !network.layers[c.post].clamped;
  });
}

} // namespace

Parameters::Parameters(const Network& network, const Kernels& kernels, Precision precision)
    : specs_(network.parameters), connections_(network.connections), width_(kernels.panelWidth) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const ParameterSpec& p = specs_[i];
    anySymmetric_ = anySymmetric_ || p.symmetric;
    forward_.emplace_back(packedSize(i));
    backward_.emplace_back(isTransposed(network, i) ? panelsOf(p.rows) * p.columns * width_ : 0);
    const bool narrow = precision != Precision::float32 && isBetweenFree(network, i);
    const bool split = precision == Precision::splitBf16;
    narrowForward_.push_back(narrow ? NarrowPanels(kernels, p.rows, panelCount(i), split) : NarrowPanels());
    narrowBackward_.push_back(narrow && !p.symmetric ? NarrowPanels(kernels, p.columns, panelsOf(p.rows), split)
                                                     : NarrowPanels());
  }
  std::size_t largest = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const std::size_t padded = panelsOf(network.layers[i].size) * width_;
    largest = std::max(largest, padded);
    const bool lateral = std::any_of(connections_.begin(), connections_.end(),
                                     [&](const Connection& c) { return c.kind == Connection::lateral && c.post == i; });
    bias_.emplace_back(padded);
    coupling_.emplace_back(lateral ? padded : 0);
  }
  zeros_ = Buffer<float>(largest);
}

const float* Parameters::transposed(std::size_t index) const {
  return specs_[index].symmetric ? panels(index) : backward_[index].data();
}

Pairs Parameters::pairs(std::size_t index, bool transposed) const {
  return (transposed && !specs_[index].symmetric ? narrowBackward_ : narrowForward_)[index].pairs();
}

void Parameters::read(std::size_t index, float* values) const { unpack(index, panels(index), values); }

void Parameters::unpack(std::size_t index, const float* panels, float* values) const {
  const ParameterSpec& p = specs_[index];
  if (p.symmetric) {
    for (std::size_t i = 0; i < p.rows; ++i) {
      for (std::size_t j = i + 1; j < p.rows; ++j) *values++ = panels[at(index, i, j)];
    }
    return;
  }
  forEachRun(p.rows, p.columns, width_, [&](std::size_t flat, std::size_t packed, std::size_t count) {
    std::copy_n(panels + packed, count, values + flat);
  });
}

void Parameters::pack(std::size_t index, const float* values, float* panels) const {
  const ParameterSpec& p = specs_[index];
  // A training that went wrong may have left what is no number in the padding and on the diagonal, too.
  std::fill_n(panels, packedSize(index), 0.0f);
  if (p.symmetric) {
    for (std::size_t i = 0; i < p.rows; ++i) {
      for (std::size_t j = i + 1; j < p.rows; ++j) panels[at(index, i, j)] = *values++;
    }
    return;
  }
  forEachRun(p.rows, p.columns, width_, [&](std::size_t flat, std::size_t packed, std::size_t count) {
    std::copy_n(values + flat, count, panels + packed);
  });
}

void Parameters::write(std::size_t index, const float* values) {
  const ParameterSpec& p = specs_[index];
  pack(index, values, panels(index));
  for (std::size_t panel = 0; panel < panelCount(index); ++panel) {
    if (p.symmetric) mirror(index, panel, 0, p.rows);
    refresh(index, panel, 0, p.rows);
  }
  refreshSums();
}

std::size_t Parameters::heldBytes() const {
  std::size_t bytes = bytesOf(forward_) + bytesOf(backward_) + bytesOf(bias_) + bytesOf(coupling_) + zeros_.bytes();
  for (const NarrowPanels& panels : narrowForward_) bytes += panels.heldBytes();
  for (const NarrowPanels& panels : narrowBackward_) bytes += panels.heldBytes();
  return bytes;
}

bool Parameters::finite(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) const {
  return allFinite(panels(index) + (panel * rows(index) + from) * width_, (to - from) * width_);
}

double Parameters::sumOfSquares(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) const {
  const float* weights = panels(index) + (panel * rows(index) + from) * width_;
  constexpr std::size_t kSums = 8; // so that no sum waits for the one before
  double sums[kSums] = {};
  for (std::size_t k = 0; k < (to - from) * width_; k += kSums) {
    for (std::size_t s = 0; s < kSums; ++s) sums[s] += static_cast<double>(weights[k + s]) * weights[k + s];
  }
  const double sum = std::accumulate(sums, sums + kSums, 0.0);
  return specs_[index].symmetric ? sum / 2 : sum;
}

// Calls f(rows' panel, its first row that counts, rows) for each panel that rows [from, to) fall into.
template <class F> void Parameters::forEachBlock(std::size_t from, std::size_t to, F f) const {
  for (std::size_t row = from, count; row < to; row += count) {
    const std::size_t panel = row / width_;
    count = std::min(to, (panel + 1) * width_) - row;
    f(panel, row, count);
  }
}

void Parameters::refresh(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) {
  narrowForward_[index].refresh(panels(index), panel, from, to, 0, width_);
  float* transposed = backward_[index].data();
  if (!transposed) return;
  const std::size_t rows = this->rows(index), size = specs_[index].columns;
  const std::size_t first = panel * width_, lanes = std::min(width_, size - first);
  const float* source = panels(index) + first * rows;
  forEachBlock(from, to, [&](std::size_t rowPanel, std::size_t row, std::size_t count) {
    float* block = transposed + (rowPanel * size + first) * width_ + row % width_;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      for (std::size_t k = 0; k < count; ++k) block[lane * width_ + k] = source[(row + k) * width_ + lane];
    }
    narrowBackward_[index].refresh(transposed, rowPanel, first, first + lanes, row % width_, count);
  });
}

void Parameters::mirror(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) {
  const std::size_t size = rows(index), first = panel * width_, lanes = std::min(width_, size - first);
  const float* all = panels(index);
  float* own = panels(index) + first * size;
  forEachBlock(std::max(from, first), to, [&](std::size_t rowPanel, std::size_t row, std::size_t count) {
    const float* upper = all + (rowPanel * size + first) * width_ + row % width_;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::size_t diagonal = first + lane; // the row of the unit itself
      if (diagonal >= row && diagonal < row + count) own[diagonal * width_ + lane] = 0;
      for (std::size_t k = diagonal < row ? 0 : diagonal + 1 - row; k < count; ++k) {
        own[(row + k) * width_ + lane] = upper[lane * width_ + k];
      }
    }
  });
}

void Parameters::refreshSums() {
  for (Buffer<float>& sum : bias_) sum.clear();
  for (Buffer<float>& sum : coupling_) sum.clear();
  for (const Connection& c : connections_) {
    if (c.kind == Connection::lateral) addCoupling(c.parameter, coupling_[c.post].data());
    if (c.kind != Connection::bias) continue;
    Buffer<float>& sum = bias_[c.post];
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += forward_[c.parameter][j];
  }
}

void Parameters::addCoupling(std::size_t index, float* sum) const {
  const std::size_t rows = this->rows(index);
  const float* weights = panels(index);
  for (std::size_t panel = 0; panel < panelCount(index); ++panel, sum += width_) {
    for (std::size_t row = 0; row < rows; ++row, weights += width_) {
      for (std::size_t lane = 0; lane < width_; ++lane) sum[lane] += std::fabs(weights[lane]);
    }
  }
}

} // namespace eqprop
