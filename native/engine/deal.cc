#include "engine/deal.h"

namespace eqprop {

Deal::Deal(const std::vector<std::size_t>& owner, std::size_t threads) : hands_(threads) {
  for (std::size_t task = 0; task < owner.size(); ++task) hands_[owner[task]].tasks.push_back(task);
}

} // namespace eqprop
