// What the addon exports. State belongs to an environment: a process may load it in many workers.
#include <napi.h>

#include "binding/job.h"
#include "binding/lock.h"
#include "binding/plan_handle.h"
#include "engine/memory.h"
#include "engine/peak.h"
#include "engine/seats.h"
#include "kernels/dispatch.h"

namespace eqprop {

namespace {

// Raised together with INTERFACE in lib/engine/addon.ts whenever requests or results change.
constexpr int kInterface = 13;

Napi::Value instructionSets(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const Kernels* kernels : availableKernels()) {
    names.Set(names.Length(), Napi::String::New(info.Env(), kernels->name));
  }
  return names;
}

// peak(isa, threads, seconds): for benchmarks; JavaScript's thread takes part.
Napi::Value peak(const Napi::CallbackInfo& info) {
  const Kernels* kernels = findKernels(info[0].ToString().Utf8Value());
  if (!kernels) throw Napi::TypeError::New(info.Env(), "the instruction set does not run here");
  const std::uint32_t threads = info[1].ToNumber().Uint32Value();
  if (threads == 0) throw Napi::TypeError::New(info.Env(), "threads is 0");
  return Napi::Number::New(info.Env(), measurePeak(*kernels, threads, info[2].ToNumber().DoubleValue()));
}

// By instruction set: what carries steps in bf16.
Napi::Value bf16Instructions(const Napi::CallbackInfo& info) {
  Napi::Object names = Napi::Object::New(info.Env());
  for (const Kernels* kernels : availableKernels()) names.Set(kernels->name, kernels->narrow.name);
  return names;
}

// Bytes that the engine holds in this process.
Napi::Value bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(liveBytes()));
}

// How many threads may compute at once in this process: (), and (threads, unlessSet).
Napi::Value threadLimit(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Seats::ofProcess().count()));
}
void setThreadLimit(const Napi::CallbackInfo& info) {
  static std::atomic<bool> set{false}; // of the process, as the seats are
  const std::uint32_t threads = info[0].ToNumber().Uint32Value();
  if (threads == 0) throw Napi::TypeError::New(info.Env(), "threads is 0");
  const bool unlessSet = info[1].ToBoolean();
  if (!set.exchange(true) || !unlessSet) Seats::ofProcess().setCount(threads);
}

void stop(const Napi::CallbackInfo& info) { Job::stopAll(info.Env()); }

// The last of this environment's hooks, as it is the first to be added: threads must have ended when the addon may be
// unloaded. Channels may end even later, and then delete what is left of their jobs.
void joinAll(void* env) {
  Job::stopAll(static_cast<napi_env>(env));
  Job::joinEnded(static_cast<napi_env>(env), 0);
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  napi_add_env_cleanup_hook(env, joinAll, static_cast<napi_env>(env));
  exports.Set("interfaceVersion", kInterface);
  exports.Set("Plan", PlanHandle::define(env));
  exports.Set("instructionSets", Napi::Function::New(env, instructionSets, "instructionSets"));
  exports.Set("peak", Napi::Function::New(env, peak, "peak"));
  exports.Set("bf16Instructions", Napi::Function::New(env, bf16Instructions, "bf16Instructions"));
  exports.Set("bytes", Napi::Function::New(env, bytes, "bytes"));
  exports.Set("threadLimit", Napi::Function::New(env, threadLimit, "threadLimit"));
  exports.Set("setThreadLimit", Napi::Function::New(env, setThreadLimit, "setThreadLimit"));
  exports.Set("lock", Napi::Function::New(env, lock, "lock"));
  exports.Set("stop", Napi::Function::New(env, stop, "stop"));
  return exports;
}

} // namespace

NODE_API_MODULE(eqprop, initialise)

} // namespace eqprop
