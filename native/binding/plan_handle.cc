#include "binding/plan_handle.h"

#include <algorithm>

#include "binding/convert.h"
#include "binding/job.h"
#include "kernels/dispatch.h"

namespace eqprop {

namespace {

Napi::Object objectAt(const Napi::CallbackInfo& info, std::size_t i) {
  if (!info[i].IsObject()) throw Napi::TypeError::New(info.Env(), "a request is not an object");
  return info[i].As<Napi::Object>();
}

// A batch that the request describes, one row an example: `states` and `held` by layer, `targets`, `weights`.
std::shared_ptr<Batch> toBatch(const Plan& plan, const Napi::Object& request, std::size_t phases) {
  const Network& network = plan.network();
  const std::size_t examples = count(request, "count");
  if (examples == 0) throw Napi::TypeError::New(request.Env(), "count is 0");
  std::shared_ptr<Batch> batch = plan.makeBatch(examples, phases);
  batch->examples = examples;
  const auto fill = [&](const Napi::Value& value, Values rows, std::size_t size, const char* what) {
    const Buffer<float> values = floats(value, examples * size, what);
    for (std::size_t e = 0; e < examples; ++e) std::copy_n(&values[e * size], size, rows.row(e));
  };
  batch->clearStart(0, examples);
  const Napi::Array states = request.Get("states").As<Napi::Array>(), held = request.Get("held").As<Napi::Array>();
  for (std::uint32_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    const Napi::Value state = states.Get(i), holds = held.Get(i);
    if (!state.IsUndefined()) fill(state, batch->state(i, Batch::kStart), layer.size, "states");
    if (holds.IsUndefined() || layer.clamped) continue;
    const Buffer<std::uint8_t> hold = bytes(holds, examples * layer.size, "held");
    const Values moves = batch->makeMoves(i);
    for (std::size_t k = 0; k < hold.size(); ++k) moves.row(k / layer.size)[k % layer.size] = hold[k] ? 0.0f : 1.0f;
  }
  const Napi::Value targets = request.Get("targets"), weights = request.Get("weights");
  if (!targets.IsUndefined()) fill(targets, batch->target(), network.targetSize(), "targets");
  if (!weights.IsUndefined()) {
    const Buffer<float> values = floats(weights, examples, "weights");
    std::copy_n(values.data(), examples, batch->makeWeight());
  }
  return batch;
}

// Persistent states of some of the examples, in JavaScript's memory.
struct Kept {
  std::size_t first, count;
  float* states;
  std::uint8_t* visited;
};
Kept toKept(const Napi::Object& object, const Dataset& data) {
  const Napi::Value visited = object.Get("visited");
  const std::size_t length = visited.IsTypedArray() ? visited.As<Napi::TypedArray>().ElementLength() : 0;
  const std::size_t first = count(object, "from");
  if (length > data.count || first > data.count - length) {
    throw Napi::TypeError::New(object.Env(), "these are more examples than there are");
  }
  float* states = numbersOf<float>(object.Get("states"), length * data.freeUnits(), "states");
  return {first, length, states, numbersOf<std::uint8_t>(visited, length, "visited")};
}

// By parameter, row-major; empty where undefined.
std::vector<Buffer<float>> toValues(const Napi::Object& given, const Network& network) {
  std::vector<Buffer<float>> values;
  for (std::uint32_t i = 0; i < network.parameters.size(); ++i) {
    const Napi::Value value = given.Get(i);
    const std::size_t length = network.parameters[i].count();
    values.push_back(value.IsUndefined() ? Buffer<float>() : floats(value, length, "data"));
  }
  return values;
}

Napi::Value toArrays(Napi::Env env, const std::vector<Buffer<float>>& buffers) {
  Napi::Array arrays = Napi::Array::New(env);
  for (const Buffer<float>& b : buffers) {
    arrays.Set(arrays.Length(), toArray<Napi::Float32Array>(env, b.data(), b.size()));
  }
  return arrays;
}

Napi::Value settled(Napi::Env env, const Batch& batch) {
  const std::size_t examples = batch.examples;
  Napi::Array states = Napi::Array::New(env, batch.network.layers.size());
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const std::size_t size = batch.network.layers[i].size;
    Napi::Float32Array state = Napi::Float32Array::New(env, examples * size);
    for (std::size_t e = 0; e < examples; ++e) {
      std::copy_n(batch.state(i, 0).row(e), size, state.Data() + e * size);
    }
    states.Set(static_cast<std::uint32_t>(i), state);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("states", states);
  object.Set("energy", toArray<Napi::Float64Array>(env, batch.energy.data(), examples));
  object.Set("cost", toArray<Napi::Float64Array>(env, batch.cost.data(), examples));
  object.Set("residual", toArray<Napi::Float64Array>(env, batch.residual.data(), examples));
  object.Set("iterations", toArray<Napi::Uint32Array>(env, batch.iterations.data(), examples));
  object.Set("converged", toArray<Napi::Uint8Array>(env, batch.converged.data(), examples));
  return object;
}

} // namespace

Napi::Function PlanHandle::define(Napi::Env env) {
  return DefineClass(env, "Plan",
                     {
                         InstanceMethod<&PlanHandle::read>("read"),
                         InstanceMethod<&PlanHandle::write>("write"),
                         InstanceMethod<&PlanHandle::load>("load"),
                         InstanceMethod<&PlanHandle::velocity>("velocity"),
                         InstanceMethod<&PlanHandle::readVelocity>("readVelocity"),
                         InstanceMethod<&PlanHandle::writeVelocity>("writeVelocity"),
                         InstanceMethod<&PlanHandle::readPersistent>("readPersistent"),
                         InstanceMethod<&PlanHandle::writePersistent>("writePersistent"),
                         InstanceMethod<&PlanHandle::release>("release"),
                         InstanceMethod<&PlanHandle::settle>("settle"),
                         InstanceMethod<&PlanHandle::gradient>("gradient"),
                         InstanceMethod<&PlanHandle::train>("train"),
                         InstanceMethod<&PlanHandle::evaluate>("evaluate"),
                         InstanceMethod<&PlanHandle::dispose>("dispose"),
                     });
}

PlanHandle::PlanHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlanHandle>(info) {
  const Kernels* kernels = findKernels(info[1].ToString().Utf8Value());
  if (!kernels) throw Napi::TypeError::New(info.Env(), "the instruction set does not run here");
  const std::uint32_t precision = info[2].ToNumber().Uint32Value(), threads = info[3].ToNumber().Uint32Value();
  if (precision > static_cast<std::uint32_t>(Precision::bf16)) {
    throw Napi::TypeError::New(info.Env(), "the precision does not exist");
  }
  if (threads == 0) throw Napi::TypeError::New(info.Env(), "threads is 0");
  plan_ = std::make_shared<Plan>(toNetwork(objectAt(info, 0)), *kernels, static_cast<Precision>(precision), threads);
  external_.declare(info.Env(), plan_->heldBytes());
}

Plan& PlanHandle::plan(Napi::Env env) const {
  if (!plan_) throw Napi::Error::New(env, "the plan was disposed");
  return *plan_;
}

Napi::Value PlanHandle::read(const Napi::CallbackInfo& info) {
  return toArrays(info.Env(), plan(info.Env()).readParameters());
}

void PlanHandle::write(const Napi::CallbackInfo& info) {
  plan_->writeParameters(toValues(objectAt(info, 0), plan(info.Env()).network()));
}

Napi::Value PlanHandle::load(const Napi::CallbackInfo& info) {
  return lend(info.Env(), toDataset(objectAt(info, 0), plan(info.Env()).network()), nullptr);
}

Napi::Value PlanHandle::readVelocity(const Napi::CallbackInfo& info) {
  return toArrays(info.Env(), plan(info.Env()).readVelocity(*velocityOf(info[0], *plan_)));
}

void PlanHandle::writeVelocity(const Napi::CallbackInfo& info) {
  const Plan& own = plan(info.Env());
  const std::vector<Buffer<float>> values = toValues(objectAt(info, 1), own.network());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].size() == own.network().parameters[i].count()) continue;
    throw Napi::TypeError::New(info.Env(), "a velocity is missing");
  }
  own.writeVelocity(*velocityOf(info[0], own), values);
}

