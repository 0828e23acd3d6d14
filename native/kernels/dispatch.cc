#include "kernels/dispatch.h"

#include "kernels/amx.h"
#include "kernels/target.h"
#include "kernels/trial.h"

#if defined(EQ_X86_64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

// This file is compiled without flags of an instruction set: it runs before anyone knows what the processor has.

namespace eqprop {

extern const Kernels avx512Kernels;
extern const NarrowKernels avx512Bf16;
extern const Kernels avx2Kernels;
extern const Kernels neonKernels;
extern const Kernels baselineKernels;

namespace {

#if defined(EQ_X86_64)
struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
#if defined(_MSC_VER)
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
  r.eax = out[0], r.ebx = out[1], r.ecx = out[2], r.edx = out[3];
#else
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
  return r;
}

// The registers that the operating system saves on a context switch: an instruction set that it does not know of
// must not be used, whatever cpuid says.
unsigned long long savedRegisters() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<unsigned long long>(high) << 32) | low;
#endif
}

constexpr bool has(unsigned long long bits, unsigned long long wanted) { return (bits & wanted) == wanted; }

// The AVX-512 table, its steps in bf16 by the best instructions for them. AMX was written on processors without it: it has
// to prove itself.
const Kernels* avx512(const Registers& seven, unsigned long long saved) {
  static Kernels kernels = avx512Kernels;
  constexpr unsigned kAvx512Bf16 = 1u << 5, kAmx = (1u << 22) | (1u << 24); // bf16, tiles
  constexpr unsigned long long kTiles = 0x60000;
  if (seven.eax < 1 || !has(cpuid(7, 1).eax, kAvx512Bf16)) return &kernels;
  kernels.narrow = avx512Bf16;
  const NarrowKernels* amx = amxKernels();
  if (!amx || !has(seven.edx, kAmx) || !has(saved, kTiles)) return &kernels;
  if (!requestTiles()) {
    kernels.narrow.name = "avx512_bf16, as the operating system refuses amx";
  } else if (!comesOutAlike(kernels, *amx)) {
    kernels.narrow.name = "avx512_bf16, as amx came out wrong in a trial";
  } else {
    kernels.narrow = *amx;
  }
  return &kernels;
}

void addX86(std::vector<const Kernels*>& found) {
  const Registers one = cpuid(1, 0);
  constexpr unsigned kOsxsave = 1u << 27, kAvx = 1u << 28, kFma = 1u << 12, kF16c = 1u << 29;
  if (!has(one.ecx, kOsxsave | kAvx | kFma | kF16c)) return;
  const unsigned long long saved = savedRegisters();
  const Registers seven = cpuid(7, 0);
  constexpr unsigned kAvx2 = 1u << 5;
  constexpr unsigned kAvx512 = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31); // f, dq, bw, vl
  constexpr unsigned long long kYmm = 0x6, kZmm = 0xe6;
  if (!has(saved, kYmm) || !has(seven.ebx, kAvx2)) return;
  if (has(saved, kZmm) && has(seven.ebx, kAvx512)) found.push_back(avx512(seven, saved));
  found.push_back(&avx2Kernels);
}
#endif

std::vector<const Kernels*> probe() {
  std::vector<const Kernels*> found;
#if defined(EQ_X86_64)
  addX86(found);
#elif defined(EQ_ARM64)
  found.push_back(&neonKernels);
#endif
  found.push_back(&baselineKernels);
  return found;
}

} // namespace

const std::vector<const Kernels*>& availableKernels() {
  static const std::vector<const Kernels*>& found = *new std::vector<const Kernels*>(probe()); // never destroyed
  return found;
}

const Kernels* findKernels(const std::string& name) {
  for (const Kernels* kernels : availableKernels()) {
    if (name == kernels->name) return kernels;
  }
  return nullptr;
}

} // namespace eqprop
