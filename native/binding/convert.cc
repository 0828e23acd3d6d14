#include "binding/convert.h"

#include <algorithm>
#include <string>

namespace eqprop {

namespace {

constexpr napi_type_tag kLentTag{0x6571'7072'6f70'0001, 0x4c65'6e74'2068'616e};

[[noreturn]] void refuse(Napi::Env env, const std::string& what) { throw Napi::TypeError::New(env, what); }

constexpr napi_typedarray_type kindOf(const float*) { return napi_float32_array; }
constexpr napi_typedarray_type kindOf(const std::uint8_t*) { return napi_uint8_array; }
constexpr napi_typedarray_type kindOf(const std::uint32_t*) { return napi_uint32_array; }

template <class T> Buffer<T> copyOf(const Napi::Value& value, std::size_t length, const char* what) {
  const T* numbers = numbersOf<T>(value, length, what);
  Buffer<T> copy(length, Unset());
  std::copy_n(numbers, length, copy.data());
  return copy;
}

Buffer<std::uint32_t> indices(const Napi::Value& value, std::size_t length, std::size_t bound, const char* what) {
  auto copy = copyOf<std::uint32_t>(value, length, what);
  for (std::size_t i = 0; i < length; ++i) {
    if (copy[i] >= bound) refuse(value.Env(), std::string(what) + " holds an index that is out of range");
  }
  return copy;
}

std::size_t index(const Napi::Object& object, const char* key, std::size_t bound) {
  const std::size_t value = count(object, key);
  if (value >= bound) refuse(object.Env(), std::string(key) + " is out of range");
  return value;
}

Connection toConnection(const Napi::Object& object, const Network& network) {
  Connection c;
  c.kind = static_cast<Connection::Kind>(index(object, "kind", 3));
  c.parameter = index(object, "parameter", network.parameters.size());
  c.pre = index(object, "pre", network.layers.size());
  c.post = index(object, "post", network.layers.size());
  const ParameterSpec& p = network.parameters[c.parameter];
  const std::size_t rows = c.kind == Connection::bias ? 1 : network.layers[c.pre].size;
  if (p.rows != rows || p.columns != network.layers[c.post].size || p.symmetric != (c.kind == Connection::lateral) ||
      (c.pre == c.post) != (c.kind != Connection::dense)) {
    refuse(object.Env(), "a parameter does not fit its connection");
  }
  return c;
}

CostSpec toCost(const Napi::Object& object, const Network& network) {
  CostSpec cost;
  cost.kind = static_cast<CostSpec::Kind>(index(object, "kind", 3));
  cost.least = number(object, "least");
  cost.most = number(object, "most");
  const std::size_t size = network.layers[network.output].size;
  if (!object.Get("weights").IsUndefined()) {
    const Buffer<float> weights = floats(object.Get("weights"), size, "weights");
    cost.weights.assign(weights.data(), weights.data() + size);
  }
  if (cost.kind != CostSpec::readOut) return cost;
  cost.weight = index(object, "weight", network.parameters.size());
  cost.bias = index(object, "bias", network.parameters.size());
  const ParameterSpec &weight = network.parameters[cost.weight], &bias = network.parameters[cost.bias];
  if (weight.rows != size || bias.rows != 1 || bias.columns != weight.columns || weight.symmetric || bias.symmetric) {
    refuse(object.Env(), "a parameter does not fit the cost");
  }
  return cost;
}

// All free layers, in an order.
std::vector<std::size_t> freeLayers(const Napi::Object& object, const char* key, const Network& network) {
  const Napi::Array given = object.Get(key).As<Napi::Array>();
  std::vector<std::size_t> layers;
  for (std::uint32_t i = 0; i < given.Length(); ++i) {
    const std::uint32_t layer = given.Get(i).ToNumber().Uint32Value();
    if (layer >= network.layers.size() || network.layers[layer].clamped) {
      refuse(object.Env(), std::string(key) + " is out of range");
    }
    layers.push_back(layer);
  }
  const auto isFree = [](const LayerSpec& layer) { return !layer.clamped; };
  const auto free = std::count_if(network.layers.begin(), network.layers.end(), isFree);
  if (layers.size() != static_cast<std::size_t>(free)) refuse(object.Env(), std::string(key) + " misses a layer");
  return layers;
}

void giveUp(Napi::BasicEnv env, Lent* lent) {
  lent->data = nullptr;
  lent->velocity = nullptr;
  lent->declare(env);
}

} // namespace

template <class T> T* numbersOf(const Napi::Value& value, std::size_t length, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != kindOf(static_cast<T*>(nullptr)) ||
      value.As<Napi::TypedArray>().ElementLength() != length) {
    refuse(value.Env(), std::string(what) + " is not a typed array of the kind and length that the engine takes");
  }
  return value.As<Napi::TypedArrayOf<T>>().Data();
}
template float* numbersOf(const Napi::Value&, std::size_t, const char*);
template std::uint8_t* numbersOf(const Napi::Value&, std::size_t, const char*);