// Of the data set alone: a save that is under way when the plan is disposed goes on.
Napi::Value PlanHandle::readPersistent(const Napi::CallbackInfo& info) {
  const std::shared_ptr<Dataset> data = datasetOf(info[0]);
  if (data->persistent.size() == 0) return Napi::Boolean::New(info.Env(), false);
  const Kept kept = toKept(objectAt(info, 1), *data);
  eqprop::readPersistent(*data, kept.first, kept.count, kept.states, kept.visited);
  return Napi::Boolean::New(info.Env(), true);
}

void PlanHandle::writePersistent(const Napi::CallbackInfo& info) {
  const Network& network = plan(info.Env()).network();
  const std::shared_ptr<Dataset> data = datasetOf(info[0], network);
  allowPersistence(*data, network);
  lentOf(info[0])->declare(info.Env());
  const Kept kept = toKept(objectAt(info, 1), *data);
  eqprop::writePersistent(*data, kept.first, kept.count, kept.states, kept.visited);
}

Napi::Value PlanHandle::velocity(const Napi::CallbackInfo& info) {
  return lend(info.Env(), nullptr, plan(info.Env()).makeVelocity());
}

void PlanHandle::release(const Napi::CallbackInfo& info) { eqprop::release(info[0]); }

Napi::Value PlanHandle::settle(const Napi::CallbackInfo& info) {
  const Napi::Object request = objectAt(info, 0);
  std::shared_ptr<Batch> batch = toBatch(plan(info.Env()), request, 1);
  const Phase phase = toPhase(request.Get("phase").As<Napi::Object>(), batch->network);
  if (phase.from != Phase::kStart) throw Napi::TypeError::New(info.Env(), "a phase starts from a later one");
  const Start start = toStart(request);
  return Job::start(info.Env(), info[1], [plan = plan_, batch, phase, start](Job& job) {
    plan->settle(*batch, phase, job.cancel(), start);
    // The batch refers to the plan, which the model may give up before the result is delivered.
    return [plan, batch](Napi::Env env) { return settled(env, *batch); };
  });
}

