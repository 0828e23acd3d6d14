// Tells V8 of memory that a JavaScript object keeps alive outside its heap: the garbage collector would else see a few bytes
// where a model weighs a gigabyte, and let others pile up.
#pragma once

#include <napi.h>

namespace eqprop {

class External {
public:
  // How much it is now. On JavaScript's thread, of a finalizer too.
  void declare(Napi::BasicEnv env, std::size_t bytes) {
    const std::int64_t change = static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(declared_);
    declared_ = bytes;
    if (change != 0) Napi::MemoryManagement::AdjustExternalMemory(env, change);
  }

private:
  std::size_t declared_ = 0;
};

} // namespace eqprop