std::size_t count(const Napi::Object& object, const char* key) {
  const double value = object.Get(key).ToNumber().DoubleValue();
  if (!(value >= 0 && value <= 9007199254740991.0)) refuse(object.Env(), std::string(key) + " is not a count");
  return static_cast<std::size_t>(value);
}

float number(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsNumber()) refuse(object.Env(), std::string(key) + " is not a number");
  return value.As<Napi::Number>().FloatValue();
}
bool flag(const Napi::Object& object, const char* key) { return object.Get(key).ToBoolean(); }

Buffer<float> floats(const Napi::Value& value, std::size_t length, const char* what) {
  return copyOf<float>(value, length, what);
}
Buffer<std::uint8_t> bytes(const Napi::Value& value, std::size_t length, const char* what) {
  return copyOf<std::uint8_t>(value, length, what);
}

Network toNetwork(const Napi::Object& object) {
  Network network;
  const Napi::Array layers = object.Get("layers").As<Napi::Array>();
  for (std::uint32_t i = 0; i < layers.Length(); ++i) {
    const Napi::Object layer = layers.Get(i).As<Napi::Object>();
    LayerSpec spec;
    spec.size = count(layer, "size");
    spec.clamped = flag(layer, "clamped");
    spec.activation = static_cast<Activation>(index(layer, "activation", 3));
    spec.low = number(layer, "low");
    spec.high = number(layer, "high");
    spec.leak = number(layer, "leak");
    spec.response = static_cast<Activation>(index(layer, "response", 3));
    network.layers.push_back(spec);
  }
  const Napi::Array parameters = object.Get("parameters").As<Napi::Array>();
  for (std::uint32_t i = 0; i < parameters.Length(); ++i) {
    const Napi::Object parameter = parameters.Get(i).As<Napi::Object>();
    ParameterSpec spec;
    spec.rows = count(parameter, "rows");
    spec.columns = count(parameter, "columns");
    spec.symmetric = flag(parameter, "symmetric");
    spec.decay = number(parameter, "decay");
    network.parameters.push_back(spec);
  }
  const Napi::Array connections = object.Get("connections").As<Napi::Array>();
  for (std::uint32_t i = 0; i < connections.Length(); ++i) {
    network.connections.push_back(toConnection(connections.Get(i).As<Napi::Object>(), network));
  }
  network.input = index(object, "input", network.layers.size());
  network.output = index(object, "output", network.layers.size());
  network.cost = toCost(object.Get("cost").As<Napi::Object>(), network);
  network.outwards = freeLayers(object, "outwards", network);
  network.inwards = freeLayers(object, "inwards", network);
  return network;
}

Start toStart(const Napi::Object& object) { return static_cast<Start>(index(object, "start", 3)); }

