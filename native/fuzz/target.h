// What every target ends with: a check that failed becomes a crash, which is what a fuzzer looks for.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "fuzz/choices.h"
#include "test/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace fuzz {

inline int finish() {
  if (test::failures()) {
    std::fflush(stdout); // abort would lose what failed
    std::abort();
  }
  return 0;
}

} // namespace fuzz
