// What keeps two processes, or two trainings of one process, out of one folder.
#pragma once

#include <napi.h>

namespace eqprop {

// lock(fd): true once this descriptor has the lock of what it has open, for as long as it is open; false where another has
// it; undefined where the system or the file system has none.
Napi::Value lock(const Napi::CallbackInfo& info);

} // namespace eqprop