Dynamics toDynamics(const Napi::Object& object) {
  Dynamics dynamics;
  dynamics.kind = static_cast<Dynamics::Kind>(index(object, "kind", 3));
  dynamics.iterations = count(object, "iterations");
  dynamics.rate = number(object, "rate");
  dynamics.tolerance = number(object, "tolerance");
  return dynamics;
}

Phase toPhase(const Napi::Object& object, const Network& network) {
  Phase phase;
  phase.beta = number(object, "beta");
  phase.from = object.Get("from").ToNumber().Int32Value();
  phase.dynamics = toDynamics(object.Get("dynamics").As<Napi::Object>());
  if (!object.Get("clamp").IsUndefined()) phase.clamp = number(object, "clamp");
  if (phase.clamp && network.targetSize() != network.layers[network.output].size) {
    refuse(object.Env(), "an output cannot be clamped to a target of another size");
  }
  return phase;
}

Program toProgram(const Napi::Object& object, const Network& network) {
  Program program;
  const Napi::Array phases = object.Get("phases").As<Napi::Array>();
  for (std::uint32_t i = 0; i < phases.Length(); ++i) {
    program.phases.push_back(toPhase(phases.Get(i).As<Napi::Object>(), network));
    const int from = program.phases.back().from;
    if (from < Phase::kStart || from >= static_cast<int>(i)) refuse(object.Env(), "a phase starts from a later one");
  }
  if (program.phases.empty()) refuse(object.Env(), "a program has no phases");
  const Napi::Array terms = object.Get("terms").As<Napi::Array>();
  for (std::uint32_t i = 0; i < terms.Length(); ++i) {
    const Napi::Object term = terms.Get(i).As<Napi::Object>();
    const std::size_t phase = index(term, "phase", program.phases.size());
    program.terms.push_back({static_cast<int>(phase), number(term, "coefficient")});
  }
  return program;
}

std::shared_ptr<Dataset> toDataset(const Napi::Object& object, const Network& network) {
  auto data = std::make_shared<Dataset>();
  data->count = count(object, "count");
  data->width = network.layers[network.input].size;
  data->scale = number(object, "scale");
  const Napi::Value inputs = object.Get("inputs"), labels = object.Get("labels"), targets = object.Get("targets");
  const Napi::Value weights = object.Get("weights");
  const std::size_t target = data->target = network.targetSize();
  data->units = network.freeUnits();
  if (inputs.IsTypedArray() && inputs.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
    data->bytes = bytes(inputs, data->count * data->width, "inputs");
  } else {
    data->floats = floats(inputs, data->count * data->width, "inputs");
  }
  if (!labels.IsUndefined()) data->labels = indices(labels, data->count, target, "labels");
  if (!targets.IsUndefined()) data->targets = floats(targets, data->count * target, "targets");
  if (!weights.IsUndefined()) data->weights = floats(weights, data->count, "weights");
  return data;
}

void Lent::declare(Napi::BasicEnv env) {
  external.declare(env, (data ? data->heldBytes() : 0) + (velocity ? bytesOf(*velocity) : 0));
}

Napi::Value lend(Napi::Env env, std::shared_ptr<Dataset> data, std::shared_ptr<Velocity> velocity) {
  const Napi::Object handle = Napi::Object::New(env);
  auto lent = std::make_unique<Lent>(Lent{std::move(data), std::move(velocity)});
  const auto finalize = [](napi_env ending, void* held, void*) {
    giveUp(ending, static_cast<Lent*>(held));
    delete static_cast<Lent*>(held);
  };
  if (napi_wrap(env, handle, lent.get(), finalize, nullptr, nullptr) != napi_ok) throw Napi::Error::New(env);
  lent.release()->declare(env); // the object's end deletes it
  handle.TypeTag(&kLentTag);
  return handle;
}

Lent* lentOf(const Napi::Value& handle) {
  void* lent = nullptr;
  if (!handle.IsObject() || !handle.As<Napi::Object>().CheckTypeTag(&kLentTag)) return nullptr;
  return napi_unwrap(handle.Env(), handle, &lent) == napi_ok ? static_cast<Lent*>(lent) : nullptr;
}