Napi::Value PlanHandle::gradient(const Napi::CallbackInfo& info) {
  const Napi::Object request = objectAt(info, 0);
  const Network& network = plan(info.Env()).network();
  const Program program = toProgram(request.Get("program").As<Napi::Object>(), network);
  std::shared_ptr<Batch> batch = toBatch(plan(info.Env()), request, program.phases.size());
  const Start start = toStart(request);
  return Job::start(info.Env(), info[1], [plan = plan_, batch, program, start](Job& job) {
    auto gradient = std::make_shared<std::vector<Buffer<float>>>(plan->gradient(*batch, program, job.cancel(), start));
    return [gradient](Napi::Env env) { return toArrays(env, *gradient); };
  });
}

Napi::Value PlanHandle::train(const Napi::CallbackInfo& info) {
  const Napi::Object object = objectAt(info, 0);
  auto request = std::make_shared<TrainRequest>(toTrainRequest(object, plan(info.Env())));
  if (request->start == Start::persistent) { // here, where V8 can be told of the memory
    allowPersistence(*request->data, plan_->network());
    lentOf(object.Get("data"))->declare(info.Env());
  }
  return Job::start(info.Env(), info[1], [plan = plan_, request](Job& job) {
    const Totals totals = plan->train(*request, job.cancel(), [&](const Totals& sofar) { job.report(sofar); });
    return [totals](Napi::Env env) -> Napi::Value { return toObject(env, totals); };
  });
}

Napi::Value PlanHandle::evaluate(const Napi::CallbackInfo& info) {
  const Napi::Object object = objectAt(info, 0);
  auto request = std::make_shared<EvaluateRequest>();
  request->data = datasetOf(object.Get("data"), plan(info.Env()).network());
  request->dynamics = toDynamics(object.Get("dynamics").As<Napi::Object>());
  request->start = toStart(object);
  request->outputs = flag(object, "outputs");
  return Job::start(info.Env(), info[1], [plan = plan_, request](Job& job) {
    auto result = std::make_shared<Evaluation>(plan->evaluate(*request, job.cancel()));
    return [result](Napi::Env env) -> Napi::Value {
      Napi::Object object = toObject(env, result->totals);
      const Buffer<float>& outputs = result->outputs;
      object.Set("outputs", toArray<Napi::Float32Array>(env, outputs.data(), outputs.size()));
      return object;
    };
  });
}

void PlanHandle::dispose(const Napi::CallbackInfo& info) {
  plan_.reset();
  external_.declare(info.Env(), 0);
}

} // namespace eqprop
