#include "engine/narrow.h"

namespace eqprop {

NarrowPanels::NarrowPanels(const Kernels& kernels, std::size_t units, std::size_t panels, bool split)
    : kernels_(&kernels), units_(units), high_(panels * pairsOf(units) * kernels.panelWidth),
      low_(split ? high_.size() : 0) {}

void NarrowPanels::refresh(const float* panels, std::size_t panel, std::size_t from, std::size_t to, std::size_t lane,
                           std::size_t count) {
  if (!kernels_) return;
  const std::size_t width = kernels_->panelWidth;
  for (std::size_t unit = from; unit < to; unit += 2) {
    const float* row = panels + (panel * units_ + unit) * width + lane;
    const std::size_t word = (panel * pairsOf(units_) + unit / 2) * width + lane;
    kernels_->pack(row, unit + 1 < units_ ? row + width : nullptr, count, &high_[word],
                   low_.size() ? &low_[word] : nullptr);
  }
}

} // namespace eqprop