void release(const Napi::Value& handle) {
  if (Lent* lent = lentOf(handle)) giveUp(handle.Env(), lent);
}

std::shared_ptr<Dataset> datasetOf(const Napi::Value& handle) {
  const Lent* lent = lentOf(handle);
  if (!lent || !lent->data) refuse(handle.Env(), "data is not a loaded data set");
  return lent->data;
}
std::shared_ptr<Dataset> datasetOf(const Napi::Value& handle, const Network& network) {
  std::shared_ptr<Dataset> data = datasetOf(handle);
  if (data->width != network.layers[network.input].size || data->target != network.targetSize() ||
      data->units != network.freeUnits()) {
    refuse(handle.Env(), "data was loaded for another network");
  }
  return data;
}

std::shared_ptr<Velocity> velocityOf(const Napi::Value& handle, const Plan& plan) {
  const Lent* lent = lentOf(handle);
  if (!lent || !lent->velocity || !plan.owns(*lent->velocity)) {
    refuse(handle.Env(), "the velocity is not of this plan");
  }
  return lent->velocity;
}

TrainRequest toTrainRequest(const Napi::Object& object, const Plan& plan) {
  const Network& network = plan.network();
  TrainRequest request;
  request.data = datasetOf(object.Get("data"), plan.network());
  if (!request.data->hasTargets()) refuse(object.Env(), "the data set has no targets");
  const Napi::TypedArray order = object.Get("order").As<Napi::TypedArray>();
  const Buffer<std::uint32_t> visits = indices(order, order.ElementLength(), request.data->count, "order");
  request.order.assign(visits.data(), visits.data() + visits.size());
  const Napi::Object sofar = object.Get("sofar").As<Napi::Object>();
  request.sofar.examples = count(sofar, "examples");
  request.sofar.wrong = count(sofar, "wrong");
  request.sofar.energy = sofar.Get("energy").ToNumber().DoubleValue();
  request.sofar.cost = sofar.Get("cost").ToNumber().DoubleValue();
  request.until = count(object, "until");
  if (request.sofar.examples > request.until || request.until > visits.size()) {
    refuse(object.Env(), "sofar and until do not lie within the order");
  }
  request.batchSize = count(object, "batchSize");
  if (request.batchSize == 0) refuse(object.Env(), "batchSize is 0");
  request.batchSize = std::min(request.batchSize, request.order.size());
  if (request.batchSize != 0 && request.sofar.examples % request.batchSize != 0 &&
      request.sofar.examples != visits.size()) {
    refuse(object.Env(), "sofar is not whole batches");
  }
  const Napi::Array programs = object.Get("programs").As<Napi::Array>();
  for (std::uint32_t i = 0; i < programs.Length(); ++i) {
    request.programs.push_back(toProgram(programs.Get(i).As<Napi::Object>(), network));
  }
  const std::size_t batches =
      request.batchSize == 0 ? 0 : (request.order.size() + request.batchSize - 1) / request.batchSize;
  const Buffer<std::uint32_t> choice = indices(object.Get("choice"), batches, request.programs.size(), "choice");
  request.choice.assign(choice.data(), choice.data() + choice.size());
  const Buffer<float> rates = floats(object.Get("rates"), network.parameters.size(), "rates");
  request.rates.assign(rates.data(), rates.data() + rates.size());
  request.start = toStart(object);
  request.momentum = number(object, "momentum");
  request.nesterov = flag(object, "nesterov");
  const Napi::Value velocity = object.Get("velocity");
  if (!velocity.IsUndefined()) request.velocity = velocityOf(velocity, plan);
  return request;
}

Napi::Object toObject(Napi::Env env, const Totals& totals) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("examples", static_cast<double>(totals.examples));
  object.Set("wrong", static_cast<double>(totals.wrong));
  object.Set("energy", totals.energy);
  object.Set("cost", totals.cost);
  return object;
}

} // namespace eqprop
