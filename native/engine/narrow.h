// Packed weights once more in bf16, for the steps that read them so.
#pragma once

#include "engine/buffer.h"
#include "kernels/table.h"

namespace eqprop {

// The copy of panels [panel][source unit][panelWidth] in words [panel][pair of source units][panelWidth].
class NarrowPanels {
public:
  NarrowPanels() = default; // none
  NarrowPanels(const Kernels& kernels, std::size_t units, std::size_t panels, bool split);

  // Brings up to date what comes from source units [from, to) and `count` lanes from `lane` on of one panel. `from` is even.
  void refresh(const float* panels, std::size_t panel, std::size_t from, std::size_t to, std::size_t lane,
               std::size_t count);

  std::size_t heldBytes() const { return high_.bytes() + low_.bytes(); }
  Pairs pairs() const { return {high_.data(), low_.data()}; }

private:
  const Kernels* kernels_ = nullptr;
  std::size_t units_ = 0;
  Buffer<std::uint32_t> high_, low_;
};

} // namespace eqprop
