// What the addon exports. State belongs to an environment: a process may load it in many workers.
#include <napi.h>

#include "binding/job.h"
#include "binding/plan_handle.h"
#include "kernels/dispatch.h"

namespace eqprop {

namespace {

// Raised together with INTERFACE in lib/engine/addon.ts whenever requests or results change.
constexpr int kInterface = 7;

Napi::Value instructionSets(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const Kernels* kernels : availableKernels()) {
    names.Set(names.Length(), Napi::String::New(info.Env(), kernels->name));
  }
  return names;
}

// By instruction set: what carries steps in bf16.
Napi::Value bf16Instructions(const Napi::CallbackInfo& info) {
  Napi::Object names = Napi::Object::New(info.Env());
  for (const Kernels* kernels : availableKernels()) names.Set(kernels->name, kernels->narrow.name);
  return names;
}

void stop(const Napi::CallbackInfo& info) { Job::stopAll(info.Env()); }

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceVersion", kInterface);
  exports.Set("Plan", PlanHandle::define(env));
  exports.Set("instructionSets", Napi::Function::New(env, instructionSets, "instructionSets"));
  exports.Set("bf16Instructions", Napi::Function::New(env, bf16Instructions, "bf16Instructions"));
  exports.Set("stop", Napi::Function::New(env, stop, "stop"));
  return exports;
}

} // namespace

NODE_API_MODULE(eqprop, initialise)

} // namespace eqprop
