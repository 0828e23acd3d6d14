// A plan as JavaScript holds it.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/external.h"
#include "engine/plan.h"

namespace eqprop {

class PlanHandle : public Napi::ObjectWrap<PlanHandle> {
public:
  static Napi::Function define(Napi::Env env);

  // new Plan(network, isa, precision, threads)
  explicit PlanHandle(const Napi::CallbackInfo& info);

  // Collected, disposed of or not. Threads of the plan's team rest where no job runs, and end at once.
  void Finalize(Napi::BasicEnv env) override { external_.declare(env, 0); }

private:
  Napi::Value read(const Napi::CallbackInfo& info);     // (): Float32Array[]
  void write(const Napi::CallbackInfo& info);           // ((Float32Array | undefined)[])
  Napi::Value load(const Napi::CallbackInfo& info);     // (data): handle
  Napi::Value velocity(const Napi::CallbackInfo& info); // (): handle
  // What a training keeps between epochs, while no job is at it: (handle): arrays, and (handle, arrays).
  Napi::Value readVelocity(const Napi::CallbackInfo& info);
  void writeVelocity(const Napi::CallbackInfo& info);
  Napi::Value readPersistent(const Napi::CallbackInfo& info);
  void writePersistent(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info); // (handle)
  // Each (request, listener): cancel. A job on a thread of its own; job.h says what its listener hears.
  Napi::Value settle(const Napi::CallbackInfo& info);
  Napi::Value gradient(const Napi::CallbackInfo& info);
  Napi::Value train(const Napi::CallbackInfo& info);
  Napi::Value evaluate(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);

  Plan& plan(Napi::Env env) const;

  std::shared_ptr<Plan> plan_; // a running job holds it too
  External external_;
};

} // namespace eqprop
