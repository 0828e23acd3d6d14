// JavaScript's values to the engine's and back. TypeScript has checked them and reports what is wrong in words; what
// is checked here again is only what memory safety needs.
#pragma once

#include <napi.h>

#include <vector>

#include "binding/external.h"
#include "engine/buffer.h"
#include "engine/plan.h"

namespace eqprop {

std::size_t count(const Napi::Object& object, const char* key);
float number(const Napi::Object& object, const char* key);
bool flag(const Napi::Object& object, const char* key);

// What a Float32Array, or a Uint8Array, of exactly that length holds, and goes on to hold: not for another thread. Throws a
// TypeError otherwise.
template <class T> T* numbersOf(const Napi::Value& value, std::size_t length, const char* what);
// A copy of a Float32Array, or a Uint8Array, of exactly that length; throws a TypeError otherwise.
Buffer<float> floats(const Napi::Value& value, std::size_t length, const char* what);
Buffer<std::uint8_t> bytes(const Napi::Value& value, std::size_t length, const char* what);

// What JavaScript holds of a plan's: one of the two, neither once it is released.
struct Lent {
  std::shared_ptr<Dataset> data;
  std::shared_ptr<Velocity> velocity;
  External external = {};
  // After what it holds has changed.
  void declare(Napi::BasicEnv env);
};
// A tagged object, not an External: Node leaks the wrapper of each External that is alive when its environment ends.
Napi::Value lend(Napi::Env env, std::shared_ptr<Dataset> data, std::shared_ptr<Velocity> velocity);
Lent* lentOf(const Napi::Value& handle); // null where it is no such object
void release(const Napi::Value& handle);

Network toNetwork(const Napi::Object& object);
Start toStart(const Napi::Object& object);
Dynamics toDynamics(const Napi::Object& object);
Phase toPhase(const Napi::Object& object, const Network& network);
Program toProgram(const Napi::Object& object, const Network& network);
std::shared_ptr<Dataset> toDataset(const Napi::Object& object, const Network& network);
std::shared_ptr<Dataset> datasetOf(const Napi::Value& handle);
std::shared_ptr<Dataset> datasetOf(const Napi::Value& handle, const Network& network); // that it was loaded for
std::shared_ptr<Velocity> velocityOf(const Napi::Value& handle, const Plan& plan);
TrainRequest toTrainRequest(const Napi::Object& object, const Plan& plan);

template <class Array, class T> Array toArray(Napi::Env env, const T* data, std::size_t length) {
  Array array = Array::New(env, length);
  std::copy_n(data, length, array.Data());
  return array;
}
Napi::Object toObject(Napi::Env env, const Totals& totals);

} // namespace eqprop
