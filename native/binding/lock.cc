#include "binding/lock.h"

#ifndef _WIN32
#include <sys/file.h>

#include <cerrno>
#endif

namespace eqprop {

#ifdef _WIN32

// Node opens no folders there.
Napi::Value lock(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }

#else

// flock, as its locks belong to what was opened: fcntl's would belong to the process, and go with any descriptor of the file.
Napi::Value lock(const Napi::CallbackInfo& info) {
  if (flock(info[0].ToNumber().Int32Value(), LOCK_EX | LOCK_NB) == 0) return Napi::Boolean::New(info.Env(), true);
  return errno == EWOULDBLOCK ? Napi::Boolean::New(info.Env(), false) : info.Env().Undefined();
}

#endif

} // namespace eqprop
