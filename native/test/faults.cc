// Preloaded into a process (LD_PRELOAD), lets allocations and thread starts of the addon fail, and no one else's: V8 does not
// survive a failed allocation. What is to fail stands in a file of three numbers, that of EQPROP_FAULTS, which both sides
// read and write: how many requests are still granted (below 0: all), whether all later ones fail or only that one, and how
// many were made. See test/torture/allocations.ts.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

struct Control {
  std::atomic<std::int64_t> granted, forEver, made;
};

Control* control() {
  static Control* const shared = [] {
    const char* path = std::getenv("EQPROP_FAULTS");
    const int file = path ? open(path, O_RDWR) : -1;
    void* memory = file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<Control*>(memory);
  }();
  return shared;
}

// Whether code of a library with such a name called.
bool isFrom(const void* caller, const char* library) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname && std::strstr(info.dli_fname, library);
}

bool fails(const void* caller, const char* library) {
  Control* c = control();
  if (!c || c->granted.load() < 0 || !isFrom(caller, library)) return false;
  ++c->made;
  std::int64_t granted = c->granted.load();
  while (granted > 0 && !c->granted.compare_exchange_weak(granted, granted - 1)) {
  }
  if (granted != 0) return false;
  if (c->forEver.load() == 0) c->granted = -1;
  return true;
}

// The operator that would have answered, by its mangled name: a sanitizer tells the memory of one from another's.
template <typename Operator> Operator next(const char* name) {
  return reinterpret_cast<Operator>(dlsym(RTLD_NEXT, name));
}

using New = void* (*)(std::size_t);
using AlignedNew = void* (*)(std::size_t, std::align_val_t);

void mayFail(const void* caller) {
  if (fails(caller, "eqprop.node")) throw std::bad_alloc();
}

} // namespace

#define EXPORTED __attribute__((visibility("default"), noinline))
EXPORTED void* operator new(std::size_t size) {
  static const New real = next<New>("_Znwm");
  mayFail(__builtin_return_address(0));
  return real(size);
}
EXPORTED void* operator new[](std::size_t size) {
  static const New real = next<New>("_Znam");
  mayFail(__builtin_return_address(0));
  return real(size);
}
EXPORTED void* operator new(std::size_t size, std::align_val_t alignment) {
  static const AlignedNew real = next<AlignedNew>("_ZnwmSt11align_val_t");
  mayFail(__builtin_return_address(0));
  return real(size, alignment);
}

// The standard library starts the addon's threads; Node starts its own without it.
extern "C" EXPORTED int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                                       void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const Create create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (fails(__builtin_return_address(0), "libstdc++")) return EAGAIN;
  return create(thread, attributes, start, argument);
}
